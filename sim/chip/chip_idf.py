"""ESP-IDF's memory, simulated: what WiFi, the UART, sockets and MicroPython's heap share.

MicroPython's heap begins with 56,000 bytes. Where that is too little after a collection, it grows
by as much again, or by what is wanted at once if that is more, which the firmware makes use of;
and where that is too little too, by the largest free block, whatever it is. It gives back what is
empty, and so nothing (MicroPython's py/gc.c). What is left is all that the network has. Where no
frame of WiFi fits into it any more, nothing comes in or goes out, and nobody is told.

The heap here is one block of a fixed size, so its growth is worked out: what is in use, less what
the chip's own modules take (SIM_CHIP_HEAP), is compared with the size that a board's heap would
have. That is done whenever the program calls the chip, and a collection comes before each growth,
as on a board. A board's heap is fragmented too, and may grow a little earlier. Without
SIM_CHIP_HEAP, as on words of 64 bits, the heap has grown once and stays as it is.

The figures were seen with MicroPython 1.26.1 on an ESP32 without PSRAM, in bytes. With SIM_PSRAM
the board has 4 MB more, which its heap grows into.
"""

import gc
import os

from micropython import const

# WiFi is up, MicroPython's heap has its first size, and nothing else was made. What WiFi itself
# takes is free before it is switched on.
_FREE = const(95_600)
_WIFI = const(44_000)

# Free bytes in pieces that are too small for anything.
_CRUMBS = const(1_700)

_HEAP = const(56_000)
# By what the firmware lets it grow, see `firmware.boards.heap`.
_GROWTH = const(64_000)
# What a growth takes beside what the heap gains: the collector's own tables.
_TABLES = const(3_500)

# A frame of WiFi with its buffer.
_FRAME = const(1_600)

_PSRAM = const(4_194_304)

_own = int(os.getenv("SIM_CHIP_HEAP") or -1)
_psram = bool(os.getenv("SIM_PSRAM"))
free = _FREE + _WIFI
#: The size that a board's heap would have, and how often it would have grown.
heap = _HEAP
growths = 0
if _own < 0:
    heap = 1 << 29
    growths = 1
    free -= _GROWTH + _TABLES
lowest = free


def settle():
    """Let come back what has become free meanwhile; `socket` puts its own in this place."""


def take(size):
    """Take so many bytes, if they are there; returns whether they were."""
    global free, lowest
    watch()
    settle()
    if size > free - _CRUMBS:
        return False
    free -= size
    if free < lowest:
        lowest = free
    return True


def give(size):
    """Give back what was taken."""
    global free
    free += size


def ready():
    """Whether there is memory for a frame of WiFi, so that anything can come in or go out."""
    watch()
    settle()
    return free - _CRUMBS >= _FRAME


def watch():
    """Let the heap grow where what is in use does not fit any more."""
    # What is in use takes a while to find out.
    if _own < 0 or gc.mem_alloc() - _own <= heap:
        return
    gc.collect()
    while gc.mem_alloc() - _own > heap:
        grow()


def grow():
    global heap, growths, free, lowest
    growths += 1
    if _psram:
        heap *= 2
        return
    block = free - _CRUMBS
    step = _GROWTH + _TABLES
    if growths > 1 or step > block:
        step = block
    if step <= _TABLES:
        # What a board would do here is end with MemoryError. The heap of the simulation is larger.
        heap = 1 << 29
        return
    heap += step - _TABLES
    free -= step
    if free < lowest:
        lowest = free


def idf_heap_info(capabilities):
    """As `esp32.idf_heap_info`: (total, free, largest block, least ever free) of each region."""
    watch()
    settle()
    regions = []
    if not capabilities & 1024:
        regions.append((_FREE + _WIFI, free, max(0, free - _CRUMBS), lowest))
    if _psram and not capabilities & 2048:
        left = _PSRAM - heap
        regions.append((_PSRAM, left, left, left))
    return regions


def wifi(on):
    """WiFi is switched on or off."""
    if on:
        take(_WIFI)
    else:
        give(_WIFI)


def constant(text, name):
    """The number of that name in a text such as " A=1 B=2 ", or None."""
    _, found, rest = text.partition(" %s=" % name)
    return int(rest[: rest.find(" ")]) if found else None
