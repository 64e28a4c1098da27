"""A household whose meter and history a page shows: what the firmware would know of it.

Values of now come from the simulated meter, second by second. The history is the same household's
in the days before, taken at every minute, which is near enough to look at and quick to make.
"""

import threading
import time
from datetime import date, datetime, timedelta, timezone

from sim.household import Household
from sim.local_time import is_summer, to_local, to_utc
from sim.meter import Meter
from sim.reading import Reading

#: A working day's evening, 80 seconds after something large was switched on.
START = datetime(2026, 11, 24, 19, 16, 20)

RECENT_STEP = 5
RECENT_S = 300
FLOOR_W = 2500

_MINUTE = timedelta(minutes=1)
_QUARTER = timedelta(minutes=15)
_QUARTER_S = 900
_DAY = timedelta(days=1)
_PEAKS = ("max_demand_month", "max_demand_month_timestamp", "max_demand_history")

#: What a key of the gas and water meters' history is called at the household.
_FLOWS = {"gas": Household.gas_dm3, "water": Household.water_dm3}


class House:
    """A house from `start` on. kind: see `sim.meter`; peaks: whether the meter sends them.

    more: values beside those of the meter; frozen: whether time stands still after the start.
    """

    def __init__(self, kind="t211", start=START, peaks=True, more=None, frozen=False):
        self.kind = kind
        self.start = start
        self.peaks = peaks
        self.more = more or {}
        self.gaps: set = set()  # quarter-hours, as UTC, of which the course is not known
        self._frozen = frozen
        self._lock = threading.Lock()
        before = to_utc(start) - timedelta(seconds=RECENT_S)
        self._meter = Meter(kind, before)
        self._power: list = []  # net watts of each second so far
        self._reading: Reading
        self._quarters: dict = {}  # rows by the quarter-hour's beginning, as UTC
        for _ in range(RECENT_S):
            self._advance()
        self._began = time.monotonic()

    def _advance(self):
        self._reading = reading = self._meter.advance()
        self._power.append(reading.power_used_w - reading.power_generated_w)

    def reading(self):
        """The meter's newest reading."""
        with self._lock:
            due = RECENT_S + (0 if self._frozen else int(time.monotonic() - self._began))
            while len(self._power) < due:
                self._advance()
            return self._reading

    def values(self):
        """What the newest telegram says: a dict of plain values."""
        return {**values(self.reading(), self.kind, self.peaks), **self.more}

    def recent(self):
        """The data of the event `recent`."""
        end = iso(self.reading().utc)
        power = self._power[-RECENT_S:]
        steps = [power[at : at + RECENT_STEP] for at in range(0, RECENT_S, RECENT_STEP)]
        means = [round(sum(step) / len(step)) for step in steps]
        return {"step": RECENT_STEP, "end": end, "power": means}

    def history(self, series, resolution, first, last):
        """The answer of /history for the days from `first` to the one before `last`."""
        if series == "power":
            return self._last_day()
        columns = _columns(series)
        now = self.reading().utc
        rows = []
        day = first
        while day < last:
            quarters = self._quarters_of(day, series, now)
            if resolution == "day" and quarters:
                sums = [sum(row[1][column] for row in quarters) for column in range(len(columns))]
                rows.append([iso(quarters[0][0]), *sums, any(row[2] for row in quarters)])
            elif resolution == "quarter":
                rows += [[iso(begin), *used, gap] for begin, used, gap in quarters]
            day += _DAY
        unit = "Wh" if series == "energy" else "dm3"
        return {
            "series": series,
            "resolution": resolution,
            "unit": unit,
            "columns": ["time", *columns, "gap"],
            "rows": rows,
            "gaps": [],
        }

    def _last_day(self):
        """The answer of /history for the last day's power, by five minutes."""
        now = self.reading().utc
        begin = now - _DAY
        begin += timedelta(minutes=-begin.minute % 5, seconds=-begin.second)
        rows = []
        while begin < now:
            tariffs = self._energy(None, begin, begin + 5 * _MINUTE)
            used, generated = sum(tariffs[:2]), sum(tariffs[2:])
            rows.append([iso(begin), 12 * used, 12 * generated, False])
            begin += 5 * _MINUTE
        return {
            "series": "power",
            "resolution": "minute",
            "unit": "W",
            "columns": ["time", "import", "export", "gap"],
            "rows": rows,
            "gaps": [],
        }

    def _quarters_of(self, day, series, now):
        """A list of (beginning, amounts, gap) of a local day's quarter-hours until now."""
        begin = to_utc(datetime(day.year, day.month, day.day))
        end = to_utc(datetime(day.year, day.month, day.day) + _DAY)
        quarters = []
        while begin < min(end, now):
            until = min(begin + _QUARTER, now)
            quarters.append((begin, self._amounts(series, begin, until), begin in self.gaps))
            begin += _QUARTER
        return quarters

    def _amounts(self, series, begin, until):
        key = (series, begin, until)
        if key not in self._quarters:
            measure = self._energy if series == "energy" else self._volume
            self._quarters[key] = measure(series, begin, until)
        return self._quarters[key]

    def _energy(self, _, begin, until):
        amounts = [0, 0, 0, 0]
        moment = begin
        while moment < until:
            local, _ = to_local(moment)
            night = local.weekday() > 4 or not 7 <= local.hour < 22
            net = sum(self._meter.household.net_power(moment, local))
            amounts[night + (0 if net > 0 else 2)] += abs(net)
            moment += _MINUTE
        return [amount // 60 for amount in amounts]

    def _volume(self, series, begin, until):
        amount = 0
        moment = begin
        while moment < until:
            amount += _FLOWS[series](self._meter.household, to_local(moment)[0])
            moment += 5 * _MINUTE
        return [amount]


def _columns(series):
    if series == "energy":
        return ["import_t1", "import_t2", "export_t1", "export_t2"]
    return [series]


def iso(utc):
    """A moment of UTC as the meter's time in ISO 8601, with its offset."""
    hours = 2 if is_summer(utc) else 1
    return utc.astimezone(timezone(timedelta(hours=hours))).isoformat(timespec="seconds")


def iso_of(timestamp):
    """A telegram's timestamp (YYMMDDhhmmssS) in ISO 8601."""
    moment = datetime.strptime(timestamp[:12], "%y%m%d%H%M%S")
    return moment.isoformat() + ("+02:00" if timestamp[12] == "S" else "+01:00")


def values(reading, kind, peaks):
    """A reading by the names of /metrics."""
    belgian = kind != "dsmr5"
    found = {
        "identification": {"t211": "FLU5\\253000001_A", "s211": "FLU5\\253000002_A"}.get(
            kind, "ISK5\\2M550T-1012"
        ),
        "protocol_version": "50221" if belgian else "50",
        "timestamp": iso_of(reading.timestamp),
        "power_device_serial_number": "1SAG3100000001" if belgian else "E0044007000000001",
        "current_tariff": reading.tariff,
        "total_power_used": reading.power_used_w,
        "total_power_generated": reading.power_generated_w,
        "total_power_net": reading.power_used_w - reading.power_generated_w,
        "power_failure_count": reading.power_failures,
    }
    for word, registers in (
        ("used", (reading.energy_used_tariff_1_wh, reading.energy_used_tariff_2_wh)),
        (
            "generated",
            (reading.energy_generated_tariff_1_wh, reading.energy_generated_tariff_2_wh),
        ),
    ):
        found[f"energy_{word}_total"] = sum(registers) / 1000
        for tariff, register in enumerate(registers, 1):
            found[f"power_{word}_tariff_{tariff}"] = register / 1000
    for number, phase in enumerate(reading.phases, 1):
        found[f"l{number}_power_usage"] = phase.power_used_w
        found[f"l{number}_power_generated"] = phase.power_generated_w
        found[f"l{number}_voltage"] = phase.voltage_dv / 10
        found[f"l{number}_amperage"] = phase.current_ca / 100
    if belgian:
        found.update(_demand(reading, peaks))
    for name, amount, read_at in (
        ("gas", reading.gas_dm3, reading.gas_time),
        ("water", reading.water_dm3, reading.water_time),
    ):
        if amount is not None:
            found[f"{name}_used"] = amount / 1000
            found[f"{name}_usage_timestamp"] = iso_of(read_at)
    if reading.gas_dm3 is not None:
        found["gas_device_serial_number"] = "7FLO2100000001"
    return found


def _demand(reading, peaks):
    demand = reading.average_demand_w
    left = _QUARTER_S - int(reading.utc.timestamp()) % _QUARTER_S
    limit = max(FLOOR_W, reading.peak_w) if peaks else FLOOR_W
    history = [
        {"month": _month_of(end), "time": iso_of(time_), "value": watts}
        for end, time_, watts in reading.peak_history
    ]
    billed = [max(FLOOR_W, peak["value"]) for peak in history[-12:]]
    found = {
        "current_average_demand": demand,
        "demand_forecast": demand + reading.power_used_w * left // _QUARTER_S,
        "demand_headroom": max(0, limit - demand) * _QUARTER_S // left,
        "max_demand_month": reading.peak_w,
        "max_demand_month_timestamp": iso_of(reading.peak_time),
        "max_demand_history": history,
        "demand_average_12_months": round(sum(billed) / len(billed)),
    }
    if not peaks:
        for name in (*_PEAKS, "demand_average_12_months"):
            del found[name]
    return found


def _month_of(end):
    """The month before the first of a month, at which its peak is told."""
    first = date(2000 + int(end[:2]), int(end[2:4]), 1)
    return (first - _DAY).strftime("%Y-%m")
