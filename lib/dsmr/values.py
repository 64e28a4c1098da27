"""The values of a telegram that are no plain numbers: texts, lists, and M-Bus devices."""

from binascii import unhexlify

from dsmr.backend import scan
from dsmr.const import const
from dsmr.fields import FIELDS, KINDS, MAX_CHANNEL, WIDTH

# Those of `dsmr.table`, by `make fields`.
_OCTETS = const(4)
_MESSAGE = const(5)
_VERSION = const(6)
_WATT = const(7)
_SECOND = const(17)
_DEVICE_TYPE = const(0)
_DEVICE_VALUE = const(3)
_DEVICE_UNCORRECTED = const(5)

# Those of `dsmr.scan`, by `make fields`.
_AT = const(0)
_NUMBER = const(1)
_DECIMALS = const(2)
_DIGITS = const(3)
_UNIT = const(4)
_MAX_DIGITS = const(9)


def two(text, at):
    """The number that two ASCII digits at text[at] make."""
    return text[at] * 10 + text[at + 1] - 528


def text(octets):
    """`str` of bytes from a meter: UTF-8, or where they are none, each byte as one character."""
    octets = bytes(octets)
    try:
        found = octets.decode()
        if len(found) == len(octets):
            return found
    except (UnicodeError, ValueError):
        pass
    from dsmr.utf8 import decode

    return decode(octets)


def slot_text(telegram, slot):
    """The text of a slot as `str`.

    Identifiers and messages are sent as the hexadecimal digits of their characters, (field) some
    versions too. Some identifiers are not; those are given as they stand.
    """
    written = bytes(telegram.buffer[telegram.start[slot] : telegram.number[slot]])
    if not is_encoded(telegram, slot):
        return text(written)
    kind = KINDS[slot]
    try:
        octets = unhexlify(written)
    except ValueError:
        return text(written)
    # MicroPython's passes over blanks and line ends.
    if 2 * len(octets) != len(written) or (kind == _VERSION and not octets.isdigit()):
        return text(written)
    for octet in octets:
        if octet < 32 or octet > 126:
            if kind != _MESSAGE or (octet < 32 and octet not in b"\t\n\r"):
                return text(written)
    return text(octets)


def is_encoded(telegram, slot):
    """Whether the text of a slot may be sent as the hexadecimal digits of its characters.

    (field) An identifier of eight decimal digits is a serial number as it stands, and what would
    be four characters; a version of more than five characters is no version as it stands.
    """
    kind = KINDS[slot]
    start = telegram.start[slot]
    size = telegram.number[slot] - start
    if kind == _OCTETS:
        return size != 8 or not bytes(telegram.buffer[start : start + 8]).isdigit()
    return kind == _MESSAGE or (kind == _VERSION and size > 5)


def devices(telegram):
    """Yield the M-Bus devices that are alive: (channel, its first slot, slot of the reading).

    A device of type 0 that has counted nothing is (field) a channel with nothing on it.

    The columns of the table follow the first slot, the reading's time follows the reading.
    """
    unit = telegram.unit
    base = FIELDS
    for channel in range(1, MAX_CHANNEL + 1):
        reading = base + _DEVICE_VALUE
        if not unit[reading]:
            reading = base + _DEVICE_UNCORRECTED
        if unit[reading]:
            number = telegram.number
            if number[reading] or number[base + _DEVICE_TYPE] or not unit[base + _DEVICE_TYPE]:
                yield channel, base, reading
        base += WIDTH


def demands(telegram, generated=False):
    """Yield the months' peaks of a telegram that has a list of them, the oldest first.

    Each is (where the TST of the period's end begins in telegram.buffer, start and end of the
    peak's TST, number, decimals), in watts. Months without a peak as yet are left out, and entries
    that are odd. generated: the peaks of what was fed in, for a list that has both.
    """
    buffer = telegram.buffer
    found = telegram.scan
    peaks = telegram.peaks
    end = telegram.size
    for at in range(0, len(peaks), 3):
        time = peaks[at + 1]
        value = peaks[at + 2]
        if generated:
            # It stands behind the other.
            time = scan.scan_value(buffer, value, end, found) + 1
            value = scan.scan_value(buffer, time - 1, end, found)
            if not scan.scan_time(buffer, time, found[_AT]):
                continue
        elif not time:
            continue
        scan.scan_value(buffer, value, end, found)
        scale = scan.find_scale(found[_UNIT])
        number = found[_NUMBER]
        if scale >> 3 != _WATT or not 0 < found[_DIGITS] <= _MAX_DIGITS or number < 0:
            continue
        decimals = found[_DECIMALS] - 3 * (scale & 7) + 9
        if decimals < 0:
            number *= 10**-decimals
            decimals = 0
        yield peaks[at], time, value - 1, number, decimals


def failures(telegram, slot):
    """Yield the power failures of a list: (start and end of the TST of its end, seconds).

    Entries that are odd are left out.
    """
    buffer = telegram.buffer
    found = telegram.scan
    end = telegram.number[slot]
    at = telegram.start[slot]
    for _ in range(telegram.decimals[slot]):
        value = scan.scan_value(buffer, at, end, found)
        time_end = found[_AT]
        stop = scan.scan_value(buffer, value, end, found)
        if is_duration(found) and scan.scan_time(buffer, at + 1, time_end):
            yield at + 1, time_end, int(bytes(buffer[value + 1 : found[_AT]]).rstrip(b".*sS"))
        at = stop


def is_duration(found):
    """Whether what was scanned is a number of seconds; (field) some have no unit."""
    if not found[_DIGITS] or found[_DECIMALS] or found[_NUMBER] < 0:
        return False
    return found[_UNIT] == scan.NO_UNIT or scan.find_scale(found[_UNIT]) >> 3 == _SECOND


def month_ended(text, at):
    """The number of the month, from 2000 on, of what ended at the TST text[at].

    What ended at midnight of the first belongs to the month before.
    """
    month = two(text, at) * 12 + two(text, at + 2)
    return month - 1 if text[at + 4 : at + 12] == b"01000000" else month


def scaled(telegram, slot, decimals):
    """The value of a slot as a whole number of 10**-decimals; None if it was not sent."""
    if not telegram.unit[slot]:
        return None
    more = decimals - telegram.decimals[slot]
    number = telegram.number[slot]
    return number * 10**more if more >= 0 else number // 10**-more
