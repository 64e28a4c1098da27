"""A household that lives: what it draws and what its roof makes, for every second of any day.

Everything follows from the seed and the moment, so a household can be asked about any second in
any order and always gives the same answer. Watts, litres and cubic decimetres are integers. How
the energy is counted and told is the meter's business (`sim.meter`).
"""

import math
import random
from datetime import date, datetime
from functools import lru_cache

#: Light, screens and standby of the whole house, in W at each full hour; straight lines between.
_WEEKDAY = (
    130,
    110,
    100,
    100,
    105,
    130,
    320,
    420,
    260,
    190,
    180,
    190,
    230,
    200,
    180,
    190,
    260,
    420,
    560,
    620,
    590,
    520,
    360,
    210,
)
_WEEKEND = (
    180,
    140,
    115,
    105,
    105,
    110,
    140,
    240,
    360,
    400,
    380,
    400,
    440,
    380,
    330,
    330,
    380,
    470,
    580,
    620,
    600,
    560,
    460,
    300,
)

#: earliest and latest start in minutes of the day, minutes it runs, W, phase,
#: and out of 100: the chance on a weekday and on a weekend day
_APPLIANCES = (
    (395, 440, 4, 2050, 1, 95, 30),  # kettle
    (410, 470, 8, 1250, 2, 90, 20),  # coffee, toast
    (500, 600, 5, 1900, 1, 20, 90),  # a late breakfast
    (540, 780, 55, 1150, 2, 30, 70),  # washing machine
    (620, 880, 70, 2100, 0, 20, 45),  # dryer
    (720, 770, 15, 1600, 1, 25, 80),  # lunch
    (980, 1010, 4, 2050, 1, 60, 70),  # tea
    (1065, 1120, 35, 1850, 2, 90, 85),  # hob
    (1070, 1130, 40, 2150, 1, 35, 60),  # oven
    (1180, 1290, 45, 1450, 0, 75, 80),  # dishwasher
    (1150, 1200, 150, 3600, 0, 30, 15),  # the car
    (120, 180, 90, 1950, 2, 100, 100),  # the boiler, in the night hours
)

_LATITUDE = math.radians(50.9)
#: Minutes of UTC at which the sun stands highest, near 4 degrees east.
_SOLAR_NOON = 704

#: Gas in dm3 in each hour: for heating when it is 24 degrees colder outside, and for hot water.
_HEATING = (
    300,
    250,
    220,
    220,
    260,
    500,
    1300,
    1200,
    900,
    800,
    750,
    700,
    700,
    700,
    750,
    850,
    1000,
    1250,
    1300,
    1250,
    1150,
    1000,
    700,
    400,
)
_HOT_WATER = (
    0,
    0,
    0,
    0,
    0,
    20,
    220,
    260,
    60,
    20,
    20,
    40,
    60,
    20,
    20,
    20,
    40,
    90,
    120,
    90,
    140,
    120,
    60,
    10,
)
#: Water in litres an hour.
_WATER = (1, 0, 0, 0, 0, 6, 42, 48, 18, 10, 8, 12, 16, 9, 6, 8, 14, 26, 30, 22, 24, 18, 10, 4)


def scatter(*numbers: int) -> int:
    """A number of 0..65535 that follows from others and shows no pattern."""
    value = 0x9E3779B9
    for number in numbers:
        value = ((value ^ (number & 0xFFFFFFFF)) * 0x045D9F3B) & 0xFFFFFFFF
        value ^= value >> 15
    return (value * 0x045D9F3B & 0xFFFFFFFF) >> 16


