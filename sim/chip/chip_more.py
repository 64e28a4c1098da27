"""What hardly a program uses of `machine`.

What must outlast a call is in variables of the process's environment, which is no part of the
heap, as little as the chip's registers are.
"""

import binascii
import os
import sys
import time

SOFT_RESET_CODE = 72  # what the process ends with; sim.board knows it


def soft_reset():
    """Ends the program as SystemExit does, so `finally` runs; `sim.board` starts it again."""
    sys.exit(SOFT_RESET_CODE)


def unique_id():
    """The MAC address; SIM_UNIQUE_ID has it as twelve hex digits."""
    return binascii.unhexlify(os.getenv("SIM_UNIQUE_ID") or "24a160c0ffee")


def freq(hertz=None):
    if hertz is None:
        return int(os.getenv("SIM_FREQUENCY") or 160_000_000)
    if hertz not in (20_000_000, 40_000_000, 80_000_000, 160_000_000, 240_000_000):
        raise ValueError("frequency must be 20MHz, 40MHz, 80Mhz, 160MHz or 240MHz")
    os.putenv("SIM_FREQUENCY", str(hertz))


def idle():
    """Lets other tasks of the chip run; here there are none."""


class RTC:
    """The clock that counts since the board was started, and 2 KB that survive a reset.

    SIM_RTC names the file that they survive in, which `sim.board` removes where the power comes
    anew. Without it every start is one with new power.
    """

    def __init__(self, id=0):
        pass

    def datetime(self, now=None):
        if now is None:
            t = time.gmtime()
            return (t[0], t[1], t[2], t[6], t[3], t[4], t[5], time.time_ns() // 1000 % 1_000_000)

    def memory(self, data=None):
        path = os.getenv("SIM_RTC")
        if data is None:
            if path:
                try:
                    with open(path, "rb") as file:
                        return file.read()
                except OSError:
                    return b""
            return binascii.unhexlify(os.getenv("SIM_RTC_MEMORY") or "")
        if len(data) > 2048:
            raise ValueError("buffer too long")
        if path:
            with open(path, "wb") as file:
                file.write(data)
        else:
            os.putenv("SIM_RTC_MEMORY", bytes(data).hex())
