"""Forms of values that few meters use; imported when one comes, see `dsmr.objects`."""

from dsmr.backend import scan
from dsmr.const import const
from dsmr.fields import DEFAULTS, KINDS, SCALES
from dsmr.quantities import read_quantity

# Those of `dsmr.scan`, by `make fields`.
_AT = const(0)
_NUMBER = const(1)
_DIGITS = const(3)
_MAX_DIGITS = const(9)

# Those of `dsmr.table`, by `make fields`.
_PAIR = const(11)
_TIMESTAMP = const(3)

# Those of `dsmr.problems`, by `make fields`.
_MALFORMED = const(1)
_NOT_A_NUMBER = const(5)
_NOT_A_TIME = const(6)
_WRONG_UNIT = const(7)
_DOUBTFUL = const(9)

_COMMA = const(b",")


def read_factor(telegram, slot, written):
    """Take what was scanned last, which has been written with that many characters.

    (field) 1 is "1.000" in Hungary and "01000" in Lithuania.
    """
    _, number, decimals, digits, unit = telegram.scan
    if digits == 0:
        return _NOT_A_NUMBER
    if unit != scan.NO_UNIT:
        return _WRONG_UNIT
    if not decimals and written >= 4:
        decimals = 3
    if digits > _MAX_DIGITS or not -(10**decimals) <= number <= 10**decimals:
        return _DOUBTFUL
    telegram.store(slot, number, decimals, SCALES[DEFAULTS[slot]] >> 3)
    return 0


def read_both(telegram, slot, at, close):
    """Read (value*unit,value*unit), as (field) Sibelga's meters write a threshold both ways.

    Where there is a field for the first only, the second must be the same below 0.
    """
    buffer = telegram.buffer
    found = telegram.scan
    values = bytes(buffer[at + 1 : close]).split(_COMMA)
    if len(values) != 2:
        return _MALFORMED
    has_both = KINDS[slot] == _PAIR
    # The second first, so that what is stored in the end is the first.
    for to in (slot + 1 if has_both else slot, slot):
        group = b"(%s)" % values.pop()
        scan.scan_value(group, 0, len(group), found)
        reason = read_quantity(telegram, to) if found[_DIGITS] <= _MAX_DIGITS else _NOT_A_NUMBER
        if values:
            second = found[_NUMBER]
        elif not reason and not has_both and second != -found[_NUMBER]:
            reason = _DOUBTFUL
        if reason:
            telegram.unit[slot] = 0
            if has_both:
                telegram.unit[slot + 1] = 0
            break
    return reason


def read_intervals(telegram, slot, count, at, end):
    """Read (TST)(status)(energy)(energy) ...: the newest counts, where the status is 0."""
    buffer = telegram.buffer
    found = telegram.scan
    reason = newest = newest_end = values = 0
    for _ in range(count):
        time = at + 1
        stop = scan.scan_value(buffer, at, end, found)
        time_end = found[_AT]
        first = scan.scan_value(buffer, stop, end, found) if stop else 0
        is_clear = found[_DIGITS] and found[_NUMBER] == 0
        second = scan.scan_value(buffer, first, end, found) if first else 0
        at = scan.scan_value(buffer, second, end, found) if second else 0
        if not at:
            return _MALFORMED
        if not scan.scan_time(buffer, time, time_end):
            reason = reason or _NOT_A_TIME
        elif not is_clear:
            reason = reason or _DOUBTFUL
        elif not newest or bytes(buffer[time:time_end]) > bytes(buffer[newest:newest_end]):
            newest, newest_end, values = time, time_end, first
    if at != end:
        return _MALFORMED
    if newest:
        second = scan.scan_value(buffer, values, end, found)
        odd = read_quantity(telegram, slot)
        if not odd:
            scan.scan_value(buffer, second, end, found)
            odd = read_quantity(telegram, slot + 1)
        if odd:
            telegram.unit[slot] = 0
            return odd
        telegram.place(slot + 2, newest, newest_end, _TIMESTAMP)
    return reason
