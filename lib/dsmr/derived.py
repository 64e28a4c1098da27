"""The fields that no single object gives, as the table of fields says, and the quarter-hour.

The quarter-hour is that of Belgium's capacity tariff: where it will end, and what is left of it.
Quarter-hours begin on the clock's quarters. The meter counts what the running one has used in
1-0:1.4.0, spread over the whole quarter-hour: it begins at 0 and rises to the quarter-hour's
average. It is not the average of the part that has passed: (field) seen with an S211, ndokter/
dsmr_parser, issue 138. With `left` the seconds left of 900, by the telegram's own clock:

    demand_forecast = demand + power now * left / 900               rounded up
    demand_headroom = (limit - demand) * 900 / left                 rounded down, never below 0
    limit           = this month's highest quarter-hour (1-0:1.6.0), or the floor if that is more

With a meter that cuts its averages off to whole watts, a power that stays as it is then ends
exactly at the forecast, and all of the headroom may be used without a new peak; one that rounds
them may end a watt beside it. The mean of the months' peaks is in `dsmr.lists`.

Nothing is remembered from one telegram to the next but that mean, so that missed telegrams do not
matter. Summer and winter time are a whole hour apart, so that quarter-hours do not notice.
"""

from dsmr import build
from dsmr.const import const
from dsmr.fields import DEFAULTS, SCALES
from dsmr.values import devices, month_ended, two

# Those of `dsmr.table`, by `make fields`.
_STRING = const(2)
_LIST = const(4)
_DEVICE_TYPE = const(0)
_DEVICE_VALUE = const(3)
_DEVICE_VALUE_TIME = const(4)

# The places in build.MADE.
_DIFFERENCE = const(1)
_ABSOLUTE = const(2)

_SECONDS = const(900)  # of a quarter-hour

#: Watts: what Flanders bills at least, so that a lower peak costs nothing.
FLOOR = 2500

# See build.derived.
_LINE, _SUMS, _READINGS, _LISTS, _QUARTER = build.derived()
# No longer needed: a board gets its memory back.
del build


def derive(telegram, last, floor):
    """Fill in the fields that follow from what the telegram's lines said.

    last: the good telegram before it, or None; floor: watts that a peak counts for at least.
    """
    end = telegram.identification_end
    # After the three letters and the baud rate's digit comes a "\\" before the name, or another
    # mark, or (field) the name at once, or there is no such digit.
    name = 6
    digit, mark = telegram.buffer[4], telegram.buffer[5]
    if not 48 <= digit <= 57:
        name = 4
    elif 48 <= mark <= 57 or 65 <= mark & 0xDF <= 90:
        name = 5
    if end > 1:
        telegram.place(_LINE[0], 1, end, _STRING)
        telegram.place(_LINE[1], 1, min(end, 4), _STRING)
    if end > name:
        telegram.place(_LINE[2], name, end, _STRING)
    for field, others, how, quantity in _SUMS:
        if not telegram.unit[field]:
            if how == _ABSOLUTE:
                if telegram.unit[others[0]]:
                    from dsmr.inference import copy_absolute

                    copy_absolute(telegram, field, others)
            elif how == _DIFFERENCE or not telegram.lost >> quantity & 1:
                _add(telegram, field, others, how == _DIFFERENCE)
    _quarter(telegram, last, floor)
    alive = False
    for _, base, reading in devices(telegram):
        alive = True
        if telegram.unit[base + _DEVICE_TYPE]:
            kind = telegram.number[base + _DEVICE_TYPE]
        else:
            from dsmr.inference import device_type

            kind = device_type(telegram, base, reading)
        _copy_reading(telegram, base, reading, kind)
    if alive:
        for field in _LISTS:
            telegram.unit[field] = _LIST


def _add(telegram, field, others, is_difference):
    """Store a sum of those that are there, or a difference if both are; no decimal is lost."""
    total = decimals = unit = 0
    sign = 1
    for other in others:
        if telegram.unit[other]:
            unit = telegram.unit[other]
            number = sign * telegram.number[other]
            more = telegram.decimals[other] - decimals
            if more < 0:
                number *= 10**-more
            elif more:
                total *= 10**more
                decimals += more
            total += number
        elif is_difference:
            return
        if is_difference:
            sign = -1
    if unit:
        telegram.store(field, total, decimals, unit)


def _quarter(telegram, last, floor):
    """The running quarter-hour, and the mean of the months' peaks."""
    time, power, demand, peak, peak_time, history, forecast, headroom, average = _QUARTER
    unit = telegram.unit
    watt = SCALES[DEFAULTS[forecast]] >> 3
    if unit[history]:
        if last and telegram.peaks is last.peaks:
            # The list is that of the last telegram.
            if last.unit[average]:
                telegram.store(average, last.number[average], 0, watt)
        else:
            from dsmr.lists import mean

            watts = mean(telegram, floor)
            if watts is not None:
                telegram.store(average, watts, 0, watt)
    if not (unit[demand] and unit[time]):
        return
    buffer = telegram.buffer
    now = telegram.start[time]
    left = seconds_left(buffer, now)
    # In its first moment a quarter-hour has used nothing, whatever is still said of the last one.
    used = _watts(telegram, demand) if left < _SECONDS else 0
    if unit[power]:
        # Rounded up, which -a // b does to a / b with its sign turned.
        more = -(-_watts(telegram, power) * left // _SECONDS)
        telegram.store(forecast, used + more, 0, watt)
    limit = floor
    # A meter may say last month's peak until this month's first quarter-hour has ended.
    month = two(buffer, now) * 12 + two(buffer, now + 2)
    if unit[peak] and month_ended(buffer, telegram.start[peak_time]) == month:
        limit = max(limit, _watts(telegram, peak))
    # What has been used cannot be given back, as the meter counts what is fed in apart.
    telegram.store(headroom, max(limit - used, 0) * _SECONDS // left, 0, watt)


def seconds_left(text, at):
    """Seconds left of the quarter-hour in which the TST at text[at] is: 1 to 900."""
    return _SECONDS - two(text, at + 8) % 15 * 60 - two(text, at + 10)


def _watts(telegram, slot):
    """A slot's power in whole watts."""
    return telegram.number[slot] // 10 ** telegram.decimals[slot]


def _copy_reading(telegram, base, reading, kind):
    """Fill in the fields of a device's type, unless there is a newer reading of that type."""
    for rule in _READINGS:
        if rule[0] <= kind <= rule[1]:
            time = rule[2]
            if telegram.unit[time] and _time(telegram, time) >= _time(telegram, reading + 1):
                return
            for at in range(3, len(rule), 2):
                column = rule[at]
                if column == _DEVICE_VALUE or column == _DEVICE_VALUE_TIME:
                    slot = reading + column - _DEVICE_VALUE
                else:
                    slot = base + column
                telegram.copy(slot, rule[at + 1])


def _time(telegram, slot):
    return bytes(telegram.buffer[telegram.start[slot] : telegram.number[slot]]).upper()
