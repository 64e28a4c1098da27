"""What the scripts here share: the job, the telegrams, clocks, and loops to compare with.

They run under MicroPython and CPython alike; `host.bench.board` starts them.
"""

import gc
import json
import sys
import time

HERE = __file__.rpartition("/")[0] + "/"

with open(HERE + "job.json") as _file:
    JOB = json.load(_file)

if hasattr(time, "process_time_ns"):

    def clock():
        """Microseconds of processor time that this process has had."""
        return time.process_time_ns() / 1000

    def allocated():
        """Bytes of the heap that are taken; only MicroPython can tell."""
        return 0

else:
    # The processor's time comes in whole milliseconds here. Medians of short turns see to it that
    # what else the machine does is not counted.
    clock = time.ticks_us
    allocated = gc.mem_alloc


def out(result):
    """Print a script's result, as one line."""
    print(json.dumps(result))


def telegrams(name):
    """The telegrams in a file that the job came with."""
    found = []
    with open(HERE + name, "rb") as file:
        for size in JOB["sizes"][name]:
            found.append(file.read(size))
    return found


def split(telegram, size):
    """A telegram in chunks of that size, 0 for the whole."""
    size = size or len(telegram)
    return [telegram[at : at + size] for at in range(0, len(telegram), size)]


def feed(parser, chunks):
    """Give the parser a telegram in chunks; returns the last event."""
    found = None
    for chunk in chunks:
        parser.receive_data(chunk)
        event = parser.next_event()
        while event is not None:
            found = event
            event = parser.next_event()
    return found


# The loops to compare with never change: a time divided by theirs is a number that machines of
# very different speed have in common.

_TABLE = []
for _number in range(256):
    for _ in range(8):
        _number = (_number >> 1) ^ 0xA001 if _number & 1 else _number >> 1
    _TABLE.append(_number)
_KILOBYTE = bytes(i & 0x7F for i in range(1000))


def loop(times):
    """Microseconds that 1,000 turns of a plain loop take."""
    begin = clock()
    x = 0
    for i in range(1000 * times):
        x = (x + i) & 0x3FFF
    return (clock() - begin) / times


def crc_loop(times):
    """Microseconds that a CRC-16 by a table takes for 1,000 bytes in Python."""
    begin = clock()
    table = _TABLE
    for _ in range(times):
        crc = 0
        for byte in _KILOBYTE:
            crc = (crc >> 8) ^ table[(crc ^ byte) & 0xFF]
    return (clock() - begin) / times


def python():
    """What runs this, as a sentence's part."""
    version = ".".join(str(part) for part in sys.implementation.version[:3])
    return sys.implementation.name + " " + version
