"""Why and how often the board has started: loaded for each use, then dropped again.

The number of starts is kept in the memory of the chip's clock: it survives every reset but not a
loss of power, after which no start has failed yet, and it wears nothing.
"""

import machine

_MARK = b"p1"

_CAUSES = (
    ("PWRON_RESET", "power on"),
    ("HARD_RESET", "reset"),
    ("WDT_RESET", "watchdog"),
    ("DEEPSLEEP_RESET", "deep sleep"),
    ("SOFT_RESET", "soft reset"),
)


def cause():
    """Why it has started, in a word or two."""
    number = machine.reset_cause()
    for name, words in _CAUSES:
        if number == getattr(machine, name, None):
            return words
    return "unknown (%d)" % number


def count():
    """Starts since the power came, with this one; how many before it failed in a row."""
    kept = machine.RTC().memory()
    boots, failed = 1, 0
    if len(kept) == 5 and kept[:2] == _MARK:
        boots += kept[2] | kept[3] << 8
        if machine.reset_cause() != machine.PWRON_RESET:
            failed = kept[4]
    note(boots, failed + 1)
    return boots, failed


def note(boots, failed=0):
    """So many starts in a row have failed, if this one does not last."""
    numbers = (boots & 0xFF, boots >> 8 & 0xFF, min(failed, 0xFF))
    machine.RTC().memory(_MARK + bytes(numbers))
