"""Writes the commonest members of `/metrics`' JSON as machine code.

Numbers, states and times are four fifths of a telegram's fields, and one call writes all that
stand together. The peaks of thirteen months are the longest list.
"""

import micropython
from micropython import const

from dsmr.obis import NAME_AT, TABLE
from dsmr.units import NAME_AT as UNIT_AT
from dsmr.units import NAMES
from dsmr.writer_viper import put_month, put_small_decimal, put_time

_ROOM = const(160)  # more than a name, a number of 31 bits and a unit take

# Those of `dsmr.obis`.
_FIELDS = const(96)

# Those of `dsmr.units`.
_BOOLEAN = const(1)
_STRING = const(2)
_TIMESTAMP = const(3)
_LIST = const(4)

_VALUE = b'":{"value":'
_UNIT = b',"unit":"'
_TRUE = b"true"
_FALSE = b"false"
_MONTH = b'{"month":"'
_TIME = b'","time":"'
_WATTS = b'","value":'


@micropython.viper
def put_members(out, begin: int, separator, telegram, field: int) -> int:
    """Write the members from `field` on; returns the first field that is not for this function.

    In a telegram with numbers that may not fit a machine word, none is.

    begin: out.size where the first member stands, which needs no separator.
    """
    if telegram.large:
        return field
    table = ptr8(TABLE)
    name_at = ptr16(NAME_AT)
    unit_names = ptr8(NAMES)
    unit_at = ptr8(UNIT_AT)
    units = ptr8(telegram.unit)
    numbers = telegram.number
    decimals_of = ptr8(telegram.decimals)
    starts = ptr16(telegram.start)
    source = ptr8(telegram.buffer)
    between = ptr8(separator)
    between_size = int(len(separator))
    buffer = ptr8(out.buffer)
    room = int(len(out.buffer)) - _ROOM
    at = int(out.size)
    while field < _FIELDS:
        unit = int(units[field])
        if unit == 0:
            field += 1
            continue
        number = int(numbers[field])
        start = int(starts[field])
        if (
            at > room
            or unit == _STRING
            or unit == _LIST
            or (unit == _TIMESTAMP and number - start != 13)
        ):
            break
        if at != begin:
            i = 0
            while i < between_size:
                buffer[at] = between[i]
                at += 1
                i += 1
        buffer[at] = 34
        at += 1
        i = int(name_at[field])
        end = int(name_at[field + 1]) - 2
        while i < end:
            buffer[at] = table[i]
            at += 1
            i += 1
        text = ptr8(_VALUE)
        i = 0
        while i < 11:
            buffer[at] = text[i]
            at += 1
            i += 1
        if unit > _LIST:
            at = int(put_small_decimal(out.buffer, at, number, int(decimals_of[field])))
        elif unit == _BOOLEAN:
            text = ptr8(_TRUE) if number == 1 else ptr8(_FALSE)
            end = 4 if number == 1 else 5
            i = 0
            while i < end:
                buffer[at] = text[i]
                at += 1
                i += 1
        else:
            buffer[at] = 34
            summer = 1 if source[start + 12] == 83 else 0
            at = int(put_time(out.buffer, at + 1, telegram.buffer, start, summer))
            buffer[at] = 34
            at += 1
        text = ptr8(_UNIT)
        i = 0
        while i < 9:
            buffer[at] = text[i]
            at += 1
            i += 1
        i = int(unit_at[unit])
        end = int(unit_at[unit + 1]) - 1
        while i < end:
            buffer[at] = unit_names[i]
            at += 1
            i += 1
        buffer[at] = 34
        buffer[at + 1] = 125
        at += 2
        field += 1
    out.size = at
    return field


@micropython.viper
def put_demands(out, telegram, field: int) -> bool:
    """Write a list of peaks; False, and nothing written, if that is not for this function.

    It is for lists in rising or falling order, of powers in kW with three decimals, as standards
    have them. out.buffer must have room.
    """
    source = ptr8(telegram.buffer)
    buffer = ptr8(out.buffer)
    begin = int(telegram.start[field])
    end = int(telegram.number[field])
    count = int(telegram.decimals[field])
    at = int(out.size)
    buffer[at] = 91
    at += 1
    written = 0
    order = 0
    entry = begin
    # The first round finds out whether the list rises or falls, the second one writes it.
    while count > 1:
        count -= 1
        following = entry
        groups = 0
        while groups < 3:
            if source[following] == 41:
                groups += 1
            following += 1
        i = 1
        while i < 13 and source[entry + i] == source[following + i]:
            i += 1
        if i == 13:
            return False
        step = 1 if source[entry + i] < source[following + i] else -1
        if order and step != order:
            return False
        order = step
        entry = following
    entry = begin if order >= 0 else end
    count = int(telegram.decimals[field])
    while count:
        count -= 1
        if order < 0:
            groups = 0
            while groups < 3:
                entry -= 1
                if source[entry] == 40:
                    groups += 1
        time = entry + 1
        while source[time] != 40:
            time += 1
        value = time + 1
        while source[value] != 40:
            value += 1
        if value - time != 15 or time - entry != 15:
            return False
        i = value + 1
        number = 0
        while source[i] != 46:
            if source[i] < 48 or source[i] > 57 or i - value > 6:
                return False
            number = number * 10 + source[i] - 48
            i += 1
        i += 1
        stop = i + 3
        while i < stop:
            if source[i] < 48 or source[i] > 57:
                return False
            number = number * 10 + source[i] - 48
            i += 1
        # "*kW)"
        if source[i] != 42 or source[i + 1] != 107 or source[i + 2] != 87 or source[i + 3] != 41:
            return False
        following = i + 4
        if source[time + 3] != 50 or source[time + 4] != 53:  # the 25th month is no peak as yet
            text = ptr8(_MONTH)
            if written:
                buffer[at] = 44
                at += 1
            written = 1
            i = 0
            while i < 10:
                buffer[at] = text[i]
                at += 1
                i += 1
            at = int(put_month(out.buffer, at, telegram.buffer, entry + 1))
            text = ptr8(_TIME)
            i = 0
            while i < 10:
                buffer[at] = text[i]
                at += 1
                i += 1
            summer = 1 if source[time + 13] == 83 else 0
            at = int(put_time(out.buffer, at, telegram.buffer, time + 1, summer))
            text = ptr8(_WATTS)
            i = 0
            while i < 10:
                buffer[at] = text[i]
                at += 1
                i += 1
            at = int(put_small_decimal(out.buffer, at, number, 0))
            buffer[at] = 125
            at += 1
        if order >= 0:
            entry = following
    buffer[at] = 93
    out.size = at + 1
    return True
