"""The two trees of files on the board's flash, tree.json, which says which of them runs, and the
update key.

trial.py tells what is in tree.json. Loaded when it is needed, then dropped again.
"""

import json
import os
import sys

from firmware import load

_NOTE = "tree.json"

#: The file with the key: 32 hexadecimal digits. No page reads or writes it.
_KEY = "update_key"

# What `os.stat` says of a folder.
_FOLDER = 0x4000


def key():
    """The board's update key, 16 bytes; None if it has none."""
    try:
        with open(_KEY) as file:
            return load("update.message").parse_key(file.read(64))
    except (OSError, ValueError):
        return None


def is_on_trial(log):
    """Whether this start is a trial; says what became of the last update, unless all is well."""
    note = read_note()
    if note.get("trial"):
        log.say("This version is on trial: it is rolled back unless it is confirmed.")
    elif note.get("why"):
        log.say(
            "The update to version %s was rolled back: %s." % (note.get("version"), note["why"])
        )
    return bool(note.get("trial"))


def counters():
    """What `/healthz` says of updates; None on a board without a key."""
    if key() is None:
        return None
    note = read_note()
    found = {"tree": running(), "trial": bool(note.get("trial"))}
    if note.get("why"):
        found["rolled_back"] = note["why"]
    return found


def running():
    """The folder of the tree that runs."""
    if "archive" in sys.modules:
        # The path of a module in it says nothing of the folder.
        return sys.modules["archive"].root.rpartition("/")[2]
    return __file__.rpartition("/firmware/")[0].rpartition("/")[2]


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
    load("files").write(_NOTE, json.dumps(note))


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
