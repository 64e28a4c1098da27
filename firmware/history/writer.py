"""Records a quarter-hour at its end, and the days that have ended.

It runs in the turn in which a telegram came: the registers need not be copied, and the meter's
line is silent until the next one, while a write to the flash stops the chip.
"""

from dsmr.const import const
from firmware import load

store = load("history.store")
records, readings = store.records, store.readings

# The number of the error where the flash is full: ENOSPC.
_FULL = const(28)

_HOUR = const(60)
_DAY = const(1440)


def write(history, telegram, now):
    """Record what a telegram says at the quarter-hour's end `now`; never raises OSError.

    Returns `now` where the next telegram is to do the rest, as a board writes once between two of
    them; else 0. What cannot be written is not tried again: the next quarter-hour tells it too.
    """
    known = readings.registers(history, telegram)
    time, ahead = readings.time(history, telegram, load("history.calendar"))
    if not known or time != now:
        # The line was not silent for so long that it is too late.
        return 0
    day = (now + ahead) // _DAY
    history.problem = None
    try:
        meter = readings.meter(history, telegram)
        flags = records.SUMMER if ahead > _HOUR else 0
        began = store.append(history, "quarter", meter, now, flags, known)
        if began:
            # It may be of another meter, whose days begin now.
            history.day = 0
        if day != history.day:
            if began is not None and history.meter:
                return now
            if not load("history.days").append(history, store, now):
                history.day = day
    except OSError as error:
        why = "no space is left" if error.errno == _FULL else "%s" % error
        records.say(
            history,
            "no quarter-hour is recorded: %s. As soon as one is, it tells what was used meanwhile."
            % why,
        )
    return 0
