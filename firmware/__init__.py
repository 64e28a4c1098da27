"""power-readout: reads a meter's P1 port and answers on the network."""

import gc
import sys

VERSION = "0.1.0"

#: Whether there is little memory, as on a board without PSRAM.
is_tight = False


def load(name, package="firmware"):
    """Import a module of this package that is needed once or seldom, such as "http.errors".

    package: another one, which has the module.
    It stays in memory for as long as the caller, or what it has made, refers to it; the next call
    reads it from the flash again.
    """
    whole = package + "." + name
    if is_tight:
        # What is loaded now and then takes the place of garbage, and not what is free behind it.
        gc.collect()
    __import__(whole)
    module = sys.modules.pop(whole)
    package, _, last = whole.rpartition(".")
    delattr(sys.modules[package], last)
    return module
