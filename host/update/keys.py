"""The update keys of the boards that were set up on this PC: a file each, by the board's number.

A board's number is its MAC address as 12 hexadecimal digits. On the board its key is in the file
update_key.
"""

import os
import secrets
from pathlib import Path

from firmware.update.message import KEY, parse_key

FOLDER = Path.home() / ".power-readout" / "keys"


class MissingKey(Exception):
    """There is no such key; the text is for the person and says what to do."""


def make():
    """A new key, as the text that the file has."""
    return secrets.token_hex(KEY)


def path(board, folder=None):
    return Path(folder or FOLDER) / f"{board}.key"


def keep(board, text, folder=None):
    """Keep a board's key, where nobody else of this PC can read it."""
    file = path(board, folder)
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as stream:
        stream.write(text + "\n")


def find(board, file=None, folder=None):
    """The key as bytes: that of a file if one is named, or of the board."""
    where = Path(file) if file else path(board, folder)
    try:
        key = parse_key(where.read_text())
    except (OSError, UnicodeDecodeError):
        key = None
    if key is None:
        raise MissingKey(
            f"{where} has no update key. `make board` makes one when it sets a board up; one that "
            "was set up on another PC has its key there, in the same place: copy it, or name its "
            "file with --key."
        )
    return key
