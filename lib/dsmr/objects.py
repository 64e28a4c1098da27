"""Reads data lines into a `Telegram`: which object a line is, and whether its value is good.

A line that is not what the table of fields says is counted, `dsmr.problems` says why, and it costs
itself only. The usual lines are read by `dsmr.usual`.
"""

from dsmr.backend import scan, usual
from dsmr.const import const
from dsmr.fields import KINDS
from dsmr.quantities import read_quantity, store, was_never

# Those of `dsmr.scan`, by `make fields`.
_AT = const(0)
_NUMBER = const(1)
_DIGITS = const(3)
_UNIT = const(4)
_MAX_DIGITS = const(9)
_NEXT_LINE = const(256)

# Those of `dsmr.table`, by `make fields`.
_COUNT = const(1)
_STATE = const(2)
_VERSION = const(6)
_TIME = const(7)
_FACTOR = const(9)
_LIMIT = const(10)
_PAIR = const(11)
_READING = const(13)
_BOOLEAN = const(1)
_STRING = const(2)
_TIMESTAMP = const(3)
_INTEGER = const(5)

# Those of `dsmr.problems`, by `make fields`.
_MALFORMED = const(1)
_UNKNOWN_OBJECT = const(2)
_REPEATED = const(4)
_NOT_A_NUMBER = const(5)
_NOT_A_TIME = const(6)
_WRONG_UNIT = const(7)
_DEVICE_NEVER_READ = const(8)
_DOUBTFUL = const(9)

_CR = const(13)
_COMMA = const(b",")
_OPEN = const(40)
_STAR = const(42)
# How Iceland's clock begins, see `dsmr.clock`.
_CLOCK = const(b"0-0:0.9.")
# What stands in a register's code after its quantity.
_REGISTER = const(b".8.")
_MINUS = const(45)
# "7": a year of 70 is that of a clock which was never set.
_SEVENTIES = const(55)
# (field) How a reading begins that a clock which was never set has timed.
_BEGINNING = const(b"00")


def read_lines(telegram, last, start, size):
    """Read the lines that are whole in telegram.buffer[start:size].

    last: the good telegram before it, or None. Returns where the rest begins, which is no whole
    line as yet.
    """
    buffer = telegram.buffer
    while True:
        if not telegram.announced:
            start = usual.read_usual(telegram, last, start, size)
        end = buffer.find(b"\n", start, size)
        if end < 0:
            return start
        _read_line(telegram, last, start, end - 1 if buffer[end - 1] == _CR else end)
        start = end + 1


def _read_line(telegram, last, start, end):
    """Read the line in buffer[start:end], which is without its line end."""
    if start == end:
        return
    if start == 0:
        telegram.identification_end = end
        return
    if telegram.buffer[start] == _OPEN:
        from dsmr.next_line import read_next_line

        slot, scale = read_next_line(telegram, start, end)
        if scale:
            store(telegram, slot, scale)
        return
    telegram.end_announced()
    slot = scan.find_slot(telegram.buffer, start, end, telegram.scan)
    if slot < 0:
        reason = _UNKNOWN_OBJECT
        if telegram.scan[_AT] == end:
            reason = _MALFORMED
        elif telegram.buffer.find(_CLOCK, start, end) == start:
            from dsmr.clock import read_clock

            reason = read_clock(telegram, start, end)
    elif slot >= _NEXT_LINE:
        from dsmr.next_line import announce

        reason = announce(telegram, slot - _NEXT_LINE, start, end)
    else:
        reason = _read_object(telegram, last, slot, start, end)
    if reason:
        _note(telegram, start, end, reason)
    else:
        telegram.objects += 1


def _note(telegram, start, end, reason):
    """Note that the line in buffer[start:end] is not used, and what is missing without it."""
    telegram.add_problem(start, end, reason)
    if telegram.buffer.find(_REGISTER, start + 5, start + 8) > 0:
        from dsmr.inference import takes_away

        if takes_away(telegram.buffer, start, end, reason):
            telegram.lost |= 1 << (telegram.buffer[start + 4] & 15)


# Each of the following returns 0, or the reason why the line is not used.


