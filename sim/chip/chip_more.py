"""What a run of the firmware does not always need of `machine`, loaded when it is first named."""

import binascii
import os
import sys

SOFT_RESET_CODE = 72  # what the process ends with; sim.board knows it

_frequency = 160_000_000


def soft_reset():
    """Ends the program as SystemExit does, so `finally` runs; `sim.board` starts it again."""
    sys.exit(SOFT_RESET_CODE)


def unique_id():
    """The MAC address; SIM_UNIQUE_ID has it as twelve hex digits."""
    return binascii.unhexlify(os.getenv("SIM_UNIQUE_ID") or "24a160c0ffee")


def freq(hertz=None):
    global _frequency
    if hertz is None:
        return _frequency
    if hertz not in (20_000_000, 40_000_000, 80_000_000, 160_000_000, 240_000_000):
        raise ValueError("frequency must be 20MHz, 40MHz, 80Mhz, 160MHz or 240MHz")
    _frequency = hertz


def idle():
    """Lets other tasks of the chip run; here there are none."""
