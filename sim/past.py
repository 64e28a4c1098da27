"""The history that a reader would have if it had read a simulated meter for a month.

Its files say that they are made up. Of each minute before the meter's first telegram the household
is asked what it used, and the registers are counted back from that telegram: so the meter goes on
where the files end. A month takes a few seconds to make.
"""

import re
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from host.tree import REPO
from sim.local_time import to_local, to_utc
from sim.meter import Meter

sys.path.insert(1, str(REPO / "lib"))

from firmware import load

_MINUTE = timedelta(minutes=1)
_QUARTER_MINUTES = 15

#: Records of a file: as many as the firmware writes into one.
_MOST = 960

#: The columns of what a simulated meter counts.
_ENERGY = ("import_t1", "import_t2", "export_t1", "export_t2")
_DAY = ("peak", "peak_time")

_store = load("history.store")


def make(folder: Path, kind: str, start: datetime, seed: int = 1, days: int = 31) -> None:
    """Write the history of the days before a meter's first telegram; older files of it go.

    kind, start and seed: those of the `sim.meter.Meter`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    clear(folder)
    meter = Meter(kind, start, seed)
    reading = meter.advance()
    # Luxembourg's meters send none.
    sent = re.search(rb"0-0:96\.1\.1\((\w+)\)", meter.spell(reading))
    identifier = sent.group(1).decode() if sent else ""
    columns = [*_ENERGY]
    registers = [
        reading.energy_used_tariff_1_wh,
        reading.energy_used_tariff_2_wh,
        reading.energy_generated_tariff_1_wh,
        reading.energy_generated_tariff_2_wh,
    ]
    for name, register in (("gas", reading.gas_dm3), ("water", reading.water_dm3)):
        if register is not None:
            columns.append(name)
            registers.append(register)
    local, _ = to_local(reading.utc)
    begin = to_utc(datetime(local.year, local.month, local.day) - timedelta(days))
    past = list(_counted(meter, columns, begin, reading.utc))
    total = past[-1][1]
    quarters = []
    for utc, counted in past:
        if not utc.minute % _QUARTER_MINUTES:
            before = [a - (b - c) for a, b, c in zip(registers, total, counted)]
            quarters.append((utc, before))
    _write(folder, "quarter", identifier, columns, quarters)
    _write(folder, "day", identifier, [*columns, *_DAY], _days(quarters))


def clear(folder: Path) -> None:
    """Remove the files of a history."""
    for path in (*folder.glob("quarter.*"), *folder.glob("day.*")):
        path.unlink(missing_ok=True)


def _counted(
    meter: Meter, columns: list, begin: datetime, end: datetime
) -> Iterator[tuple[datetime, list]]:
    """What is counted of each column from `begin` to the end of each minute, up to `end`."""
    wattseconds = [0] * len(_ENERGY)
    bus = dict.fromkeys(columns[len(_ENERGY) :], 0)
    utc = begin
    while utc <= end:
        yield utc, [*(counted // 3600 for counted in wattseconds), *bus.values()]
        utc += _MINUTE
        local, _ = to_local(utc)
        net = sum(meter.household.net_power(utc, local))
        wattseconds[meter.tariff(local) - 1 + (2 if net < 0 else 0)] += abs(net) * 60
        if not local.minute % 5:
            for name in bus:
                household = meter.household
                used = household.gas_dm3 if name == "gas" else household.water_dm3
                bus[name] += used(local)


def _days(quarters: list) -> Iterator[tuple[datetime, list]]:
    """The records of the days: the registers at midnight, and the day's highest quarter-hour."""
    peak = (_store.records.NONE, _store.records.NONE)
    for number, (utc, registers) in enumerate(quarters):
        if number:
            before, earlier = quarters[number - 1]
            watts = 4 * (sum(registers[:2]) - sum(earlier[:2]))
            if peak[0] == _store.records.NONE or watts > peak[0]:
                peak = (watts, _minutes(before))
        local, _ = to_local(utc)
        if not local.hour and not local.minute:
            yield utc, [*registers, *peak]
            peak = (_store.records.NONE, _store.records.NONE)


def _write(folder: Path, rows: str, identifier: str, columns: list, found) -> None:
    found = list(found)
    header = _store.header(rows, identifier, columns, simulated=True)
    for number in range(0, len(found), _MOST):
        data = bytearray(header)
        for utc, values in found[number : number + _MOST]:
            flags = _store.records.SUMMER if to_local(utc)[1] else 0
            whole = [value % _store.readings.TURN for value in values]
            data += _store.record(_minutes(utc), flags, whole)
        (folder / f"{rows}.{number // _MOST + 1:04}").write_bytes(data)


def _minutes(utc: datetime) -> int:
    return int(utc.timestamp()) // 60
