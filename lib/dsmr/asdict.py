"""The fields of a telegram as texts, for programs that use the parser as a library."""

from dsmr.const import const
from dsmr.fields import FIELDS, KINDS, name, unit_name
from dsmr.format import decimal, put_month, put_time
from dsmr.values import demands, devices, failures, slot_text

# Those of `dsmr.table`, by `make fields`.
_BOOLEAN = const(1)
_STRING = const(2)
_TIMESTAMP = const(3)
_LIST = const(4)
_DEMANDS = const(16)
_FAILURES = const(17)
_EXPORTS = const(18)
_DEVICE_TYPE = const(0)
_DEVICE_ID = const(1)
_DEVICE_EAN = const(2)
_DEVICE_VALVE = const(7)


# To unpack a name takes longer than to read it here.
_NAMES = [name(field).decode() for field in range(FIELDS)]


def as_dict(telegram):
    """{name: (value, name of its unit)} of all fields, with the values of `items`."""
    return {name: (value, unit) for name, value, unit in items(telegram)}


def items(telegram):
    """Yield (name, value, name of its unit) of each field that the telegram has, in their order.

    Numbers are their exact text ("46077.141": `Decimal` takes it), times ISO 8601, lists are lists
    of dicts as in `/metrics`.
    """
    for field in range(FIELDS):
        unit = telegram.unit[field]
        if unit:
            yield _NAMES[field], _value(telegram, field), unit_name(unit).decode()


def _value(telegram, field):
    unit = telegram.unit[field]
    if unit == _BOOLEAN:
        return telegram.number[field] == 1
    if unit == _STRING:
        return slot_text(telegram, field)
    if unit == _TIMESTAMP:
        return _time(telegram, telegram.start[field], telegram.number[field])
    if unit != _LIST:
        return decimal(telegram.number[field], telegram.decimals[field])
    kind = KINDS[field]
    if kind == _DEMANDS or kind == _EXPORTS:
        return [_demand(telegram, *demand) for demand in demands(telegram, kind == _EXPORTS)]
    if kind == _FAILURES:
        return [_failure(telegram, *failure) for failure in failures(telegram, field)]
    return [_device(telegram, *device) for device in devices(telegram)]


def _time(telegram, start, end):
    out = bytearray(25)
    put_time(out, 0, telegram.buffer, start, end)
    return out.decode()


def _demand(telegram, month, start, end, number, decimals):
    out = bytearray(7)
    put_month(out, 0, telegram.buffer, month)
    return {
        "month": out.decode(),
        "time": _time(telegram, start, end),
        "value": decimal(number, decimals),
    }


def _failure(telegram, start, end, seconds):
    return {"end": _time(telegram, start, end), "duration": str(seconds)}


def _device(telegram, channel, base, reading):
    unit = telegram.unit
    device = {"channel": channel}
    if unit[base + _DEVICE_TYPE]:
        device["type"] = telegram.number[base + _DEVICE_TYPE]
    if unit[base + _DEVICE_ID]:
        device["id"] = slot_text(telegram, base + _DEVICE_ID)
    if unit[base + _DEVICE_EAN]:
        device["ean"] = slot_text(telegram, base + _DEVICE_EAN)
    device["value"] = decimal(telegram.number[reading], telegram.decimals[reading])
    device["unit"] = unit_name(unit[reading]).decode()
    device["timestamp"] = _time(
        telegram, telegram.start[reading + 1], telegram.number[reading + 1]
    )
    if unit[base + _DEVICE_VALVE]:
        device["valve"] = telegram.number[base + _DEVICE_VALVE] == 1
    return device
