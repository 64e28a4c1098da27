"""What a telegram says, field by field, in the words of `/metrics`.

`visit` walks through a telegram's fields and calls a sink for each, so that a renderer needs no
list of values in between. A sink has these methods; units are the numbers of `dsmr.units`:

- `number(name, number, decimals, unit)`: the value is number / 10**decimals, exactly;
- `boolean(name, value)`;
- `string(name, value)`: a `str`;
- `time(name, buffer, start, end)`: a valid TST in buffer[start:end];
- `demands(name, entries)`, `failures(name, entries)`, `devices(name, entries)`: lists, whose
  entries are what `demands`, `failures` and `devices` below yield.
"""

from binascii import unhexlify

from dsmr import units
from dsmr.kernel import AT, DECIMALS, NUMBER, UNIT, new_scan, scan_time, scan_value, unit_key
from dsmr.obis import (
    DEMANDS,
    EAN,
    FIELDS,
    GAS,
    HEAT,
    ID,
    MAX_CHANNEL,
    MESSAGE,
    OCTETS,
    READ,
    TYPE,
    UNCORRECTED,
    VALVE,
    WATER,
    channel_slot,
)
from dsmr.telegram import text
from dsmr.times import month_before

#: Fields that no single data object gives: (name, the unit's number).
DERIVED = (
    ("identification", units.STRING),
    ("device_name", units.STRING),
    ("device_id", units.STRING),
    ("energy_used_total", units.KILOWATT_HOUR),
    ("energy_generated_total", units.KILOWATT_HOUR),
    ("total_power_net", units.WATT),
    ("device_type", units.INTEGER),
    ("gas_used", units.CUBIC_METER),
    ("gas_usage_timestamp", units.TIMESTAMP),
    ("gas_device_id", units.STRING),
    ("gas_device_serial_number", units.STRING),
    ("gas_breaker_state", units.BOOLEAN),
    ("water_used", units.CUBIC_METER),
    ("water_usage_timestamp", units.TIMESTAMP),
    ("heat_used", units.GIGAJOULE),
    ("heat_usage_timestamp", units.TIMESTAMP),
    ("devices_on_bus", units.LIST),
)

_SLOT = {field[1]: slot for slot, field in enumerate(FIELDS)}
_USED = _SLOT["energy_used_total"]
_GENERATED = _SLOT["energy_generated_total"]
_POWER_USED = _SLOT["total_power_used"]
_POWER_GENERATED = _SLOT["total_power_generated"]
_TARIFFS = 4  # the slots after a total are its tariffs'

_EXPONENT = {unit_key(written): unit[1] for written, unit in units.WIRE.items()}


def visit(telegram, sink):
    """Call `sink` for every field that the telegram has, derived ones included."""
    _identification(telegram, sink)
    unit = telegram.unit
    for slot in range(len(FIELDS)):
        found = unit[slot]
        if found:
            name = FIELDS[slot][1]
            if found < units.INTEGER or (found > units.TIMESTAMP and found != units.LIST):
                sink.number(name, telegram.number[slot], telegram.decimals[slot], found)
            elif found == units.INTEGER:
                sink.number(name, telegram.number[slot], 0, found)
            elif found == units.STRING:
                sink.string(name, slot_text(telegram, slot, FIELDS[slot][2]))
            elif found == units.TIMESTAMP:
                sink.time(name, telegram.buffer, telegram.start[slot], telegram.number[slot])
            elif found == units.BOOLEAN:
                sink.boolean(name, telegram.number[slot] == 1)
            elif FIELDS[slot][2] == DEMANDS:
                sink.demands(name, demands(telegram, slot))
            else:
                sink.failures(name, failures(telegram, slot))
        elif slot == _USED or slot == _GENERATED:
            _total(telegram, slot, sink)
        if slot == _POWER_GENERATED:
            _net(telegram, sink)
    _mbus(telegram, sink)


def _identification(telegram, sink):
    line = telegram.identification
    if line:
        sink.string("identification", line)
        sink.string("device_name", line[:3])
        # After the three letters and the baud rate's digit comes a "\" and the mode's, or some
        # other mark, or (field) the name itself.
        rest = line[4:]
        if rest and not (rest[0].isalpha() or rest[0].isdigit()):
            rest = rest[1:]
        if rest:
            sink.string("device_id", rest)


def _total(telegram, slot, sink):
    """The sum of the tariffs' registers, where the meter sends no total of its own."""
    total = decimals = found = 0
    for tariff in range(slot + 1, slot + 1 + _TARIFFS):
        if telegram.unit[tariff]:
            total, decimals = _add(
                total, decimals, telegram.number[tariff], telegram.decimals[tariff]
            )
            found = 1
    if found:
        sink.number(FIELDS[slot][1], total, decimals, units.KILOWATT_HOUR)


def _net(telegram, sink):
    if telegram.unit[_POWER_USED] and telegram.unit[_POWER_GENERATED]:
        net, decimals = _add(
            telegram.number[_POWER_USED],
            telegram.decimals[_POWER_USED],
            -telegram.number[_POWER_GENERATED],
            telegram.decimals[_POWER_GENERATED],
        )
        sink.number("total_power_net", net, decimals, units.WATT)


def _add(a, a_decimals, b, b_decimals):
    if a_decimals < b_decimals:
        a *= 10 ** (b_decimals - a_decimals)
        a_decimals = b_decimals
    elif b_decimals < a_decimals:
        b *= 10 ** (a_decimals - b_decimals)
    return a + b, a_decimals


