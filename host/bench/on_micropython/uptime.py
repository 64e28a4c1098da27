"""What a telegram costs after many of them, and how much of the heap is then in use.

Job: {"file": name, "chunk": bytes, "marks": numbers of telegrams, "window": n}. The telegrams come
from the file again and again, as bytes come from a port: read into one buffer. Result: a list of
(mark, µs of a telegram, µs of the CRC loop, bytes in use), where the times are medians of ten
parts of the window that ends at the mark.
"""

import gc
from array import array

from bench import HERE, JOB, allocated, clock, crc_loop

from dsmr import TelegramParser

_PARTS = 10


def main():
    if hasattr(gc, "threshold"):
        # As main.py has it.
        gc.threshold(16384)
    parser = TelegramParser(6144)
    buffer = bytearray(JOB["chunk"])
    marks = JOB["marks"]
    # Made before, as what is found must not look like growth.
    times = [array("d", bytes(8 * _PARTS)) for _ in marks]
    loops = [array("d", bytes(8 * _PARTS)) for _ in marks]
    used = array("d", bytes(8 * len(marks)))
    with open(HERE + JOB["file"], "rb") as file:
        for number in range(len(marks)):
            before = marks[number - 1] if number else 0
            feed(parser, file, buffer, marks[number] - JOB["window"] - before)
            part = JOB["window"] // _PARTS
            for place in range(_PARTS):
                loops[number][place] = crc_loop(5)
                begin = clock()
                feed(parser, file, buffer, part)
                times[number][place] = (clock() - begin) / part
            gc.collect()
            used[number] = allocated()
    return list(zip(marks, map(median, times), map(median, loops), used))


def feed(parser, file, buffer, count):
    """Parse on for so many telegrams."""
    while count > 0:
        size = file.readinto(buffer)
        if not size:
            file.seek(0)
            continue
        parser.receive_data(buffer, size)
        while parser.next_event() is not None:
            count -= 1


def median(numbers):
    return sorted(numbers)[len(numbers) // 2]
