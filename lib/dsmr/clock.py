"""A clock in two objects: (field) in Iceland 0-0:0.9.1 is the time and 0-0:0.9.2 the date.

`dsmr.objects` imports this when such a line comes. Neither has a mark for summer or winter time.
The two were seen in Iceland only, whose time is UTC all the year, so that they make a time stamp
with a Z. A meter that sends 0-0:1.0.0 as well is believed by that.
"""

from dsmr.backend import scan
from dsmr.const import const
from dsmr.fields import slot

# Those of `dsmr.table`, by `make fields`.
_TIMESTAMP = const(3)

# Those of `dsmr.problems`, by `make fields`.
_UNKNOWN_OBJECT = const(2)
_REPEATED = const(4)
_NOT_A_TIME = const(6)

#: Bytes behind a telegram's buffer for the time stamp; a memory block of a board has 16.
ROOM = const(16)

_HOURS = const(b"0-0:0.9.1(")
_DATE = const(b"0-0:0.9.2(")
_CODE_SIZE = const(10)


def read_clock(telegram, start, end):
    """Read the line in buffer[start:end]; returns 0, or the reason why it is not used.

    The second of the two makes the telegram's time.
    """
    buffer = telegram.buffer
    telegram.has_version_or_time = True
    is_date = buffer.find(_DATE, start, end) == start
    if not is_date and buffer.find(_HOURS, start, end) != start:
        return _UNKNOWN_OBJECT
    time = slot(b"timestamp")
    if telegram.unit[time]:
        return _REPEATED
    digits = bytes(buffer[start + _CODE_SIZE : end - 1])
    if len(digits) != 6 or not digits.isdigit() or buffer[end - 1] != 41:
        return _NOT_A_TIME
    other = buffer.find(b"\n" + (_HOURS if is_date else _DATE), 0, start) + 1
    if not other:
        return 0
    other = bytes(buffer[other + _CODE_SIZE : other + _CODE_SIZE + 6])
    stamp = (digits + other if is_date else other + digits) + b"W"
    if not scan.scan_time(stamp, 0, 13):
        return _NOT_A_TIME
    at = len(buffer) - ROOM
    buffer[at : at + 12] = stamp[:12]
    buffer[at + 12] = 90
    telegram.place(time, at, at + 13, _TIMESTAMP)
    return 0
