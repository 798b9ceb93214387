"""What documents tell people to type: each command, flag, setting and variable is one that the programs know."""
import re
import unittest

import pages
import programs

WORD = re.compile(r"[a-z][a-z-]*(?:\|[a-z][a-z-]*)*")
# Where the shell takes a word for a program: at the beginning, behind what separates commands, behind variables for it.
PROGRAM = re.compile(r"(?:^|[|;&({\"]|-- |\b(?:do|then|exec|sudo|until|while) )\s*(?:[A-Z_]+=\S* )*"
                     r"(?:(tokenforge(?:-auth|-users|-keys|-sessions)?)(?=[ ]|$)|(\./dev) )")
COMMAND_LANGUAGES = {"sh", "console", ""}


def commands_of(text):
    """Pieces of code that may hold commands, with the number of their line: spans, and lines of blocks without continuations."""
    for number, line in enumerate(pages.prose(text).split("\n"), 1):
        for span in re.findall(r"`([^`]+)`", line):
            yield number, span
    for block in pages.blocks(text):
        if block.language in COMMAND_LANGUAGES:
            joined = re.sub(r"\\\n\s*", "", block.text)
            for line in re.sub(r"<<'EOF'\n.*?\nEOF\n", "\n", joined, flags=re.S).split("\n"):
                yield block.line, re.sub(r"(^|\s)#.*", "", line)


def one_command(rest):
    """Up to where the shell begins another."""
    return re.split(r"\||;|&&|<|>|\)|\$\(|\"", rest)[0]


def alternatives(words):
    """"sessions list|revoke" is two commands."""
    found = [()]
    for word in words:
        found = [so_far + (each,) for so_far in found for each in word.split("|")]
    return found


def faults_of_command_line(rest):
    words = []
    for word in rest.split():
        if not WORD.fullmatch(word.rstrip(":")):
            break
        words.append(word.rstrip(":"))
    if not words:
        return []
    faults = []
    for command in alternatives(words):
        # What comes after a command's words are operands.
        lengths = [n for n in range(len(command), 0, -1) if programs.is_command(command[:n])]
        if not lengths or (lengths[0] < len(command) and command[:lengths[0]] not in programs.all_commands()):
            faults.append(f"there is no command tokenforge {' '.join(command)}")
            continue
        known = programs.flags_in(programs.command_help(command[:lengths[0]])) | {"help"}
        faults += [f"tokenforge {' '.join(command[:lengths[0]])} has no --{flag}"
                   for flag in programs.flags_in(one_command(rest)) - known]
    return faults


def faults_of_dev(rest):
    command = re.match(r"([a-z][a-z-]*)(.*)", rest)
    if not command:
        return [f"./dev has no {word}" for word in rest.split()[:1] if word not in ("COMMAND", "--help")]
    if not programs.dev_help(command[1]):
        return [f"there is no ./dev {command[1]}"]
    known = programs.flags_in(programs.dev_help(command[1])) | {"help"}
    foreign = {"drill"}  # hands its flags on to a program
    return [f"./dev {command[1]} has no --{flag}" for flag in programs.flags_in(one_command(command[2])) - known
            if command[1] not in foreign or flag not in programs.all_flags()]


def faults_in(code):
    faults, ours = [], list(PROGRAM.finditer(code))
    for found in ours:
        rest = code[found.end():].strip()
        if found[2]:
            faults += faults_of_dev(rest)
        elif found[1] == "tokenforge":
            split = re.split(r"\||;|&&", rest)[0] if " | " in rest or ";" in rest else rest
            faults += faults_of_command_line(split.strip())
        else:
            known = programs.flags_in(programs.service_help(found[1].removeprefix("tokenforge-")))
            faults += [f"{found[1]} has no --{flag}" for flag in programs.flags_in(one_command(rest)) - known]
    if not ours and re.match(r"\s*--[a-z]", code):
        faults += [f"no program has --{flag}" for flag in programs.flags_in(code) - programs.all_flags()]
    faults += [f"nobody reads {name}" for name in re.findall(r"\bTOKENFORGE_[A-Z_]*[A-Z]\b(?!…)", code)
               if name not in programs.all_variables()]
    return faults


# Named like settings, and something else.
NO_SETTINGS = {"users-to-mail"}


def unknown_settings(line):
    """Spans such as `redis-timeout` or `redis-timeout = 2s` that begin as settings do, and are none."""
    beginnings = {setting.partition("-")[0] for setting in programs.all_settings()}
    named = re.findall(r"`([a-z]+(?:-[a-z]+)+)(?: ?= ?[^`]*)?`", line)
    return [name for name in named
            if name.partition("-")[0] in beginnings and name not in programs.all_settings() | NO_SETTINGS]


class Names(unittest.TestCase):
    maxDiff = None

    def test_EveryCommandFlagAndVariableInADocumentIsThere(self):
        faults, checked = [], 0
        for path in pages.guides():
            for line, code in commands_of(path.read_text()):
                checked += 1
                faults += [f"{pages.name_of(path)}:{line}: {fault}" for fault in faults_in(code)]
        self.assertGreater(checked, 1000)
        self.assertEqual(faults, [])

    def test_WhatIsNotThereIsFound(self):
        for code, fault in {
            "tokenforge fly": "there is no command tokenforge fly",
            "tokenforge keys list|burn": "there is no command tokenforge keys burn",
            "tokenforge admin fly": "there is no command tokenforge admin fly",
            "echo x | tokenforge login ada@example.org --wings=2": "tokenforge login has no --wings",
            "tokenforge-users --listen=x --wings=2": "tokenforge-users has no --wings",
            "./dev fly": "there is no ./dev fly",
            "./dev --wings": "./dev has no --wings",
            "./dev up --wings": "./dev up has no --wings",
            "--wings=2": "no program has --wings",
            "TOKENFORGE_WINGS=2 ./dev up": "nobody reads TOKENFORGE_WINGS",
        }.items():
            self.assertEqual(faults_in(code), [fault])

    def test_EverySettingThatADocumentNamesIsOneOfAService(self):
        faults = [f"{pages.name_of(path)}:{number}: there is no setting {name}" for path in pages.guides()
                  for number, line in enumerate(pages.prose(path.read_text()).split("\n"), 1) for name in unknown_settings(line)]
        self.assertEqual(faults, [])
        self.assertEqual(unknown_settings("`redis-wings`, `redis-timeout`, `mail-wings = 2` and `other-wings`"), ["redis-wings", "mail-wings"])

    def test_WhatIsThereIsNoFault(self):
        for code in ("tokenforge admin users list|show|roles|disable", "tokenforge login ada@example.org --password-fd=3 --code-fd=3 3< <(x)",
                     "tokenforge admin keys", "tokenforge help", "tokenforge audit export --token-file admin.token > audit.jsonl",
                     "kubectl apply -k x --prune", "./dev drill soak --length 1h", "TOKENFORGE_DEV_PORTS=17443 ./dev up"):
            self.assertEqual(faults_in(code), [])


if __name__ == "__main__":
    unittest.main()
