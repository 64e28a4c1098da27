"""Lists that are new: whether they are good ones, and what the months' peaks in them are.

A list changes once in a while, that of the peaks once a month; one that is as it was needs no
second look. So this is imported when one comes, see `dsmr.objects`. An odd entry costs itself
only, and the line stands among the problems; where groups are missing, the list is of no use.

    demand_average_12_months = the mean of the peaks, each at least the floor, rounded to nearest

Those are the peaks of the twelve months up to the newest in the list. A month without a peak is
one in which the meter did not measure yet, and does not count. Flanders bills this mean, each
month as 2.5 kW at least (VREG, "capaciteitstarief").
"""

from array import array

from dsmr.backend import scan
from dsmr.const import const
from dsmr.fields import KINDS
from dsmr.quantities import was_never
from dsmr.values import demands, is_duration, month_ended

# Those of `dsmr.scan`, by `make fields`.
_AT = const(0)
_NUMBER = const(1)
_DIGITS = const(3)
_UNIT = const(4)
_MAX_DIGITS = const(9)

# Those of `dsmr.table`, by `make fields`.
_INTERVALS = const(15)
_DEMANDS = const(16)
_LIST = const(4)
_WATT = const(7)
_SECOND = const(17)

# Those of `dsmr.problems`, by `make fields`.
_MALFORMED = const(1)
_UNKNOWN_LIST = const(3)
_NOT_A_NUMBER = const(5)
_NOT_A_TIME = const(6)
_WRONG_UNIT = const(7)

# A list's heading, after the number of its entries.
_DEMANDS_OF = const(b"(1-0:1.6.0)(1-0:1.6.0)")
_FAILURES_OF = const(b"(0-0:96.7.19)")
# (field) Fluvius' meters for industry: a period in minutes or days, and what was fed in.
_BOTH_OF = const(b"(0-0:0.1.0)(1-0:1.6.0)(1-0:1.6.0)(1-0:2.6.0)(1-0:2.6.0)")
# (field) Kaifa in Israel: a status, and the energy of the interval that ended, both ways.
_INTERVALS_OF = const(b"(0-0:96.10.7)(1-0:1.29.0)(1-0:2.29.0)")

# Of a month without a peak, in the place of a reason.
_NEVER = const(-1)

_MONTHS = const(12)


def read_list(telegram, last, slot, at, stop, end):
    """Read (n)(codes) and n entries.

    at, stop: where the first group begins and ends, which is what was scanned last. Returns 0, or
    the reason why the line is not used, or not all of it.
    """
    buffer = telegram.buffer
    _, count, decimals, digits, _ = telegram.scan
    kind = KINDS[slot]
    heading = _FAILURES_OF
    if kind == _INTERVALS:
        heading = _INTERVALS_OF
    elif kind == _DEMANDS:
        heading = _DEMANDS_OF
        if buffer[stop : stop + len(_BOTH_OF)] == _BOTH_OF:
            heading = _BOTH_OF
    entries = stop + len(heading)
    reason = 0
    if (
        last
        and last.unit[slot] == _LIST
        and last.start[slot] == entries
        and last.number[slot] == end
        and not last.lost & 1
        and memoryview(buffer)[at:end] == memoryview(last.buffer)[at:end]
    ):
        if kind == _DEMANDS:
            telegram.peaks = last.peaks
    else:
        if not 0 < digits <= _MAX_DIGITS or decimals or not 0 <= count <= 255:
            return _UNKNOWN_LIST
        if buffer[stop:entries] != heading:
            return _UNKNOWN_LIST
        if count == 0:
            if entries != end and buffer[entries:end] != b"()":
                return _MALFORMED
            peaks = array("H")
        elif kind == _INTERVALS:
            from dsmr.forms import read_intervals

            return read_intervals(telegram, slot, count, entries, end)
        elif kind == _DEMANDS:
            peaks, reason = _read_demands(telegram, count, entries, end, heading == _BOTH_OF)
        else:
            peaks, reason = _read_failures(telegram, count, entries, end)
        if peaks is None:
            return reason
        if reason:
            telegram.lost |= 1
        if kind == _DEMANDS:
            telegram.peaks = peaks
    if kind != _INTERVALS:
        telegram.place(slot, entries, end, _LIST)
        telegram.decimals[slot] = count
        if heading == _BOTH_OF:
            telegram.unit[slot + 1] = _LIST
    return reason


def _read_failures(telegram, count, at, end):
    """Look through (TST)(seconds) ...; see `_read_demands`."""
    buffer = telegram.buffer
    found = telegram.scan
    reason = 0
    for _ in range(count):
        stop = scan.scan_value(buffer, at, end, found)
        if stop and not scan.scan_time(buffer, at + 1, found[_AT]):
            reason = reason or _NOT_A_TIME
        at = scan.scan_value(buffer, stop, end, found) if stop else 0
        if not at:
            return None, _MALFORMED
        if not is_duration(found):
            unit = scan.find_scale(found[_UNIT]) >> 3
            number = found[_DIGITS] and found[_UNIT] != scan.NO_UNIT and unit != _SECOND
            reason = reason or (_WRONG_UNIT if number else _NOT_A_NUMBER)
    return ((), reason) if at == end else (None, _MALFORMED)


def _read_demands(telegram, count, at, end, both):
    """Read (period end)(TST)(power) ..., where both ways (period end)(period)(TST)(power) twice.

    Returns an array and 0, or the reason why some entry is odd; None and the reason if the list is
    of no use. The array has three numbers for each month, the oldest first, places in the buffer:
    where the TST of its end begins, that of the peak, or 0 if there was none, and the group of its
    value.
    """
    buffer = telegram.buffer
    found = telegram.scan
    reason = 0
    entries = []
    for _ in range(count):
        month = at + 1
        at = scan.scan_value(buffer, at, end, found)
        odd = 0 if at and scan.scan_time(buffer, month, found[_AT]) else _NOT_A_TIME
        if at and both:
            at = scan.scan_value(buffer, at, end, found)
        time = at + 1
        value, at, state = _look_at_peak(telegram, at, end)
        other = _NEVER
        if both:
            _, at, other = _look_at_peak(telegram, at, end)
        if not at:
            return None, _MALFORMED
        reason = reason or odd or max(state, 0) or max(other, 0)
        if not odd and (state == 0 or other == 0):
            # Meters send the oldest first, the document has the newest first. The place is in the
            # key because MicroPython's sort shuffles what is equal.
            key = bytes(buffer[month : month + 12])
            entries.append((key, month, 0 if state else time, value))
    if at != end:
        return None, _MALFORMED
    entries.sort()
    peaks = array("H")
    for _, month, time, value in entries:
        peaks.append(month)
        peaks.append(time)
        peaks.append(value)
    return peaks, reason


def _look_at_peak(telegram, at, end):
    """Returns of (TST)(power): where the power and what follows begin, and 0 or what is odd."""
    buffer = telegram.buffer
    found = telegram.scan
    value = scan.scan_value(buffer, at, end, found) if at else 0
    is_time = value and scan.scan_time(buffer, at + 1, found[_AT])
    stop = scan.scan_value(buffer, value, end, found) if value else 0
    if not stop:
        return 0, 0, _MALFORMED
    if not is_time:
        state = _NEVER if was_never(buffer, at + 1) else _NOT_A_TIME
    elif not 0 < found[_DIGITS] <= _MAX_DIGITS or found[_NUMBER] < 0:
        state = _NOT_A_NUMBER
    else:
        state = 0 if scan.find_scale(found[_UNIT]) >> 3 == _WATT else _WRONG_UNIT
    return value, stop, state


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
