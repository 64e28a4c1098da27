"""What lies between two records of one meter: amounts, registers, and what its clock shows."""

from dsmr.const import const
from firmware import load

calendar = load("history.calendar")

# Those of `firmware.history.records` and `firmware.history.readings`.
_SUMMER = const(1)
_TURN = const(1_000_000_000)

_HOUR = const(60)
_DAY = const(1440)


def amount(earlier, later, name, begin, end):
    """What a register has counted from one time to another; None if it is not known.

    Both are not outside the two records; between these it is taken to have counted evenly. It may
    have passed nine digits and begun anew. One that would have counted half of them or more has
    run backwards: it was set, or belongs to another meter now.
    """
    before, after = earlier.value(name), later.value(name)
    if before is None or after is None:
        return None
    counted = (after - before) % _TURN
    if counted >= _TURN // 2:
        return None
    if begin == earlier.time and end == later.time:
        return counted
    minutes = later.time - earlier.time
    return counted * (end - earlier.time) // minutes - counted * (begin - earlier.time) // minutes


def register(earlier, later, name, time):
    """A register at a time between two records."""
    counted = None
    if time != later.time:
        counted = amount(earlier, later, name, earlier.time, time)
    return later.value(name) if counted is None else (earlier.value(name) + counted) % _TURN


def ahead(earlier, later, time):
    """Minutes that the meter's clock is ahead of UTC at a time between two records."""
    if (earlier.flags ^ later.flags) & _SUMMER and time < later.time:
        if time > earlier.time:
            return calendar.offset(time)
        later = earlier
    return 2 * _HOUR if later.flags & _SUMMER else _HOUR


def day(earlier, later, time):
    """The day, counted from 1970-01-01, that the meter's clock shows."""
    return (time + ahead(earlier, later, time)) // _DAY


def midnight(earlier, later, day):
    """The moment at which a day begins by the meter's clock."""
    # No clock is changed near a midnight.
    return day * _DAY - ahead(earlier, later, day * _DAY - _HOUR)
