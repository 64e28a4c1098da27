"""Why and how often the board has started: loaded for each use, then dropped again.

The number of starts is kept in the memory of the chip's clock: it survives every reset but not a
loss of power, after which no start has failed yet, and it wears nothing. Its bytes: a mark, the
number of starts (2, the lowest first), how many failed in a row, and whether the last reset was
for a network that was deaf.
"""

import machine

from dsmr.const import const

_MARK = const(b"p2")
_SIZE = const(6)

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
    """(starts since the power came with this one, how many before it failed in a row, deaf).

    deaf: whether the last reset was for a network that was deaf.
    """
    kept = machine.RTC().memory()
    boots, failed, deaf = 1, 0, False
    if len(kept) == _SIZE and kept[:2] == _MARK:
        boots += kept[2] | kept[3] << 8
        if machine.reset_cause() != machine.PWRON_RESET:
            failed = kept[4]
            deaf = kept[5] == 1
    note(boots, failed + 1, deaf)
    return boots, failed, deaf


def note(boots, failed=0, deaf=False):
    """So many starts in a row have failed, if this one does not last."""
    numbers = (boots & 0xFF, boots >> 8 & 0xFF, min(failed, 0xFF), int(deaf))
    machine.RTC().memory(_MARK + bytes(numbers))
