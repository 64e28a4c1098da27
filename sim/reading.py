"""What a simulated meter knows in one second, as integers: exactly what its telegram says."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Phase:
    power_used_w: int
    power_generated_w: int
    voltage_dv: int  # tenths of a volt
    current_ca: int  # hundredths of an ampere, without a sign
    sags: int
    swells: int


@dataclass(frozen=True, slots=True)
class Reading:
    """All that a meter knows in one second. Timestamps are spelled as in a telegram."""

    utc: datetime
    timestamp: str
    tariff: int
    energy_used_tariff_1_wh: int
    energy_used_tariff_2_wh: int
    energy_generated_tariff_1_wh: int
    energy_generated_tariff_2_wh: int
    power_used_w: int
    power_generated_w: int
    phases: tuple[Phase, ...]
    average_demand_w: int
    peak_w: int
    peak_time: str
    peak_history: tuple[tuple[str, str, int], ...]  # (end of the month, time, W), oldest first
    power_failures: int
    long_power_failures: int
    failure_log: tuple[tuple[str, int], ...]  # (time of the end, seconds)
    gas_dm3: int | None
    gas_time: str
    water_dm3: int | None
    water_time: str
