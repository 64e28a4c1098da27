"""The loops over a telegram's bytes, in plain Python.

`dsmr.native.scan` has the same functions as machine code. They find what they look for without an
object for each part of a line; what a group in parentheses holds is left in a list or array that
`new_scan` makes.
"""

from array import array

from dsmr.const import const
from dsmr.fields import MAX_CHANNEL, SCALES, WIDTH

# The places in a scan. NUMBER is the digits as an integer, with their sign and without the decimal
# point. DIGITS counts the significant ones, and is 0 where it is no number, or one of more than 20
# digits, which none is; above MAX_DIGITS, NUMBER may not have fitted a machine word, and does not
# count. UNIT is a key: the same one for the same text, whatever the case of its letters, but for
# an M at its beginning.
_AT = const(0)  # where the group's ")" is; of an OBIS code, its "("
_NUMBER = const(1)
_DECIMALS = const(2)
_DIGITS = const(3)
_UNIT = const(4)
_MAX_DIGITS = const(9)

#: The key of no unit.
NO_UNIT = b""

#: Added to the slot of a reading whose value is on the next line.
_NEXT_LINE = const(256)

_MOST_DIGITS = const(20)
_OPEN = const(40)
_STAR = const(42)
_MARK = const(33)  # "!"


def _crc_table():
    """CRC-16/ARC (reflected polynomial A001), one entry for each value of a byte."""
    table = array("H")
    for crc in range(256):
        for _ in range(8):
            crc = (crc >> 1) ^ 0xA001 if crc & 1 else crc >> 1
        table.append(crc)
    return table


def _folded(unit):
    """The key of a unit. An M is mega, while an m may be milli."""
    return unit[:1] + unit[1:].lower() if unit[:1] == b"M" else unit.lower()


def _read_table():
    """By OBIS code, its slot; of M-Bus devices by what follows the channel in the code, the slot
    of channel 1; and by the key of a unit, its scale."""
    from dsmr import build

    slots = {}
    first_slots = {}
    for code, slot, on_next_line in build.codes():
        code = code.encode()
        slot += _NEXT_LINE if on_next_line else 0
        if code[:3] == b"0-n":
            first_slots[code[3:]] = slot
        else:
            slots[code] = slot
    scales = {}
    for number, (text, _, _) in enumerate(build.written_units()):
        scales[NO_UNIT if text == "-" else _folded(text.encode())] = SCALES[number]
    return slots, first_slots, scales


_CRC = _crc_table()
_SLOTS, _FIRST_SLOTS, _SCALES = _read_table()
# No longer needed: a board gets its memory back.
del _crc_table, _read_table


def new_scan():
    """Room for what a scan finds."""
    return [0, 0, 0, 0, NO_UNIT]


def crc16(crc, buffer, start, end):
    """CRC-16/ARC carried on over buffer[start:end]."""
    table = _CRC
    for byte in memoryview(buffer)[start:end]:
        crc = (crc >> 8) ^ table[(crc ^ byte) & 0xFF]
    return crc


def find_byte(source, byte, start, end):
    """Where the first such byte is in source[start:end]; `end` if there is none."""
    at = source.find(bytes((byte,)), start, end)
    return end if at < 0 else at


def take_lines(source, start, end, target, at, limit):
    """Copy source[start:end] to target[at:], up to a "/" or a line that begins with "!".

    Neither is taken, nor is what does not fit target[:limit]. target[at - 1] is the byte before.
    Returns where in the source it stopped.
    """
    if start < end and source[start] == _MARK and target[at - 1] == 10:
        return start
    stop = find_byte(source, 47, start, end)
    mark = source.find(b"\n!", start, stop)
    if mark >= 0:
        stop = mark + 1
    if stop - start > limit - at:
        stop = start + limit - at
    target[at : at + stop - start] = memoryview(source)[start:stop]
    return stop


def find_slot(buffer, start, end, scan):
    """The slot of the OBIS code at which the line buffer[start:end] begins; -1 if it has none.

    Plus _NEXT_LINE if the value is on the next line. scan[AT] is where the "(" is, or `end` if
    the line has none.
    """
    at = buffer.find(b"(", start, end)
    if at < 0:
        scan[_AT] = end
        return -1
    scan[_AT] = at
    code = bytes(buffer[start:at])
    slot = _slot(code)
    if slot < 0:
        # (field) The group F; what is said of it is not kept.
        code, _, group = code.partition(b"*")
        if group.isdigit():
            slot = _slot(code)
    return slot


def _slot(code):
    slot = _SLOTS.get(code)
    if slot is None:
        if code[:4] == b"1-1:" and b".8." in code:
            # (field) A meter's registers under another channel.
            return _SLOTS.get(b"1-0:" + code[4:], -1)
        slot = _FIRST_SLOTS.get(code[3:])
        if slot is None or code[:2] != b"0-" or not 49 <= code[2] < 49 + MAX_CHANNEL:
            return -1
        slot += (code[2] - 49) * WIDTH
    return slot


def find_scale(key):
    """The scale of the unit with that key, as in SCALES; 3, which has no unit, if it is none."""
    return _SCALES.get(key, 3)


def scan_value(buffer, start, end, scan):
    """Read the group "(number*unit)" that begins at buffer[start] into `scan`.

    Returns where it ended, after the ")"; 0 if that is no group in parentheses.
    """
    close = buffer.find(b")", start, end)
    if close < 0 or buffer[start] != _OPEN:
        return 0
    scan[_AT] = close
    text = bytes(buffer[start + 1 : close])
    unit = text.lstrip(b"-.0123456789")
    # Where the number begins and ends.
    begin = 1 if text[:1] == b"-" else 0
    size = len(text) - len(unit)
    if unit and unit[0] == _STAR:
        unit = unit[1:]
    elif unit and not unit[:1].isalpha():
        # Swedish meters leave out the "*", but what follows a number then begins with a letter.
        size = 0
    point = text.find(b".", begin, size)
    digits = text[begin:size]
    decimals = 0
    if point > begin:
        decimals = size - point - 1
        digits = text[begin:point] + text[point + 1 : size]
    # isdigit() of bytes knows ASCII digits only, and int() would also take "1_2" and " 12".
    if digits.isdigit() and len(digits) <= _MOST_DIGITS:
        number = int(digits)
        scan[_NUMBER] = -number if begin else number
        scan[_DECIMALS] = decimals
        scan[_DIGITS] = 1 if number < 1000000000 else 10
    else:
        scan[_DIGITS] = 0
    scan[_UNIT] = _folded(unit) if unit else unit
    return close + 1


def scan_time(buffer, start, end):
    """The length of the TST in buffer[start:end], 13, or 12 where DSMR 2.2 left out S or W.

    0 if it is none: digits, of a day and a time that exist.
    """
    size = end - start
    if size == 13:
        # S or W; (field) also in lower case.
        if buffer[start + 12] | 32 not in b"sw":
            return 0
    elif size != 12:
        return 0
    text = bytes(buffer[start : start + 12])
    if not text.isdigit():
        return 0
    month = text[2] * 10 + text[3] - 528
    day = text[4] * 10 + text[5] - 528
    if month == 2:
        last = 28 if (text[0] * 10 + text[1]) & 3 else 29
    else:
        last = 30 + ((month + (month >> 3)) & 1)
    if 1 <= month <= 12 and 1 <= day <= last and text[6] * 10 + text[7] < 552:
        if text[8] < 54 and text[10] < 54:
            return size
    return 0
