# Runs on the board, sent by host.deploy through the raw REPL: says what the board is and which of
# our files it has. Each line is a JSON list behind a mark, as other output may stand around it.
# The user's files at the root are not touched, and config.json is not opened.
import sys


def _deploy_inventory():
    import json

    def say(*values):
        print("\x02" + json.dumps(values))

    about = sys.implementation
    say("python", about.name, list(about.version)[:3], sys.platform)
    if about.name != "micropython":
        return
    import hashlib
    import os
    from binascii import hexlify

    if sys.platform == "esp32":
        # Where someone at the prompt left the root. On MicroPython's unix port the working
        # directory stands for it.
        os.chdir("/")
    ours = (
        "boot.py",
        "boot.py.new",
        "boot.mpy",
        "main.py",
        "main.py.new",
        "main.mpy",
        "trial.py",
        "trial.py.new",
        "trial.mpy",
        # What says that the tree of an update runs, see trial.py.
        "tree.json",
        "tree.json.new",
    )
    buffer = memoryview(bytearray(1024))

    def file(path):
        size = 0
        digest = hashlib.sha256()
        with open(path, "rb") as stream:
            while True:
                n = stream.readinto(buffer)
                if not n:
                    break
                digest.update(buffer[:n])
                size += n
        say("file", path, size, hexlify(digest.digest()).decode())

    def walk(folder):
        say("folder", folder)
        for name in os.listdir(folder):
            path = folder + "/" + name
            if os.stat(path)[0] & 0x4000:
                walk(path)
            else:
                file(path)

    space = os.statvfs(".")
    machine = getattr(about, "_machine", sys.platform)
    say("board", machine, getattr(about, "_mpy", 0), space[1], space[4])
    for name in os.listdir():
        if name in ("app", "app2"):
            walk(name)
        elif name == "config.json":
            say("config")
        elif name in ours:
            file(name)
    say("end")


_deploy_inventory()
del _deploy_inventory
