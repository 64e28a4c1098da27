"""The fields of a telegram as the JSON object of `/metrics`.

{"<name>": {"value": …, "unit": "<unit>"}, …}: numbers as JSON numbers with exactly the meter's
decimals, times as ISO 8601 with offset. What the meter does not send is absent.
"""

from dsmr import units
from dsmr.const import const
from dsmr.fields import demands, devices, failures, slot_text, visit_field
from dsmr.obis import KINDS, NAME_AT, TABLE
from dsmr.times import summer_time
from dsmr.writer import put_between, put_decimal, put_month, put_octets, put_plain, put_time

# Those of `dsmr.obis`.
_FIELDS = const(96)
_OCTETS = const(4)
_MESSAGE = const(5)

# Those of `dsmr.units`.
_BOOLEAN = const(1)
_STRING = const(2)
_TIMESTAMP = const(3)
_LIST = const(4)

# What a member or an entry of a list takes at the most, its texts apart.
_ROOM = const(192)
# What an entry of `max_demand_history` takes at the most, if its power is less than a gigawatt.
_DEMAND = const(84)


try:
    from dsmr.members_viper import put_demands, put_members
except (ImportError, SyntaxError, ValueError):
    # As for `dsmr.kernel`. Without it each member is written by the methods below.
    def put_members(out, begin, separator, telegram, field):
        unit = telegram.unit
        while field < _FIELDS and not unit[field]:
            field += 1
        return field

    def put_demands(out, telegram, field):
        return False


# The peaks that `put_demands` did not write, as they came last and as they were written: they
# change once a month. A body of 160 us on a PC took 290 without, and one in bytecode on a board
# takes 60 % of the time and leaves 47 KB of garbage instead of 134.
_peaks = [b"", b""]


