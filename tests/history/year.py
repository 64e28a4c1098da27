"""A year of history in minutes: a household, both changes of time, power cuts, another meter.

    python tests/history/year.py

What the history tells at the end is compared with what the meter counted, to the watt-hour, and
the writes to the flash with those that docs/history.md promises.
"""

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from datetime import datetime, timedelta, timezone
from itertools import pairwise
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "lib"), str(ROOT / "tests")]

from history.reader import House  # noqa: E402
from host import build  # noqa: E402
from sim.chip_build import alone  # noqa: E402
from sim.household import Household  # noqa: E402
from sim.interpreter import words64  # noqa: E402
from sim.local_time import spell, to_local, to_utc  # noqa: E402

_READER = Path(__file__).with_name("year_reader.py")
_MINUTE = timedelta(minutes=1)

#: Registers, in the order of the columns that they are told in, by series.
REGISTERS = {
    "energy": ("used_1", "used_2", "generated_1", "generated_2"),
    "gas": ("gas",),
    "water": ("water",),
}

#: What docs/history.md promises: writes a day, and of the board's flash for each of them, blocks
#: that are erased and bytes that are written.
WRITES = 97
ERASED = 1.05
WRITTEN = 2200


class Year:
    """What happens, and what the meters counted.

    every: minutes between two telegrams, of which one comes at the end of each quarter-hour;
    has_trouble: whether there are power cuts and resets. registers: {(meter, moment): registers}
    at the ends of quarter-hours of which the reader heard, in the order of time; recorded: how
    many; off: minutes in which it was without power.
    """

    def __init__(self, begin, days, every, seed, has_trouble=True):
        self.begin = to_utc(begin)
        self.days = days
        self.every = every
        self._has_trouble = has_trouble
        self.registers = {}
        self.off = 0
        self.recorded = 0
        self._dice = random.Random(seed)
        self._household = Household(3, seed)
        self.house = House(water=700_000)
        self._wattseconds = [0, 0]
        #: The day on which the meter is replaced, a little after noon.
        self._replaced = days // 2

    def events(self):
        """Yield bytes for the reader's standard input."""
        dice = self._dice
        minutes = self.days * 1440
        off_until = 0
        for minute in range(minutes + 1):
            utc = self.begin + minute * _MINUTE
            local, summer = to_local(utc)
            self._live(utc, local)
            if minute == self._replaced * 1440 + 754:
                self.house.meter = "1SAG3100000002"
                self.house.used_1 = self.house.used_2 = 0
                self.house.generated_1 = self.house.generated_2 = 3
            if minute % self.every:
                continue
            if minute < off_until:
                self.off += self.every
                continue
            if minute == off_until and minute:
                yield b"#reset\n"
            # Twice a week the power goes for a while, and once the board is reset; and three times
            # the power goes while a quarter-hour is recorded.
            chance = dice.random() * 1440 * 7 / self.every
            if not self._has_trouble:
                pass
            elif chance < 2:
                off = dice.choice((1, 5, 20, 90, 600, 2000))
                off_until = minute + off // self.every * self.every
                continue
            elif chance < 3:
                yield b"#reset\n"
            elif not local.minute % 15 and dice.random() < 3 / (96 * 7):
                yield b"#cut %d\n" % dice.randrange(12)
            if not local.minute % 15:
                self.recorded += 1
                self.registers[self.house.meter, utc] = dict(vars(self.house))
            yield self.house.telegram(spell(local, summer))

    def _live(self, utc, local):
        """Count what is used in the minute up to this one."""
        house = self.house
        net = sum(self._household.net_power(utc, local))
        house.used, house.generated = max(0, net), max(0, -net)
        tariff = 1 if local.weekday() < 5 and 7 <= local.hour < 22 else 2
        for number, (name, power) in enumerate((("used", net), ("generated", -net))):
            if power > 0:
                whole, self._wattseconds[number] = divmod(
                    self._wattseconds[number] + power * 60, 3600
                )
                register = f"{name}_{tariff}"
                setattr(house, register, getattr(house, register) + whole)
        if not local.minute % 5:
            house.gas += self._household.gas_dm3(local)
            house.water += self._household.water_dm3(local)


def on_a_board(interpreter):
    """(command, paths) of a MicroPython with the program as a board gets it."""
    arch = build.arch_of(interpreter.command)
    root = ROOT / "build" / f"apart-{arch}"
    with alone(ROOT / "build"):
        build.build(ROOT, root, arch)
    paths = [root / "app" / "lib", root / "app", ROOT / "tests", ".frozen"]
    return [*interpreter.command, "-X", "heapsize=32m"], paths