def _mbus(telegram, sink):
    gas = _newest(telegram, GAS)
    if gas:
        sink.number("device_type", GAS, 0, units.INTEGER)
        _reading(telegram, gas, sink, "gas_used", "gas_usage_timestamp")
        if telegram.unit[gas + ID]:
            identifier = slot_text(telegram, gas + ID, OCTETS)
            sink.string("gas_device_id", identifier)
            sink.string("gas_device_serial_number", identifier)
        if telegram.unit[gas + VALVE]:
            sink.boolean("gas_breaker_state", telegram.number[gas + VALVE] == 1)
    water = _newest(telegram, WATER)
    if water:
        _reading(telegram, water, sink, "water_used", "water_usage_timestamp")
    heat = _newest(telegram, HEAT)
    if heat:
        _reading(telegram, heat, sink, "heat_used", "heat_usage_timestamp")
    for channel in range(1, MAX_CHANNEL + 1):
        if _read_slot(telegram, channel_slot(channel)):
            sink.devices("devices_on_bus", devices(telegram))
            break


def _read_slot(telegram, base):
    """The slot of an M-Bus device's reading, corrected to 15 °C if it is; 0 if it is not alive."""
    if telegram.unit[base + READ]:
        return base + READ
    if telegram.unit[base + UNCORRECTED]:
        return base + UNCORRECTED
    return 0


def _newest(telegram, device_type):
    """First slot of the device of that type with the newest reading; 0 if none is alive."""
    newest = 0
    newest_time = b""
    for channel in range(1, MAX_CHANNEL + 1):
        base = channel_slot(channel)
        if telegram.unit[base + TYPE] and telegram.number[base + TYPE] == device_type:
            slot = _read_slot(telegram, base)
            if slot:
                time = bytes(telegram.buffer[telegram.start[slot + 1] : telegram.number[slot + 1]])
                if not newest or time > newest_time:
                    newest, newest_time = base, time
    return newest


def _reading(telegram, base, sink, value_name, time_name):
    slot = _read_slot(telegram, base)
    sink.number(value_name, telegram.number[slot], telegram.decimals[slot], telegram.unit[slot])
    sink.time(time_name, telegram.buffer, telegram.start[slot + 1], telegram.number[slot + 1])


def slot_text(telegram, slot, kind):
    """The text of a slot as `str`.

    Identifiers and messages are sent as the hexadecimal digits of their characters. (field) Some
    are not; those are given as they stand.
    """
    written = bytes(telegram.buffer[telegram.start[slot] : telegram.number[slot]])
    if kind == OCTETS or kind == MESSAGE:
        try:
            octets = unhexlify(written)
        except ValueError:
            return text(written)
        for octet in octets:
            if octet < 32 or octet > 126:
                if kind == OCTETS or (octet < 32 and octet not in b"\t\n\r"):
                    return text(written)
        return text(octets)
    return text(written)


def demands(telegram, slot):
    """Yield a list of months' highest quarter-hours, the oldest first.

    Each is (month as "2025-09", start and end of its time in the telegram's buffer, number,
    decimals), in watts. Months without a peak as yet are left out.
    """
    buffer = telegram.buffer
    scan = new_scan()
    entries = []
    at = telegram.start[slot]
    for _ in range(telegram.decimals[slot]):
        middle = scan_value(buffer, at, telegram.number[slot], scan)
        value = scan_value(buffer, middle, telegram.number[slot], scan)
        entries.append((at + 1, middle + 1, scan[AT]))
        at = scan_value(buffer, value, telegram.number[slot], scan)
    # Meters send the oldest first, the document has the newest first.
    entries.sort(key=lambda entry: bytes(buffer[entry[0] : entry[0] + 12]))
    for month, time, time_end in entries:
        if scan_time(buffer, time, time_end):
            scan_value(buffer, time_end + 1, telegram.number[slot], scan)
            number, decimals = _scanned(scan)
            yield month_before(buffer, month), time, time_end, number, decimals


def failures(telegram, slot):
    """Yield the power failures: (start and end of the TST at which it ended, seconds)."""
    buffer = telegram.buffer
    scan = new_scan()
    at = telegram.start[slot]
    for _ in range(telegram.decimals[slot]):
        value = scan_value(buffer, at, telegram.number[slot], scan)
        time_end = scan[AT]
        stop = scan_value(buffer, value, telegram.number[slot], scan)
        yield at + 1, time_end, int(bytes(buffer[value + 1 : scan[AT]]).rstrip(b"*sS"))
        at = stop


def _scanned(scan):
    """(number, decimals) of a scanned power, in watts."""
    number, decimals = scan[NUMBER], scan[DECIMALS] - _EXPONENT[scan[UNIT]]
    if decimals < 0:
        return number * 10**-decimals, 0
    return number, decimals


def devices(telegram):
    """Yield the M-Bus devices that are alive.

    Each is (channel, type or None, identifier or None, EAN or None, slot of the reading, valve:
    True if open, or None). The reading's time is in the slot after it.
    """
    unit = telegram.unit
    for channel in range(1, MAX_CHANNEL + 1):
        base = channel_slot(channel)
        slot = _read_slot(telegram, base)
        if slot:
            yield (
                channel,
                telegram.number[base + TYPE] if unit[base + TYPE] else None,
                slot_text(telegram, base + ID, OCTETS) if unit[base + ID] else None,
                slot_text(telegram, base + EAN, OCTETS) if unit[base + EAN] else None,
                slot,
                telegram.number[base + VALVE] == 1 if unit[base + VALVE] else None,
            )
