"""Cuts the power at every write to the flash while an update comes in, is tried and is confirmed.

The file system is LittleFS, as on a board; the update is taken in by the real `firmware.update`,
and what runs is decided by the real main.py and trial.py. After each cut the power comes back, and
is cut again while they put things in order. At each start the tree that runs must be whole.

Its arguments are a folder with a compiled tree, and the one with main.py and trial.py. It
prints a line of JSON: how many moments there were, and how often which version ran after a cut.
"""

import sys

sys.path.insert(0, sys.argv[1] + "/app/lib")
sys.path.insert(0, sys.argv[1] + "/app")
sys.path.append(".frozen")

import asyncio
import gc
import hashlib
import json
import os

import vfs

from firmware import load
from firmware.update import message

BLOCK, BLOCKS = 512, 256
KEY = "0123456789abcdef" * 2

CONSOLE = """\
import record
config = log = status = telegram = None
def run():
    record.ran = "%s"
"""
SAME = {"lib/same.py": "# the same in both\n" * 90, "firmware/__init__.py": ""}
OLD = dict(SAME)
OLD.update({"firmware/console.py": CONSOLE % "old", "firmware/gone.py": "# old\n" * 50})
NEW = dict(SAME)
NEW.update({"firmware/console.py": CONSOLE % "new", "firmware/more/new.py": "# new\n" * 300})
TREES = {"old": OLD, "new": NEW}


class Cut(OSError):
    pass


class Reset(BaseException):
    pass


class Flash:
    """Blocks in memory. After `left` writes and erasures the power is gone, amid the next one."""

    def __init__(self, data=b"\xff" * (BLOCK * BLOCKS)):
        self.data = bytearray(data)
        self.left = None
        self.writes = 0
        self.on = True

    def readblocks(self, block, buffer, offset=0):
        if self.on:
            at = block * BLOCK + offset
            buffer[:] = self.data[at : at + len(buffer)]

    def writeblocks(self, block, buffer, offset=0):
        if self.on:
            self._write(block * BLOCK + offset, buffer)

    def ioctl(self, operation, argument):
        if operation == 4:
            return BLOCKS
        if operation == 5:
            return BLOCK
        if operation == 6:
            if self.on:
                self._write(argument * BLOCK, b"\xff" * BLOCK)
            return 0

    def _write(self, at, data):
        if self.left is not None and self.left <= 0:
            if self.left == 0:
                # The write that was under way has got half of it done.
                half = len(data) // 2
                self.data[at : at + half] = data[:half]
                self.left = -1
            raise Cut(5)
        if self.left is not None:
            self.left -= 1
        self.writes += 1
        self.data[at : at + len(data)] = data


def mounted(flash):
    vfs.mount(vfs.VfsLfs2(flash, readsize=32, progsize=32, lookahead=32), "/flash")
    os.chdir("/flash")


def unmounted(flash):
    """Returns what the flash holds."""
    flash.on = False
    os.chdir("/")
    vfs.umount("/flash")
    gc.collect()
    return bytes(flash.data)


def write(path, text):
    at = path.find("/")
    while at > 0:
        try:
            os.mkdir(path[:at])
        except OSError:
            pass
        at = path.find("/", at + 1)
    with open(path, "w") as file:
        file.write(text)


def files(folder):
    """What a folder holds, with the paths below it."""
    found = {}
    for name in os.listdir(folder):
        path = folder + "/" + name
        if os.stat(path)[0] & 0x4000:
            for below, text in files(path).items():
                found[name + "/" + below] = text
        elif name != "manifest.txt":
            with open(path) as file:
                found[name] = file.read()
    return found


class Module:
    def __init__(self, **members):
        for name, member in members.items():
            setattr(self, name, member)


def reset():
    raise Reset


class Timer:
    ONE_SHOT = 0

    def __init__(self, id):
        pass

    def init(self, **settings):
        pass


sys.modules["machine"] = Module(
    reset=reset, reset_cause=lambda: 1, WDT=lambda timeout: None, Timer=Timer
)
sys.modules["network"] = Module()
sys.modules["record"] = record = Module(ran=None)
with open(sys.argv[2] + "/trial.py") as file:
    TRIAL = file.read()
with open(sys.argv[2] + "/main.py") as file:
    PROGRAM = compile(file.read(), "main.py", "exec")


