"""Links between documents: each leads to a file that is there, and to a heading of it."""
import re
import unittest

import pages

LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")


def broken(path, text):
    """Links of a page that lead nowhere."""
    faults = []
    spans = re.sub(r"`[^`\n]*`", "``", pages.prose(text))
    for target in LINK.findall(spans):
        if re.match(r"https?:|mailto:", target):
            continue
        name, _, anchor = target.partition("#")
        file = (path.parent / name).resolve() if name else path
        if name and not file.exists():
            faults.append(f"{target}: there is no {name}")
        elif anchor and anchor not in pages.anchors(text if file == path else file.read_text()):
            faults.append(f"{target}: there is no such heading")
    return faults


class Links(unittest.TestCase):
    def test_EveryLinkBetweenDocumentsLeadsToAFileAndAHeadingThatAreThere(self):
        faults, links = [], 0
        for path in pages.all_pages():
            text = path.read_text()
            links += len(LINK.findall(pages.prose(text)))
            faults += [f"{pages.name_of(path)}: {fault}" for fault in broken(path, text)]
        self.assertGreater(links, 300)
        self.assertEqual(faults, [])

    def test_ALinkThatLeadsNowhereIsFound(self):
        page = pages.ROOT / "docs" / "faq.md"
        text = "# One\n## Two words, `code`\n[a](gone.md) [b](#two-words-code) [c](#three) [d](guard.md#three-lines) [e](guard.md#none)\n"
        self.assertEqual(broken(page, text), ["gone.md: there is no gone.md", "#three: there is no such heading",
                                              "guard.md#none: there is no such heading"])

    def test_EveryDocumentCanBeReachedFromTheReadme(self):
        reached, todo = set(), [pages.ROOT / "README.md"]
        while todo:
            path = todo.pop()
            if path in reached or path.suffix != ".md":
                continue
            reached.add(path)
            for target in LINK.findall(pages.prose(path.read_text())):
                if not target.startswith(("http", "#")):
                    file = (path.parent / target.partition("#")[0]).resolve()
                    # Who follows a link to a folder sees what is in it.
                    todo += [page for page in pages.all_pages() if file in page.parents] if file.is_dir() else [file]
        lost = [pages.name_of(path) for path in pages.guides() if path not in reached]
        self.assertEqual(lost, [], "no link leads to these")


if __name__ == "__main__":
    unittest.main()
