"""Starts power-readout, on a board and on a PC.

On a board this is what runs after boot.py. It, boot.py and trial.py stay as they are for years:
all the rest lives below one folder, app or app2. Where an update has come over WiFi, trial.py says
which of them runs, and this tells it when a version on trial fails.
"""

import os
import sys

# The folder that this file is in. A board starts it in the root of its flash, and tells it so only
# since MicroPython 1.27.
_root = globals().get("__file__", "main.py").replace("\\", "/").rpartition("/")[0] or "."
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
        if "app2" in os.listdir(_root):
            # An update has come.
            from trial import choose

            _root, _roll_back = choose(_root)
            del choose
        elif "app" in os.listdir(_root):
            _root += "/app"
        sys.path[:0] = [_root, _root + "/lib"]
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
