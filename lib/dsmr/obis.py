"""What the parser needs of the table of fields while it runs, by numbers.

A field's number is its row in `dsmr.table`; in a telegram it is the slot of its value too. The
slots after the fields' are the M-Bus devices'.
"""

import sys
from array import array

from dsmr.const import const
from dsmr.kernel import Index, unit_key
from dsmr.table import TABLE as _TABLE
from dsmr.units import NAMES, NO_SCALE, SCALES

#: Highest M-Bus channel that is read. The standards have four.
MAX_CHANNEL = 8

# A device's slots, counted from its first, are the rows of table.MBUS.
_WIDTH = const(8)
_READ = const(3)

#: Number of fields, and of slots in a telegram.
FIELDS = _TABLE.count(b"\n")
SLOTS = FIELDS + MAX_CHANNEL * _WIDTH

#: The fields' names, each with a blank and an LF after it; where each begins, and the last ends.
TABLE = b"".join(row.split(b" ")[0] + b" \n" for row in _TABLE.strip().split(b"\n"))
NAME_AT = array("H", bytes(2 * FIELDS + 2))

#: By slot: its kind, and the scale (`dsmr.units`) where the meter leaves out the unit.
KINDS = bytearray(SLOTS)
DEFAULTS = bytearray(SLOTS)

#: Finds the slot of an OBIS code; the slot of a READING_NEXT_LINE is given as SLOTS + slot.
INDEX = Index()


def channel_slot(channel):
    """First slot of an M-Bus channel (1 to MAX_CHANNEL)."""
    return FIELDS + (channel - 1) * _WIDTH


def _build():
    from dsmr import table

    units = NAMES.decode().split(" ")
    for written, unit, exponent in table.rows(table.UNITS):
        SCALES[unit_key(written)] = units.index(unit) * 8 + int(exponent) + 3
    for field in range(FIELDS):
        NAME_AT[field + 1] = TABLE.find(b"\n", NAME_AT[field]) + 1
    found: list = []
    for channel in range(MAX_CHANNEL + 1):
        first = channel_slot(channel) if channel else 0
        rows = table.rows(table.MBUS if channel else table.TABLE)
        for slot, (_, kind, unit, *codes) in enumerate(rows, first):
            KINDS[slot] = table.LETTERS.find(kind) + 1
            DEFAULTS[slot] = SCALES.get(unit_key(unit), NO_SCALE)
            found.extend((code.replace("n", str(channel)), slot) for code in codes)
        if channel:
            code = table.MBUS_NEXT_LINE.replace("n", str(channel))
            found.append((code, SLOTS + first + _READ))
    INDEX.build(found)


_build()
# What has no name any more takes no memory.
del _TABLE, _build, sys.modules["dsmr.table"], sys.modules["dsmr"].table
