"""The fields of a telegram as the JSON object of `/metrics`.

{"<name>": {"value": …, "unit": "<unit>"}, …}: numbers as JSON numbers with exactly the meter's
decimals, times as ISO 8601 with offset. What the meter does not send is absent.
"""

from dsmr import units
from dsmr.fields import visit
from dsmr.obis import NAME_AT, TABLE
from dsmr.times import iso


class MetricsSink:
    """A sink of `dsmr.fields.visit` that writes the members of a JSON object to a `Writer`."""

    def __init__(self, out, separator=b",\n"):
        self._out = out
        self._between = separator
        self._telegram = None
        self._separator = b""

    def render(self, telegram):
        """Write the members of the object, without its braces; the next ones go after a comma."""
        self._telegram = telegram
        self._separator = b""
        visit(telegram, self)

    def _begin(self, field):
        out = self._out
        out.write(self._separator)
        self._separator = self._between
        out.write(b'"')
        out.write_part(TABLE, NAME_AT[2 * field], NAME_AT[2 * field + 1])
        out.write(b'":{"value":')

    def _end(self, unit):
        out = self._out
        out.write(b',"unit":"')
        out.write(units.NAMES[unit])
        out.write(b'"}')

    def number(self, field, number, decimals, unit):
        self._begin(field)
        self._out.decimal(number, decimals)
        self._end(unit)

    def boolean(self, field, value):
        self._begin(field)
        self._out.write(b"true" if value else b"false")
        self._end(units.BOOLEAN)

    def string(self, field, value):
        self._begin(field)
        self._out.json_string(value)
        self._end(units.STRING)

    def time(self, field, start, end):
        self._begin(field)
        self._time(start, end)
        self._end(units.TIMESTAMP)

    def _time(self, start, end):
        out = self._out
        out.write(b'"')
        out.write(iso(self._telegram.buffer, start, end))
        out.write(b'"')

    def demands(self, field, entries):
        out = self._out
        self._begin(field)
        separator = b"["
        for month, start, end, number, decimals in entries:
            out.write(separator)
            separator = b","
            out.write(b'{"month":"')
            out.write(month)
            out.write(b'","time":')
            self._time(start, end)
            out.write(b',"value":')
            out.decimal(number, decimals)
            out.write(b"}")
        self._end_list(separator)

    def failures(self, field, entries):
        out = self._out
        self._begin(field)
        separator = b"["
        for start, end, seconds in entries:
            out.write(separator)
            separator = b","
            out.write(b'{"end":')
            self._time(start, end)
            out.write(b',"duration":')
            out.decimal(seconds, 0)
            out.write(b"}")
        self._end_list(separator)

    def devices(self, field, entries):
        out = self._out
        telegram = self._telegram
        self._begin(field)
        separator = b"["
        for channel, device_type, identifier, ean, slot, valve in entries:
            out.write(separator)
            separator = b","
            out.write(b'{"channel":')
            out.decimal(channel, 0)
            if device_type is not None:
                out.write(b',"type":')
                out.decimal(device_type, 0)
            if identifier is not None:
                out.write(b',"id":')
                out.json_string(identifier)
            if ean is not None:
                out.write(b',"ean":')
                out.json_string(ean)
            out.write(b',"value":')
            out.decimal(telegram.number[slot], telegram.decimals[slot])
            out.write(b',"unit":"')
            out.write(units.NAMES[telegram.unit[slot]])
            out.write(b'"')
            out.write(b',"timestamp":')
            self._time(telegram.start[slot + 1], telegram.number[slot + 1])
            if valve is not None:
                out.write(b',"valve":true' if valve else b',"valve":false')
            out.write(b"}")
        self._end_list(separator)

    def _end_list(self, separator):
        self._out.write(b"]" if separator == b"," else b"[]")
        self._end(units.LIST)
