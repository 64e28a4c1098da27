"""What follows where a telegram leaves something out, or where a register is odd.

Imported when it is needed, which it is with few meters.
"""

from dsmr.const import const

# Those of `dsmr.problems`, by `make fields`.
_REPEATED = const(4)

# Those of `dsmr.table`, by `make fields`.
_CUBIC_METER = const(10)
_DEVICE_ID = const(1)
_DEVICE_VALVE = const(7)

_GAS = const(3)


def device_type(telegram, base, reading):
    """The type of an M-Bus device that does not say it; 0 if it is not known.

    (field) One that counts cubic metres is a gas meter if it has a valve, or an identifier that
    begins as those of gas meters: "G" in the Netherlands, "7" in Belgium.
    """
    unit = telegram.unit
    if unit[reading] != _CUBIC_METER:
        return 0
    at = telegram.start[base + _DEVICE_ID]
    is_gas = unit[base + _DEVICE_ID] and telegram.buffer[at : at + 2] in (b"47", b"37")
    return _GAS if is_gas or unit[base + _DEVICE_VALVE] else 0


def copy_absolute(telegram, field, others):
    """Take a power that has no sign, others[0], unless another one says that some is fed in."""
    for other in others[1:]:
        if telegram.unit[other] and telegram.number[other]:
            return
    telegram.copy(others[0], field)


def takes_away(buffer, start, end, reason):
    """Whether an odd line is a register, without which the sum of the tariffs is too small."""
    if buffer.find(b"1-", start, start + 2) < 0 or buffer.find(b".8.", start + 5, start + 8) < 0:
        return False
    if reason == _REPEATED:
        # It is in the sum already, but for a second set of tariffs: 1-0:1.8.11.
        return buffer.find(b"(", start + 10, start + 11) > 0
    # An empty one is none.
    return buffer.find(b"()", start, end) < 0


def find_second(buffer, start):
    """Where the line begins that said the register at buffer[start] before, in a second way.

    1-0:C.8.E counts more than 1-1:C.8.E, which is the same of another channel, and more than
    1-0:C.8.1E, which is the same of a second set of tariffs. 0 if there is no such line, or if the
    register came before as it is.
    """
    if buffer.find(b"1-0:", start, start + 4) < 0:
        return 0
    code = bytes(buffer[start + 4 : buffer.find(b"(", start) + 1])
    if buffer.find(b"\n1-0:" + code, 0, start) >= 0:
        return 0
    at = buffer.find(b"\n1-1:" + code, 0, start)
    if at < 0:
        at = buffer.find(b"\n1-0:" + code[:-2] + b"1" + code[-2:], 0, start)
    return at + 1