def _read_object(telegram, last, slot, start, end):
    if KINDS[slot] == _VERSION or KINDS[slot] == _TIME:
        telegram.has_version_or_time = True
    second = 0
    if telegram.unit[slot]:
        # A time stamp that `dsmr.clock` has made stands behind the lines, and gives way.
        if KINDS[slot] != _TIME or telegram.start[slot] < start:
            if telegram.buffer.find(_REGISTER, start + 5, start + 8) > 0:
                from dsmr.inference import find_second

                second = find_second(telegram.buffer, start)
            if not second:
                return _REPEATED
    reason = _read_value(telegram, last, slot, end)
    if not reason:
        usual.remember(telegram, start, end, slot)
        if second:
            second_end = telegram.buffer.find(b"\n", second)
            if telegram.buffer[second_end - 1] == _CR:
                second_end -= 1
            _note(telegram, second, second_end, _REPEATED)
            telegram.objects -= 1
    return reason


def _read_value(telegram, last, slot, end):
    """Read the groups from scan[AT] on: most values are one, up to the line's end."""
    buffer = telegram.buffer
    found = telegram.scan
    kind = KINDS[slot]
    at = found[_AT]
    stop = scan.scan_value(buffer, at, end, found)
    close = found[_AT]
    if stop == end and kind <= _LIMIT:
        if kind == _FACTOR:
            from dsmr.forms import read_factor

            return read_factor(telegram, slot, close - at - 1)
        if kind > _TIME:
            reason = read_quantity(telegram, slot)
            if reason == _WRONG_UNIT and buffer.find(_COMMA, at, close) > 0:
                from dsmr.forms import read_both

                reason = read_both(telegram, slot, at, close)
            return reason
        if kind <= _STATE:
            return _read_count(telegram, slot, kind)
        if kind == _TIME and not scan.scan_time(buffer, at + 1, close):
            return _NOT_A_TIME
        # An empty text is how a meter says that there is none.
        if close > at + 1:
            telegram.place(slot, at + 1, close, _TIMESTAMP if kind == _TIME else _STRING)
        return 0
    if stop == 0 or kind <= _LIMIT:
        return _MALFORMED
    if stop == end:
        if kind == _PAIR and buffer.find(_COMMA, at, close) > 0:
            from dsmr.forms import read_both

            return read_both(telegram, slot, at, close)
        # "()" where a list, a pair or a reading would stand: there is none.
        return 0 if close == at + 1 else _MALFORMED
    if kind == _PAIR:
        reason = read_quantity(telegram, slot)
        if not reason:
            stop = scan.scan_value(buffer, stop, end, found)
            reason = read_quantity(telegram, slot + 1) if stop == end else _MALFORMED
            if reason:
                telegram.unit[slot] = 0
        return reason
    if kind <= _READING:
        return _read_timed(telegram, slot, kind, at, stop, end)
    from dsmr.lists import read_list

    return read_list(telegram, last, slot, at, stop, end)


def _read_count(telegram, slot, kind):
    _, number, decimals, digits, unit = telegram.scan
    if (
        digits == 0
        or digits > _MAX_DIGITS
        or decimals
        or number < 0
        or unit != scan.NO_UNIT
        or (kind == _STATE and number > 2)
    ):
        return _NOT_A_NUMBER
    telegram.store(slot, number, 0, _INTEGER if kind == _COUNT else _BOOLEAN)
    return 0


def _read_timed(telegram, slot, kind, at, middle, end):
    """(TST)(value*unit): the value goes to the slot, the time to the next one."""
    buffer = telegram.buffer
    found = telegram.scan
    time, time_end = at + 1, found[_AT]
    if scan.scan_value(buffer, middle, end, found) != end:
        return _MALFORMED
    valid = scan.scan_time(buffer, time, time_end)
    if kind == _READING:
        if not valid and not was_never(buffer, time):
            return _NOT_A_TIME
        if not valid or buffer[time] >= _SEVENTIES or found[_UNIT] == scan.NO_UNIT:
            return _DEVICE_NEVER_READ
        if buffer[time : time + 2] == _BEGINNING and found[_NUMBER] == 0 != found[_DIGITS]:
            return _DEVICE_NEVER_READ
    elif not valid:
        if not scan.scan_time(buffer, middle + 1, found[_AT]):
            # A month without a peak as yet is no odd line.
            return 0 if was_never(buffer, time) or was_never(buffer, middle + 1) else _NOT_A_TIME
        # (field) The value before the time.
        time, time_end = middle + 1, found[_AT]
        scan.scan_value(buffer, at, end, found)
    reason = read_quantity(telegram, slot)
    if not reason:
        telegram.place(slot + 1, time, time_end, _TIMESTAMP)
    return reason
