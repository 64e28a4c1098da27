"""The fields of a telegram as the JSON object of `/metrics`.

{"<name>": {"value": …, "unit": "<unit>"}, …}: numbers as JSON numbers with exactly the meter's
decimals, times as ISO 8601 with offset. What the meter does not send is absent.
"""

from dsmr import units
from dsmr.fields import visit
from dsmr.times import iso

_UNITS = tuple(b',"unit":"' + name.encode() + b'"}' for name in units.NAMES)


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

    def _begin(self, name):
        out = self._out
        out.write(self._separator)
        self._separator = self._between
        out.write(b'"')
        out.write(name)
        out.write(b'":{"value":')

    def number(self, name, number, decimals, unit):
        self._begin(name)
        self._out.decimal(number, decimals)
        self._out.write(_UNITS[unit])

    def boolean(self, name, value):
        self._begin(name)
        self._out.write(b"true" if value else b"false")
        self._out.write(_UNITS[units.BOOLEAN])

    def string(self, name, value):
        self._begin(name)
        self._out.json_string(value)
        self._out.write(_UNITS[units.STRING])

    def time(self, name, buffer, start, end):
        self._begin(name)
        self._time(buffer, start, end)
        self._out.write(_UNITS[units.TIMESTAMP])

    def _time(self, buffer, start, end):
        out = self._out
        out.write(b'"')
        out.write(iso(buffer, start, end))
        out.write(b'"')

    def demands(self, name, entries):
        out = self._out
        self._begin(name)
        separator = b"["
        for month, start, end, number, decimals in entries:
            out.write(separator)
            separator = b","
            out.write(b'{"month":"')
            out.write(month)
            out.write(b'","time":')
            self._time(self._telegram.buffer, start, end)
            out.write(b',"value":')
            out.decimal(number, decimals)
            out.write(b"}")
        self._end_list(separator)

    def failures(self, name, entries):
        out = self._out
        self._begin(name)
        separator = b"["
        for start, end, seconds in entries:
            out.write(separator)
            separator = b","
            out.write(b'{"end":')
            self._time(self._telegram.buffer, start, end)
            out.write(b',"duration":')
            out.decimal(seconds, 0)
            out.write(b"}")
        self._end_list(separator)

    def devices(self, name, entries):
        out = self._out
        telegram = self._telegram
        self._begin(name)
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
            out.write(_UNITS[telegram.unit[slot]][:-1])
            out.write(b',"timestamp":')
            self._time(telegram.buffer, telegram.start[slot + 1], telegram.number[slot + 1])
            if valve is not None:
                out.write(b',"valve":true' if valve else b',"valve":false')
            out.write(b"}")
        self._end_list(separator)

    def _end_list(self, separator):
        self._out.write(b"]" if separator == b"," else b"[]")
        self._out.write(_UNITS[units.LIST])