def start():
    """Start main.py, again after each reset; returns the version that runs, which is whole.

    Where the power goes meanwhile, the last that ran is returned, or None.
    """
    record.ran = None
    for _ in range(4):
        kept = {
            name: module
            for name, module in sys.modules.items()
            if name.split(".")[0] in ("firmware", "dsmr")
        }
        for name in kept:
            del sys.modules[name]
        path = list(sys.path)
        try:
            exec(PROGRAM, {"__name__": "__main__", "__file__": "/flash/main.py"})
            break
        except Reset:
            pass
        finally:
            for name in list(sys.modules):
                if name.split(".")[0] in ("firmware", "dsmr"):
                    del sys.modules[name]
            sys.modules.update(kept)
            sys.path[:] = path
    return record.ran


def assert_whole(version):
    folder = running()
    assert version in TREES, version
    assert files(folder) == TREES[version], (version, folder)


def running():
    try:
        with open("tree.json") as file:
            return json.loads(file.read())["run"]
    except OSError:
        return "app"


class Client:
    since = None


def updates(tree):
    """What takes updates while a tree runs."""
    board = Module(clock=Module(now=lambda: 0), restart=lambda: None)
    context = Module(
        board=board,
        log=Module(say=lambda *sentence: None),
        memory=Module(heap=lambda: None),
        readout=Module(fresh=True),
        settings={"watchdog": True},
        waiting=False,
        read_before=None,
    )
    made = load("update.service").create(context, None)
    made.tree = tree
    return made


def manifest(tree):
    text = "power-readout new\nmpy %d 0 0\n" % (sys.implementation._mpy & 0xFF)
    for path in sorted(tree):
        data = tree[path].encode()
        text += "%s %d %s\n" % (hashlib.sha256(data).digest().hex(), len(data), path)
    return text.encode()


async def say(taking, messages):
    """Send messages in a session; stops at the first that is refused."""
    nonce = taking.nonce
    for number, (words, data) in enumerate(messages):
        body = message.make(bytes.fromhex(KEY), nonce, number + 1, words, data)
        session = taking.session or load("update.session").Session(taking)
        response = await session.take(body, Client())
        if response.status_code != 200:
            return response.body
    taking.session.end()
    return b""


def sent(tree):
    """The messages of a whole update."""
    text = manifest(tree)
    total = sum(len(each.encode()) for each in tree.values())
    needs = "%d 0 0" % (sys.implementation._mpy & 0xFF)
    begin = "begin %s %d %d %d 4 %s" % (
        hashlib.sha256(text).digest().hex(),
        len(text),
        total,
        len(tree),
        needs,
    )
    yield begin.split(" "), b""
    for offset in range(0, len(text), 1024):
        yield ["list", str(offset)], text[offset : offset + 1024]
    for index, path in enumerate(sorted(tree)):
        yield ["have", str(index)], b""
        data = tree[path].encode()
        if OLD.get(path) != tree[path]:
            for offset in range(0, len(data), 1024):
                yield ["put", str(index), str(offset)], data[offset : offset + 1024]
            yield ["have", str(index)], b""
    yield ["switch"], b""


def update_and_confirm(flash):
    """All of an update, from the first message on; ends early where the power goes."""
    said = asyncio.run(say(updates("app"), sent(NEW)))
    asyncio.new_event_loop()
    if flash.left == -1:
        return
    assert not said, said
    try:
        ran = start()
    except OSError:
        ran = None
    if flash.left == -1:
        return
    assert ran == "new", ran
    said = asyncio.run(say(updates("app2"), [(["confirm"], b"")]))
    asyncio.new_event_loop()
    assert not said or flash.left == -1, said


def main():
    flash = Flash()
    vfs.VfsLfs2.mkfs(flash, readsize=32, progsize=32, lookahead=32)
    mounted(flash)
    for path, text in OLD.items():
        write("app/" + path, text)
    write("update_key", KEY)
    write("trial.py", TRIAL)
    # There is something of an older update in the way.
    write("app2/firmware/old.py", "# older\n")
    image = unmounted(flash)
    outcomes = {"old": 0, "new": 0}
    again = 0
    moment = 0
    while True:
        flash = Flash(image)
        mounted(flash)
        flash.left = moment
        try:
            update_and_confirm(flash)
        except Cut:
            pass
        done = flash.left != -1
        image_after = unmounted(flash)
        second = 0
        while True:
            # The power goes a second time while they put things in order.
            flash = Flash(image_after)
            mounted(flash)
            flash.left = second
            try:
                ran = start()
            except OSError:
                ran = None
            was_cut = flash.left == -1
            flash = Flash(unmounted(flash))
            mounted(flash)
            if ran and not was_cut:
                assert_whole(ran)
                outcomes[ran] += 1
            for _ in range(3):
                assert_whole(start())
            if done:
                assert start() == "new"
            unmounted(flash)
            if not was_cut:
                break
            again += 1
            second += 1
        if done:
            break
        moment += 1
    print(json.dumps({"moments": moment, "again": again, "ran": outcomes}))


main()
