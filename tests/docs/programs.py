"""What the built programs can be told: commands, flags, settings, variables."""
import functools
import os
import pathlib
import re
import subprocess

import pages

BUILD = pathlib.Path(os.environ.get("TOKENFORGE_BUILD", pages.ROOT / "build/dev"))
SERVICES = ("auth", "users", "keys", "sessions")


def said_by(*command):
    said = subprocess.run(command, capture_output=True, text=True, check=False, env={"PATH": os.environ["PATH"]})
    return said.returncode, said.stdout


@functools.cache
def service_help(service):
    return said_by(BUILD / "services" / service / f"tokenforge-{service}", "--help")[1]


@functools.cache
def command_help(words):
    """The help of the command or family of commands with these words; empty when there is none."""
    code, said = said_by(BUILD / "cli" / "tokenforge", *words, "--help")
    return said if code == 0 else ""


def is_command(words):
    """Also a family of commands, and what is listed without `admin` and understood with it."""
    return bool(command_help(words) or (words[0] == "admin" and len(words) > 1 and command_help(words[1:])))


@functools.cache
def all_commands():
    listed = re.findall(r"^  ((?:[a-z-]+ )*[a-z-]+)  +\S", said_by(BUILD / "cli" / "tokenforge", "help")[1], re.M)
    return {tuple(command.split()) for command in listed}


@functools.cache
def dev_help(command=""):
    code, said = said_by(pages.ROOT / "dev", *([command] if command else []), "--help")
    return said if code == 0 and (not command or said.startswith("./dev")) and f"./dev {command}" in said else ""


def flags_in(text):
    return set(re.findall(r"(?<![\w-])--([a-z0-9][a-z0-9-]*)", text))


@functools.cache
def all_flags():
    """Every flag of every program of ours."""
    flags = set().union(*(flags_in(service_help(service)) for service in SERVICES))
    flags |= set().union(*(flags_in(command_help(command)) for command in all_commands()))
    scripts = [pages.ROOT / "dev", *pages.ROOT.glob("deploy/image/*"), pages.ROOT / "k8s/make-secrets",
               pages.ROOT / "examples/notes/main.cc", pages.ROOT / "tests/drills/main.cc"]
    return flags.union(*(flags_in(script.read_text()) for script in scripts if script.is_file()))


@functools.cache
def all_settings():
    """Of the four services."""
    return set().union(*(flags_in(service_help(service)) for service in SERVICES))


@functools.cache
def all_variables():
    """Every TOKENFORGE_… variable that a program, or ./dev, reads."""
    texts = [service_help(service) for service in SERVICES] + [command_help(command) for command in all_commands()]
    texts += [(pages.ROOT / name).read_text() for name in ("dev", "cmake/tokenforgeConfig.cmake.in")]
    return set(re.findall(r"\bTOKENFORGE_[A-Z_]+\b", " ".join(texts)))
