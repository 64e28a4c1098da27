"""Reads the usual lines, as machine code: see `dsmr.usual`.

Measured on a PC: with this module a T211's telegram is parsed in 40 us, without it in 128.

One call reads all of a usual telegram's lines: quantities in the unit of the table, counts,
states, texts, times, readings in cubic metres, the month's peak, and lists that are as they were
in the telegram before. Lines of unknown objects are counted. `dsmr.objects` reads the others, and
says what is wrong with those that are odd; what is read here comes out the same there.
"""

import sys

import micropython
from micropython import const

from dsmr.fields import DEFAULTS, KINDS, SCALES
from dsmr.native.scan import KEYS, find_slot, scan_time, scan_value

# Those of `dsmr.scan`, by `make fields`.
_AT = const(0)
_NUMBER = const(1)
_DECIMALS = const(2)
_DIGITS = const(3)
_UNIT = const(4)
_MAX_DIGITS = const(9)
_NEXT_LINE = const(256)

# Those of `dsmr.table`, by `make fields`.
_COUNT = const(1)
_STATE = const(2)
_VERSION = const(6)
_TIME = const(7)
_QUANTITY = const(8)
_FACTOR = const(9)
_LIMIT = const(10)
_DEMAND = const(12)
_READING = const(13)
_DEMANDS = const(16)
_BOOLEAN = const(1)
_STRING = const(2)
_TIMESTAMP = const(3)
_LIST = const(4)
_INTEGER = const(5)

# Those of `dsmr.problems`, by `make fields`.
_UNKNOWN_OBJECT = const(2)

# Those of `dsmr.objects`, by `make fields`.
_SEVENTIES = const(55)

_DOT = const(46)
_EIGHT = const(56)
_LF = const(10)
_CR = const(13)
_NO_UNIT = const(1)  # the key of no unit
_LARGEST = const(999999999)

# Bytes between a list's number of entries and its first entry.
_DEMANDS_OF = const(22)
_FAILURES_OF = const(13)


@micropython.viper
def read_usual(telegram, last, start: int, size: int) -> int:
    if telegram.large:
        return start
    octets = telegram.buffer
    scan = telegram.scan
    buffer = ptr8(octets)
    found = ptr32(scan)
    kinds = ptr8(KINDS)
    defaults = ptr8(DEFAULTS)
    scales = ptr8(SCALES)
    keys = ptr32(KEYS)
    units = ptr8(telegram.unit)
    numbers = ptr32(telegram.number)
    decimals = ptr8(telegram.decimals)
    starts = ptr16(telegram.start)
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
        if start == 0:
            telegram.identification_end = end
            start = following
            continue
        slot = int(find_slot(octets, start, end, scan))
        if slot < 0:
            # It has a code, and a value. Of a register (C.8.E) others depend on it, and Iceland's
            # clock (0.9.1) is a time.
            if found[_AT] == start or found[_AT] == end:
                break
            if buffer[start + 5] == _DOT == buffer[start + 7] and buffer[start + 6] >= _EIGHT:
                break
            telegram.add_problem(start, end, _UNKNOWN_OBJECT)
            start = following
            continue
        if slot >= _NEXT_LINE or units[slot]:
            break
        kind = kinds[slot]
        at = found[_AT]
        stop = int(scan_value(octets, at, end, scan))
        close = found[_AT]
        default = defaults[slot]
        if kind <= _LIMIT:
            if stop != end or kind == _FACTOR:
                break
        elif stop == 0 or stop == end:
            break
        elif kind == _DEMAND or kind == _READING:
            if int(scan_time(octets, at + 1, close)) == 0:
                break
            if kind == _READING and (buffer[at + 1] >= _SEVENTIES or buffer[at + 1] == 48):
                break
            if int(scan_value(octets, stop, end, scan)) != end:
                break
        elif kind >= _DEMANDS:
            # As in `dsmr.lists`.
            stop += _DEMANDS_OF if kind == _DEMANDS else _FAILURES_OF
            if not last or int(last.unit[slot]) == 0:
                break
            if int(last.start[slot]) != stop or int(last.number[slot]) != end:
                break
            if int(last.lost) & 1:
                break
            other = ptr8(last.buffer)
            while at < end and buffer[at] == other[at]:
                at += 1
            if at < end:
                break
            starts[slot] = stop
            numbers[slot] = end
            decimals[slot] = int(last.decimals[slot])
            units[slot] = _LIST
            if kind == _DEMANDS:
                telegram.peaks = last.peaks
            objects += 1
            start = following
            continue
        else:
            break
        digits = found[_DIGITS]
        number = found[_NUMBER]
        if kind >= _QUANTITY:
            scale = scales[default]
            places = found[_DECIMALS] - (scale & 7) * 3 + 9
            if digits == 0 or digits > _MAX_DIGITS or found[_UNIT] != keys[default]:
                break
            # A word of 64 bits gets a negative number as a large one.
            if number < 0 or number > _LARGEST:
                break
            if places < 0:
                if number > 99999:
                    break
                while places < 0:
                    number *= 10
                    places += 1
            numbers[slot] = number
            decimals[slot] = places
            units[slot] = scale >> 3
            if kind > _LIMIT:
                starts[slot + 1] = at + 1
                numbers[slot + 1] = close
                units[slot + 1] = _TIMESTAMP
        elif kind <= _STATE:
            if (
                digits == 0
                or digits > _MAX_DIGITS
                or found[_DECIMALS]
                or found[_UNIT] != _NO_UNIT
                or number < 0
                or number > (2 if kind == _STATE else _LARGEST)
            ):
                break
            numbers[slot] = number
            decimals[slot] = 0
            units[slot] = _INTEGER if kind == _COUNT else _BOOLEAN
        else:
            if kind == _TIME:
                if int(scan_time(octets, at + 1, close)) == 0:
                    break
                units[slot] = _TIMESTAMP
            elif close > at + 1:
                units[slot] = _STRING
            starts[slot] = at + 1
            numbers[slot] = close
            if kind >= _VERSION:
                telegram.has_version_or_time = True
        objects += 1
        start = following
    if objects:
        telegram.objects = int(telegram.objects) + objects
    return start


def remember(telegram, start, end, slot):
    """Nothing is kept of a line, as reading it again is as fast."""


def unload_others():
    for name in ("objects", "quantities", "lists", "next_line", "forms", "clock", "frames"):
        if sys.modules.pop("dsmr." + name, None):
            delattr(sys.modules["dsmr"], name)
