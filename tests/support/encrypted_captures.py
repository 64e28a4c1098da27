"""Captures of encrypted meters, which the project ships without.

P1_ENCRYPTED_CAPTURES is the folder that they are in. Of each it has NAME.bin, what came on the
line; NAME.key, lines of "key …" and "auth …" in hexadecimal digits; and NAME.plain.txt, what is in
the frames.
"""

import os
from pathlib import Path

import pytest

#: A stand-in for the captures where there are none, for which `require` fails or skips.
MISSING = Path("no-captures")


def paths():
    """All captures; [MISSING] if there are none."""
    folder = Path(os.environ.get("P1_ENCRYPTED_CAPTURES") or MISSING)
    return sorted(folder.glob("*.bin")) or [MISSING]


def require(path):
    """Fail in CI, and skip elsewhere, if the captures are missing."""
    if path == MISSING:
        setting = os.environ.get("P1_ENCRYPTED_CAPTURES")
        reason = "P1_ENCRYPTED_CAPTURES, the folder of captured encrypted telegrams, is " + (
            "%s, where there are none" % setting if setting else "not set"
        )
        if os.environ.get("CI") in ("true", "1"):
            pytest.fail(reason)
        pytest.skip(reason)
    return path


def keys(path):
    """(key, authentication key) of a capture, as settings have them."""
    lines = dict(line.split() for line in path.with_suffix(".key").read_text().splitlines())
    return lines["key"], lines.get("auth", "none")


def plaintext(path):
    return path.with_name(path.stem + ".plain.txt").read_bytes()
