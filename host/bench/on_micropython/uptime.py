"""What a telegram costs after many of them, and how much of the heap is then in use.

Job: {"file": name, "chunk": bytes, "marks": numbers of telegrams, "window": n}. The telegrams come
from the file again and again, as bytes come from a port: read into one buffer. Result: a list of
(mark, µs of a telegram in the window that ends there, µs of the CRC loop beside it, bytes in use).
"""

import gc
from array import array

from bench import HERE, JOB, allocated, clock, crc_loop

from dsmr import TelegramParser


def main():
    if hasattr(gc, "threshold"):
        # As main.py has it.
        gc.threshold(16384)
    parser = TelegramParser(6144)
    buffer = bytearray(JOB["chunk"])
    marks = JOB["marks"]
    # Made before, as what is found must not look like growth.
    found = [array("d", bytes(8 * len(marks))) for _ in range(3)]
    with open(HERE + JOB["file"], "rb") as file:
        for number in range(len(marks)):
            run(parser, file, buffer, number, found)
    return list(zip(marks, *found))


def run(parser, file, buffer, number, found):
    """Parse on to a mark, and note what is found there."""
    mark = JOB["marks"][number]
    count = JOB["marks"][number - 1] if number else 0
    begin = clock()
    while count < mark:
        size = file.readinto(buffer)
        if not size:
            file.seek(0)
            continue
        parser.receive_data(buffer, size)
        while parser.next_event() is not None:
            count += 1
            if count == mark - JOB["window"]:
                begin = clock()
    found[0][number] = (clock() - begin) / JOB["window"]
    found[1][number] = crc_loop(10)
    gc.collect()
    found[2][number] = allocated()
