"""Runs tests that need nothing but asserts, as pytest would: arguments are names of modules.

Each test gets a folder on a LittleFS of its own, in memory.
"""

import gc
import sys

import vfs

# Here, and not in what is imported from here: the stack has room for so many imports in imports.
import dsmr  # noqa: F401
from history.flash import Flash


def run(function, path):
    flash = Flash()
    flash.format()
    vfs.mount(flash.system(), path)
    try:
        function(path + "/history")
    finally:
        vfs.umount(path)
    gc.collect()


def main(names):
    failed = ran = 0
    for name in names:
        module = __import__("history." + name, None, None, ("x",))
        for case in sorted(dir(module)):
            if case.startswith("test_"):
                ran += 1
                try:
                    run(getattr(module, case), "/flash")
                except Exception as error:
                    failed += 1
                    print("FAILED", name, case)
                    sys.print_exception(error)
    print("%d ran, %d failed" % (ran, failed))
    return 1 if failed or not ran else 0


sys.exit(main(sys.argv[1:]))
