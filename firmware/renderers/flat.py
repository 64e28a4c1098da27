"""The fields as one JSON object of plain values, or each alone, as MQTT publishes them.

{"<name>": <value>, …}: the values are those of `/metrics`, without their units, which Home
Assistant is told once: its templates then are `value_json.<name>`.
"""

from dsmr.const import const
from dsmr.fields import slot_text, visit_field
from dsmr.metrics import MetricsSink
from dsmr.obis import FIELDS, NAME_AT, TABLE
from dsmr.writer import put, put_between

# More than a name and a number take.
_ROOM = const(192)

# Those of `dsmr.units`.
_STRING = const(2)
_LIST = const(4)


class FlatSink(MetricsSink):
    """A sink of `dsmr.fields` that leaves out the units, but those in lists."""

    def __init__(self, out):
        super().__init__(out, b",")
        self._alone = self._in_list = False

    def render(self, telegram):
        """Write all fields as one JSON object."""
        out = self._out
        out.write(b"{")
        self._telegram = telegram
        self._begin_at = out.size
        for field in range(FIELDS):
            if telegram.unit[field]:
                visit_field(telegram, field, self)
        out.write(b"}")

    def value(self, telegram, field):
        """Write the value of a field that the telegram has; texts and times without quotes."""
        out = self._out
        unit = telegram.unit[field]
        if unit == _STRING:
            out.write(slot_text(telegram, field).encode())
            return
        self._telegram = telegram
        begin = out.size
        self._alone = True
        visit_field(telegram, field, self)
        self._alone = False
        if out.buffer[begin] == 34:
            out.size = put(out.buffer, begin, out.buffer, begin + 1, out.size - 1)

    def devices(self, field):
        self._in_list = True
        super().devices(field)
        self._in_list = False

    def _begin(self, field):
        out = self._out
        if not self._alone:
            if out.size != self._begin_at:
                out.write(self._separator)
            buffer = out.reserve(_ROOM)
            start, end = NAME_AT[field], NAME_AT[field + 1] - 2
            out.size = put_between(buffer, out.size, b'"', TABLE, start, end, b'":')
        return out.reserve(_ROOM)

    def _end(self, buffer, at, unit):
        if self._in_list and unit != _LIST:
            super()._end(buffer, at, unit)
        else:
            self._out.size = at
