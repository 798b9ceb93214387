"""The references in docs/ are what the protos and the programs say now."""
import os
import pathlib
import subprocess
import tempfile
import unittest

import pages


def pages_in(folder):
    return {str(path.relative_to(folder)): path.read_text() for path in sorted(folder.rglob("*.md"))}


class References(unittest.TestCase):
    def test_TheReferencesAreWhatTheProtosAndTheProgramsSay(self):
        with tempfile.TemporaryDirectory() as folder:
            made = pathlib.Path(folder)
            subprocess.run([pages.ROOT / "docs/reference/make", os.environ["TOKENFORGE_BUILD"], made], check=True)
            fresh = pages_in(made)
        kept = {name: text for name, text in pages_in(pages.ROOT / "docs").items()
                if name == "configuration.md" or name.startswith("api/")}
        self.assertGreater(len(fresh), 8)
        self.assertEqual(sorted(kept), sorted(fresh), "./dev docs writes them anew")
        for name, text in fresh.items():
            self.assertMultiLineEqual(kept[name], text, f"docs/{name} is behind: ./dev docs writes it anew")

    def test_TheReferenceOfTheApiNamesEveryMethodAndReason(self):
        methods = subprocess.run(["grep", "-rhoP", r"^\s+rpc \K\w+", pages.ROOT / "proto"], capture_output=True, text=True,
                                 check=True).stdout.split()
        reasons = subprocess.run(["grep", "-oP", r"^  \K[A-Z_]+(?= = [1-9])", pages.ROOT / "proto/tokenforge/errors/v1/reason.proto"],
                                 capture_output=True, text=True, check=True).stdout.split()
        self.assertGreater(len(methods), 70)
        self.assertGreater(len(reasons), 35)
        said = "".join(pages_in(pages.ROOT / "docs/api").values())
        for method in methods:
            self.assertIn(f"\n## {method}\n", said)
        for reason in reasons:
            self.assertIn(f'<a id="{reason.lower()}"></a>`{reason}` | ', said)
            self.assertNotIn(f"`{reason}` |  |", said, "its comment in reason.proto says what it means")


if __name__ == "__main__":
    unittest.main()
