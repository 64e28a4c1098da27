"""power-readout: reads a meter's P1 port and answers on the network."""

import sys

VERSION = "0.1.0"


def borrow(name):
    """A module of this package that is needed now and then: it is not kept in memory."""
    whole = "firmware." + name
    __import__(whole)
    module = sys.modules[whole]
    del sys.modules[whole]
    whole, _, last = whole.rpartition(".")
    delattr(sys.modules[whole], last)
    return module
