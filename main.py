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

#: Modules of the image that the program imports again and again.
_IMAGE = "array asyncio binascii collections errno io json machine os re select socket struct time"

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
        # Each import of a module that is in the image looks for a file of that name in all folders
        # first, which is most of the time that loading takes. What is in sys.modules is found at
        # once.
        _path = sys.path[:]
        sys.path[:] = [_entry for _entry in _path if _entry not in ("", "/lib")]
        for _name in _IMAGE.split():
            try:
                sys.modules[_name] = __import__(_name)
            except ImportError:
                pass  # not in this image
        sys.path[:] = [_root, _root + "/lib"] + _path
        if "modules" in os.listdir(_root):
            import archive

            archive.mount(_root)
            del archive
        del _path, _IMAGE, _name

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
