"""What a telegram says, field by field.

`visit` walks through a telegram's fields and calls a sink for each, so that a renderer needs no
list of values in between. A field is its number in `dsmr.obis`, which is also its slot in the
telegram; a unit is its number in `dsmr.units`. A sink has a method for each sort of value, which
takes the field:

- `number`: telegram.number[field] / 10**telegram.decimals[field], exactly, in its unit;
- `boolean`: telegram.number[field] == 1;
- `string`: see `slot_text`;
- `time`: a valid TST in telegram.buffer[telegram.start[field] : telegram.number[field]];
- `demands`, `failures`, `devices`: lists, whose entries the functions of these names yield.
"""

from binascii import unhexlify

from dsmr import units
from dsmr.const import const
from dsmr.kernel import new_scan, scan_time, scan_value
from dsmr.obis import KINDS, channel_slot
from dsmr.telegram import text

# Those of `dsmr.kernel`.
_AT = const(0)
_NUMBER = const(1)
_DECIMALS = const(2)
_UNIT = const(4)

# Those of `dsmr.obis`.
_FIELDS = const(96)
_MAX_CHANNEL = const(8)
_TYPE = const(0)
_ID = const(1)
_EAN = const(2)
_OCTETS = const(4)
_MESSAGE = const(5)
_VALVE = const(7)
_DEMANDS = const(13)
_DEVICES = const(15)

# Those of `dsmr.units`.
_BOOLEAN = const(1)
_STRING = const(2)
_TIMESTAMP = const(3)
_LIST = const(4)


def visit(telegram, sink):
    """Call `sink` for every field that the telegram has."""
    for field in range(_FIELDS):
        if telegram.unit[field]:
            visit_field(telegram, field, sink)


def visit_field(telegram, field, sink):
    """Call `sink` for a field that the telegram has."""
    unit = telegram.unit[field]
    if unit > _LIST:
        sink.number(field)
    elif unit == _STRING:
        sink.string(field)
    elif unit == _TIMESTAMP:
        sink.time(field)
    elif unit == _BOOLEAN:
        sink.boolean(field)
    elif KINDS[field] == _DEVICES:
        sink.devices(field)
    elif KINDS[field] == _DEMANDS:
        sink.demands(field)
    else:
        sink.failures(field)


def slot_text(telegram, slot):
    """The text of a slot as `str`.

    Identifiers and messages are sent as the hexadecimal digits of their characters. (field) Some
    are not; those are given as they stand.
    """
    kind = KINDS[slot]
    written = bytes(telegram.buffer[telegram.start[slot] : telegram.number[slot]])
    if kind == _OCTETS or kind == _MESSAGE:
        try:
            octets = unhexlify(written)
        except ValueError:
            return text(written)
        # MicroPython's passes over blanks and line ends.
        if 2 * len(octets) != len(written):
            return text(written)
        for octet in octets:
            if octet < 32 or octet > 126:
                if kind == _OCTETS or (octet < 32 and octet not in b"\t\n\r"):
                    return text(written)
        return text(octets)
    return text(written)


def demands(telegram, slot):
    """Yield a list of months' highest quarter-hours, the oldest first.

    Each is (where the TST of the period's end begins in the telegram's buffer, start and end of
    the quarter-hour's TST, number, decimals), in watts. Months without a peak as yet are left out.
    """
    buffer = telegram.buffer
    scan = new_scan()
    entries = []
    at = telegram.start[slot]
    for _ in range(telegram.decimals[slot]):
        middle = scan_value(buffer, at, telegram.number[slot], scan)
        value = scan_value(buffer, middle, telegram.number[slot], scan)
        entries.append((at + 1, middle + 1, scan[_AT]))
        at = scan_value(buffer, value, telegram.number[slot], scan)
    # Meters send the oldest first, the document has the newest first.
    # The position is in the key because MicroPython's sort shuffles what is equal.
    entries.sort(key=lambda entry: (bytes(buffer[entry[0] : entry[0] + 12]), entry[0]))
    for month, time, time_end in entries:
        if scan_time(buffer, time, time_end):
            scan_value(buffer, time_end + 1, telegram.number[slot], scan)
            number, decimals = _scanned(scan)
            yield month, time, time_end, number, decimals


def failures(telegram, slot):
    """Yield the power failures: (start and end of the TST at which it ended, seconds)."""
    buffer = telegram.buffer
    scan = new_scan()
    at = telegram.start[slot]
    for _ in range(telegram.decimals[slot]):
        value = scan_value(buffer, at, telegram.number[slot], scan)
        time_end = scan[_AT]
        stop = scan_value(buffer, value, telegram.number[slot], scan)
        yield at + 1, time_end, int(bytes(buffer[value + 1 : scan[_AT]]).rstrip(b".*sS"))
        at = stop


def _scanned(scan):
    """(number, decimals) of a scanned power, in watts."""
    number, decimals = scan[_NUMBER], scan[_DECIMALS] - (units.SCALES[scan[_UNIT]] & 7) + 3
    if decimals < 0:
        return number * 10**-decimals, 0
    return number, decimals


def devices(telegram):
    """Yield the M-Bus devices that are alive.

    Each is (channel, type or None, slot of the identifier or None, slot of the _EAN or None, slot
    of the reading, valve: True if open, or None). The reading's time is in the slot after it.
    """
    unit = telegram.unit
    for channel in range(1, _MAX_CHANNEL + 1):
        base = channel_slot(channel)
        slot = telegram.reading(channel)
        if slot:
            yield (
                channel,
                telegram.number[base + _TYPE] if unit[base + _TYPE] else None,
                base + _ID if unit[base + _ID] else None,
                base + _EAN if unit[base + _EAN] else None,
                slot,
                telegram.number[base + _VALVE] == 1 if unit[base + _VALVE] else None,
            )
