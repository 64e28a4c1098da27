"""The values of a telegram that are no plain numbers: texts, lists, and M-Bus devices."""

from binascii import unhexlify

from dsmr.backend import scan
from dsmr.const import const
from dsmr.fields import FIELDS, KINDS, MAX_CHANNEL, WIDTH

# Those of `dsmr.table`, by `make fields`.
_OCTETS = const(4)
_MESSAGE = const(5)
_DEVICE_VALUE = const(3)
_DEVICE_UNCORRECTED = const(5)

# Those of `dsmr.scan`, by `make fields`.
_AT = const(0)
_NUMBER = const(1)
_DECIMALS = const(2)
_UNIT = const(4)


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

    Identifiers and messages are sent as the hexadecimal digits of their characters. (field) Some
    are not; those are given as they stand.
    """
    kind = KINDS[slot]
    written = bytes(telegram.buffer[telegram.start[slot] : telegram.number[slot]])
    if kind != _OCTETS and kind != _MESSAGE:
        return text(written)
    try:
        octets = unhexlify(written)
    except ValueError:
        return text(written)
    # MicroPython's passes over blanks and line ends.
    if 2 * len(octets) != len(written):
        return text(written)
    for octet in octets:
        if octet < 32 or octet > 126:
            if kind == _OCTETS or (octet < 32 and octet not in b"\t\n\r"):
                return text(written)
    return text(octets)


def devices(telegram):
    """Yield the M-Bus devices that are alive: (channel, its first slot, slot of the reading).

    The columns of the table follow the first slot, the reading's time follows the reading.
    """
    unit = telegram.unit
    base = FIELDS
    for channel in range(1, MAX_CHANNEL + 1):
        if unit[base + _DEVICE_VALUE]:
            yield channel, base, base + _DEVICE_VALUE
        elif unit[base + _DEVICE_UNCORRECTED]:
            yield channel, base, base + _DEVICE_UNCORRECTED
        base += WIDTH


def demands(telegram):
    """Yield the months' peaks of a telegram that has a list of them, the oldest first.

    Each is (where the TST of the period's end begins in telegram.buffer, start and end of the
    peak's TST, number, decimals), in watts. Months without a peak as yet are left out.
    """
    found = telegram.scan
    peaks = telegram.peaks
    for at in range(0, len(peaks), 3):
        value = peaks[at + 2]
        scan.scan_value(telegram.buffer, value, telegram.size, found)
        number = found[_NUMBER]
        decimals = found[_DECIMALS] - (scan.find_scale(found[_UNIT]) & 7) + 3
        if decimals < 0:
            number *= 10**-decimals
            decimals = 0
        yield peaks[at], peaks[at + 1], value - 1, number, decimals


def failures(telegram, slot):
    """Yield the power failures of a list: (start and end of the TST of its end, seconds)."""
    buffer = telegram.buffer
    found = telegram.scan
    end = telegram.number[slot]
    at = telegram.start[slot]
    for _ in range(telegram.decimals[slot]):
        value = scan.scan_value(buffer, at, end, found)
        time_end = found[_AT]
        stop = scan.scan_value(buffer, value, end, found)
        yield at + 1, time_end, int(bytes(buffer[value + 1 : found[_AT]]).rstrip(b".*sS"))
        at = stop


def month_ended(text, at):
    """The number of the month, from 2000 on, of what ended at the TST text[at].

    What ended at midnight of the first belongs to the month before.
    """
    month = two(text, at) * 12 + two(text, at + 2)
    return month - 1 if text[at + 4 : at + 12] == b"01000000" else month
