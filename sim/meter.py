"""Four simulated meters: they count what a household uses and say it once a second.

`Meter` keeps the registers; energy is counted in watt-seconds and shown in Wh, so that nothing
is lost to rounding: from one second to the next a register grows by exactly the power shown.
`sim.reading.Reading` holds the exact values of one second, to compare a reader's answers with.
How a telegram is spelled is in `sim.telegram`.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from itertools import pairwise

from sim import other_meters, telegram
from sim.household import Household, scatter
from sim.local_time import spell, to_local, to_utc, tst
from sim.reading import Phase, Reading

#: What `Meter` takes as its kind.
KINDS = ("s211", "t211", "dsmr5", "lux")

#: The same, and those of `sim.other_meters`.
ALL_KINDS = KINDS + other_meters.KINDS

_FORMATS = {**telegram.FORMATS, **other_meters.FORMATS}

_SECOND = timedelta(seconds=1)
_QUARTER_S = 900
_MONTHS_KEPT = 13
_REGISTER_WS = 10**9 * 3600  # a register of nine digits of Wh starts again at 0


class Meter:
    """A simulated meter of one of `ALL_KINDS`.

    `start` is the moment of the first telegram: local time, or any time with a zone; the present
    if left out. `seed` decides the household, the registers' first values and the peaks of the
    months before. `gas` and `water` say whether those meters hang on its M-Bus. What Luxembourg's
    meter says is not encrypted here, see `sim.encryption.Encrypted`.
    """

    def __init__(
        self,
        kind: str = "t211",
        start: datetime | None = None,
        seed: int = 1,
        gas: bool = True,
        water: bool = True,
    ):
        if kind not in ALL_KINDS:
            raise ValueError(f"There is no simulated meter {kind!r}; choose one of {ALL_KINDS}.")
        self.kind = kind
        start = datetime.now(timezone.utc) if start is None else to_utc(start)
        self._utc = start.replace(microsecond=0) - _SECOND
        self.household = Household(1 if kind == "s211" else 3, seed)
        self._used_ws = [0, 0]
        self._generated_ws = [0, 0]
        for tariff in (0, 1):
            self._used_ws[tariff] = (1_000_000 + 97 * scatter(seed, 11, tariff)) * 3600
            self._generated_ws[tariff] = (300_000 + 41 * scatter(seed, 12, tariff)) * 3600
        self._gas_dm3 = 2_000_000 + 37 * scatter(seed, 13) if gas else None
        # The S211 of this project serves a house without a water meter on the bus; so does
        # Luxembourg's.
        has_water = water and kind not in ("s211", "lux")
        self._water_dm3 = 300_000 + 7 * scatter(seed, 14) if has_water else None
        self._quarter_ws = 0
        self._peak_w, self._peak_time = 0, ""
        self._peak_history: tuple[tuple[str, str, int], ...] = ()
        self._begin_peaks(self._utc, seed)
        self._log_failures(start, seed)
        boundary = int(start.timestamp()) // 300 * 300
        self._bus_time = tst(datetime.fromtimestamp(boundary, timezone.utc))

    def readings(self) -> Iterator[Reading]:
        """The values of one second after the other, without end."""
        while True:
            yield self.advance()

    def telegrams(self) -> Iterator[bytes]:
        """The telegram of one second after the other, without end."""
        while True:
            yield self.spell(self.advance())

    def spell(self, reading: Reading) -> bytes:
        """The telegram in which this kind of meter says a reading."""
        return _FORMATS[self.kind](reading)

    def advance(self) -> Reading:
        """Lets one second pass and counts what it brought."""
        self._utc = utc = self._utc + _SECOND
        local, summer = to_local(utc)
        timestamp = spell(local, summer)
        tariff = self.tariff(local)
        net = self.household.net_power(utc, local)
        # A meter adds the phases before it counts: what one gives and another takes cancels out.
        used = max(0, sum(net))
        generated = max(0, -sum(net))
        for registers, energy in ((self._used_ws, used), (self._generated_ws, generated)):
            registers[tariff - 1] = (registers[tariff - 1] + energy) % _REGISTER_WS
        self._count_demand(utc, local, used, timestamp)
        if local.minute % 5 == 0 and local.second == 0:
            self._read_bus(local, timestamp)
        return Reading(
            utc=utc,
            timestamp=timestamp,
            tariff=tariff,
            energy_used_tariff_1_wh=self._used_ws[0] // 3600,
            energy_used_tariff_2_wh=self._used_ws[1] // 3600,
            energy_generated_tariff_1_wh=self._generated_ws[0] // 3600,
            energy_generated_tariff_2_wh=self._generated_ws[1] // 3600,
            power_used_w=used,
            power_generated_w=generated,
            phases=tuple(self._phase(utc, number, watts) for number, watts in enumerate(net)),
            average_demand_w=self._quarter_ws // _QUARTER_S,
            peak_w=self._peak_w,
            peak_time=self._peak_time,
            peak_history=self._peak_history,
            power_failures=self._failures,
            long_power_failures=len(self._failure_log),
            failure_log=self._failure_log,
            gas_dm3=self._gas_dm3,
            gas_time=self._bus_time,
            water_dm3=self._water_dm3,
            water_time=self._bus_time,
        )

    def _phase(self, utc: datetime, number: int, watts: int) -> Phase:
        voltage = self.household.voltage_dv(utc, number, watts)
        # Chargers and motors draw a little more current than their power needs.
        current = abs(watts) * 1030 // voltage + 4
        return Phase(max(0, watts), max(0, -watts), voltage, current, self._sags[number], 0)

    def tariff(self, local: datetime) -> int:
        """Belgium: 1 is the day's (7-22 h on weekdays). Netherlands: 1 is the low one."""
        weekday = local.weekday() < 5
        if self.kind == "dsmr5":
            return 2 if weekday and 7 <= local.hour < 23 else 1
        return 1 if weekday and 7 <= local.hour < 22 else 2

    def _count_demand(self, utc: datetime, local: datetime, used: int, timestamp: str) -> None:
        """Quarter-hours end on the clock's quarters; months after their last quarter-hour.

        A second belongs to the quarter-hour in which it ends. The running average is the energy
        so far, spread over the whole quarter-hour, so it grows from 0.
        """
        self._quarter_ws += used
        if local.minute % 15 or local.second:
            return
        average = self._quarter_ws // _QUARTER_S
        self._quarter_ws = 0
        if average > self._peak_w:
            self._peak_w, self._peak_time = average, timestamp
        if local.day == 1 and local.hour == 0 and local.minute == 0:
            month = (timestamp, self._peak_time, self._peak_w)
            self._peak_history = (*self._peak_history, month)[-_MONTHS_KEPT:]
            self._peak_w, self._peak_time = 0, timestamp

    def _begin_peaks(self, utc: datetime, seed: int) -> None:
        """The peaks of the thirteen months before, and of this month up to now."""
        local, _ = to_local(utc)
        month_begin = datetime(local.year, local.month, 1)
        ends = [month_begin]
        for _ in range(_MONTHS_KEPT):
            ends.append((ends[-1] - timedelta(days=1)).replace(day=1))
        ends.reverse()
        history = []
        for begin, end in pairwise(ends):
            quarter = 1 + scatter(seed, 15, end.toordinal()) % 2600
            when = begin + timedelta(minutes=15 * quarter)
            watts = 2300 + scatter(seed, 16, end.toordinal()) % 3400
            history.append((tst(to_utc(end)), tst(to_utc(when)), watts))
        self._peak_history = tuple(history)
        passed = local - month_begin
        self._peak_w, self._peak_time = 0, tst(to_utc(month_begin))
        if passed >= timedelta(days=1):
            quarters = passed // timedelta(minutes=15)
            quarter = 1 + scatter(seed, 17, month_begin.toordinal()) % quarters
            self._peak_time = tst(to_utc(month_begin + timedelta(minutes=15 * quarter)))
            self._peak_w = 2100 + scatter(seed, 18, month_begin.toordinal()) % 1500

    def _log_failures(self, start: datetime, seed: int) -> None:
        """Two long power failures in the years before, some short ones, some sags."""
        first = start - timedelta(days=811, seconds=scatter(seed, 19))
        second = start - timedelta(days=203, seconds=scatter(seed, 20))
        self._failure_log = ((tst(first), 4757), (tst(second), 240 + scatter(seed, 21) % 900))
        self._failures = 4 + scatter(seed, 22) % 9
        self._sags = tuple(scatter(seed, 23, phase) % 4 for phase in range(3))

    def _read_bus(self, local: datetime, timestamp: str) -> None:
        """Gas and water meters are read every five minutes and stand still between."""
        self._bus_time = timestamp
        if self._gas_dm3 is not None:
            self._gas_dm3 = (self._gas_dm3 + self.household.gas_dm3(local)) % 10**8
        if self._water_dm3 is not None:
            self._water_dm3 = (self._water_dm3 + self.household.water_dm3(local)) % 10**8
