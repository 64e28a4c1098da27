"""What a request for the history asks for."""

from dsmr.const import const
from firmware import load

calendar = load("history.calendar")

#: By series: its unit, and in which resolutions it is kept.
_SERIES = {
    "power": ("W", "minute, quarter, day"),
    "energy": ("Wh", "quarter, day"),
    "gas": ("dm3", "quarter, day"),
    "water": ("dm3", "quarter, day"),
    "peaks": ("W", "day"),
}

#: Later than all that can be asked for, and a small number on words of 32 bits.
_END = const(0x3FFFFFFF)

_HOUR = const(60)
_DAY = const(1440)


def parse(args):
    """(series, resolution, begin, end, unit, form, maker) of a request.

    args: its arguments, of which `get(name)` gives a text or None. begin and end: in minutes since
    1970-01-01 UTC, the end left out; form: "json" or "csv"; maker: the module that makes the rows.
    Raises ValueError with a sentence where something is wrong.
    """
    series = _choice(args, "series", "power, energy, gas, water, peaks")
    unit, resolutions = _SERIES[series]
    resolution = _choice(args, "resolution", resolutions)
    form = _choice(args, "format", "json, csv", "json")
    begin = _time(args, "from", 0)
    end = _time(args, "to", _END)
    if begin >= end:
        raise ValueError("There is nothing from `from` to `to`: `to` must be the later one.")
    maker = "power" if resolution == "minute" else "peaks" if series == "peaks" else "rows"
    return series, resolution, begin, end, unit, form, "history." + maker


def _choice(args, name, allowed, default=None):
    chosen = args.get(name) or default
    if chosen not in allowed.split(", "):
        raise ValueError(
            "%s must be one of %s: such as /history?series=energy&resolution=day."
            % (name, allowed)
        )
    return chosen


def _time(args, name, default):
    text = args.get(name)
    if not text:
        return default
    try:
        # A "+" in a query stands for a blank.
        return _moment(text.replace(" ", "+"))
    except ValueError:
        pass
    raise ValueError(
        "%s must be a date such as 2026-11-23, or a time such as 2026-11-23T19:15, by the meter's "
        "clock, or 2026-11-23T19:15:00+01:00." % name
    )


def _moment(text):
    """The moment of an ISO 8601 date, or date and time of day, with an offset or without."""
    date, _, clock = text.partition("T")
    year, month, day = date.split("-")
    numbers = (_number(year, 1970, 2099), _number(month, 1, 12), _number(day, 1, 31))
    found = calendar.day_of(*numbers)
    if calendar.date(found) != numbers:
        raise ValueError
    if "T" not in text:
        return calendar.moment(found, 0)
    for mark, sign in (("Z", 1), ("+", -1), ("-", 1)):
        if mark in clock:
            clock, _, ahead = clock.partition(mark)
            if mark == "Z":
                ahead = "00:00" if not ahead else "Z"
            return found * _DAY + _minute(clock) + sign * _minute(ahead)
    return calendar.moment(found, _minute(clock))


def _minute(clock):
    """The minute of a day of "19:15" or "19:15:00"."""
    hour, minute, *second = clock.split(":")
    if len(second) > 1 or (second and _number(second[0], 0, 59) < 0):
        raise ValueError
    return _number(hour, 0, 23) * _HOUR + _number(minute, 0, 59)


def _number(text, least, most):
    # int() also takes signs and blanks, and digits of other scripts.
    if len(text) != len(str(most)) or text.strip("0123456789"):
        raise ValueError
    number = int(text)
    if not least <= number <= most:
        raise ValueError
    return number
