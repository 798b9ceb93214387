"""The reference of settings: `configuration.py FOLDER PROGRAM…` writes configuration.md from what each program's --help says."""
import pathlib
import re
import subprocess
import sys

HEAD = """# Settings of the four services

<!-- Made by ./dev docs from the programs' --help: change the declarations in services/ and lib/. -->

Each setting can be given in three ways; the first of these that names it counts, as a whole:

1. a flag: `--drain-delay=5s`
2. an environment variable: `TOKENFORGE_DRAIN_DELAY=5s` (the setting's name in capitals, `-` as `_`)
3. a line of the file that `--config-file` (or `TOKENFORGE_CONFIG_FILE`) names: `drain-delay = 5s`; a line that begins with `#` is a comment

A service reads everything before it opens anything, and reports all mistakes at once, one line each; then it ends with exit code 2. An unknown
flag or line is a mistake; an unknown `TOKENFORGE_…` variable is a warning, since services of one host may share an environment.
`--check-config` says whether a configuration is good and starts nothing; `--help` says what stands here. Secrets are never settings: a setting
that ends in `-file` names the file that holds them.

| type | what |
| --- | --- |
| DURATION | `250ms`, `5s`, `15m`, `24h`, `7d`, or `0` |
| NUMBER | a whole number |
| BOOL | `true` or `false`; a flag without a value is `true` |
| HOST:PORT | `127.0.0.1:7444`, `[::]:7444` |
| A,B,… | a list with commas; flags and lines may be repeated instead |
| FILE | a file that the service can read; PATH: one that may not be there yet |
| TEXT | any text |
| a\\|b | one of these words |

The command line, `tokenforge`, has settings of its own: [command-line.md](command-line.md). How the services are set up in Kubernetes:
[k8s/](../k8s/README.md).
"""
SETTING = re.compile(r"  --([a-z0-9-]+)(?:=|\[=)([^\n\]]+)\]?\n      ([^\n]*)\n"
                     r"      (required|no default|default ([^;]*))(?:; ([^;\n]*))?; TOKENFORGE_\w+\n")


def escaped(text):
    return re.sub(r"([*<|])", r"\\\1", text)


def linked(text):
    return re.sub(r"\bdocs/([\w-]+\.md)", r"[\1](\1)", text)


def section(program):
    said = subprocess.run([program, "--help"], capture_output=True, text=True, check=True, env={}).stdout
    name, sentence = re.match(r"(\S+): ([^\n]*)\n", said).groups()
    text = f"\n## {name}\n\n{sentence}\n"
    groups = re.split(r"\n\n([A-Z][^\n]*):\n", said)
    found = 0
    for title, body in zip(groups[1::2], groups[2::2]):
        if title == "General":
            break
        text += f"\n### {name.removeprefix('tokenforge-')}: {title}\n\n| setting | type, bounds | default | |\n| --- | --- | --- | --- |\n"
        for setting, kind, help_text, given, default, bounds in SETTING.findall(body + "\n"):
            found += 1
            shown = f"`{default}`" if default else given if given == "required" else ""
            kind = escaped(kind) + (f", {bounds}" if bounds else "")
            text += f"| `{setting}` | {kind} | {shown} | {linked(escaped(help_text))} |\n"
    declared = len(re.findall(r"^  --", said, re.M)) - 4  # config-file, check-config, version, help
    if found != declared:
        raise SystemExit(f"configuration.py: {name} --help names {declared} settings, and {found} of them were understood")
    return text


if __name__ == "__main__":
    folder, programs = pathlib.Path(sys.argv[1]), sys.argv[2:]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "configuration.md").write_text(HEAD + "".join(section(program) for program in programs))
