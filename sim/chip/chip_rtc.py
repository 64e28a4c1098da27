"""The chip's own clock, and the memory in it."""

import os
import time

import machine


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
            return machine._rtc
        if len(data) > 2048:
            raise ValueError("buffer too long")
        machine._rtc = bytes(data)
        if path:
            with open(path, "wb") as file:
                file.write(data)
