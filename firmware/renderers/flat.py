"""The fields as one JSON object of plain values, or each alone, as MQTT publishes them.

{"<name>": <value>, ...}: the values are those of `/metrics`, without their units, which Home
Assistant is told once: its templates then are `value_json.<name>`.
"""

from dsmr.backend import format
from dsmr.const import const
from dsmr.fields import FIELDS, NAME_AT, NAMES
from dsmr.values import slot_text
from firmware.renderers import PIECE
from firmware.renderers.metrics import put_value

# Those of `dsmr.table`, by `make fields`.
_STRING = const(2)

# More than a name takes.
_ROOM = const(192)


def render(telegram, out):
    """Write all fields as one JSON object; a generator, see `PIECE`."""
    out.write(b"{")
    before = b'"'
    for field in range(FIELDS):
        if telegram.unit[field]:
            start, end = NAME_AT[field], NAME_AT[field + 1] - 1
            buffer = out.reserve(_ROOM)
            out.size = format.put_name(buffer, out.size, before, NAMES, start, end, b'":')
            before = b',"'
            put_value(out, telegram, field)
            if out.size > PIECE:
                yield
    out.write(b"}")
    yield


def put_alone(out, telegram, field):
    """Write the value of a field that the telegram has; texts and times without quotes."""
    if telegram.unit[field] == _STRING:
        out.write(slot_text(telegram, field).encode())
        return
    begin = out.size
    put_value(out, telegram, field)
    buffer = out.buffer
    if buffer[begin] == 34:
        out.size = format.put(buffer, begin, buffer, begin + 1, out.size - 1)
