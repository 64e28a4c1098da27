"""Reads data lines into a `Telegram`: which object a line is, and whether its value is a good one.

A line that is not what the table of objects says is noted with its reason, and costs itself only.
"""

from dsmr.const import const
from dsmr.kernel import new_scan, scan_code, scan_time, scan_value
from dsmr.obis import DEFAULTS, INDEX, KINDS
from dsmr.units import NO_SCALE, NO_UNIT, SCALES

# Those of `dsmr.kernel`.
_AT = const(0)
_NUMBER = const(1)
_DECIMALS = const(2)
_DIGITS = const(3)
_UNIT = const(4)
_MAX_DIGITS = const(9)

# Those of `dsmr.obis`.
_SLOTS = const(160)
_QUANTITY = const(1)
_COUNT = const(2)
_STATE = const(3)
_PLAIN = const(6)
_TIME = const(7)
_LIMIT = const(8)
_PAIR = const(9)
_DEMAND = const(10)
_READING = const(11)

# Those of `dsmr.table`.
_PROTOCOL_VERSION = const(4)
_TIMESTAMP_FIELD = const(5)

# Those of `dsmr.units`.
_BOOLEAN = const(1)
_STRING = const(2)
_TIMESTAMP = const(3)
_INTEGER = const(5)
_WATT = const(6)
_AMPERE = const(8)
_CUBIC_METER = const(9)
_KILOWATT_HOUR = const(10)
_GIGAJOULE = const(11)
_VOLT_AMPERE = const(14)

# Why a line was not used, here or in `dsmr.lists` and `dsmr.announced`.
_MALFORMED = const("malformed")
_UNKNOWN_OBJECT = const("unknown object")
_UNKNOWN_LIST = const("unknown list")
_REPEATED = const("repeated")
_NOT_A_NUMBER = const("not a number")
_NOT_A_TIME = const("not a time")
_WRONG_UNIT = const("wrong unit")
_NEVER_READ = const("device never read")

_CR = const(13)
_OPEN = const(40)  # "("
_SEVENTIES = const(55)  # "7": a year of 70 is that of a clock which was never set
_NOT_YET = const(b"632525252525")  # (field) the time of a reading or a peak that was never taken

_LIMITS = (_WATT, _AMPERE, _VOLT_AMPERE)
READINGS = (_CUBIC_METER, _GIGAJOULE, _KILOWATT_HOUR)

try:
    from dsmr.lines_viper import read_objects, remember
except (ImportError, SyntaxError, ValueError):
    # As for `dsmr.kernel`.
    from dsmr.lines_plain import read_objects, remember


