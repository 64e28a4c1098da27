"""Reads data lines that were read before, in plain Python.

Seven of ten lines are the same as in the telegram before: identifiers, registers of the other
tariff, phases without a load. On a PC, where there is room, what they said is kept by the line's
bytes: a telegram takes two thirds of the time. `dsmr.lines` reads all others.
"""

from dsmr.const import const
from dsmr.obis import KINDS

# Those of `dsmr.obis`.
_PLAIN = const(6)

# Those of `dsmr.table`.
_PROTOCOL_VERSION = const(4)

# Those of `dsmr.units`.
_STRING = const(2)

# How many lines are kept: none on a board, where there is no room.
_MOST = 4096 if hasattr(memoryview, "cast") else 0


# By line: (slot, number, decimals, unit, where a text begins; a text's end is in number).
_known: dict = {}


def read_objects(telegram, last, start, size, scan):
    """Read the lines in the telegram's buffer[start:size]; returns where it stopped.

    That is the first line that is not whole, or was not read before.
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
    """Keep what the line in buffer[start:end] said, which has just been read into the slot."""
    unit = telegram.unit[slot]
    # A large number has to be stored as such, the version leaves a mark of its own.
    if not _MOST or not unit or telegram.large:
        return
    if KINDS[slot] > _PLAIN or slot == _PROTOCOL_VERSION:
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
