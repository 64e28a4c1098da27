"""A battery that corrects by what the reader says, in a house that it feeds: does it settle?

The time is made up; the datagrams, the reader's output and the telegrams are real.
"""

import itertools
import json

import pytest

from batteries.readers import MARSTEK, START
from sim.battery import Battery, House
from sim.household import Household
from sim.meter import Meter

#: Seconds between two questions of a battery.
RATES = [0.2, 0.4, 1.0, 2.5]

_STEP = 0.1


class Kettle(Household):
    """A house of one phase that draws 300 W, and from a minute on 2,300 W."""

    def __init__(self):
        super().__init__(1)
        self._seconds = itertools.count()

    def net_power(self, utc, local):
        return [2300 if next(self._seconds) >= 60 else 300]


class Loop:
    """A house with a battery that asks the output `shelly` in this process."""

    def __init__(self, udp_meter, household, every):
        self._output = udp_meter
        self._every = every
        self.battery = Battery()
        self._meter = Meter("s211" if household.phases == 1 else "t211", START)
        self._meter.household = House(household, self.battery)

    def ask(self):
        """What the battery hears, W, or None."""
        answer = self._output.ask(MARSTEK)
        return answer and json.loads(answer)["result"]["total_act_power"]

    def run(self, seconds):
        """W at the meter, second by second."""
        power = []
        due = 0.05
        for step in range(round(seconds / _STEP)):
            if step % round(1 / _STEP) == 0:
                reading = self._meter.advance()
                self._output.receive(self._meter.spell(reading))
                power.append(reading.power_used_w - reading.power_generated_w)
            if step * _STEP >= due:
                due += self._every
                watts = self.ask()
                if watts is not None:
                    self.battery.hear(watts)
            self.battery.pass_time(_STEP)
            self._output.clock.ms += round(1000 * _STEP)
        return power


class RepeatedLoop(Loop):
    """The same where each question is answered, as by HTTP."""

    def ask(self):
        return json.loads(self._output.output.status())["total_act_power"]


@pytest.mark.parametrize("every", RATES)
def test_after_a_kettle_the_house_is_at_0_again_and_stays_there(udp_meter, every):
    power = Loop(udp_meter, Kettle(), every).run(180)
    assert power[60] > 1900
    for settled in (power[40:60], power[100:180]):
        assert max(map(abs, settled)) <= 30


def test_a_battery_that_is_answered_more_often_than_the_meter_speaks_swings(udp_meter):
    """Why each telegram is answered once: this is what becomes of the same battery else."""
    power = RepeatedLoop(udp_meter, Kettle(), 0.2).run(60)
    assert max(power[30:60]) > 1000
    assert min(power[30:60]) < -1000


@pytest.mark.parametrize("every", RATES)
def test_a_living_house_is_held_near_0_without_swings(udp_meter, every):
    """Twenty minutes at noon, with the sun, a fridge, and lunch."""
    power = Loop(udp_meter, Household(3, seed=1), every).run(1200)[60:]
    assert sum(map(abs, power)) / len(power) < 20
    assert not any(
        one * other < 0 and abs(one - other) > 400 for one, other in itertools.pairwise(power)
    )
