"""The fields of a telegram as a dict, for programs that use the parser as a library."""

from dsmr import units
from dsmr.const import const
from dsmr.fields import demands, devices, failures, slot_text, visit
from dsmr.obis import NAME_AT, TABLE
from dsmr.times import summer_time
from dsmr.writer_plain import decimal, put_month, put_time

# Those of `dsmr.units`.
_BOOLEAN = const(1)
_STRING = const(2)
_TIMESTAMP = const(3)
_LIST = const(4)


def as_dict(telegram):
    """{name: (value, name of its unit)} of all fields.

    Numbers are their exact text ("46077.141": `Decimal` takes it), times ISO 8601, lists are lists
    of dicts as in `/metrics`.
    """
    sink = _Dict(telegram)
    visit(telegram, sink)
    return sink.fields


class _Dict:
    """A sink of `dsmr.fields.visit`."""

    def __init__(self, telegram):
        self._telegram = telegram
        self.fields = {}

    def _add(self, field, value, unit):
        self.fields[field_name(field)] = (value, unit_name(unit))

    def number(self, field):
        telegram = self._telegram
        value = decimal(telegram.number[field], telegram.decimals[field])
        self._add(field, value, telegram.unit[field])

    def boolean(self, field):
        self._add(field, self._telegram.number[field] == 1, _BOOLEAN)

    def string(self, field):
        self._add(field, slot_text(self._telegram, field), _STRING)

    def time(self, field):
        telegram = self._telegram
        value = self._time(telegram.start[field], telegram.number[field])
        self._add(field, value, _TIMESTAMP)

    def _time(self, start, end):
        source = self._telegram.buffer
        out = bytearray(25)
        put_time(out, 0, source, start, summer_time(source, start, end))
        return out.decode()

    def _month(self, start):
        out = bytearray(7)
        put_month(out, 0, self._telegram.buffer, start)
        return out.decode()

    def demands(self, field):
        months = [
            {
                "month": self._month(month),
                "time": self._time(start, end),
                "value": decimal(number, decimals),
            }
            for month, start, end, number, decimals in demands(self._telegram, field)
        ]
        self._add(field, months, _LIST)

    def failures(self, field):
        ends = [
            {"end": self._time(start, end), "duration": str(seconds)}
            for start, end, seconds in failures(self._telegram, field)
        ]
        self._add(field, ends, _LIST)

    def devices(self, field):
        telegram = self._telegram
        found = []
        for channel, device_type, identifier, ean, slot, valve in devices(telegram):
            device = {
                "channel": channel,
                "type": device_type,
                "id": slot_text(telegram, identifier) if identifier else None,
                "ean": slot_text(telegram, ean) if ean else None,
                "value": decimal(telegram.number[slot], telegram.decimals[slot]),
                "unit": unit_name(telegram.unit[slot]),
                "timestamp": self._time(telegram.start[slot + 1], telegram.number[slot + 1]),
                "valve": valve,
            }
            found.append({key: value for key, value in device.items() if value is not None})
        self._add(field, found, _LIST)


def field_name(field):
    """A field's name, as `str`."""
    return TABLE[NAME_AT[field] : NAME_AT[field + 1] - 2].decode()


def unit_name(unit):
    """A unit's name, as `str`."""
    return units.NAMES[units.NAME_AT[unit] : units.NAME_AT[unit + 1] - 1].decode()
