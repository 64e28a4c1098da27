"""The parser's byte loops as machine code. What each does is written in `dsmr.kernel`.

Viper knows integers of the machine's word and pointers, no objects and no bounds: every loop
carries its own end. Keys are integers of at most 30 bits, which need no heap. CPython has no
module `micropython`, so that importing this one fails there.
"""

from array import array

import micropython
from micropython import const

# Every index of `dsmr.kernel` is written out here, as viper folds no name of another module.
_SLASH = const(47)
_LF = const(10)
_OPEN = const(40)
_CLOSE = const(41)
_STAR = const(42)
_MARK = const(33)  # "!"
_MAX_WIDTH = const(20)


def _table():
    table = array("H")
    for crc in range(256):
        for _ in range(8):
            crc = (crc >> 1) ^ 0xA001 if crc & 1 else crc >> 1
        table.append(crc)
    return table


_TABLE = _table()


def readable(chunk):
    return chunk


def new_scan():
    return array("i", (0, 0, 0, 0, 0))


class Index:
    # The packed codes in rising order, and the number of each.
    def __init__(self):
        self.codes = array("i")
        self.numbers = array("H")

    def build(self, pairs):
        packed = []
        scan = new_scan()
        for code, number in pairs:
            text = (code + "(").encode()
            packed.append((pack(text, 0, len(text), scan), number))
        packed.sort()
        self.codes = array("i", [code for code, _ in packed])
        self.numbers = array("H", [number for _, number in packed])


def unit_key(text):
    group = ("(0*" + text + ")").encode()
    scan = new_scan()
    scan_value(group, 0, len(group), scan)
    return scan[4]


@micropython.viper
def crc16(crc: int, buffer: ptr8, start: int, end: int) -> int:
    table = ptr16(_TABLE)
    while start < end:
        crc = (crc >> 8) ^ table[(crc ^ buffer[start]) & 0xFF]
        start += 1
    return crc


@micropython.viper
def copy(source: ptr8, start: int, end: int, target: ptr8, at: int):
    while start < end:
        target[at] = source[start]
        start += 1
        at += 1


@micropython.viper
def find_byte(source: ptr8, byte: int, start: int, end: int) -> int:
    while start < end:
        if source[start] == byte:
            return start
        start += 1
    return end


@micropython.viper
def take_line(source: ptr8, start: int, end: int, target: ptr8, at: int, limit: int) -> int:
    while start < end and at < limit:
        byte = source[start]
        if byte == _SLASH:
            return start
        target[at] = byte
        at += 1
        start += 1
        if byte == _LF:
            return start
    return start


@micropython.viper
def take_lines(source: ptr8, start: int, end: int, target: ptr8, at: int, limit: int) -> int:
    before = target[at - 1]
    while start < end and at < limit:
        byte = source[start]
        if byte == _SLASH or (byte == _MARK and before == _LF):
            return start
        target[at] = byte
        before = byte
        at += 1
        start += 1
    return start


@micropython.viper
def same(a: ptr8, b: ptr8, start: int, end: int) -> bool:
    while start < end:
        if a[start] != b[start]:
            return False
        start += 1
    return True


def scan_code(buffer, start, end, scan, index):
    at = search(index.codes, len(index.codes), pack(buffer, start, end, scan))
    return index.numbers[at] if at >= 0 else -1


@micropython.viper
def search(codes: ptr32, count: int, code: int) -> int:
    low = 0
    while low < count:
        middle = (low + count) >> 1
        found = codes[middle]
        if found == code:
            return middle
        if found < code:
            low = middle + 1
        else:
            count = middle
    return -1


@micropython.viper
def pack(buffer: ptr8, start: int, end: int, scan: ptr32) -> int:
    # A-B:C.D.E as A (2 bits), B (4), C, D, E (8 each); no code of the table needs more.
    packed = 0
    part = 0
    number = -1
    i = start
    while i < end:
        byte = buffer[i]
        if 48 <= byte and byte <= 57:
            if number == 0:
                break
            number = byte - 48 if number < 0 else number * 10 + byte - 48
            if number > 255:
                break
        elif byte == _OPEN or byte == _STAR:
            if part != 4 or number < 0:
                break
            packed = (packed << 8) | number
            if byte == _STAR:
                i += 1
                digits = i
                while i < end and 48 <= buffer[i] and buffer[i] <= 57:
                    i += 1
                if i == digits or i == end or buffer[i] != _OPEN:
                    break
            scan[0] = i
            return packed
        else:
            if number < 0:
                break
            if part == 0:
                if byte != 45 or number > 3:
                    break
                packed = number
            elif part == 1:
                if byte != 58 or number > 15:
                    break
                packed = (packed << 4) | number
            elif byte == 46 and part < 4:
                packed = (packed << 8) | number
            else:
                break
            part += 1
            number = -1
        i += 1
    while i < end and buffer[i] != _OPEN:
        i += 1
    scan[0] = i
    return -1


@micropython.viper
def scan_value(buffer: ptr8, start: int, end: int, scan: ptr32) -> int:
    if start >= end or buffer[start] != _OPEN:
        return 0
    i = start + 1
    negative = 0
    if i < end and buffer[i] == 45:
        negative = 1
        i += 1
    number = 0
    digits = 0
    seen = 0
    point = -1
    while i < end:
        byte = buffer[i]
        if 48 <= byte and byte <= 57:
            seen += 1
            if digits or byte != 48:
                digits += 1
                if digits <= 9:
                    number = number * 10 + byte - 48
        elif byte == 46 and point < 0 and seen:
            point = seen
        else:
            break
        i += 1
    if i < end and buffer[i] == _STAR:
        i += 1
    elif i < end and buffer[i] != _CLOSE and ((buffer[i] | 32) < 97 or (buffer[i] | 32) > 122):
        # No number; what follows it is still the unit.
        seen = 0
        while i < end and 45 <= buffer[i] and buffer[i] <= 57 and buffer[i] != 47:
            i += 1
        if i < end and buffer[i] == _STAR:
            i += 1
    # A polynomial of the unit's letters in lower case: 1 if there are none.
    unit = 1
    while i < end and buffer[i] != _CLOSE:
        byte = buffer[i]
        if 65 <= byte and byte <= 90:
            byte += 32
        unit = (unit * 131 + byte) & 0x3FFFFFFF
        i += 1
    if i >= end:
        return 0
    scan[0] = i
    scan[1] = 0 - number if negative else number
    scan[2] = seen - point if point >= 0 else 0
    scan[3] = 0 if seen == 0 or seen > _MAX_WIDTH else (digits if digits else 1)
    scan[4] = unit
    return i + 1


@micropython.viper
def scan_time(buffer: ptr8, start: int, end: int) -> int:
    size = end - start
    if size == 13:
        if buffer[start + 12] != 83 and buffer[start + 12] != 87:
            return 0
    elif size != 12:
        return 0
    i = 0
    while i < 12:
        byte = buffer[start + i]
        if byte < 48 or byte > 57:
            return 0
        i += 1
    month = buffer[start + 2] * 10 + buffer[start + 3] - 528
    day = buffer[start + 4] * 10 + buffer[start + 5] - 528
    if month == 2:
        last = 28 if (buffer[start] * 10 + buffer[start + 1] - 528) & 3 else 29
    else:
        last = 30 + ((month + (month >> 3)) & 1)
    if month < 1 or month > 12 or day < 1 or day > last:
        return 0
    if buffer[start + 6] * 10 + buffer[start + 7] - 528 > 23:
        return 0
    if buffer[start + 8] > 53 or buffer[start + 10] > 53:
        return 0
    return size
