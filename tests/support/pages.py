"""Reads the Markdown pages: README.md and docs/."""

import re

from host.tree import REPO

README = (REPO / "README.md").read_text(encoding="utf-8")


def page(name):
    """The text of a page in docs/."""
    return (REPO / "docs" / name).read_text(encoding="utf-8")


def section(heading, text=README):
    """What stands below a heading, up to the next one."""
    return re.split(r"^#+ ", text.split(f" {heading}\n", 1)[1], maxsplit=1, flags=re.MULTILINE)[0]


def table(text):
    """The cells of the tables' rows, without their headings."""
    rows = []
    for line in text.splitlines():
        if line.startswith("|"):
            cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
            rows.append(cells)
    return [row for row in rows if not set("".join(row)) <= set("-: ")][1:]


def code(text):
    """The code of a page: what stands in backticks, and in blocks of it."""
    blocks = re.findall(r"^```.*?\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    rest = re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
    # An empty value, as in the table of flags, would make a beginning of the next end.
    return blocks + re.findall(r"`([^`\n]+)`", rest.replace("``", ""))


def blocks(text, language=""):
    """The blocks of code of a page that are in this language."""
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


def slug(heading):
    """The anchor that a heading has on a page."""
    words = re.sub(r"[^\w\- ]", "", re.sub(r"[`*]", "", heading).strip().lower())
    return words.replace(" ", "-")


def anchors(text):
    """The anchors of all headings of a page."""
    rest = re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
    return {slug(heading) for heading in re.findall(r"^#+ (.+)$", rest, re.MULTILINE)}
