"""Quantities of lines that are not usual: what was scanned last becomes the value of a slot.

It goes with `dsmr.objects`, `dsmr.lists` and `dsmr.forms`, imported when such a line comes.
"""

from dsmr.backend import scan
from dsmr.const import const
from dsmr.fields import ALLOWED, DEFAULTS, KINDS, SCALES

# Those of `dsmr.scan`, by `make fields`.
_DIGITS = const(3)
_UNIT = const(4)
_MAX_DIGITS = const(9)

# Those of `dsmr.table`, by `make fields`.
_LIMIT = const(10)
_READING = const(13)

# Those of `dsmr.problems`, by `make fields`.
_NOT_A_NUMBER = const(5)
_WRONG_UNIT = const(7)
_DOUBTFUL = const(9)

_OPEN = const(40)
_STAR = const(42)
_MINUS = const(45)

# (field) The time of a reading or a peak that was never taken: bytes of FF, as two meters write
# them.
_NOT_YET = const(b"632525252525")
_NOT_YET_2 = const(b"352552552552")


def read_quantity(telegram, slot):
    """Take what was scanned last."""
    key = telegram.scan[_UNIT]
    kind = KINDS[slot]
    default = SCALES[DEFAULTS[slot]]
    scale = default if key == scan.NO_UNIT else scan.find_scale(key)
    if telegram.scan[_DIGITS] == 0:
        return _NOT_A_NUMBER
    if kind == _LIMIT and key == scan.NO_UNIT:
        # (field) 16500 are watts in Poland, 77.376 kilovolt-amperes in Luxembourg.
        return _DOUBTFUL
    if kind == _LIMIT or kind == _READING:
        allowed = ALLOWED[scale >> 3] & (1 if kind == _LIMIT else 2)
    else:
        allowed = scale >> 3 == default >> 3
    if not allowed:
        return _WRONG_UNIT
    store(telegram, slot, scale)
    return 0


def store(telegram, slot, scale):
    """Keep the number scanned last, in the unit and times the power of ten of the scale."""
    close, number, decimals, digits, _ = telegram.scan
    if digits > _MAX_DIGITS:
        # It was too long for the scan.
        buffer = telegram.buffer
        start = close
        while buffer[start] != _OPEN:
            start -= 1
        number = 0
        for byte in buffer[start:close]:
            if 48 <= byte <= 57:
                number = number * 10 + byte - 48
            elif byte == _STAR or byte > 57:
                break  # the unit, which may end in a digit
        if buffer[start + 1] == _MINUS:
            number = -number
    decimals -= 3 * (scale & 7) - 9
    if decimals < 0:
        number *= 10**-decimals
        decimals = 0
    telegram.store(slot, number, decimals, scale >> 3)


def was_never(buffer, at):
    """Whether the time at buffer[at] is that of what was never measured."""
    return buffer[at : at + 12] == _NOT_YET or buffer[at : at + 12] == _NOT_YET_2
