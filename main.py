"""Starts power-readout, on a board and on a PC.

On a board this is what runs after boot.py. It and boot.py stay as they are for years: all the rest
lives below one folder, app, beside which another version can stand.
"""

import os
import sys

# The folder with firmware/ and lib/: app on a board, this file's own in a checkout. Before 1.27
# MicroPython does not tell main.py where it is; a board starts it in the root of its flash.
_root = globals().get("__file__", "main.py").replace("\\", "/").rpartition("/")[0] or "."
try:
    os.stat(_root + "/app/firmware")
    _root += "/app"
except OSError:
    pass
sys.path[:0] = [_root, _root + "/lib"]


try:
    import network  # noqa: F401  a board has one, and a simulated board too
except ImportError:
    if __name__ == "__main__":
        from host.command import main

        sys.exit(main(sys.argv[1:]))
else:
    try:
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
    except Exception as _error:
        sys.print_exception(_error)
        print("The program cannot go on. In a minute the board restarts; Ctrl-C gives the prompt.")
        import time

        import machine

        time.sleep(60)
        machine.reset()
