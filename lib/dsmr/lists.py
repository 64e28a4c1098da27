"""Reads lists into a `Telegram`: the months' peaks, and the power failures.

A list changes once in a while; one that is as it was needs no second look. Machine code sees to
that by itself, and has this module dropped again (`dsmr.lines_viper`).
"""

from dsmr.const import const
from dsmr.kernel import same, scan_time, scan_value
from dsmr.obis import DEFAULTS, KINDS
from dsmr.units import NO_SCALE, SCALES

# Those of `dsmr.kernel`.
_AT = const(0)
_NUMBER = const(1)
_DECIMALS = const(2)
_DIGITS = const(3)
_UNIT = const(4)
_MAX_DIGITS = const(9)

# Those of `dsmr.obis`.
_DEMANDS = const(13)
_FAILURES = const(14)

# Those of `dsmr.units`.
_LIST = const(4)

# Those of `dsmr.lines`.
_MALFORMED = const("malformed")
_UNKNOWN_LIST = const("unknown list")
_NOT_A_NUMBER = const("not a number")
_NOT_A_TIME = const("not a time")
_WRONG_UNIT = const("wrong unit")
_NOT_YET = const(b"632525252525")

# A list's heading, after the number of its entries.
_DEMANDS_OF = const(b"(1-0:1.6.0)(1-0:1.6.0)")
_FAILURES_OF = const(b"(0-0:96.7.19)")


def read_list(telegram, last, scan, slot, at, stop, end):
    """Read (n)(codes) and n entries; one bad entry makes the whole list odd.

    at, stop: where the first group begins and ends, which is what was scanned last. Returns None,
    or the reason why the line is not used.
    """
    buffer = telegram.buffer
    count = scan[_NUMBER]
    heading = _DEMANDS_OF if KINDS[slot] == _DEMANDS else _FAILURES_OF
    entries = stop + len(heading)
    known = (
        last
        and last.unit[slot]
        and last.start[slot] == entries
        and last.number[slot] == end
        and same(buffer, last.buffer, at, end)
    )
    if not known:
        if not 0 < scan[_DIGITS] <= _MAX_DIGITS or scan[_DECIMALS] or not 0 <= count <= 255:
            return _UNKNOWN_LIST
        if bytes(buffer[stop:entries]) != heading:
            return _UNKNOWN_LIST
        reason = _read_entries(buffer, scan, slot, count, entries, end)
        if reason:
            return reason
    telegram.place(slot, entries, end, _LIST)
    telegram.decimals[slot] = count
    if KINDS[slot] == _DEMANDS:
        telegram.same_demands = known
    return None


def _read_entries(buffer, scan, slot, count, at, end):
    """Look through a list: each entry is one or two times and a quantity."""
    kind = KINDS[slot]
    if count == 0:
        return None if at == end or bytes(buffer[at:end]) == b"()" else _MALFORMED
    for _ in range(count):
        for group in range(2 if kind == _DEMANDS else 1):
            stop = scan_value(buffer, at, end, scan)
            if not stop:
                return _MALFORMED
            if not scan_time(buffer, at + 1, scan[_AT]) and (
                group == 0 or bytes(buffer[at + 1 : at + 13]) != _NOT_YET
            ):
                return _NOT_A_TIME
            at = stop
        at = scan_value(buffer, at, end, scan)
        if not at:
            return _MALFORMED
        if scan[_DIGITS] == 0 or scan[_NUMBER] < 0:
            return _NOT_A_NUMBER
        if scan[_DECIMALS] if kind == _FAILURES else scan[_DIGITS] > _MAX_DIGITS:
            return _NOT_A_NUMBER
        if SCALES.get(scan[_UNIT], NO_SCALE) >> 3 != DEFAULTS[slot] >> 3:
            return _WRONG_UNIT
    return None if at == end else _MALFORMED
