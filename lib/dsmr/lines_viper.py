"""Reads the commonest data lines as machine code.

A quantity in the unit of the table, a count, a state, a text or a time: they are nine tenths of a
telegram's lines, and one call reads all that stand together. `dsmr.lines` reads the others, and
says what is wrong with those that are odd; what is read here comes out the same there.
"""

from array import array

import micropython
from micropython import const

from dsmr.kernel_viper import pack, scan_time, scan_value, search, unit_key
from dsmr.obis import DEFAULTS, INDEX, KINDS, SLOTS, TABLE, field

# Those of `dsmr.obis`.
_QUANTITY = const(1)
_COUNT = const(2)
_STATE = const(3)
_PLAIN = const(6)
_TIME = const(7)

# Those of `dsmr.units`.
_BOOLEAN = const(1)
_STRING = const(2)
_TIMESTAMP = const(3)
_INTEGER = const(5)

_LF = const(10)
_CR = const(13)
_MAX_DIGITS = const(9)
_NO_UNIT = const(1)
_LARGEST = const(999999999)

_CODES = INDEX.codes
_NUMBERS = INDEX.numbers
_SLOTS = SLOTS
_VERSION = field("protocol_version")
_TIMESTAMP_FIELD = field("timestamp")


def _unit_keys():
    """By slot, the unit key that the table's unit has."""
    keys = array("i", bytes(4 * SLOTS))
    for row, line in enumerate(TABLE.decode().strip().split("\n")):
        keys[row] = unit_key(line.split(" ")[2])
    return keys


_UNIT_KEYS = _unit_keys()


@micropython.viper
def read_objects(telegram, start: int, size: int, scan) -> int:
    """Read the lines in the telegram's buffer[start:size]; returns where it stopped.

    That is the first line that is not whole, or not for this function.
    """
    octets = telegram.buffer
    buffer = ptr8(octets)
    found = ptr32(scan)
    count = int(len(_CODES))
    slots = ptr16(_NUMBERS)
    kinds = ptr8(KINDS)
    defaults = ptr8(DEFAULTS)
    unit_keys = ptr32(_UNIT_KEYS)
    units = ptr8(telegram.unit)
    numbers = telegram.number
    decimals = ptr8(telegram.decimals)
    starts = ptr16(telegram.start)
    all_slots = int(_SLOTS)
    version = int(_VERSION)
    timestamp = int(_TIMESTAMP_FIELD)
    objects = 0
    while True:
        end = start
        while end < size and buffer[end] != _LF:
            end += 1
        if end == size:
            break
        following = end + 1
        if end > start and buffer[end - 1] == _CR:
            end -= 1
        if start == end:
            start = following
            continue
        place = int(search(_CODES, count, int(pack(octets, start, end, scan))))
        if place < 0:
            break
        slot = int(slots[place])
        if slot >= all_slots or slot == version or slot == timestamp:
            break
        kind = int(kinds[slot])
        if kind > _TIME or units[slot]:
            break
        at = found[0]
        if int(scan_value(octets, at, end, scan)) != end:
            break
        digits = found[3]
        number = found[1]
        # A word of 64 bits gets a negative number as a large one.
        if kind <= _STATE and (number < 0 or number > _LARGEST):
            break
        if kind == _QUANTITY:
            places = found[2] - (defaults[slot] & 7) + 3
            if digits == 0 or digits > _MAX_DIGITS or found[4] != unit_keys[slot]:
                break
            if places < 0:
                if number > 99999:
                    break
                while places < 0:
                    number *= 10
                    places += 1
            numbers[slot] = number
            decimals[slot] = places
            units[slot] = defaults[slot] >> 3
        elif kind <= _STATE:
            if (
                digits == 0
                or digits > _MAX_DIGITS
                or found[2]
                or found[4] != _NO_UNIT
                or (kind == _STATE and number > 2)
            ):
                break
            numbers[slot] = number
            decimals[slot] = 0
            units[slot] = _INTEGER if kind == _COUNT else _BOOLEAN
        else:
            close = found[0]
            if kind == _TIME:
                if int(scan_time(octets, at + 1, close)) == 0:
                    break
                units[slot] = _TIMESTAMP
            elif close > at + 1:
                units[slot] = _STRING
            starts[slot] = at + 1
            numbers[slot] = close
        objects += 1
        start = following
    if objects:
        telegram.objects = int(telegram.objects) + objects
    return start


def remember(telegram, start, end, slot):
    """Nothing is kept of a line: reading it again is as fast."""
