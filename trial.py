"""Decides which of two versions runs, and rolls back one on trial that does not do.

main.py uses this where an update has come over WiFi; like main.py it stays as it is for years. A
new version goes into the folder app or app2, whichever does not run, and runs on trial at first:
if it hangs, dies, or is not confirmed in time, it is rolled back from here, whatever it does. The
file tree.json says which folder runs:

    {"run": "app2"}                                           app2 runs
    {"run": "app2", "back": "app", "trial": "due"}            app2 runs on trial at the next start
    {"run": "app2", "back": "app", "trial": "on"}             app2 is on trial since this start
    {"run": "app", "why": "it was not confirmed in time"}     app runs, as app2 has failed

What else it says is for `firmware.update`. Without the file, app runs.
"""

import json
import os
import sys

import machine

# Seconds after its start in which an update on trial is to be confirmed, and after which the
# watchdog restarts the board where it hangs so that no timer of Python's can end it.
_TRIAL = 300
_BITE = 330


def choose(root):
    """(the folder of the tree to run, what rolls it back if it is on trial: a function of why).

    root: the folder that the trees are in; it stands for the tree where there is none.
    """
    path = root + "/tree.json"

    def is_tree(name):
        try:
            os.stat(root + "/" + name + "/firmware")
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
        return {"run": ""}

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

    del sys.modules["trial"]  # it is not needed any more
    note = read()
    trial = note.get("trial")
    if trial == "due" and write(dict(note, trial="on")):
        machine.WDT(timeout=_BITE * 1000)
        machine.Timer(0).init(mode=machine.Timer.ONE_SHOT, period=_TRIAL * 1000, callback=end)
        return root + "/" + note["run"], roll_back
    if trial:
        # It was on trial when the board was restarted. If that cannot be noted, the tree that did
        # well runs all the same.
        roll_back("the board was restarted before it was confirmed (%d)" % machine.reset_cause())
        return root + "/" + note["back"], None
    return root + "/" + note["run"], None
