"""Moments of telegrams' time stamps (TST: YYMMDDhhmmss and S or W), by their digits.

MicroPython's epochs differ between ports, so that no function of `time` is used. TST is local time
with summer time marked by S, +02:00, and winter time by W, +01:00 (Companion Standard 5.0.2,
clause 6.4). Meters of other zones mark theirs in the same way, and nothing in a telegram says
which zone it is: docs/meters.md. Iceland's have no mark; `dsmr.clock` makes it a Z, which is UTC.
"""


def _two(text, at):
    """The number that two ASCII digits make."""
    return text[at] * 10 + text[at + 1] - 528


def last_sunday(year, month):
    """Day of the last Sunday in March or October of the year 2000 + `year`."""
    # 31 March 2000 was a Friday, 31 October 2000 a Tuesday; a year moves a date on by one weekday,
    # a leap year by two, and 2000 to 2099 has its leap days every four years.
    weekday = ((5 if month == 3 else 2) + year + year // 4) % 7
    return 31 - weekday


def is_summer(text, at):
    """Whether the local time at text[at] (YYMMDDhh...) without a mark is summer time.

    The rule of the European Union: from the last Sunday in March, 02:00, to the last Sunday in
    October, 03:00. The hour that comes twice in October counts as winter time.
    """
    year, month, day, hour = (_two(text, at + i) for i in (0, 2, 4, 6))
    if month == 3:
        first = last_sunday(year, 3)
        return day > first or (day == first and hour >= 2)
    if month == 10:
        last = last_sunday(year, 10)
        return day < last or (day == last and hour < 2)
    return 3 < month < 10


def utc_offset(text, start, end):
    """Hours of the valid TST in text[start:end] before UTC, by its mark or by the calendar."""
    if end - start != 13:
        return 2 if is_summer(text, start) else 1
    mark = text[end - 1] | 32
    return 2 if mark == 115 else 1 if mark == 119 else 0


def unix_seconds(text, start, end):
    """The moment of the valid TST in text[start:end] in seconds since 1970-01-01 UTC."""
    year, month, day, hour, minute, second = (_two(text, start + i) for i in (0, 2, 4, 6, 8, 10))
    # Days since 2000-01-01. 367/12 days a month come out at the right number of days before each
    # month of a year whose February has 30.
    days = 365 * year + (year + 3) // 4 + (367 * month - 362) // 12 + day - 1
    if month > 2:
        days -= 2 if year % 4 else 1
    hours = days * 24 + hour - utc_offset(text, start, end)
    return 946684800 + (hours * 60 + minute) * 60 + second
