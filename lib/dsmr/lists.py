"""Lists that are new: whether they are good ones, and what the months' peaks in them are.

A list changes once in a while, that of the peaks once a month; one that is as it was needs no
second look. So this is imported when one comes, see `dsmr.objects`.

    demand_average_12_months = the mean of the peaks, each at least the floor, rounded to nearest

Those are the peaks of the twelve months up to the newest in the list. A month without a peak is
one in which the meter did not measure yet, and does not count. Flanders bills this mean, each
month as 2.5 kW at least (VREG, "capaciteitstarief").
"""

from array import array

from dsmr.backend import scan
from dsmr.const import const
from dsmr.fields import DEFAULTS, KINDS, SCALES
from dsmr.values import demands, month_ended

# Those of `dsmr.scan`, by `make fields`.
_AT = const(0)
_NUMBER = const(1)
_DECIMALS = const(2)
_DIGITS = const(3)
_UNIT = const(4)
_MAX_DIGITS = const(9)

# Those of `dsmr.table`, by `make fields`.
_DEMANDS = const(14)
_LIST = const(4)

# Those of `dsmr.problems`, by `make fields`.
_MALFORMED = const(1)
_UNKNOWN_LIST = const(3)
_NOT_A_NUMBER = const(5)
_NOT_A_TIME = const(6)
_WRONG_UNIT = const(7)

# Those of `dsmr.objects`, by `make fields`.
_NOT_YET = const(b"632525252525")

# A list's heading, after the number of its entries.
_DEMANDS_OF = const(b"(1-0:1.6.0)(1-0:1.6.0)")
_FAILURES_OF = const(b"(0-0:96.7.19)")

_MONTHS = const(12)


def read_list(telegram, last, slot, at, stop, end):
    """Read (n)(codes) and n entries; one bad entry makes the whole list odd.

    at, stop: where the first group begins and ends, which is what was scanned last. Returns 0, or
    the reason why the line is not used.
    """
    buffer = telegram.buffer
    _, count, decimals, digits, _ = telegram.scan
    is_demands = KINDS[slot] == _DEMANDS
    entries = stop + len(_DEMANDS_OF if is_demands else _FAILURES_OF)
    if (
        last
        and last.unit[slot]
        and last.start[slot] == entries
        and last.number[slot] == end
        and memoryview(buffer)[at:end] == memoryview(last.buffer)[at:end]
    ):
        if is_demands:
            telegram.peaks = last.peaks
    else:
        if not 0 < digits <= _MAX_DIGITS or decimals or not 0 <= count <= 255:
            return _UNKNOWN_LIST
        if buffer[stop:entries] != (_DEMANDS_OF if is_demands else _FAILURES_OF):
            return _UNKNOWN_LIST
        reason = _read_entries(telegram, slot, count, entries, end)
        if reason:
            return reason
    telegram.place(slot, entries, end, _LIST)
    telegram.decimals[slot] = count
    return 0


def _read_entries(telegram, slot, count, at, end):
    """Look through a list: each entry is one or two times and a quantity."""
    buffer = telegram.buffer
    found = telegram.scan
    is_demands = KINDS[slot] == _DEMANDS
    if count == 0:
        return 0 if at == end or buffer[at:end] == b"()" else _MALFORMED
    for _ in range(count):
        for group in range(2 if is_demands else 1):
            stop = scan.scan_value(buffer, at, end, found)
            if not stop:
                return _MALFORMED
            if not scan.scan_time(buffer, at + 1, found[_AT]) and (
                group == 0 or buffer[at + 1 : at + 13] != _NOT_YET
            ):
                return _NOT_A_TIME
            at = stop
        at = scan.scan_value(buffer, at, end, found)
        if not at:
            return _MALFORMED
        if found[_DIGITS] == 0 or found[_NUMBER] < 0:
            return _NOT_A_NUMBER
        if found[_DIGITS] > _MAX_DIGITS if is_demands else found[_DECIMALS]:
            return _NOT_A_NUMBER
        if scan.find_scale(found[_UNIT]) >> 3 != SCALES[DEFAULTS[slot]] >> 3:
            return _WRONG_UNIT
    return 0 if at == end else _MALFORMED


def find_peaks(telegram, slot):
    """An array of the peaks in a list, the oldest first, without those that were never taken.

    Three numbers each, places in telegram.buffer: where the TST of the month's end begins, that of
    the peak, and the group of its value.
    """
    buffer = telegram.buffer
    found = telegram.scan
    end = telegram.number[slot]
    at = telegram.start[slot]
    entries = []
    for _ in range(telegram.decimals[slot]):
        month = at + 1
        time = scan.scan_value(buffer, at, end, found) + 1
        value = scan.scan_value(buffer, time - 1, end, found)
        if scan.scan_time(buffer, time, found[_AT]):
            # Meters send the oldest first, the document has the newest first. The place is in the
            # key because MicroPython's sort shuffles what is equal.
            entries.append((bytes(buffer[month : month + 12]), month, time, value))
        at = scan.scan_value(buffer, value, end, found)
    entries.sort()
    peaks = array("H")
    for _, month, time, value in entries:
        peaks.append(month)
        peaks.append(time)
        peaks.append(value)
    return peaks


def mean(telegram, floor):
    """The mean of the last twelve months' peaks, in watts; None if there are none."""
    buffer = telegram.buffer
    newest = 0
    for month, _, _, _, _ in demands(telegram):
        newest = month_ended(buffer, month)  # the oldest comes first
    total = months = 0
    for month, _, _, number, decimals in demands(telegram):
        if newest - month_ended(buffer, month) < _MONTHS:
            total += max(floor, number // 10**decimals)
            months += 1
    return (2 * total + months) // (2 * months) if months else None
