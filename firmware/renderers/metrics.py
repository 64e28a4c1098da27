"""`/metrics` as JSON, and the same without units as MQTT and the live page have it.

{"<name>": {"value": ..., "unit": "<unit>"}, ...}: numbers as JSON numbers with exactly the meter's
decimals, times as ISO 8601 with offset. What the meter does not send is absent. Without units it
is {"<name>": ..., ...}, so that templates of Home Assistant are `value_json.<name>`.
"""

from dsmr.backend import format
from dsmr.const import const
from dsmr.fields import FIELDS, KINDS, NAME_AT, NAMES, UNIT_AT, UNIT_NAMES, unit_name
from dsmr.values import demands, devices, failures, is_encoded, slot_text
from firmware.renderers import PIECE

CONTENT_TYPE = "application/json"

# Those of `dsmr.table`, by `make fields`.
_BOOLEAN = const(1)
_STRING = const(2)
_TIMESTAMP = const(3)
_LIST = const(4)
_VERSION = const(6)
_DEMANDS = const(16)
_FAILURES = const(17)
_EXPORTS = const(18)
_DEVICE_TYPE = const(0)
_DEVICE_ID = const(1)
_DEVICE_EAN = const(2)
_DEVICE_VALVE = const(7)

# More than a member or an entry of a list takes, its texts apart.
_ROOM = const(192)


def render(readout, out, with_units=True):
    """Write the last telegram's fields as one JSON object; a generator, see `PIECE`."""
    telegram = readout.telegram
    units = telegram.unit
    put_name = format.put_name
    out.write(b"{")
    buffer = out.buffer
    at = out.size
    before = b'"'
    between, after = (b',\n"', b'":{"value":') if with_units else (b',"', b'":')
    for field in range(FIELDS):
        unit = units[field]
        if not unit:
            continue
        # A list or a text may be as long as the buffer.
        if at > PIECE or unit == _LIST or unit == _STRING:
            out.size = at
            yield
            # Where the piece has been left there.
            out.reserve(_ROOM)
            at = out.size
        start, end = NAME_AT[field], NAME_AT[field + 1] - 1
        at = put_name(buffer, at, before, NAMES, start, end, after)
        before = between
        if unit > _LIST:
            at = format.put_decimal(buffer, at, telegram.number[field], telegram.decimals[field])
        else:
            out.size = at
            put_value(out, telegram, field)
            out.reserve(_ROOM)
            at = out.size
        if not with_units:
            continue
        start, end = UNIT_AT[unit], UNIT_AT[unit + 1] - 1
        at = put_name(buffer, at, b',"unit":"', UNIT_NAMES, start, end, b'"}')
    out.size = at
    out.write(b"}\n" if with_units else b"}")
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


def put_value(out, telegram, slot):
    """Write the value of a slot that the telegram has."""
    unit = telegram.unit[slot]
    number = telegram.number[slot]
    buffer = out.reserve(_ROOM)
    if unit > _LIST:
        out.size = format.put_decimal(buffer, out.size, number, telegram.decimals[slot])
    elif unit == _TIMESTAMP:
        _put_time(out, telegram, telegram.start[slot], number)
    elif unit == _BOOLEAN:
        out.write("true" if number == 1 else "false")
    elif unit == _STRING:
        _put_text(out, telegram, slot)
    else:
        begin = out.size
        kind = KINDS[slot]
        if kind == _DEMANDS or kind == _EXPORTS:
            _put_demands(out, telegram, kind == _EXPORTS)
        elif kind == _FAILURES:
            _put_failures(out, telegram, slot)
        else:
            _put_devices(out, telegram)
        # Each entry begins with a comma; that of the first becomes the bracket.
        if out.size == begin:
            out.write("[")
        out.buffer[begin] = 91
        out.write("]")


def _put_time(out, telegram, start, end):
    """Write a time in quotes."""
    buffer = out.reserve(_ROOM)
    at = out.size
    buffer[at] = 34
    at = format.put_time(buffer, at + 1, telegram.buffer, start, end)
    buffer[at] = 34
    out.size = at + 1


def _put_text(out, telegram, slot):
    """Write a text as a JSON string: most are plain, the others are read as `str`."""
    start, end = telegram.start[slot], telegram.number[slot]
    kind = KINDS[slot]
    buffer = out.reserve(end - start + 2)
    at = out.size
    buffer[at] = 34
    is_octets = is_encoded(telegram, slot)
    if is_octets and kind == _VERSION:
        out.json_string(slot_text(telegram, slot))
        return
    put = format.put_octets if is_octets else format.put_plain
    at = put(buffer, at + 1, telegram.buffer, start, end)
    if at < 0:
        out.json_string(slot_text(telegram, slot))
    else:
        buffer[at] = 34
        out.size = at + 1


def _put_demands(out, telegram, generated):
    source = telegram.buffer
    put = format.put
    for month, start, end, number, decimals in demands(telegram, generated):
        buffer = out.reserve(_ROOM)
        at = put(buffer, out.size, b',{"month":"', 0, 11)
        at = format.put_month(buffer, at, source, month)
        at = put(buffer, at, b'","time":"', 0, 10)
        at = format.put_time(buffer, at, source, start, end)
        at = put(buffer, at, b'","value":', 0, 10)
        at = format.put_decimal(buffer, at, number, decimals)
        buffer[at] = 125
        out.size = at + 1


def _put_failures(out, telegram, slot):
    for start, end, seconds in failures(telegram, slot):
        out.write(b',{"end":')
        _put_time(out, telegram, start, end)
        out.write(b',"duration":%d}' % seconds)


def _put_devices(out, telegram):
    for channel, base, reading in devices(telegram):
        out.write(b',{"channel":%d' % channel)
        _put_member(out, "type", telegram, base + _DEVICE_TYPE)
        _put_member(out, "id", telegram, base + _DEVICE_ID)
        _put_member(out, "ean", telegram, base + _DEVICE_EAN)
        _put_member(out, "value", telegram, reading)
        out.write(b',"unit":"')
        out.write(unit_name(telegram.unit[reading]))
        out.write(b'"')
        _put_member(out, "timestamp", telegram, reading + 1)
        _put_member(out, "valve", telegram, base + _DEVICE_VALVE)
        out.write(b"}")


def _put_member(out, name, telegram, slot):
    """Write a further member of an object, if the telegram has the slot."""
    if telegram.unit[slot]:
        out.write(',"%s":' % name)
        put_value(out, telegram, slot)
