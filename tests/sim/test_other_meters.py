"""The simulated meters of other makers and countries: what they say is what they have counted."""

import json
import os
import subprocess
import sys
from datetime import datetime, timezone
from decimal import Decimal
from itertools import islice

import pytest
import under_micropython
from telegrams import crc16
from under_micropython import ROOT

from sim.meter import Meter
from sim.other_meters import KINDS

#: Over the change to winter time, and over the end of a quarter-hour.
START = datetime(2026, 10, 25, 0, 59, 30, tzinfo=timezone.utc)


@pytest.fixture(params=KINDS)
def counted(request):
    """(kind, readings, what the reader prints of their telegrams under CPython)."""
    meter = Meter(request.param, START, seed=6)
    readings = list(islice(meter.readings(), 60))
    data = b"".join(meter.spell(reading) for reading in readings)
    done = subprocess.run(
        [sys.executable, "-m", "dsmr"],
        input=data,
        env={**os.environ, "PYTHONPATH": str(ROOT / "lib")},
        capture_output=True,
        check=True,
        timeout=60,
    )
    return request.param, readings, data, done.stdout


@pytest.mark.parametrize("kind", KINDS)
def test_a_telegram_is_well_formed(kind):
    telegram = next(Meter(kind, START).telegrams())
    mark = telegram.index(b"!") + 1
    assert telegram[mark:] == b"%04X\r\n" % crc16(telegram[:mark])
    assert telegram.count(b"/") == 1
    assert telegram.count(b"\n") == telegram.count(b"\r\n") == telegram.count(b"\r")


def test_the_reader_finds_what_the_meter_has_counted(counted):
    kind, readings, _, printed = counted
    events = [json.loads(line, parse_float=Decimal) for line in printed.splitlines()]
    assert len(events) == len(readings)
    for event, reading in zip(events, readings):
        assert (event["event"], event["problems"]) == ("telegram", [])
        found = {name: field["value"] for name, field in event["fields"].items()}
        used = reading.energy_used_tariff_1_wh + reading.energy_used_tariff_2_wh
        generated = reading.energy_generated_tariff_1_wh + reading.energy_generated_tariff_2_wh
        assert found["energy_used_total"] * 1000 == used
        assert found["energy_generated_total"] * 1000 == generated
        offset = "+02:00" if reading.timestamp.endswith("S") else "+01:00"
        assert found["timestamp"].endswith(offset)
        assert abs(found["l1_voltage"] * 10 - reading.phases[0].voltage_dv) < 10
        assert abs(found["l1_amperage"] * 100 - reading.phases[0].current_ca) < 100
        if kind == "lt":
            # Which has no direction, and what one phase feeds in makes it doubtful.
            total = reading.power_used_w + reading.power_generated_w
            assert found["total_power_absolute"] == total
            feeds_in = any(phase.power_generated_w for phase in reading.phases)
            assert found.get("total_power_used") == (None if feeds_in else total)
        else:
            assert found["total_power_used"] == reading.power_used_w
            assert found["total_power_generated"] == reading.power_generated_w
        if "max_demand_history" in found:
            peaks = [watts for _, _, watts in reading.peak_history]
            # The E360 leaves out a month.
            peaks = peaks[1:] if kind == "e360" else peaks
            assert [entry["value"] for entry in found["max_demand_history"]] == peaks
        if kind in ("iskra", "e360", "e660"):
            assert found["max_demand_month"] == reading.peak_w


def test_what_only_some_of_them_send():
    found = {}
    for kind in KINDS:
        done = subprocess.run(
            [sys.executable, "-m", "dsmr"],
            input=next(Meter(kind, START).telegrams()),
            env={**os.environ, "PYTHONPATH": str(ROOT / "lib")},
            capture_output=True,
            check=True,
            timeout=60,
        )
        found[kind] = json.loads(done.stdout)["fields"]
    for kind, names in {
        "e360": ("ean", "grid_configuration", "relay_4_state", "gas_used", "water_used"),
        "e660": (
            "max_demand_history_generated",
            "max_demand_month_generated",
            "reactive_energy_quadrant_4",
        ),
        "iskra": ("power_used_tariff_5", "max_demand_month_timestamp"),
        "mcs": ("power_failure_log",),
        "hu": ("energy_absolute_total", "l3_power_factor", "l3_fuse_threshold"),
        "lt": ("reactive_energy_generated_tariff_4", "frequency", "firmware_version"),
        "il": ("power_used_tariff_3", "quarter_energy_used", "current_tariff"),
        "ch": ("reactive_energy_used", "reactive_power_generated"),
    }.items():
        assert set(names) <= set(found[kind]), kind
    assert found["iskra"]["protocol_version"]["value"] == "21110"
    assert "devices_on_bus" not in found["mcs"]


def test_both_pythons_say_the_same(counted, tmp_path):
    kind, _, data, printed = counted
    for backend in under_micropython.BACKENDS:
        output = under_micropython.run_cases(backend, {kind: (data, True)}, (0, 100), tmp_path)
        assert output[kind, 0] == output[kind, 100] == printed
