"""What the built programs say of themselves: the truth that manifests are held against."""
import functools
import os
import pathlib
import re
import subprocess

SERVICES = ("auth", "users", "keys", "sessions")


def program(service):
    return pathlib.Path(os.environ["TOKENFORGE_BUILD"]) / "services" / service / f"tokenforge-{service}"


def command_line():
    return pathlib.Path(os.environ["TOKENFORGE_BUILD"]) / "cli" / "tokenforge"


@functools.cache
def help_of(service):
    return subprocess.run([program(service), "--help"], capture_output=True, text=True, check=True).stdout


def flags_of(service):
    """{"drain-delay": "5s", …}: every flag with its default, empty where there is none."""
    flags = {}
    for flag, default in re.findall(r"^  --([a-z0-9-]+).*\n(?:      .*\n)*?      (?:default (\S+);|required;|no default;)",
                                    help_of(service), re.MULTILINE):
        flags[flag] = default
    return flags


def flag_of(variable):
    return variable.removeprefix("TOKENFORGE_").lower().replace("_", "-")


def port_of(service, flag):
    """The port of an address setting's default."""
    return int(flags_of(service)[flag].rsplit(":", 1)[1])


def seconds(text):
    """A duration of the programs: 0, 500ms, 5s, 10m, 1h, 7d."""
    units = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400, "": 1}
    number, unit = re.fullmatch(r"(\d+)(ms|s|m|h|d|)", text).groups()
    return int(number) * units[unit]


def check_config(service, settings):
    """Runs --check-config with these variables alone: the exit code and what it said."""
    said = subprocess.run([program(service), "--check-config"], env=settings, capture_output=True, text=True, check=False)
    return said.returncode, said.stdout + said.stderr


def callers_of_rules():
    """{"users": {"/auth"}, …}: whom the protos' rules let call each internal service."""
    table = pathlib.Path(__file__).resolve().parents[1] / "cli" / "our_protos.txt"
    callers = {}
    for package, rule in re.findall(r"^tokenforge\.(\w+)\.v1\.\S+\s+(.*?)\s{2,}\w+$", table.read_text(), re.MULTILINE):
        callers.setdefault(package, set()).update(
            pattern.strip() for pattern in rule.removeprefix("peers:").split(",")) if rule.startswith("peers:") else \
            callers.setdefault(package, set()).add("**")
    return callers


@functools.cache
def metrics_in(service):
    """Names of metrics that stand in a program: what it can export."""
    names = re.findall(rb"\b(?:tokenforge|rpc|process)_[a-z_]+\b", program(service).read_bytes())
    return {name.decode() for name in names}
