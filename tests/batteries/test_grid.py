"""What becomes of a telegram's powers, voltages and currents, whatever of them it has."""

import itertools
import subprocess
import sys
from pathlib import Path

import pytest
import under_micropython

from batteries.readers import spelled
from dsmr import TelegramParser
from grid import Grid
from host.tree import REPO
from sim.telegram import seal

VALUES = Path(__file__).parent / "on_micropython" / "values.py"


def telegram(*lines):
    """A telegram with these data objects, each as "OBIS(value)"."""
    return seal(["/ABC5\\1", *lines])


def grid(*lines):
    """The values of a telegram; None if it has no power."""
    parser = TelegramParser()
    parser.receive_data(telegram(*lines))
    values = Grid()
    return values if values.read(parser.next_event()) else None


def watts(values):
    return [number / 1000 for number in values.power]


TOTAL = ("1-0:1.7.0(00.000*kW)", "1-0:2.7.0(01.234*kW)")
PHASES = ("1-0:21.7.0(00.500*kW)", "1-0:42.7.0(00.700*kW)", "1-0:61.7.0(00.100*kW)")
VOLTAGES = ("1-0:32.7.0(231.5*V)", "1-0:52.7.0(232.5*V)", "1-0:72.7.0(233.0*V)")


@pytest.mark.parametrize(
    "lines, expected",
    [
        (TOTAL, [-1234, -1234, 0, 0]),
        ((*TOTAL, *PHASES), [-1234, 500, -700, 100]),
        (PHASES, [-100, 500, -700, 100]),
        (("1-0:1.7.0(00.042*kW)",), [42, 42, 0, 0]),
        (("1-0:2.7.0(00.042*kW)",), [-42, -42, 0, 0]),
        (("1-0:1.7.0(42*W)",), [42, 42, 0, 0]),
        (("1-0:1.7.0(00.0425*kW)",), [42.5, 42.5, 0, 0]),
        (("1-0:1.7.0(00.0000004*kW)",), [0, 0, 0, 0]),
        (("1-0:21.7.0(00.042*kW)",), [42, 42, 0, 0]),
    ],
    ids=[
        "one phase, which feeds in",
        "three phases",
        "phases without a total",
        "what is drawn only",
        "what is fed in only",
        "in watts",
        "a decimal more",
        "less than a thousandth",
        "one phase without a total",
    ],
)
def test_power_is_the_meters_and_all_on_l1_where_it_has_none_by_phase(lines, expected):
    assert watts(grid(*lines)) == expected


def test_without_power_there_is_nothing():
    assert grid("1-0:1.8.1(000001.000*kWh)", *VOLTAGES) is None
    assert grid("1-0:1.7.0(x*kW)") is None


def test_a_phase_without_a_voltage_has_the_nominal_one_and_a_dead_one_has_none():
    assert grid(*TOTAL).voltage == [230_000, 230_000, 0, 0]
    assert grid(*TOTAL, *PHASES).voltage == [230_000] * 4
    assert grid(*TOTAL, *PHASES, *VOLTAGES).voltage == [232_333, 231_500, 232_500, 233_000]
    # Three wires (delta): L2 is 0 V, and is no part of the mean.
    delta = (VOLTAGES[0], "1-0:52.7.0(000.0*V)", VOLTAGES[2])
    assert grid(*TOTAL, *PHASES, *delta).voltage == [232_250, 231_500, 0, 233_000]


def test_a_phase_without_a_current_has_what_its_power_needs():
    values = grid(*TOTAL, *PHASES, *VOLTAGES)
    assert values.current[1:] == [500_000 * 1000 // 231_500, 700_000_000 // 232_500, 429]
    assert values.current[0] == sum(values.current[1:])


def test_where_currents_are_whole_amperes_apparent_power_is_no_less_than_power():
    """As in the Netherlands: 0 A while 100 W are drawn."""
    currents = ("1-0:31.7.0(003*A)", "1-0:51.7.0(003*A)", "1-0:71.7.0(000*A)")
    values = grid(*TOTAL, *PHASES, *VOLTAGES, *currents)
    assert values.current == [6_000, 3_000, 3_000, 0]
    assert values.apparent[1:] == [694_500, 700_000, 100_000]
    assert values.apparent[0] == max(sum(values.apparent[1:]), 1_234_000)
    assert values.factor[1:] == [719, 1000, 1000]


def test_nothing_drawn_has_no_power_factor():
    values = grid("1-0:1.7.0(00.000*kW)")
    assert (values.apparent, values.factor) == ([0] * 4, [0] * 4)


def test_registers_are_watt_hours_and_sums_of_tariffs():
    values = grid(*TOTAL, "1-0:1.8.1(004311.413*kWh)", "1-0:1.8.2(999999.999*kWh)")
    assert (values.imported, values.exported) == (1_004_311_412, 0)
    assert grid(*TOTAL, "1-0:2.8.0(5*Wh)").exported == 5


def test_frequency_is_the_nominal_one_where_the_meter_has_none():
    assert grid(*TOTAL).frequency == 50_000
    assert grid(*TOTAL, "1-0:14.7.0(49.98*Hz)").frequency == 49_980


def test_both_pythons_make_the_same_of_telegrams(tmp_path):
    telegrams = [spelled(kind)[0][0] for kind in ("s211", "t211", "dsmr5")]
    parts = (TOTAL, PHASES, VOLTAGES, ("1-0:31.7.0(01.51*A)", "1-0:1.8.1(999999.999*kWh)"))
    for count in range(len(parts) + 1):
        for chosen in itertools.combinations(parts, count):
            telegrams.append(telegram(*itertools.chain(*chosen)))
    paths = []
    for number, data in enumerate(telegrams):
        paths.append(tmp_path / str(number))
        paths[-1].write_bytes(data)
    done = subprocess.run(
        [sys.executable, str(VALUES), *map(str, paths)], cwd=REPO, capture_output=True, timeout=60
    )
    assert done.returncode == 0, done.stderr.decode()
    assert done.stdout.count(b'"total_act_power":') == len(telegrams) - done.stdout.count(b"no")
    other = under_micropython.run(VALUES, *paths)
    assert other.returncode == 0, other.stderr.decode()
    assert other.stdout == done.stdout
