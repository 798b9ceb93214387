"""Documents are typed in: the commands of pages marked `<!-- run in order: tests/docs -->` run against a suite of their own.

All ```sh blocks of such a page run one after the other in one bash that stops at the first failure, but those behind a remark
`<!-- not run by tests/docs: why -->`. A ```text block right behind one is what it prints; one behind `<!-- output of COMMAND -->`
is what that command prints. IDs, times and numbers may differ. The documented addresses are replaced by the suite's.
"""
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

import pages

MARK = "<!-- run in order: tests/docs -->"
NOT_RUN = "not run by tests/docs: "
OUTPUT_OF = "output of tokenforge"
END = "== end of block"

VARYING = [
    (r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "ID"),
    (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", "TIME"),
    (r"tour-[0-9a-f]+@", "tour-ID@"),
    (r"tokenforge on \S+", "tokenforge on HOST"),
    (r"127\.0\.0\.1:\d+", "ADDRESS"),
    (r"\b\d+(\.\d+)?( ?(ms|s|min|d))?\b", "NUMBER"),
    (r"[ \t]+", " "),
]


def same_words(text):
    """What stays of a text when whatever differs from run to run is taken out."""
    for pattern, word in VARYING:
        text = re.sub(pattern, word, text)
    return [line.strip() for line in text.strip().split("\n")]


class Step:
    """A block that is run, and what the page says that it prints (None: nothing is said)."""

    def __init__(self, commands, line):
        self.commands, self.line, self.shown = commands, line, None


def steps_of(text):
    steps, before = [], None
    for block in pages.blocks(text):
        if block.language == "sh" and not block.remark.startswith(NOT_RUN):
            steps.append(Step(block.text, block.line))
        elif block.language == "text" and block.remark.startswith(OUTPUT_OF):
            steps.append(Step(f"build/dev/cli/{block.remark.removeprefix('output of ')}\n", block.line))
            steps[-1].shown = block.text
        elif block.language == "text" and before is not None and before.language == "sh" and block.line == before.end + 1:
            steps[-1].shown = block.text
        before = block
    return steps


def script_of(steps):
    return "set -eu\n" + "".join(f"{step.commands}echo '{END}'\n" for step in steps)


def on_suite(text):
    """The documented addresses, as this suite has them: ./dev with-suite leaves the twelfth port after the façade's free."""
    host, _, port = os.environ["SUITE_AUTH"].rpartition(":")
    for documented, ours in {"127.0.0.1:7443": os.environ["SUITE_AUTH"], "http://127.0.0.1:7080": os.environ["SUITE_HTTP"],
                             "127.0.0.1:7460": f"{host}:{int(port) + 11}"}.items():
        text = text.replace(documented, ours)
    return text


def make_clone(folder, build):
    """A clone as the reader has one after ./dev up: the tree, with this suite's state and the build under test."""
    for path in pages.ROOT.iterdir():
        if path.name not in ("build", ".dev", ".git"):
            (folder / path.name).symlink_to(path)
    (folder / "build").mkdir()
    (folder / "build/dev").symlink_to(build)
    (folder / ".dev").symlink_to(os.environ["SUITE_DIR"])


def environment(home, build):
    variables = {"HOME": str(home), "PATH": os.environ["PATH"], "LANG": "C.UTF-8",
                 "TOKENFORGE_AUTH": os.environ["SUITE_AUTH"], "TOKENFORGE_NOTES": os.environ["SUITE_NOTES"]}
    cache = (pathlib.Path(build) / "CMakeCache.txt").read_text()
    if sanitizers := re.search(r"^TOKENFORGE_SANITIZE:\w+=(.+)$", cache, re.M):
        variables |= {name: f"-fsanitize={sanitizers[1]}" for name in ("CXXFLAGS", "LDFLAGS")}
    return variables | {name: value for name, value in os.environ.items() if name.endswith("SAN_OPTIONS") or name.startswith("CCACHE")}


def differences(steps, printed):
    faults = []
    for step, came in zip(steps, printed):
        if step.shown is not None and same_words(step.shown) != same_words(came):
            faults.append(f"line {step.line} shows\n{step.shown}and what comes is\n{came}")
    return faults


def type_in(page, build):
    """Inside ./dev with-suite: everything that a reader of the page would type. The exit code."""
    steps = steps_of((pages.ROOT / page).read_text())
    with tempfile.TemporaryDirectory() as folder:
        clone, home = pathlib.Path(folder) / "clone", pathlib.Path(folder) / "home"
        clone.mkdir()
        home.mkdir()
        make_clone(clone, build)
        done = subprocess.run(["bash", "-c", on_suite(script_of(steps))], cwd=clone, env=environment(home, build), stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace", check=False)
    printed = done.stdout.split(f"{END}\n")
    if done.returncode:
        print(f"{page}: the block at line {steps[min(len(printed), len(steps)) - 1].line} failed with {done.returncode}:\n{printed[-1]}")
        return 1
    faults = differences(steps, printed)
    print("".join(f"{page}: {fault}" for fault in faults), end="")
    return 1 if faults else 0


class Commands(unittest.TestCase):
    def typed_in(self, page, at_least):
        text = (pages.ROOT / page).read_text()
        self.assertIn(MARK, text)
        self.assertGreaterEqual(len([step for step in steps_of(text) if step.shown is not None]), at_least)
        # Services would wonder about a variable that none of them reads: the build comes as an argument.
        variables = {name: value for name, value in os.environ.items() if name != "TOKENFORGE_BUILD"}
        done = subprocess.run([pages.ROOT / "dev", "with-suite", sys.executable, "-B", __file__, "type-in", page,
                               os.environ["TOKENFORGE_BUILD"]], env=variables, stdout=subprocess.PIPE, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stdout)

    def test_TheCommandsOfTheReadmeDoWhatItShows(self):
        self.typed_in("README.md", 2)

    def test_TheCommandsOfGettingStartedMakeAGuardedServer(self):
        self.typed_in("docs/getting-started.md", 6)

    def test_NoOtherPageClaimsThatItsCommandsAreRun(self):
        marked = [pages.name_of(path) for path in pages.all_pages() if MARK in path.read_text()]
        self.assertEqual(marked, ["README.md", "docs/getting-started.md"])

    def test_OutputMayDifferInIdsTimesAndNumbersAlone(self):
        page = "```sh\nlist\n```\n```text\nsession 88371d17-c07a-48a5-b2dc-52eca99d12d9  until 2026-11-22T18:12:06Z, 15 min\n```\n"
        steps = steps_of(page)
        self.assertEqual([step.commands for step in steps], ["list\n"])
        same = "session 0d394962-0000-48a5-b2dc-52eca99d12d9 until 2027-01-02T00:00:00Z,  3 min\n"
        self.assertEqual(differences(steps, [same]), [])
        self.assertEqual(len(differences(steps, [same.replace("until", "since")])), 1)
        self.assertEqual(len(differences(steps, [same + "one line more\n"])), 1)
        self.assertEqual(len(differences(steps, [same.replace("0d394962", "me")])), 1)

    def test_ABlockIsLeftOutOnlyWithAReason(self):
        page = "<!-- not run by tests/docs: why -->\n```sh\nrm\n```\n\n<!-- not run -->\n```sh\nls\n```\n```cpp\nx\n```\n"
        self.assertEqual([step.commands for step in steps_of(page)], ["ls\n"])


if __name__ == "__main__":
    if sys.argv[1:2] == ["type-in"]:
        sys.exit(type_in(*sys.argv[2:]))
    unittest.main()
