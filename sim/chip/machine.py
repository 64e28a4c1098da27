"""The ESP32's `machine`, simulated: what the firmware's board code needs of it.

For MicroPython's unix port, in place of its own module: MICROPYPATH=sim/chip:.frozen. It behaves
as the ESP32 port does, errors included; what the pins and lines connect to comes from the
environment (`SIM_...`), for a chip cannot see more of the world either.
"""

import binascii
import os
import sys

from chip_pin import Pin, Signal  # noqa: F401 (offered here)
from chip_uart import UART  # noqa: F401
from chip_wdt import WDT, power_cycle  # noqa: F401

PWRON_RESET = 1
HARD_RESET = 2
WDT_RESET = 3
DEEPSLEEP_RESET = 4
SOFT_RESET = 5

SOFT_RESET_CODE = 72  # what the process ends with; sim.board knows it

_frequency = 160_000_000


def reset_cause():
    """SIM_RESET_CAUSE, as a number or a name such as WDT_RESET; power-on if it is not set."""
    cause = os.getenv("SIM_RESET_CAUSE") or "PWRON_RESET"
    return int(cause) if cause.isdigit() else globals()[cause]


def reset():
    """Never returns: no `finally` and no `except` runs on a chip that restarts."""
    power_cycle("machine.reset()", "USR1")


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


class RTC:
    """The clock that counts since the board was started, and 2 KB that survive a reset."""

    _memory = b""

    def __init__(self, id=0):
        pass

    def datetime(self, now=None):
        import time

        if now is None:
            t = time.gmtime()
            return (t[0], t[1], t[2], t[6], t[3], t[4], t[5], time.time_ns() // 1000 % 1_000_000)

    def memory(self, data=None):
        if data is None:
            return RTC._memory
        if len(data) > 2048:
            raise ValueError("buffer too long")
        RTC._memory = bytes(data)