class LineReader:
    """Reads one telegram's lines after the other."""

    def __init__(self):
        self._scan = new_scan()
        self._telegram = None
        self._last = None
        # Of the line that was read last.
        self._slot = 0
        # The reading whose value is to follow on the next line (`dsmr.announced`), or None.
        self._announced = None

    def begin(self, telegram, last):
        """Read into `telegram` from now on; `last` is the good one before it, or None."""
        self._telegram = telegram
        self._last = last
        self._announced = None

    def read(self, start, size):
        """Read the lines that are whole in the telegram's buffer[start:size].

        Returns where the rest begins, which is no whole line as yet.
        """
        telegram = self._telegram
        buffer = telegram.buffer
        while True:
            if self._announced is None:
                start = read_objects(telegram, self._last, start, size, self._scan)
            end = buffer.find(b"\n", start, size)
            if end < 0:
                return start
            self._line(start, end - 1 if end > start and buffer[end - 1] == _CR else end)
            start = end + 1

    def _line(self, start, end):
        """Read the line in buffer[start:end], which is without its line end."""
        if start == end:
            return
        telegram = self._telegram
        if start == 0:
            telegram.identification_end = end
            return
        if telegram.buffer[start] == _OPEN:
            self._next_line(start, end)
            return
        self.end()
        reason = self._object(start, end)
        if reason is None:
            telegram.objects += 1
            remember(telegram, start, end, self._slot)
        else:
            telegram.add_problem(start, end, reason)

    def end(self):
        """What comes next is no line with the value of an announced reading."""
        announced = self._announced
        self._announced = None
        if announced and announced.scale:
            self._telegram.add_problem(announced.start, announced.end, _MALFORMED)

    def _next_line(self, start, end):
        """Read a line without an OBIS code, which is that of the line before."""
        announced = self._announced
        self._announced = None
        if not announced:
            self._telegram.add_problem(start, end, _MALFORMED)
        elif announced.scale:
            reason = announced.scan_value(self._telegram, self._scan, start, end)
            if reason:
                self._telegram.add_problem(announced.start, announced.end, reason)
            else:
                self._store(announced.slot, announced.scale)

    # Each of the following returns None, or the reason why the line is not used.

    def _object(self, start, end):
        telegram = self._telegram
        buffer = telegram.buffer
        scan = self._scan
        slot = scan_code(buffer, start, end, scan, INDEX)
        at = scan[_AT]
        if slot < 0:
            return _MALFORMED if at == end else _UNKNOWN_OBJECT
        self._slot = slot
        if slot >= _SLOTS:
            from dsmr.announced import Announced

            self._slot = slot - _SLOTS
            self._announced = Announced(self._slot, start, end)
            return self._announced.read(telegram, scan, at)
        if slot == _PROTOCOL_VERSION or slot == _TIMESTAMP_FIELD:
            telegram.has_version_or_time = True
        if telegram.unit[slot]:
            return _REPEATED
        stop = scan_value(buffer, at, end, scan)
        kind = KINDS[slot]
        if stop == end:
            if kind == _QUANTITY:
                return self._quantity(slot)
            if kind == _COUNT or kind == _STATE:
                return self._count(slot, kind)
            if kind <= _PLAIN:
                # An empty text is how a meter says that there is none.
                if scan[_AT] > at + 1:
                    self._telegram.place(slot, at + 1, scan[_AT], _STRING)
                return None
            if kind == _TIME:
                if not scan_time(buffer, at + 1, scan[_AT]):
                    return _NOT_A_TIME
                self._telegram.place(slot, at + 1, scan[_AT], _TIMESTAMP)
                return None
            if kind == _LIMIT:
                return self._quantity(slot, _LIMITS)
            if scan[_AT] == at + 1:
                return None  # "()" where a list, a pair or a reading would stand: there is none
            return _MALFORMED
        if not stop:
            return _MALFORMED
        if kind == _READING or kind == _DEMAND:
            return self._timed(slot, kind, at, stop, end)
        if kind == _PAIR:
            return self._pair(slot, stop, end)
        if kind < _PAIR:
            return _MALFORMED
        from dsmr.lists import read_list

        return read_list(telegram, self._last, scan, slot, at, stop, end)

    def _count(self, slot, kind):
        scan = self._scan
        number = scan[_NUMBER]
        if (
            scan[_DIGITS] == 0
            or scan[_DIGITS] > _MAX_DIGITS
            or scan[_DECIMALS]
            or number < 0
            or scan[_UNIT] != NO_UNIT
            or (kind == _STATE and number > 2)
        ):
            return _NOT_A_NUMBER
        unit = _INTEGER if kind == _COUNT else _BOOLEAN
        self._telegram.store(slot, number, 0, unit)
        return None

    def _quantity(self, slot, allowed=None):
        """Take what was scanned last; `allowed` are the units it may have, if not the table's."""
        scan = self._scan
        default = DEFAULTS[slot]
        scale = default if scan[_UNIT] == NO_UNIT else SCALES.get(scan[_UNIT], NO_SCALE)
        unit = scale >> 3
        if scan[_DIGITS] == 0:
            return _NOT_A_NUMBER
        if (unit not in allowed) if allowed else (unit != default >> 3):
            return _WRONG_UNIT
        self._store(slot, scale)
        return None

    def _store(self, slot, scale):
        """Keep the number scanned last, in the unit and times the power of ten of the scale."""
        scan = self._scan
        number = scan[_NUMBER] if scan[_DIGITS] <= _MAX_DIGITS else self._long_number(scan[_AT])
        decimals = scan[_DECIMALS] - (scale & 7) + 3
        if decimals < 0:
            number *= 10**-decimals
            decimals = 0
        self._telegram.store(slot, number, decimals, scale >> 3)

    def _long_number(self, close):
        """The number of the group that ends at `close`, which was too long for the scan."""
        buffer = self._telegram.buffer
        start = close
        while buffer[start] != _OPEN:
            start -= 1
        number = 0
        for byte in buffer[start:close]:
            if 48 <= byte <= 57:
                number = number * 10 + byte - 48
            elif byte == 42 or byte > 57:
                break  # the unit, which may end in a digit
        return -number if buffer[start + 1] == 45 else number

    def _pair(self, slot, at, end):
        reason = self._quantity(slot)
        if reason is None:
            stop = scan_value(self._telegram.buffer, at, end, self._scan)
            reason = self._quantity(slot + 1) if stop == end else _MALFORMED
            if reason:
                self._telegram.unit[slot] = 0
        return reason

    def _timed(self, slot, kind, at, middle, end):
        """(TST)(value*unit): the value goes to `slot`, the time to the next one."""
        buffer = self._telegram.buffer
        scan = self._scan
        time, time_end = at + 1, scan[_AT]
        if scan_value(buffer, middle, end, scan) != end:
            return _MALFORMED
        valid = scan_time(buffer, time, time_end)
        if kind == _DEMAND:
            if not valid and scan_time(buffer, middle + 1, scan[_AT]):
                # (field) The value before the time.
                time, time_end = middle + 1, scan[_AT]
                scan_value(buffer, at, end, scan)
            elif not valid:
                # A month without a peak as yet is no odd line.
                return None if _NOT_YET in bytes(buffer[at:end]) else _NOT_A_TIME
            reason = self._quantity(slot)
        else:
            if not valid and bytes(buffer[time : time + 12]) != _NOT_YET:
                return _NOT_A_TIME
            if not valid or buffer[time] >= _SEVENTIES or scan[_UNIT] == NO_UNIT:
                return _NEVER_READ
            reason = self._quantity(slot, READINGS)
        if reason is None:
            self._telegram.place(slot + 1, time, time_end, _TIMESTAMP)
        return reason