def on_a_pc():
    """(command, paths) of this Python with the program."""
    return [sys.executable], [ROOT / "lib", ROOT, ROOT / "tests"]


def live(year, folder, command, paths):
    """Let a reader live through a year; returns what it tells at the end."""
    path = ":".join(map(str, paths))
    process = subprocess.Popen(
        [*command, str(_READER), str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": path, "MICROPYPATH": path},
        cwd=folder.parent,
    )
    try:
        for event in year.events():
            process.stdin.write(event)
        process.stdin.close()
        said = process.stdout.read()
        if process.wait() != 0:
            raise RuntimeError(said.decode())
    finally:
        process.kill()
        process.wait()
    # The collector says something when it closes a file of a flash that is off.
    return json.loads(said.splitlines()[-1])


def check(year, told, on_flash):
    """Compare what is told with what the meters counted; raises AssertionError."""
    for resolution in ("days", "quarters"):
        for series, names in REGISTERS.items():
            _check_rows(told[resolution][series], resolution, year, names)
    assert told["said"] == [], told["said"]
    writes = told["writes"]
    # Beside what is promised: what begins files and the days of either meter, and days of which
    # the power cut off the record.
    assert writes <= WRITES * year.days + 8 + told["cuts"], writes
    assert writes >= year.recorded - told["cuts"], (writes, year.recorded)
    if on_flash:
        assert told["erased"] <= ERASED * writes + 2 * told["cuts"], (told["erased"], writes)
        assert told["written"] <= WRITTEN * writes, (told["written"], writes)


def _check_rows(rows, resolution, year, names):
    """All rows of a meter together are what it counted, and so is each whose course is known."""
    times = [_utc(row[0]) for row in rows]
    for meter in dict.fromkeys(meter for meter, _ in year.registers):
        readings = {utc: found for (name, utc), found in year.registers.items() if name == meter}
        last = max(readings)
        mine = [number for number, time in enumerate(times) if min(readings) <= time <= last]
        while mine and times[mine[0]] not in readings:
            del mine[0]  # the rows begin amid a gap
        if not mine:
            continue
        total = [sum(rows[number][column] for number in mine) for column in _columns(names)]
        # The rows end with the newest telegram, or with the last quarter-hour of a meter that is
        # there no more, which the power may have cut off.
        ends = [last]
        if times[-1] > last:
            ends = [time for time in sorted(readings)[-500:] if not time.minute % 15]
        assert total in [_counted(readings, times[mine[0]], end, names) for end in ends], meter
        exact = 0
        for number, after in pairwise(mine):
            begin, end = times[number], times[after]
            if not rows[number][-1]:
                amounts = rows[number][1:-1]
                assert amounts == _counted(readings, begin, end, names), rows[number]
                exact += 1
        assert exact >= 0.6 * len(mine) - 2, (exact, len(mine), resolution)


def _utc(text):
    return datetime.fromisoformat(text).astimezone(timezone.utc)


def _columns(names):
    return range(1, len(names) + 1)


def _counted(readings, begin, end, names):
    return [readings[end][name] - readings[begin][name] for name in names]


def main(argv=None):
    parser = argparse.ArgumentParser(
        prog="python tests/history/year.py",
        description="A year of history in minutes, on a board's file system in memory. Exit code "
        "1: something did not hold.",
    )
    parser.add_argument("--days", type=int, default=366, metavar="N", help="default: 366")
    parser.add_argument(
        "--every",
        type=int,
        default=1,
        choices=(1, 3, 5, 15),
        help="minutes between two telegrams (default: 1)",
    )
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="other dice (default: 1)")
    options = parser.parse_args(argv)
    year = Year(datetime(2026, 1, 1), options.days, options.every, options.seed)
    begun = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        told = live(year, Path(folder) / "history", *on_a_board(words64()))
    print(
        f"{options.days} days in {time.monotonic() - begun:.0f} s: {told['telegrams']:,} "
        f"telegrams, {told['starts']} starts, {told['cuts']} of them after a power cut amid a "
        f"write, {year.off / 60:,.0f} hours without power.\n"
        f"{told['writes']:,} writes ({WRITES * year.days:,} are promised), {told['erased']:,} "
        f"blocks erased, {told['written']:,} bytes written, {told['files']} files; the block that "
        f"was erased most: {told['worst']} times."
    )
    try:
        check(year, told, on_flash=True)
    except AssertionError as error:
        print(f"The history does not tell what the meter counted, or writes too much: {error}")
        return 1
    print("Days and quarter-hours add up to the registers.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
