"""The HomeWizard P1 meter's local API, version 1: `/api` and `/api/v1/data`.

https://api-documentation.homewizard.com/docs/v1 has the keys, one of which is misspelt there too.
Numbers have exactly the meter's decimals; what the meter does not send is absent. Identifiers are
the hexadecimal digits that the meter sends: it is the clients that decode them.

homewizard.keys beside this module has a line for each key: the key, and the fields whose sum it
is, those with "-" subtracted. As Prometheus' template it is read at each request.
"""

from dsmr.backend import format
from dsmr.const import const
from dsmr.fields import slot, unit_name
from dsmr.values import devices, slot_text
from firmware import VERSION
from firmware.renderers import PIECE

CONTENT_TYPE = "application/json"

_KEYS = __file__.rpartition("/")[0] + "/homewizard.keys"

# What the API calls M-Bus devices (their types are those of EN 13757-3, table 3) and the units of
# their readings.
_WORDS = (
    b" 3 gas_meter 4 heat_meter 6 warm_water_meter 7 water_meter 12 inlet_heat_meter "
    b"CubicMeter m3 KilowattHour kWh GigaJoule GJ "
)

# What a number takes at the most.
_ROOM = const(192)

# Those of `dsmr.table`, by `make fields`.
_STRING = const(2)
_TIMESTAMP = const(3)
_LIST = const(4)
_DEVICE_TYPE = const(0)
_DEVICE_ID = const(1)
_DEVICE_EAN = const(2)


def device(serial):
    """The answer to `/api`; serial: 12 hexadecimal digits."""
    return (
        '{"product_type": "HWE-P1", "product_name": "P1 Meter", "serial": "%s", '
        '"firmware_version": "%s", "api_version": "v1"}\n' % (serial, VERSION)
    )


def render(readout, out, station):
    """Write the last telegram as one JSON object; station: as the board's `station()`.

    A generator, see `firmware.renderers.PIECE`.
    """
    _, name, rssi = station
    # Clients know version 1 by this key, which must not be empty: it is there also without WiFi.
    out.write(b'{"wifi_ssid":')
    out.json_string(name or "Ethernet")
    if rssi is not None:
        out.write(',"wifi_strength":%d' % min(max(2 * (rssi + 100), 0), 100))
    with open(_KEYS, "rb") as keys:
        for line in keys:
            _member(out, readout.telegram, line.split())
            if out.size > PIECE:
                yield
    out.write(b"}\n")
    yield


def _member(out, telegram, words):
    """Write a line's key and value, if the telegram has any of the fields."""
    total = decimals = unit = field = 0
    for name in words[1:]:
        sign = -1 if name[0] == 45 else 1
        field = slot(name.lstrip(b"-"))
        if not telegram.unit[field]:
            continue
        unit = telegram.unit[field]
        if unit <= _LIST:
            break
        more = telegram.decimals[field] - decimals
        if more > 0:
            total *= 10**more
            decimals += more
        total += sign * telegram.number[field] * 10 ** max(-more, 0)
    if not unit:
        return
    begin = out.size
    out.write(b',"' + words[0] + b'":')
    if unit > _LIST:
        _number(out, total, decimals)
    elif words[0] == b"smr_version":
        # 50 is DSMR 5.0, also where Belgium's meters say 50217.
        digits = slot_text(telegram, field)[:2]
        if digits.isdigit():
            _number(out, int(digits), 0)
        else:
            out.size = begin
    elif unit == _STRING:
        _text(out, telegram, field)
    elif unit == _TIMESTAMP:
        _time(out, telegram, field)
    else:
        _devices(out, telegram)


def _number(out, number, decimals):
    out.size = format.put_decimal(out.reserve(_ROOM), out.size, number, decimals)


def _text(out, telegram, slot):
    """Write a slot's text as it was sent."""
    start, end = telegram.start[slot], telegram.number[slot]
    buffer = out.reserve(end - start + 2)
    buffer[out.size] = 34
    at = format.put_plain(buffer, out.size + 1, telegram.buffer, start, end)
    if at < 0:
        out.json_string(slot_text(telegram, slot))
    else:
        buffer[at] = 34
        out.size = at + 1


def _time(out, telegram, slot):
    """Write a time as the number YYMMDDhhmmss."""
    start = telegram.start[slot]
    end = start + 12
    # In JSON no number begins with 0.
    while telegram.buffer[start] == 48:
        start += 1
    out.size = format.put(out.reserve(_ROOM), out.size, telegram.buffer, start, end)


def _devices(out, telegram):
    """Write the devices on the M-Bus that the API has a word for, and that have an identifier."""
    before = b"["
    for _, base, reading in devices(telegram):
        kind = telegram.number[base + _DEVICE_TYPE] if telegram.unit[base + _DEVICE_TYPE] else 0
        word = _word(b" %d " % kind)
        identifier = base + (_DEVICE_ID if telegram.unit[base + _DEVICE_ID] else _DEVICE_EAN)
        if not word or not telegram.unit[identifier]:
            continue
        out.write(before + b'{"unique_id":')
        before = b","
        _text(out, telegram, identifier)
        out.write(b',"type":"' + word + b'","timestamp":')
        _time(out, telegram, reading + 1)
        out.write(b',"value":')
        _number(out, telegram.number[reading], telegram.decimals[reading])
        unit = _word(b" %s " % unit_name(telegram.unit[reading]))
        out.write(b',"unit":"' + unit + b'"}')
    out.write(b"[]" if before == b"[" else b"]")


def _word(mark):
    """The word after a mark; b"" if there is none."""
    return _WORDS.partition(mark)[2].partition(b" ")[0]
