"""The documents of the tree: their code blocks, their words outside of them, their headings."""
import functools
import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parents[2]
ELSEWHERE = {"build", ".dev", "node_modules", ".git"}


class Block:
    """A code block: its language, its text, and the remark (<!-- … -->) on the line before it."""

    def __init__(self, language, remark, line):
        self.language, self.remark, self.line, self.text, self.end = language, remark, line, "", line


@functools.cache
def all_pages():
    return [path for path in sorted(ROOT.rglob("*.md")) if not ELSEWHERE & set(path.relative_to(ROOT).parts)]


def guides():
    """What people read to do something: not what was decided, and not what changed."""
    return [path for path in all_pages() if path.name != "CHANGELOG.md" and "adr" not in path.parts]


def name_of(path):
    return str(path.relative_to(ROOT))


def blocks(text):
    found, inside, before = [], None, ""
    for number, line in enumerate(text.split("\n"), 1):
        fence = re.match(r"\s*```(.*)", line)
        if fence and inside is None:
            remark = re.fullmatch(r"\s*<!-- (.*) -->", before)
            inside = Block(fence[1].strip(), remark[1] if remark else "", number)
        elif fence:
            inside.end = number
            found.append(inside)
            inside = None
        elif inside is not None:
            inside.text += line + "\n"
        before = line
    return found


def prose(text):
    """Without code blocks; lines keep their numbers."""
    lines, inside = [], False
    for line in text.split("\n"):
        fence = line.lstrip().startswith("```")
        lines.append("" if fence or inside else line)
        inside ^= fence
    return "\n".join(lines)


def anchors(text):
    """The names under which a page's headings and marks can be linked, as GitHub makes them."""
    found, text = [], prose(text)
    for heading in re.findall(r"^#{1,6} (.+)$", text, re.M):
        plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading)
        name = re.sub(r"[^\w\- ]", "", plain.strip().lower()).replace(" ", "-")
        found.append(name if name not in found else f"{name}-{found.count(name)}")
    return set(found) | set(re.findall(r'<a id="([^"]+)">', text))