class MetricsSink:
    """A sink of `dsmr.fields` that writes the members of a JSON object to a `Writer`."""

    def __init__(self, out, separator=b",\n"):
        self._out = out
        self._separator = separator
        self._begin_at = 0
        self._telegram = None

    def render(self, telegram):
        """Write the members of the object, without its braces."""
        out = self._out
        self._telegram = telegram
        self._begin_at = out.size
        field = 0
        while True:
            out.reserve(_ROOM)
            field = put_members(out, self._begin_at, self._separator, telegram, field)
            if field == _FIELDS:
                return
            if telegram.unit[field]:
                visit_field(telegram, field, self)
            field += 1

    def _begin(self, field):
        """Write a member's name; returns the buffer."""
        out = self._out
        if out.size != self._begin_at:
            out.write(self._separator)
        buffer = out.reserve(_ROOM)
        start, end = NAME_AT[field], NAME_AT[field + 1] - 2
        out.size = put_between(buffer, out.size, b'"', TABLE, start, end, b'":{"value":')
        return buffer

    def _end(self, buffer, at, unit):
        """Write a member's unit at buffer[at:]."""
        name_at = units.NAME_AT
        self._out.size = put_between(
            buffer, at, b',"unit":"', units.NAMES, name_at[unit], name_at[unit + 1] - 1, b'"}'
        )

    def number(self, field):
        telegram = self._telegram
        buffer = self._begin(field)
        at = put_decimal(buffer, self._out.size, telegram.number[field], telegram.decimals[field])
        self._end(buffer, at, telegram.unit[field])

    def boolean(self, field):
        buffer = self._begin(field)
        self._out.write(b"true" if self._telegram.number[field] == 1 else b"false")
        self._end(buffer, self._out.size, _BOOLEAN)

    def string(self, field):
        self._begin(field)
        self._text(field)
        out = self._out
        self._end(out.reserve(_ROOM), out.size, _STRING)

    def time(self, field):
        telegram = self._telegram
        buffer = self._begin(field)
        self._time(buffer, telegram.start[field], telegram.number[field])
        self._end(buffer, self._out.size, _TIMESTAMP)

    def _text(self, slot):
        """Write a slot's text as a JSON string: most are plain, the others are read as `str`."""
        out = self._out
        telegram = self._telegram
        start, end = telegram.start[slot], telegram.number[slot]
        buffer = out.reserve(end - start + 2)
        size = out.size
        buffer[size] = 34
        octets = KINDS[slot] == _OCTETS or KINDS[slot] == _MESSAGE
        put = put_octets if octets else put_plain
        at = put(buffer, size + 1, telegram.buffer, start, end)
        if at < 0:
            out.json_string(slot_text(telegram, slot))
        else:
            buffer[at] = 34
            out.size = at + 1

    def _time(self, buffer, start, end):
        """Write a time in quotes."""
        out = self._out
        source = self._telegram.buffer
        size = out.size
        buffer[size] = 34
        at = put_time(buffer, size + 1, source, start, summer_time(source, start, end))
        buffer[at] = 34
        out.size = at + 1

    def demands(self, field):
        out = self._out
        self._begin(field)
        telegram = self._telegram
        out.reserve(_DEMAND * telegram.decimals[field] + _ROOM)
        if put_demands(out, telegram, field):
            self._end(out.buffer, out.size, _LIST)
            return
        entries = bytes(telegram.buffer[telegram.start[field] : telegram.number[field]])
        if entries == _peaks[0]:
            out.write(_peaks[1])
        else:
            begin = out.size
            self._months(field)
            _peaks[:] = entries, bytes(out.buffer[begin : out.size])
        self._end_list(not _peaks[1])

    def _months(self, field):
        """Write a list of peaks without its last bracket, or nothing if there are none."""
        out = self._out
        source = self._telegram.buffer
        before = b'[{"month":"'
        for month, start, end, number, decimals in demands(self._telegram, field):
            buffer = out.reserve(_ROOM)
            out.write(before)
            before = b',{"month":"'
            out.size = put_month(buffer, out.size, source, month)
            out.write(b'","time":')
            self._time(buffer, start, end)
            out.write(b',"value":')
            out.size = put_decimal(buffer, out.size, number, decimals)
            out.write(b"}")

    def failures(self, field):
        out = self._out
        self._begin(field)
        before = b'[{"end":'
        for start, end, seconds in failures(self._telegram, field):
            buffer = out.reserve(_ROOM)
            out.write(before)
            before = b',{"end":'
            self._time(buffer, start, end)
            out.write(b',"duration":')
            out.size = put_decimal(buffer, out.size, seconds, 0)
            out.write(b"}")
        self._end_list(before == b'[{"end":')

    def devices(self, field):
        out = self._out
        telegram = self._telegram
        self._begin(field)
        before = b'[{"channel":'
        for channel, device_type, identifier, ean, slot, valve in devices(telegram):
            out.write(before)
            before = b',{"channel":'
            self._count(b"", channel)
            if device_type is not None:
                self._count(b',"type":', device_type)
            if identifier is not None:
                out.write(b',"id":')
                self._text(identifier)
            if ean is not None:
                out.write(b',"ean":')
                self._text(ean)
            out.write(b',"value":')
            buffer = out.reserve(_ROOM)
            at = put_decimal(buffer, out.size, telegram.number[slot], telegram.decimals[slot])
            self._end(buffer, at, telegram.unit[slot])
            out.size -= 1  # the brace: this object goes on
            out.write(b',"timestamp":')
            self._time(buffer, telegram.start[slot + 1], telegram.number[slot + 1])
            if valve is not None:
                out.write(b',"valve":true' if valve else b',"valve":false')
            out.write(b"}")
        self._end_list(False)

    def _count(self, before, number):
        out = self._out
        out.write(before)
        out.size = put_decimal(out.reserve(_ROOM), out.size, number, 0)

    def _end_list(self, empty):
        out = self._out
        out.write(b"[]" if empty else b"]")
        self._end(out.reserve(_ROOM), out.size, _LIST)
