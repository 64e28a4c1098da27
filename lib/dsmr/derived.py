"""The fields that no single data object gives: sums, parts of the identification, and which of the
devices on the M-Bus is the gas meter."""

from dsmr.const import const
from dsmr.quarter import derive_quarter

# Those of `dsmr.obis`.
_FIELDS = const(96)
_SLOTS = const(160)
_TYPE = const(0)
_ID = const(1)
_GAS = const(3)
_READ = const(3)
_HEAT = const(4)
_UNCORRECTED = const(5)
_VALVE = const(7)
_WATER = const(7)
_WIDTH = const(8)

# Those of `dsmr.table`.
_IDENTIFICATION = const(0)
_DEVICE_NAME = const(1)
_DEVICE_ID = const(2)
_DEVICE_TYPE = const(3)
_ENERGY_USED_TOTAL = const(11)
_ENERGY_GENERATED_TOTAL = const(16)
_TOTAL_POWER_USED = const(23)
_TOTAL_POWER_GENERATED = const(24)
_TOTAL_POWER_NET = const(25)
_GAS_USED = const(86)
_GAS_DEVICE_ID = const(88)
_GAS_DEVICE_SERIAL_NUMBER = const(89)
_GAS_BREAKER_STATE = const(90)
_WATER_USED = const(91)
_HEAT_USED = const(93)
_DEVICES_ON_BUS = const(95)

# Those of `dsmr.units`.
_STRING = const(2)
_LIST = const(4)

_TARIFFS = const(4)  # the fields after a total are its tariffs'


def derive(telegram, last, demand_floor):
    """Fill in the fields that follow from what the telegram's lines said.

    last: the good telegram before it, or None; demand_floor: see `dsmr.quarter`.
    """
    _identification(telegram)
    _total(telegram, _ENERGY_USED_TOTAL)
    _total(telegram, _ENERGY_GENERATED_TOTAL)
    if telegram.unit[_TOTAL_POWER_USED] and telegram.unit[_TOTAL_POWER_GENERATED]:
        _add(telegram, _TOTAL_POWER_NET, _TOTAL_POWER_USED, 1)
        _add(telegram, _TOTAL_POWER_NET, _TOTAL_POWER_GENERATED, -1)
    derive_quarter(telegram, last, demand_floor)
    _devices(telegram)


def _identification(telegram):
    end = telegram.identification_end
    if end <= 1:
        return
    telegram.place(_IDENTIFICATION, 1, end, _STRING)
    telegram.place(_DEVICE_NAME, 1, min(end, 4), _STRING)
    # After the three letters and the baud rate's digit comes a "\\" before the name, or another
    # mark, or (field) the name at once.
    start = 5
    if start < end and not telegram.buffer[start : start + 1].isalpha():
        start += 1
    if start < end:
        telegram.place(_DEVICE_ID, start, end, _STRING)


def _total(telegram, total):
    """The sum of the tariffs' registers, where the meter sends no total of its own."""
    if not telegram.unit[total]:
        for slot in range(total + 1, total + 1 + _TARIFFS):
            if telegram.unit[slot]:
                _add(telegram, total, slot, 1)


def _add(telegram, total, slot, sign):
    """Add a slot's number, or subtract it where sign is -1; no decimal is lost."""
    number = sign * telegram.number[slot]
    decimals = telegram.decimals[slot]
    if telegram.unit[total]:
        more = decimals - telegram.decimals[total]
        if more >= 0:
            number += telegram.number[total] * 10**more
        else:
            number = number * 10**-more + telegram.number[total]
            decimals -= more
    telegram.store(total, number, decimals, telegram.unit[slot])


def _devices(telegram):
    """Find the meter of each kind: the one that is alive, with the newest reading."""
    unit = telegram.unit
    # The slot of the reading; 0 is none.
    gas = water = heat = 0
    for base in range(_FIELDS, _SLOTS, _WIDTH):
        slot = base + (_READ if unit[base + _READ] else _UNCORRECTED)
        if not unit[slot]:
            continue
        unit[_DEVICES_ON_BUS] = _LIST
        device_type = telegram.number[base + _TYPE] if unit[base + _TYPE] else 0
        if device_type == _GAS:
            gas = _newer(telegram, gas, slot)
        elif device_type == _WATER:
            water = _newer(telegram, water, slot)
        elif device_type == _HEAT:
            heat = _newer(telegram, heat, slot)
    if gas:
        base = gas - (gas - _FIELDS) % _WIDTH
        telegram.copy(base + _TYPE, _DEVICE_TYPE)
        _reading(telegram, gas, _GAS_USED)
        telegram.copy(base + _ID, _GAS_DEVICE_ID)
        telegram.copy(base + _ID, _GAS_DEVICE_SERIAL_NUMBER)
        telegram.copy(base + _VALVE, _GAS_BREAKER_STATE)
    if water:
        _reading(telegram, water, _WATER_USED)
    if heat:
        _reading(telegram, heat, _HEAT_USED)


def _newer(telegram, one, other):
    """Which of two readings is the newer one."""
    return other if not one or _time(telegram, other) > _time(telegram, one) else one


def _time(telegram, reading):
    return bytes(telegram.buffer[telegram.start[reading + 1] : telegram.number[reading + 1]])


def _reading(telegram, reading, value):
    """Copy a reading and its time to the field of the value and the one after it."""
    telegram.copy(reading, value)
    telegram.copy(reading + 1, value + 1)
