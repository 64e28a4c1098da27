"""Starts power-readout, on a board and on a PC.

On a board this is what runs after boot.py. It and boot.py stay as they are for years: all the rest
lives below one folder, app or app2. The file tree.json says which of them runs. An update goes
into the other, which runs on trial at first: if it hangs, dies, or is not confirmed in time, it is
rolled back from here, whatever it does. What tree.json may say:

    {"run": "app2"}                                           app2 runs
    {"run": "app2", "back": "app", "trial": "due"}            app2 runs on trial at the next start
    {"run": "app2", "back": "app", "trial": "on"}             app2 is on trial since this start
    {"run": "app", "why": "it was not confirmed in time"}     app runs, as app2 has failed

What else it says is for `firmware.update`. Without the file, app runs.
"""

import os
import sys

# Seconds after its start in which an update on trial is to be confirmed, and after which the
# watchdog restarts the board where it hangs so that no timer of Python's can end it.
_TRIAL = 300
_BITE = 330

# The folder that this file is in. A board starts it in the root of its flash, and tells it so only
# since MicroPython 1.27.
_root = globals().get("__file__", "main.py").replace("\\", "/").rpartition("/")[0] or "."


def _choose():
    """(the tree to run or None, what rolls it back if it is on trial, a function that takes why).

    All that it needs is in here, so that nothing of it stays in memory where there is no trial.
    """
    import json

    import machine

    path = _root + "/tree.json"

    def is_tree(name):
        try:
            os.stat(_root + "/" + name + "/firmware")
            return True
        except OSError:
            return False

    def read():
        try:
            with open(path) as file:
                note = json.load(file)
            trees = (note["run"], note["back"]) if note.get("trial") else (note["run"],)
            if all(tree in ("app", "app2") and is_tree(tree) for tree in trees):
                return note
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            pass  # it is not there, or damaged
        for tree in ("app", "app2"):
            if is_tree(tree):
                return {"run": tree}
        return {"run": None}

    def write(note):
        """Put it in the place of the old one in one step; returns whether that was possible."""
        try:
            with open(path + ".new", "w") as file:
                json.dump(note, file)
            os.rename(path + ".new", path)
            return True
        except OSError:
            return False  # the flash is full or damaged

    def roll_back(why):
        """End the trial, if it lasts; the other tree runs from the next start on, which is now."""
        note = read()
        if note.get("trial") == "on":
            note["run"], note["why"] = note.pop("back"), why
            del note["trial"]
            if write(note):
                machine.reset()

    def end(timer):
        try:
            roll_back("it was not confirmed in time")
        except BaseException:
            machine.reset()  # the next start rolls back

    note = read()
    trial = note.get("trial")
    if trial == "due" and write(dict(note, trial="on")):
        machine.WDT(timeout=_BITE * 1000)
        machine.Timer(0).init(mode=machine.Timer.ONE_SHOT, period=_TRIAL * 1000, callback=end)
        return note["run"], roll_back
    if trial:
        # It was on trial when the board was restarted. If that cannot be noted, the tree that did
        # well runs all the same.
        roll_back("the board was restarted before it was confirmed (%d)" % machine.reset_cause())
        return note["back"], None
    return note["run"], None


_roll_back = None
try:
    import network  # noqa: F401  a board has one, and a simulated board too
except ImportError:
    sys.path[:0] = [_root, _root + "/lib"]
    if __name__ == "__main__":
        from host.command import main

        sys.exit(main(sys.argv[1:]))
else:
    try:
        _tree, _roll_back = _choose()
        del _choose
        _tree = _root + "/" + _tree if _tree else _root
        sys.path[:0] = [_tree, _tree + "/lib"]
        # By itself an ESP32 reads its flash in pieces of 128 bytes. In larger ones the program is
        # loaded in a fraction of the time; they take 4 KB, until it is loaded.
        try:
            import vfs
            from flashbdev import bdev

            vfs.umount("/")
            vfs.mount(vfs.VfsLfs2(bdev, readsize=512), "/")  # type: ignore[abstract]
        except ImportError:
            pass  # a simulated board has no flash

        # These stay at hand on the serial console, when Ctrl-C has stopped the program.
        from firmware.console import config, log, run, status, telegram  # noqa: F401

        run()
    except KeyboardInterrupt:
        raise
    except BaseException as _error:
        sys.print_exception(_error)
        if _roll_back:
            _roll_back("it failed: %r" % _error)
        if not isinstance(_error, Exception):
            raise
        print("The program cannot go on. In a minute the board restarts; Ctrl-C gives the prompt.")
        import time

        import machine

        time.sleep(60)
        machine.reset()
