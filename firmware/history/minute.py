"""Begins the next average of power, and notices the end of a quarter-hour."""

from dsmr.const import const
from firmware import load

calendar = load("history.calendar")

# Place in `History.slots`.
_TIME = const(0)

# The largest power that fits the array of averages, which has one more than the power.
_MOST = const(0xFFFE)

# Minutes of a quarter-hour.
_QUARTER = const(15)


def begin(history, telegram):
    """The minutes of an average have begun with this telegram, or the meter's clock was set."""
    slot = history.slots[_TIME]
    now, _ = calendar.read(telegram.buffer, telegram.start[slot], telegram.number[slot])
    history.due = now if history.folder and not now % _QUARTER else 0
    newest = now // history.width
    if newest == history.newest:
        return
    averages = history.averages
    size = len(averages) // 2
    if history.count:
        at = history.newest % size * 2
        averages[at] = min(history.used // history.count, _MOST) + 1
        averages[at + 1] = min(history.generated // history.count, _MOST) + 1
    # There are no values of what lies between, and none any more of hours that come again.
    first = min(history.newest + 1, newest)
    last = max(history.newest, newest)
    for number in range(max(first, last - size + 1), last + 1):
        averages[number % size * 2] = averages[number % size * 2 + 1] = 0
    history.newest = newest
    history.used = history.generated = history.count = 0
