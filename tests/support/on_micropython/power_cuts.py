"""Cuts the power at every write to the flash, on the file system that a board has.

For each way of writing a file, and each moment: what stands in the file afterwards is the old
text, the new one, or damaged. Prints a line of JSON a way: how many moments there were, and how
often which of these was found.

The settings are read after each cut as well: with a file that is damaged the last that worked
are used.
"""

import gc
import json
import os
import sys

import vfs

sys.path.insert(0, ".")

from firmware import config_file, files, load

# The file system that is cut has no modules: what is loaded is here before.
loaded = {name: load(name) for name in ("json_check", "budget", "settings")}
loaded["files"] = files
config_file.load = loaded.get

BLOCK, BLOCKS = 512, 96


class Cut(OSError):
    pass


class Flash:
    """Blocks in memory. After `left` writes and erasures the power is gone, amid the next one.

    What is no longer `on` does nothing: a file that was open may be closed by the collector, when
    nothing may be allocated.
    """

    def __init__(self, data=b"\xff" * (BLOCK * BLOCKS)):
        self.data = bytearray(data)
        self.left = None
        self.on = True

    def readblocks(self, block, buffer, offset=0):
        if not self.on:
            return 0
        at = block * BLOCK + offset
        buffer[:] = self.data[at : at + len(buffer)]

    def writeblocks(self, block, buffer, offset=0):
        if not self.on:
            return 0
        at = block * BLOCK + offset
        if self._goes(at, buffer):
            self.data[at : at + len(buffer)] = buffer

    def ioctl(self, operation, argument):
        if operation == 4:
            return BLOCKS
        if operation == 5:
            return BLOCK
        if operation == 6:
            if not self.on:
                return 0
            erased = b"\xff" * BLOCK
            if self._goes(argument * BLOCK, erased):
                self.data[argument * BLOCK : (argument + 1) * BLOCK] = erased
            return 0

    def _goes(self, at, data):
        if self.left is None:
            return True
        if self.left > 0:
            self.left -= 1
            return True
        if self.left == 0:
            # The one that was under way has got half of it done.
            half = len(data) // 2
            self.data[at : at + half] = data[:half]
            self.left = -1
        raise Cut(5)


def mounted(flash):
    system = vfs.VfsLfs2(flash, readsize=32, progsize=32, lookahead=32)
    vfs.mount(system, "/flash")
    os.chdir("/flash")


def unmounted(flash):
    """Returns what the flash holds."""
    flash.on = False
    os.chdir("/")
    vfs.umount("/flash")
    gc.collect()
    return bytes(flash.data)


def naive(path, text):
    with open(path, "w") as file:
        file.write(text)


OLD = json.dumps({"wifi_name": "old", "wifi_password": "x" * 20, "_why": "because " * 90})
NEW = json.dumps({"wifi_name": "new", "wifi_password": "y" * 20, "_why": "why not " * 130})


def found(path):
    try:
        with open(path) as file:
            text = file.read()
    except (OSError, ValueError):
        return "none"
    return {OLD: "old", NEW: "new"}.get(text, "damaged")


def cut_everywhere(write, before):
    flash = Flash()
    vfs.VfsLfs2.mkfs(flash, readsize=32, progsize=32, lookahead=32)
    mounted(flash)
    files.write("other.json", OLD)
    files.write("config.json.bak", OLD)
    if before:
        files.write("config.json", OLD)
    image = unmounted(flash)
    outcomes = {}
    names = {}
    moment = 0
    while True:
        flash = Flash(image)
        mounted(flash)
        flash.left = moment
        try:
            write("config.json", NEW)
            done = True
        except OSError:
            done = False
        flash = Flash(unmounted(flash))
        mounted(flash)
        outcome = found("config.json")
        outcomes[outcome] = outcomes.get(outcome, 0) + 1
        assert found("other.json") == "old"
        assert not done or outcome == "new"
        # The program comes up, with settings that are whole.
        settings, problems = config_file.read()
        names[settings["wifi_name"]] = names.get(settings["wifi_name"], 0) + 1
        assert (outcome in ("old", "new")) == (not problems), problems
        # And it can be written again.
        write("config.json", NEW)
        assert found("config.json") == "new"
        unmounted(flash)
        if done:
            break
        moment += 1
    way = "naive" if write is naive else "atomic"
    print(json.dumps({"way": way, "before": before, "outcomes": outcomes, "names": names}))


for way in (files.write, naive):
    for before in (True, False):
        cut_everywhere(way, before)
