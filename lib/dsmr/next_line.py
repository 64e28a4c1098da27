"""Readings of DSMR 2.2 and 3.0, whose value stands on the line after their OBIS code.

Companion Standard 3.0, clause 6.10: M-Bus readings before DSMR 4. `dsmr.objects` imports this when
such a line comes. The first line is read when it comes, and once more when the second one does: of
it nothing is kept in between but where it begins.
"""

from dsmr.backend import scan
from dsmr.const import const
from dsmr.fields import ALLOWED

# Those of `dsmr.scan`, by `make fields`.
_AT = const(0)
_DIGITS = const(3)
_UNIT = const(4)
_NEXT_LINE = const(256)

# Those of `dsmr.table`, by `make fields`.
_TIMESTAMP = const(3)

# Those of `dsmr.problems`, by `make fields`.
_MALFORMED = const(1)
_REPEATED = const(4)
_NOT_A_NUMBER = const(5)
_WRONG_UNIT = const(7)
_DEVICE_NEVER_READ = const(8)

# Those of `dsmr.objects`, by `make fields`.
_SEVENTIES = const(55)


def announce(telegram, slot, start, end):
    """Read (TST)(status)(...)(...)(OBIS code)(unit), from scan[AT] on.

    Returns 0, or the reason why the line is not used; then its value is of no use either.
    """
    reason = _read(telegram, slot, end)
    telegram.announced = -start if reason else start
    return reason


def _read(telegram, slot, end):
    buffer = telegram.buffer
    at = telegram.scan[_AT]
    if telegram.unit[slot]:
        return _REPEATED
    time_end = _scan_groups(telegram, end)
    if not time_end:
        return _MALFORMED
    if not scan.scan_time(buffer, at + 1, time_end) or buffer[at + 1] >= _SEVENTIES:
        return _DEVICE_NEVER_READ
    if not ALLOWED[scan.find_scale(telegram.scan[_UNIT]) >> 3] & 2:
        return _WRONG_UNIT
    telegram.place(slot + 1, at + 1, time_end, _TIMESTAMP)
    return 0


def _scan_groups(telegram, end):
    """Scan the groups from scan[AT] on, the last one at the end.

    Returns where the ")" of the first one is; 0 if they are not two groups or more.
    """
    found = telegram.scan
    at = found[_AT]
    first = 0
    while at < end:
        at = scan.scan_value(telegram.buffer, at, end, found)
        if not at:
            return 0
        first = first or found[_AT]
    return first if first < found[_AT] else 0


def read_next_line(telegram, start, end):
    """Scan the value in buffer[start:end]; returns (slot, scale), or (0, 0) if it is of no use."""
    announced = telegram.announced
    telegram.announced = 0
    if announced == 0:
        telegram.add_problem(start, end, _MALFORMED)
    if announced <= 0:
        return 0, 0
    buffer = telegram.buffer
    found = telegram.scan
    line_end = buffer.find(b"\n", announced)
    if buffer[line_end - 1] == 13:
        line_end -= 1
    slot = scan.find_slot(buffer, announced, line_end, found) - _NEXT_LINE
    _scan_groups(telegram, line_end)
    scale = scan.find_scale(found[_UNIT])
    if scan.scan_value(buffer, start, end, found) != end:
        telegram.add_problem(announced, line_end, _MALFORMED)
    elif found[_DIGITS] == 0 or found[_UNIT] != scan.NO_UNIT:
        telegram.add_problem(announced, line_end, _NOT_A_NUMBER)
    else:
        return slot, scale
    return 0, 0
