"""Captured telegrams, which the project ships without: P1_CAPTURES is the folder they are in.

INDEX.md in it has a row for each: its name, what it shows, and its CRC in four digits, or "wrong"
or "none", or "in file" where its last line is to be believed.
"""

import os
import re
from pathlib import Path

import pytest

#: A stand-in for the captures where there are none, for which `require` fails or skips.
MISSING = Path("no-captures")


def _folder():
    return Path(os.environ.get("P1_CAPTURES") or MISSING)


def paths():
    """All captures; [MISSING] if there are none."""
    return sorted(_folder().glob("*.txt")) or [MISSING]


def require(path):
    """Fail in CI, and skip elsewhere, if the captures are missing."""
    if path == MISSING:
        setting = os.environ.get("P1_CAPTURES")
        reason = "P1_CAPTURES, the folder of captured telegrams, is " + (
            "%s, where there are none" % setting if setting else "not set"
        )
        if os.environ.get("CI") in ("true", "1"):
            pytest.fail(reason)
        pytest.skip(reason)
    return path


def index():
    """{name of a capture: its CRC, "wrong" or "none"}."""
    found = {}
    for line in (_folder() / "INDEX.md").read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if len(cells) == 4 and re.fullmatch("wrong|none|in file|[0-9A-Fa-f]{4}", cells[2]):
            found[cells[0]] = cells[2]
            if cells[2] == "in file":
                data = (_folder() / f"{cells[0]}.txt").read_text(encoding="latin-1")
                found[cells[0]] = data[data.rindex("!") + 1 :].strip()
    return found
