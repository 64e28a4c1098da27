"""Dates and times of day for the history, by arithmetic: the epochs of MicroPython's ports differ.

Moments are minutes since 1970-01-01 UTC, and days are counted from that date. The wall clock is an
hour ahead of UTC, in summer two: all countries with P1 ports are in that zone. Right from 1970 to
2099. A board does not use `dsmr.times` here, as that would stay in its memory.
"""

from dsmr.const import const

_HOUR = const(60)
_DAY = const(1440)

#: Days from 1968-03-01, after which leap days come every four years, to 1970-01-01.
_MARCH_1968 = const(671)
_FOUR_YEARS = const(1461)

#: When the European Union changes the time: 01:00 UTC.
_CHANGE = const(60)


def date(day):
    """(year, month, day of the month)."""
    day += _MARCH_1968
    # Years begin in March here, so that the leap day is their last one. 153 days are five months.
    year = (4 * day + 3) // _FOUR_YEARS
    day -= _FOUR_YEARS * year // 4
    month = (5 * day + 2) // 153
    day -= (153 * month + 2) // 5
    year += 1968
    return (year, month + 3, day + 1) if month < 10 else (year + 1, month - 9, day + 1)


def day_of(year, month, day):
    """The number of a date's day."""
    if month < 3:
        year -= 1
        month += 12
    return _FOUR_YEARS * (year - 1968) // 4 + (153 * (month - 3) + 2) // 5 + day - 1 - _MARCH_1968


def offset(time):
    """Minutes that the wall clock is ahead of UTC at a moment, by the rule of the Union.

    Summer time is from the last Sunday in March to the last Sunday in October (2000/84/EC).
    """
    year, month, _ = date(time // _DAY)
    if month < 3 or month > 10:
        return _HOUR
    if 3 < month < 10:
        return 2 * _HOUR
    last = day_of(year, month, 31)
    # 1 January 1970 was a Thursday, so that day 3 is a Sunday.
    change = (last - (last - 3) % 7) * _DAY + _CHANGE
    return 2 * _HOUR if (time >= change) == (month == 3) else _HOUR


def moment(day, minute):
    """The moment at which the wall clock shows a minute of a day.

    Of an hour that comes twice it is the second, and one that does not come is taken for winter
    time, as by `dsmr.times`.
    """
    wall = day * _DAY + minute
    time = wall - 2 * _HOUR
    # The hour after the change to winter time is no summer time any more, although it was before.
    return time if offset(time) == offset(time + _HOUR) == 2 * _HOUR else wall - _HOUR


def read(text, start, end):
    """(moment, minutes ahead of UTC) of the valid TST in text[start:end].

    That is YYMMDDhhmmss, and S in summer time or W, or Z in UTC, or without a mark.
    """
    year, month, day, hour, minute = (
        text[at] * 10 + text[at + 1] - 528 for at in range(start, start + 10, 2)
    )
    day = day_of(2000 + year, month, day)
    minute += hour * _HOUR
    if end - start < 13:
        time = moment(day, minute)
        return time, day * _DAY + minute - time
    # (field) The mark is also sent in lower case.
    mark = text[end - 1] | 32
    ahead = 2 * _HOUR if mark == 115 else _HOUR if mark == 119 else 0
    return day * _DAY + minute - ahead, ahead


def iso(time, ahead):
    """A moment as ISO 8601 with offset. ahead: minutes that the wall clock is ahead of UTC."""
    wall = time + ahead
    year, month, day = date(wall // _DAY)
    minute = wall % _DAY
    return "%d-%02d-%02dT%02d:%02d:00+%02d:00" % (
        year,
        month,
        day,
        minute // _HOUR,
        minute % _HOUR,
        ahead // _HOUR,
    )
