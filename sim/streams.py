"""What a line may carry that no single meter sends: telegrams without end, two meters at once."""

import heapq
import random
from collections.abc import Iterable, Iterator
from itertools import count

from sim.telegram import crc16

#: The longest telegram that the line can carry: 115,200 baud for one second.
FULL = 11520

_WIDEST = 1010  # bytes of a line that fills


def reseal(body: bytes) -> bytes:
    """A telegram from its bytes from `/` to `!`."""
    return body + b"%04X\r\n" % crc16(body)


def full(telegram: bytes, size: int = FULL) -> bytes:
    """The telegram with lines of no table put in, until it has exactly `size` bytes."""
    body = telegram[: telegram.index(b"!")]
    rest = size - len(body) - len(b"!0000\r\n")
    lines = []
    for number in count():
        if not rest:
            break
        # None may be left over that is too short to be a line.
        width = rest if rest <= _WIDEST else min(_WIDEST, rest - 40)
        head = b"0-0:99.%d.9(" % (number % 100)
        lines.append(head + b"5" * (width - len(head) - 3) + b")\r\n")
        rest -= width
    return reseal(body + b"".join(lines) + b"!")


def endless_line(size: int) -> bytes:
    """The beginning of a telegram whose first data line does not end for `size` bytes."""
    return b"/SIM5\\ENDLESS\r\n\r\n1-0:1.8.1(" + b"0" * size


def endless_telegram(size: int) -> bytes:
    """The beginning of a telegram that has line after line, about `size` bytes, and no end."""
    line = b"1-0:1.8.1(000123.456*kWh)\r\n0-0:99.1.9(1)\r\n"
    return b"/SIM5\\ENDLESS\r\n\r\n" + line * (size // len(line) + 1)


def interleaved(
    first: Iterable[bytes], second: Iterable[bytes], bytes_per_s: int, dice: random.Random
) -> Iterator[bytes]:
    """Two meters on one line, byte between byte where both send at once.

    Each sends once a second, the second one by a clock that loses two milliseconds a second, so
    that it begins in, before and after the other's telegrams. Ends with the shorter.
    """
    length = 1 / bytes_per_s

    def timed(telegrams: Iterable[bytes], begin: float, second: float):
        for number, telegram in enumerate(telegrams):
            time = begin + number * second
            for byte in telegram:
                yield time, byte
                time += length

    merged = heapq.merge(timed(first, 0, 1), timed(second, dice.random(), 1.002))
    piece = bytearray()
    for _, byte in merged:
        piece.append(byte)
        if len(piece) == 4096:
            yield bytes(piece)
            piece.clear()
    yield bytes(piece)
