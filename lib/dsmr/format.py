"""The text of a value, written into a buffer, in plain Python.

`dsmr.native.format` has the same functions as machine code. Each takes the buffer and where to
write, and returns where it ended; the buffer must have room.
"""

from dsmr.fields import unpacked
from dsmr.times import utc_offset


def put(buffer, at, source, start, end):
    """Write source[start:end]."""
    stop = at + end - start
    buffer[at:stop] = source[start:end]
    return stop


def put_name(buffer, at, before, source, start, end, after):
    """Write the name source[start:end], see `dsmr.fields.NAMES`, between two bytes objects."""
    text = before + unpacked(bytes(source[start:end])) + after
    stop = at + len(text)
    buffer[at:stop] = text
    return stop


def put_decimal(buffer, at, number, decimals):
    """Write number / 10**decimals, exactly."""
    text = decimal(number, decimals).encode()
    stop = at + len(text)
    buffer[at:stop] = text
    return stop


def put_time(buffer, at, source, start, end):
    """Write the valid TST in source[start:end] as ISO 8601, 25 bytes."""
    digits = bytes(source[start : start + 12])
    text = b"20%s-%s-%sT%s:%s:%s+0%d:00" % (
        digits[:2],
        digits[2:4],
        digits[4:6],
        digits[6:8],
        digits[8:10],
        digits[10:],
        utc_offset(source, start, end),
    )
    buffer[at : at + 25] = text
    return at + 25


def put_month(buffer, at, source, start):
    """Write the month that ended at the TST in source[start:], as "2025-09".

    Meters stamp a month's peak with the next month's first moment; any other moment lies in the
    month itself.
    """
    year, month = int(source[start : start + 2]), int(source[start + 2 : start + 4])
    if source[start + 4 : start + 12] == b"01000000":
        month -= 1
        if month == 0:
            year, month = (year - 1) % 100, 12
    buffer[at : at + 7] = b"20%02d-%02d" % (year, month)
    return at + 7


def put_plain(buffer, at, source, start, end):
    """Write a text that needs no escapes in JSON; -1 if it does."""
    text = bytes(source[start:end])
    for byte in text:
        if byte < 32 or byte > 126 or byte == 34 or byte == 92:
            return -1
    stop = at + len(text)
    buffer[at:stop] = text
    return stop


def put_octets(buffer, at, source, start, end):
    """Write what hexadecimal digits stand for, if that needs no escapes; -1 if it does."""
    try:
        text = bytes.fromhex(bytes(source[start:end]).decode())
    except ValueError:
        return -1
    # fromhex() passes over blanks.
    if 2 * len(text) != end - start:
        return -1
    return put_plain(buffer, at, text, 0, len(text))


def decimal(number, decimals):
    """`str` of number / 10**decimals, exactly."""
    if not decimals:
        return str(number)
    digits = str(abs(number))
    if len(digits) <= decimals:
        digits = "0" * (decimals + 1 - len(digits)) + digits
    return ("-" if number < 0 else "") + digits[:-decimals] + "." + digits[-decimals:]
