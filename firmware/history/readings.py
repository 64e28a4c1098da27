"""What the history takes from a telegram, at the end of a quarter-hour or for a request."""

from dsmr.const import const
from dsmr.values import scaled

#: The columns of files, in their order: registers in Wh or dm3, and what only days have.
COLUMNS = (  # noqa: SIM905 (of a list, the names would stay in memory for good)
    "import import_t1 import_t2 import_t3 import_t4 export export_t1 export_t2 export_t3 "
    "export_t4 gas water peak peak_time"
).split(" ")

# Of these: how many are registers; and the totals, each of which has its tariffs after it.
_REGISTERS = const(12)
_IMPORT = const(0)
_EXPORT = const(5)
_TARIFFS = const(4)

#: What a register counts to before it begins at 0 again.
TURN = 1_000_000_000

# Registers are in Wh or dm3, with three decimals less than what meters send.
_DECIMALS = const(3)

# Places in `History.slots`; the registers' slots are the last ones.
_TIME = const(0)
_METER = const(3)
_FIRST = const(4)


def time(history, telegram, calendar):
    """(minutes since 1970-01-01 UTC, minutes that the meter's clock is ahead of it).

    calendar: the module, as the caller has it already. None where the telegram has no time, as in
    DSMR 2.2 and 3.0.
    """
    slot = history.slots[_TIME]
    if not telegram.unit[slot]:
        return None
    return calendar.read(telegram.buffer, telegram.start[slot], telegram.number[slot])


def meter(history, telegram):
    """The electricity meter's identifier as it is sent, letters and digits; "" without one."""
    slot = history.slots[_METER]
    if not telegram.unit[slot]:
        return ""
    sent = bytes(telegram.buffer[telegram.start[slot] : telegram.number[slot]]).upper()
    return "".join(chr(byte) for byte in sent if 48 <= byte <= 57 or 65 <= byte <= 90)


def registers(history, telegram):
    """{column: Wh or dm3} of the registers that the telegram has.

    Where there are tariffs the total is left out: it is their sum.
    """
    found = {}
    for number in range(_REGISTERS):
        register = scaled(telegram, history.slots[_FIRST + number], _DECIMALS)
        if register is not None:
            found[COLUMNS[number]] = register % TURN
    for total in (_IMPORT, _EXPORT):
        if any(COLUMNS[total + tariff] in found for tariff in range(1, _TARIFFS + 1)):
            found.pop(COLUMNS[total], None)
    return found
