"""Makes the records of days from those of quarter-hours, so that both tell the same.

It is called with each quarter-hour until the last day that has ended is recorded, and appends one
record at a time: neither a power cut nor a gap leaves a day without one for good.
"""

from dsmr.const import const
from firmware import load

between = load("history.between")

_HOUR = const(60)


def append(history, store, now):
    """Append the next record of days that is due; returns whether there was one.

    store: the module, as its caller has loaded it; now: the time of the newest quarter-hour.
    """
    records = store.records
    done = None
    for record in records.walk(records.spans(history, "day", now, now), now):
        done = record
    start = done.time if done else 0
    earlier = done
    for later in records.walk(records.spans(history, "quarter", start, now), start):
        meter = later.meter
        if done and later.time <= done.time:
            if later.time < done.time or meter != done.meter or _agree(later, done):
                continue
            # The clock was set back, and a midnight has come again.
            earlier, end = later, later.time
        elif done and meter == done.meter:
            end = _midnight(earlier, later, records.ESTIMATED)
            if end > later.time:
                earlier = later
                continue
        elif earlier is done:
            # A series begins here.
            earlier, end = later, later.time
        else:
            # Another meter has taken its place: its last day ends with its last quarter-hour.
            meter = done.meter
            later, end = earlier, earlier.time
        known = {name: between.register(earlier, later, name, end) for name in later.columns}
        begin = between.midnight(earlier, later, between.day(earlier, later, end - 1))
        known["peak"], known["peak_time"] = load("history.highest").highest(
            history, records, between, meter, begin, end
        )
        flags = 0 if end == later.time else records.ESTIMATED
        if between.ahead(earlier, later, end) > _HOUR:
            flags |= records.SUMMER
        store.append(history, "day", meter, end, flags, known)
        return True
    return False


def _agree(quarter, day):
    """Whether two records say the same of the registers."""
    return all(quarter.value(name) == day.value(name) for name in quarter.columns)


def _midnight(earlier, later, estimated):
    """The midnight after a record at which the next day is to be recorded.

    Of the midnights in a gap these are the first and the last; `rows` fills in those between.
    """
    after = between.midnight(earlier, later, between.day(earlier, later, earlier.time) + 1)
    if not earlier.flags & estimated:
        return after
    last = between.midnight(earlier, later, between.day(earlier, later, later.time))
    return max(after, last)
