"""Runs the firmware, main.py, on a tick counter that is about to wrap.

Arguments: the folder that main.py is in; how many milliseconds before its end the ESP32's counter
is when the program begins. asyncio goes by the port's own counter, which cannot be replaced.
"""

import sys
import time

root, before = sys.argv[1], int(sys.argv[2])
sys.path[:0] = [root, root + "/app/lib"]

import archive  # noqa: E402

archive.mount(root + "/app")

from firmware import boards  # noqa: E402

PERIOD = 1 << 30
made = boards.Clock
begin = time.ticks_ms() + before


def ticks_ms():
    return (time.ticks_ms() - begin) % PERIOD


def ticks_diff(later, earlier):
    """As the ESP32's."""
    return ((later - earlier + PERIOD // 2) % PERIOD) - PERIOD // 2


boards.Clock = lambda *_: made(ticks_ms, ticks_diff)

import main  # noqa: E402, F401
