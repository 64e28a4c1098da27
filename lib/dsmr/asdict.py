"""The fields of a telegram as a dict, for programs that use the parser as a library."""

from dsmr import units
from dsmr.fields import visit
from dsmr.obis import name
from dsmr.times import iso
from dsmr.writer import decimal


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
        self.fields[name] = (value, units.NAMES[unit])

    def number(self, field, number, decimals, unit):
        self._add(field, decimal(number, decimals), unit)

    def boolean(self, field, value):
        self._add(field, value, units.BOOLEAN)

    def string(self, field, value):
        self._add(field, value, units.STRING)

    def time(self, field, start, end):
        self._add(field, self._time(start, end), units.TIMESTAMP)

    def _time(self, start, end):
        return iso(self._telegram.buffer, start, end)

    def demands(self, field, entries):
        months = [
            {"month": month, "time": self._time(start, end), "value": decimal(number, decimals)}
            for month, start, end, number, decimals in entries
        ]
        self._add(field, months, units.LIST)

    def failures(self, field, entries):
        ends = [{"end": self._time(start, end), "duration": str(s)} for start, end, s in entries]
        self._add(field, ends, units.LIST)

    def devices(self, field, entries):
        telegram = self._telegram
        found = []
        for channel, device_type, identifier, ean, slot, valve in entries:
            device = {
                "channel": channel,
                "type": device_type,
                "id": identifier,
                "ean": ean,
                "value": decimal(telegram.number[slot], telegram.decimals[slot]),
                "unit": units.NAMES[telegram.unit[slot]].decode(),
                "timestamp": self._time(telegram.start[slot + 1], telegram.number[slot + 1]),
                "valve": valve,
            }
            found.append({key: value for key, value in device.items() if value is not None})
        self._add(field, found, units.LIST)
