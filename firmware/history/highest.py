"""The highest quarter-hour of a day."""

from dsmr.const import const

# Minutes of a quarter-hour, and how many of them are in an hour.
_QUARTER = const(15)
_IN_AN_HOUR = const(4)


def highest(history, records, between, meter, begin, end):
    """(average import in W, when it began) of a meter's highest quarter-hour between two times.

    records and between: the modules, as the caller has them already. Both numbers are NONE of
    `records` if no quarter-hour is known.
    """
    found = began = records.NONE
    earlier = None
    for later in records.walk(records.spans(history, "quarter", begin, end), begin):
        if earlier and earlier.meter == later.meter == meter:
            if later.time - earlier.time == _QUARTER:
                watts = _watts(between, earlier, later)
                if watts is not None and (found == records.NONE or watts > found):
                    found, began = watts, earlier.time
        earlier = later
    return found, began


def _watts(between, earlier, later):
    """The average import of a quarter-hour; None if it is not known."""
    total = 0
    for name in later.columns:
        if name.startswith("import"):
            amount = between.amount(earlier, later, name, earlier.time, later.time)
            if amount is None:
                return None
            total += amount
    return total * _IN_AN_HOUR
