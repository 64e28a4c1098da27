"""Reads the usual lines: in plain Python those that have come before.

`dsmr.native.usual` has the same functions as machine code, for which other lines are usual. What
they leave is read by `dsmr.objects`.

Seven of ten lines are the same as in the telegram before: identifiers, registers of the other
tariff, phases without a load. On a PC, where there is room, what they said is kept by the line's
bytes: a telegram takes two thirds of the time.
"""

from dsmr.const import const
from dsmr.fields import KINDS

# Those of `dsmr.table`, by `make fields`.
_TIME = const(7)
_VERSION = const(6)
_QUANTITY = const(8)
_STRING = const(2)

# How many lines are kept: none on a board, where there is no room.
_MOST = 4096 if hasattr(memoryview, "cast") else 0

# By line: (slot, number, decimals, unit, where a text begins; a text's end is in number).
_known: dict = {}


def read_usual(telegram, last, start, size):
    """Read the lines in telegram.buffer[start:size]; returns where it stopped.

    That is the first line that is not whole, or not for this function. last: the good telegram
    before it, or None.
    """
    if not _MOST:
        return start
    buffer = telegram.buffer
    units = telegram.unit
    while True:
        end = buffer.find(b"\n", start, size)
        if end < 0:
            return start
        known = _known.get(bytes(buffer[start:end]))
        if known is None:
            return start
        slot, number, decimals, unit, text = known
        if units[slot]:
            return start
        if text:
            telegram.start[slot] = start + text
            number += start
        telegram.number[slot] = number
        telegram.decimals[slot] = decimals
        units[slot] = unit
        telegram.objects += 1
        start = end + 1


def remember(telegram, start, end, slot):
    """Keep what the line in telegram.buffer[start:end] said, which has just been read."""
    unit = telegram.unit[slot]
    kind = KINDS[slot]
    # A large number has to be stored as such, a version and a time leave a mark of their own.
    if not _MOST or not unit or telegram.large or kind == _VERSION:
        return
    if kind > _QUANTITY or kind == _TIME:
        return
    if len(_known) >= _MOST:
        _known.clear()
    text = 0
    number = telegram.number[slot]
    if unit == _STRING:
        text = telegram.start[slot] - start
        number -= start
    line = bytes(telegram.buffer[start:end]) + b"\r"
    _known[line] = (slot, number, telegram.decimals[slot], unit, text)


def unload_others():
    """Unload what reads other lines, until one comes; only machine code can do without it."""
