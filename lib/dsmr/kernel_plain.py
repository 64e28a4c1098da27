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
    for byte in buffer[start:end]:
        crc = (crc >> 8) ^ table[(crc ^ byte) & 0xFF]
    return crc


def copy(source, start, end, target, at):
    target[at : at + end - start] = source[start:end]


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
    target[at : at + stop - start] = source[start:stop]
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
    target[at : at + stop - start] = source[start:stop]
    return stop


def same(a, b, start, end):
    return a[start:end] == b[start:end]


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
    number = text[: len(text) - len(unit)]
    if unit[:1] == b"*":
        unit = unit[1:]
    elif unit and not unit[:1].isalpha():
        # Swedish meters leave out the "*", but what follows a number then begins with a letter.
        number = b""
    sign = 1
    if number[:1] == b"-":
        sign = -1
        number = number[1:]
    whole, _, fraction = number.partition(b".")
    digits = whole + fraction
    # isdigit() of bytes knows ASCII digits only, and int() would also take "1_2" and " 12".
    if whole and len(digits) <= _MAX_WIDTH and digits.isdigit():
        value = int(digits)
        scan[1] = sign * value
        scan[2] = len(fraction)
        scan[3] = 1 if value < 1000000000 else 10
    else:
        scan[3] = 0
    scan[4] = unit.lower()
    return close + 1


def scan_time(buffer, start, end):
    text = bytes(buffer[start:end])
    size = len(text)
    if size == 13:
        if text[12] not in b"SW":
            return 0
    elif size != 12:
        return 0
    if not text[:12].isdigit():
        return 0
    month = int(text[2:4])
    day = int(text[4:6])
    if month == 2:
        last = 28 if int(text[:2]) & 3 else 29
    else:
        last = 30 + ((month + (month >> 3)) & 1)
    if 1 <= month <= 12 and 1 <= day <= last and text[6:8] < b"24":
        if text[8:10] < b"60" and text[10:12] < b"60":
            return size
    return 0
