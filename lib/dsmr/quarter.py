"""The quarter-hour of Belgium's capacity tariff: where it will end, and what is left of it.

Quarter-hours begin on the clock's quarters. The meter counts what the running one has used in
1-0:1.4.0, spread over the whole quarter-hour: it begins at 0 and rises to the quarter-hour's
average. It is not the average of the part that has passed: (field) seen with an S211, ndokter/
dsmr_parser, issue 138. With `left` the seconds left of 900, by the telegram's own clock:

    demand_forecast = demand + power now * left / 900               rounded up
    demand_headroom = (limit - demand) * 900 / left                 rounded down, never below 0
    limit           = this month's highest quarter-hour (1-0:1.6.0), or the floor if that is more

With a meter that cuts its averages off to whole watts, a power that stays as it is then ends
exactly at the forecast, and all of the headroom may be used without a new peak; one that rounds
them may end a watt beside it.

    demand_average_12_months = the mean of the peaks, each at least the floor   rounded to nearest

Those are the peaks in 0-0:98.1.0 of the twelve months up to the newest there. A month without a
peak is one in which the meter did not measure yet, and does not count. Flanders bills this mean,
each month as 2.5 kW at least (VREG, "capaciteitstarief").

Nothing is remembered from one telegram to the next but that mean, so that missed telegrams do not
matter. Summer and winter time are a whole hour apart, so that quarter-hours do not notice.
"""

from dsmr.const import const
from dsmr.fields import demands
from dsmr.times import two

# Those of `dsmr.table`.
_TIMESTAMP_FIELD = const(5)
_TOTAL_POWER_USED = const(23)
_CURRENT_AVERAGE_DEMAND = const(55)
_MAX_DEMAND_MONTH = const(56)
_MAX_DEMAND_MONTH_TIMESTAMP = const(57)
_MAX_DEMAND_HISTORY = const(58)
_DEMAND_FORECAST = const(59)
_DEMAND_HEADROOM = const(60)
_DEMAND_AVERAGE_12_MONTHS = const(61)

# Those of `dsmr.units`.
_WATT = const(6)


_QUARTER = const(900)  # seconds
_MONTHS = const(12)

#: Watts: what Flanders bills at least, so that a lower peak costs nothing.
FLOOR = 2500


def derive_quarter(telegram, last, floor):
    """Fill in the fields that follow from the meter's peaks and its running quarter-hour.

    last: the good telegram before it, or None; floor: watts that a peak counts for at least.
    """
    unit = telegram.unit
    if unit[_MAX_DEMAND_HISTORY]:
        _average(telegram, last, floor)
    if not (unit[_CURRENT_AVERAGE_DEMAND] and unit[_TIMESTAMP_FIELD]):
        return
    now = telegram.start[_TIMESTAMP_FIELD]
    left = seconds_left(telegram.buffer, now)
    # In its first moment a quarter-hour has used nothing, whatever is still said of the last one.
    demand = _watts(telegram, _CURRENT_AVERAGE_DEMAND) if left < _QUARTER else 0
    if unit[_TOTAL_POWER_USED]:
        # Rounded up, which -a // b does to a / b with its sign turned.
        forecast = demand - -_watts(telegram, _TOTAL_POWER_USED) * left // _QUARTER
        telegram.store(_DEMAND_FORECAST, forecast, 0, _WATT)
    limit = floor
    if unit[_MAX_DEMAND_MONTH]:
        # A meter may say last month's peak until this month's first quarter-hour has ended.
        peak_time = telegram.start[_MAX_DEMAND_MONTH_TIMESTAMP]
        if month_ended(telegram.buffer, peak_time) == _month(telegram.buffer, now):
            limit = max(limit, _watts(telegram, _MAX_DEMAND_MONTH))
    # What has been used cannot be given back, as the meter counts what is fed in apart.
    headroom = (limit - demand) * _QUARTER // left if demand < limit else 0
    telegram.store(_DEMAND_HEADROOM, headroom, 0, _WATT)


def seconds_left(text, at):
    """Seconds left of the quarter-hour in which the TST at text[at] is: 1 to 900."""
    return _QUARTER - two(text, at + 8) % 15 * 60 - two(text, at + 10)


def month_ended(text, at):
    """The number of the month of what ended at the TST text[at].

    What ended at midnight of the first belongs to the month before.
    """
    for i in range(4, 12):
        if text[at + i] != (49 if i == 5 else 48):  # "01000000"
            return _month(text, at)
    return _month(text, at) - 1


def _month(text, at):
    """Months from 2000 to the TST text[at]."""
    return two(text, at) * 12 + two(text, at + 2)


def _watts(telegram, slot):
    """A slot's power in whole watts."""
    decimals = telegram.decimals[slot]
    number = telegram.number[slot]
    return number // 10**decimals if decimals else number


def _average(telegram, last, floor):
    """The mean of the last twelve months' peaks, which changes when the list of them does."""
    slot = _DEMAND_AVERAGE_12_MONTHS
    if telegram.same_demands:
        if last.unit[slot]:
            telegram.store(slot, last.number[slot], 0, _WATT)
        return
    buffer = telegram.buffer
    newest = 0
    for month, _, _, _, _ in demands(telegram, _MAX_DEMAND_HISTORY):
        newest = month_ended(buffer, month)  # the oldest comes first
    total = months = 0
    for month, _, _, number, decimals in demands(telegram, _MAX_DEMAND_HISTORY):
        if newest - month_ended(buffer, month) < _MONTHS:
            total += max(floor, number // 10**decimals)
            months += 1
    if months:
        telegram.store(slot, (2 * total + months) // (2 * months), 0, _WATT)
