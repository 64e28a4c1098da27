"""Time stamps of telegrams (TST: YYMMDDhhmmss and S or W), by arithmetic on their digits.

MicroPython's epochs differ between ports, so that no function of `time` is used. TST is local time
with summer time marked by S, +02:00, and winter time by W, +01:00 (Companion Standard 5.0.2,
clause 6.4); all countries with P1 ports are in that zone.
"""


def two(text, at):
    """The number that two ASCII digits at text[at] make."""
    return text[at] * 10 + text[at + 1] - 528


def last_sunday(year, month):
    """Day of the last Sunday in March or October of the year 2000 + `year`."""
    # 31 March 2000 was a Friday, 31 October 2000 a Tuesday; a year moves a date on by one weekday,
    # a leap year by two, and 2000 to 2099 has its leap days every four years.
    weekday = ((5 if month == 3 else 2) + year + year // 4) % 7
    return 31 - weekday


def is_summer(text, at):
    """Whether the local time at text[at] (YYMMDDhh…) without a mark is summer time.

    The rule of the European Union: from the last Sunday in March, 02:00, to the last Sunday in
    October, 03:00. The hour that comes twice in October counts as winter time.
    """
    year, month, day, hour = (two(text, at + i) for i in (0, 2, 4, 6))
    if month == 3:
        first = last_sunday(year, 3)
        return day > first or (day == first and hour >= 2)
    if month == 10:
        last = last_sunday(year, 10)
        return day < last or (day == last and hour < 2)
    return 3 < month < 10


def iso(text, at, end):
    """ISO 8601 with offset, as `str`, of the valid TST in text[at:end]."""
    summer = text[end - 1] == 83 if end - at == 13 else is_summer(text, at)
    digits = bytes(text[at : at + 12]).decode()
    return "20%s-%s-%sT%s:%s:%s%s" % (
        digits[:2],
        digits[2:4],
        digits[4:6],
        digits[6:8],
        digits[8:10],
        digits[10:],
        "+02:00" if summer else "+01:00",
    )


def month_before(text, at):
    """The month ("2025-09") that ended at the valid TST text[at:].

    Meters stamp a month's peak with the first moment of the next month; any other moment lies in
    the month itself.
    """
    year, month = two(text, at), two(text, at + 2)
    if bytes(text[at + 4 : at + 12]) == b"01000000":
        month -= 1
        if month == 0:
            year, month = year - 1, 12
    return "20%02d-%02d" % (year % 100, month)