class Household:
    """A family of a few heads. `phases` is 1 or 3, `solar_peak_w` what the panels make at best."""

    def __init__(self, phases: int, seed: int = 1, solar_peak_w: int = 4200):
        self.phases = phases
        self.seed = seed
        self.solar_peak_w = solar_peak_w
        self._load_of_day = lru_cache(maxsize=4)(self._plan_load)
        self._sun_of_day = lru_cache(maxsize=4)(self._plan_sun)

    def net_power(self, utc: datetime, local: datetime) -> list[int]:
        """W for each phase in this second; less than 0 where more is made than used."""
        minute = local.hour * 60 + local.minute
        load = self._load_of_day(local.date())
        sun = self._sun_of_day(utc.date())[utc.hour * 60 + utc.minute]
        second = minute * 60 + local.second
        day = local.toordinal()
        power = []
        for phase in range(self.phases):
            mean = load[phase][minute]
            # Real loads are never still: some W always, and 2 % of what is on.
            noise = scatter(self.seed, day, second, phase) % 256 - 128
            power.append(mean + (noise * (250 + mean)) // 6400)
        # One inverter on the last phase: the others draw while it gives back.
        if sun:
            flutter = scatter(self.seed, day, second, 9) % 64 - 32
            power[-1] -= sun + sun * flutter // 3200
        return power

    def voltage_dv(self, utc: datetime, phase: int, watts: int) -> int:
        """Tenths of a volt: the grid's own wandering, less under load, more when feeding in."""
        seconds = int(utc.timestamp())
        block = seconds // 300
        before = scatter(self.seed, block, phase, 1) % 50
        after = scatter(self.seed, block + 1, phase, 1) % 50
        drift = before + (after - before) * (seconds % 300) // 300
        return 2305 + drift - watts // 160 + scatter(self.seed, seconds, phase, 2) % 5

    def gas_dm3(self, local: datetime) -> int:
        """What was burnt in the five minutes that end now."""
        warmth = 16 - _mean_temperature(local.timetuple().tm_yday)
        hourly = _HOT_WATER[local.hour] + max(0, _HEATING[local.hour] * warmth // 24)
        return _share(hourly, scatter(self.seed, local.toordinal(), local.hour, local.minute, 3))

    def water_dm3(self, local: datetime) -> int:
        """What was drawn in the five minutes that end now."""
        drawn = scatter(self.seed, local.toordinal(), local.hour, local.minute, 4)
        return _share(_WATER[local.hour], drawn)

    def _plan_load(self, day: date) -> list[list[int]]:
        """Mean W of each minute of a local day, for each phase."""
        dice = random.Random(f"load {self.seed} {day.toordinal()}")
        weekend = day.weekday() >= 5
        hourly = _WEEKEND if weekend else _WEEKDAY
        plan = [[0] * 1440 for _ in range(self.phases)]
        shares = (1,) if self.phases == 1 else (3, 2, 2)
        for minute in range(1440):
            hour, part = divmod(minute, 60)
            here, there = hourly[hour], hourly[(hour + 1) % 24]
            house = here + (there - here) * part // 60
            for phase, share in enumerate(shares):
                plan[phase][minute] = house * share // sum(shares)
            plan[0][minute] += 85 if (minute + dice.randrange(3)) % 48 < 17 else 0  # the fridge
        for first, last, minutes, watts, phase, on_weekday, on_weekend in _APPLIANCES:
            begin = dice.randrange(first, last)
            if dice.randrange(100) < (on_weekend if weekend else on_weekday):
                row = plan[phase % self.phases]
                for minute in range(begin, min(begin + minutes, 1440)):
                    row[minute] += watts
        return plan

    def _plan_sun(self, day: date) -> list[int]:
        """Mean W that the panels make in each minute of a UTC day."""
        dice = random.Random(f"sun {self.seed} {day.toordinal()}")
        turn = 2 * math.pi * (day.timetuple().tm_yday + 10) / 365
        tilt = -math.radians(23.44) * math.cos(turn)
        cloud = clear = dice.choice((0.2, 0.4, 0.7, 0.9, 1.0))
        plan = []
        for minute in range(1440):
            cloud += dice.uniform(-0.06, 0.06) + (clear - cloud) * 0.05
            cloud = min(1.0, max(0.08, cloud))
            angle = 2 * math.pi * (minute - _SOLAR_NOON) / 1440
            height = math.sin(_LATITUDE) * math.sin(tilt)
            height += math.cos(_LATITUDE) * math.cos(tilt) * math.cos(angle)
            plan.append(int(self.solar_peak_w * max(0.0, height) ** 1.2 * cloud))
        return plan


def _mean_temperature(day_of_year: int) -> int:
    """Degrees Celsius outside, coldest at the end of January."""
    return round(10.5 - 8.5 * math.cos(2 * math.pi * (day_of_year - 25) / 365))


def _share(hourly: int, drawn: int) -> int:
    """A twelfth of an hour's use, uneven, and exact over many hours."""
    whole, rest = divmod(hourly * (drawn % 1024) * 2, 12 * 1024)
    return whole + (1 if drawn * 12 * 1024 < rest * 65536 else 0)
