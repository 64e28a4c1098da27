"""The two trees of files on the board's flash, and tree.json, which says which of them runs.

main.py tells what is in tree.json. Loaded when it is needed, then dropped again.
"""

import json
import os

from firmware import files

_NOTE = "tree.json"

# What `os.stat` says of a folder.
_FOLDER = 0x4000


def read_note():
    """What tree.json says; empty if there is none that can be read."""
    try:
        with open(_NOTE) as file:
            note = json.loads(file.read())
        return note if isinstance(note, dict) else {}
    except (OSError, ValueError):
        return {}


def write_note(note):
    """Put a new tree.json in the place of the old one; raises OSError if the flash is full."""
    files.write(_NOTE, json.dumps(note))


def begin_alone():
    """What tree.json says, if the board was restarted to take in nothing but an update; or None.

    It says so once: the start after this is a normal one.
    """
    note = read_note()
    if not note.pop("alone", False):
        return None
    write_note(note)
    return note


def other(tree):
    """The tree that an update goes into while `tree` runs."""
    return "app" if tree == "app2" else "app2"


def remove(folder):
    """Remove a folder with all that is in it, one entry at each step, as a generator."""
    try:
        names = os.listdir(folder)
    except OSError:
        return
    for name in names:
        path = folder + "/" + name
        if os.stat(path)[0] & _FOLDER:
            yield from remove(path)
        else:
            os.remove(path)
        yield
    os.rmdir(folder)


def make_folders(path):
    """Make the folders that a file's path needs."""
    at = path.find("/")
    while at > 0:
        try:
            os.mkdir(path[:at])
        except OSError:
            pass  # it is there; if not, the file cannot be opened
        at = path.find("/", at + 1)


def room():
    """(bytes of a block of the flash, free blocks)."""
    stat = os.statvfs(".")
    return stat[1] or stat[0], stat[3]


def blocks(folder, block):
    """Blocks that a folder with all that is in it takes."""
    try:
        names = os.listdir(folder)
    except OSError:
        return 0
    count = 2
    for name in names:
        stat = os.stat(folder + "/" + name)
        if stat[0] & _FOLDER:
            count += blocks(folder + "/" + name, block)
        else:
            count += -(-stat[6] // block)
    return count
