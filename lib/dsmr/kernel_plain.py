"""The parser's byte loops in plain Python. What each does is written in `dsmr.kernel`.

Keys are the bytes themselves, so that the work is left to `find` and `partition`.
"""

from array import array


def _table():
    """CRC-16/ARC (reflected polynomial 0xA001), one entry for each value of a byte."""
    table = array("H")
    for crc in range(256):
        for _ in range(8):
            crc = (crc >> 1) ^ 0xA001 if crc & 1 else crc >> 1
        table.append(crc)
    return table


_TABLE = _table()
_MAX_WIDTH = 20


def readable(chunk):
    return bytes(chunk) if isinstance(chunk, memoryview) else chunk


class Index:
    # All codes in one text: of each an LF, the code, "(" and its number as two bytes. A dict of
    # them would take 11 KB more on a board, and 7 % less of the time of a telegram in bytecode.
    def __init__(self):
        self.codes = b""

    def build(self, pairs):
        self.codes = b"".join(
            b"\n%s(%c%c" % (code.encode(), number >> 8, number & 255) for code, number in pairs
        )

    def find(self, code):
        # `code` has its "(". None begins where another goes on, as a code begins with one digit.
        at = self.codes.find(code)
        if at < 1 or self.codes[at - 1] != 10:
            return -1
        at += len(code)
        return self.codes[at] << 8 | self.codes[at + 1]


def unit_key(text):
    return text.lower().encode()


def new_scan():
    return [0, 0, 0, 0, b""]


def crc16(crc, buffer, start, end):
    table = _TABLE
    for byte in memoryview(buffer)[start:end]:
        crc = (crc >> 8) ^ table[(crc ^ byte) & 0xFF]
    return crc


def copy(source, start, end, target, at):
    target[at : at + end - start] = memoryview(source)[start:end]


def find_byte(source, byte, start, end):
    at = source.find(bytes((byte,)), start, end)
    return end if at < 0 else at


def take_line(source, start, end, target, at, limit):
    stop = source.find(b"\n", start, end) + 1 or end
    slash = source.find(b"/", start, stop)
    if slash >= 0:
        stop = slash
    if stop - start > limit - at:
        stop = start + limit - at
    target[at : at + stop - start] = memoryview(source)[start:stop]
    return stop


def take_lines(source, start, end, target, at, limit):
    if start < end and source[start] == 33 and target[at - 1] == 10:
        return start
    stop = find_byte(source, 47, start, end)
    mark = source.find(b"\n!", start, stop)
    if mark >= 0:
        stop = mark + 1
    if stop - start > limit - at:
        stop = start + limit - at
    target[at : at + stop - start] = memoryview(source)[start:stop]
    return stop


def same(a, b, start, end):
    return memoryview(a)[start:end] == memoryview(b)[start:end]


def scan_code(buffer, start, end, scan, index):
    at = buffer.find(b"(", start, end)
    if at < 0:
        scan[0] = end
        return -1
    scan[0] = at
    number = index.find(buffer[start : at + 1])
    if number < 0:
        # (field) The group F; what is said of it is not kept.
        code, _, group = bytes(buffer[start:at]).partition(b"*")
        if group.isdigit():
            number = index.find(code + b"(")
    return number


def scan_value(buffer, start, end, scan):
    close = buffer.find(b")", start, end)
    if close < 0 or buffer[start] != 40:
        return 0
    scan[0] = close
    text = bytes(buffer[start + 1 : close])
    unit = text.lstrip(b"-.0123456789")
    # Where the number begins and ends.
    begin = 1 if text[:1] == b"-" else 0
    size = len(text) - len(unit)
    if unit and unit[0] == 42:
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
    if digits.isdigit() and len(digits) <= _MAX_WIDTH:
        number = int(digits)
        scan[1] = -number if begin else number
        scan[2] = decimals
        scan[3] = 1 if number < 1000000000 else 10
    else:
        scan[3] = 0
    scan[4] = unit.lower() if unit else unit
    return close + 1


def scan_time(buffer, start, end):
    size = end - start
    if size == 13:
        if buffer[start + 12] != 83 and buffer[start + 12] != 87:
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
