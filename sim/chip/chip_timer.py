"""The chip's timers, of which a program gets the callback between two of its own steps."""

import time
from _thread import start_new_thread

from micropython import const, schedule

# Milliseconds between two looks whether the time is over.
_LOOK = const(20)


class Timer:
    ONE_SHOT = 0
    PERIODIC = 1

    def __init__(self, id):
        if not 0 <= id < 4:
            raise ValueError("invalid Timer number")
        # A timer that is started anew, or stopped, is another one for the thread of the old one.
        self._starts = 0

    def init(self, *, mode=PERIODIC, period=-1, callback=None):
        self._starts += 1
        start_new_thread(self._count, (self._starts, mode, period, callback))

    def deinit(self):
        self._starts += 1

    def _count(self, start, mode, period, callback):
        begin = time.ticks_ms()
        while True:
            while time.ticks_diff(time.ticks_ms(), begin) < period:
                time.sleep_ms(_LOOK)
                if self._starts != start:
                    return
            schedule(callback, self)
            if mode == Timer.ONE_SHOT:
                return
            begin = time.ticks_add(begin, period)
