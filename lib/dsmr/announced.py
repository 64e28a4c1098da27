"""Readings of DSMR 2.2 and 3.0, whose value stands on the line after their OBIS code.

Companion Standard 3.0, clause 6.10: M-Bus readings before DSMR 4. `dsmr.lines` imports this when
such a line comes.
"""

from dsmr.const import const
from dsmr.kernel import scan_time, scan_value
from dsmr.lines import READINGS
from dsmr.units import NO_SCALE, NO_UNIT, SCALES

# Those of `dsmr.kernel`.
_AT = const(0)
_DIGITS = const(3)
_UNIT = const(4)

# Those of `dsmr.units`.
_TIMESTAMP = const(3)

# Those of `dsmr.lines`.
_MALFORMED = const("malformed")
_REPEATED = const("repeated")
_NOT_A_NUMBER = const("not a number")
_WRONG_UNIT = const("wrong unit")
_NEVER_READ = const("device never read")
_SEVENTIES = const(55)


class Announced:
    """A reading whose value is to follow.

    slot: the reading's; start, end: its line in the buffer; scale: that of its unit, or None if
    the line is odd, so that the value is of no use.
    """

    def __init__(self, slot, start, end):
        self.slot = slot
        self.start = start
        self.end = end
        self.scale = None

    # Both return None, or the reason why the line is not used.

    def read(self, telegram, scan, at):
        """Read (TST)(status)(…)(…)(OBIS code)(unit), which begins at `at`."""
        buffer = telegram.buffer
        end = self.end
        if telegram.unit[self.slot]:
            return _REPEATED
        group, stop, time_end = at, at, 0
        while stop < end:
            group = stop
            stop = scan_value(buffer, group, end, scan)
            if not stop:
                return _MALFORMED
            time_end = time_end or scan[_AT]
        if group == at:
            return _MALFORMED
        if not scan_time(buffer, at + 1, time_end) or buffer[at + 1] >= _SEVENTIES:
            return _NEVER_READ
        scale = SCALES.get(scan[_UNIT], NO_SCALE)
        if scale >> 3 not in READINGS:
            return _WRONG_UNIT
        telegram.place(self.slot + 1, at + 1, time_end, _TIMESTAMP)
        self.scale = scale
        return None

    def scan_value(self, telegram, scan, start, end):
        """Scan the value on the next line, in buffer[start:end]."""
        if scan_value(telegram.buffer, start, end, scan) != end:
            return _MALFORMED
        if scan[_DIGITS] == 0 or scan[_UNIT] != NO_UNIT:
            return _NOT_A_NUMBER
        return None
