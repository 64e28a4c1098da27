"""Makes an ESP32's heap as large as its network bears: the first that runs, then dropped.

It imports nothing of the program, which would be in memory before there is room for it.
"""

import sys

import esp32

# Of ESP-IDF's memory: PSRAM.
_PSRAM = 1 << 10


def grow():
    """Let the heap grow to 118,000 bytes; returns what is to be kept for as long as it shall last.

    It begins with 56,000 bytes. Where that is too little it grows by as much again, or by what is
    wanted at once if that is more; and where that is too little too, by the largest free block of
    the network's memory, so that nothing is left of that. With these 62,000 the network keeps some
    21 KB when all runs, and 5 while four clients ask for everything. MicroPython takes an area of
    the heap for empty, and gives it back, when it is in use no further than its first block.

    None is returned where it has doubled before, and by chips that have more memory.
    """
    if not sys.implementation._machine.endswith("with ESP32") or esp32.idf_heap_info(_PSRAM):
        return None
    try:
        area = [None] * 15_500
    except MemoryError:
        return None
    while len(area) > 32:
        area.pop()
    return area
