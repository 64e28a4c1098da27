"""Loads the modules of `mdns` that are not kept in memory."""

import sys


def load_mdns(name):
    """The module `mdns.NAME`: it, and those that it needs, stay for as long as the caller has it.

    `firmware.load` does the same for modules of the firmware.
    """
    try:
        __import__("mdns." + name)
        return sys.modules["mdns." + name]
    finally:
        # Also if there was no memory for all of it.
        package = sys.modules["mdns"]
        for whole in tuple(sys.modules):
            if whole.startswith("mdns."):
                del sys.modules[whole]
                if hasattr(package, whole[5:]):
                    delattr(package, whole[5:])
