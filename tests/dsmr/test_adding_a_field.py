"""A field is one row of the table: it arrives everywhere with no other line touched."""

import json
import os
import shutil
import subprocess
import sys

import pytest
import under_micropython
from prometheus_text import parse, sample
from telegrams import T211, telegram
from under_micropython import ROOT, SCRIPTS

#: In the middle of the table, so that the numbers of all fields after them change.
BEFORE = "reactive_power_used Q kvar 1-0:3.7.0\n"
ROWS = (
    "flicker Q - 1-0:213.7.0\n"
    "neutral_amperage Q A 1-0:91.7.0\n"
    "l2_flicker Q - 1-0:214.7.0\n"
    "door_open_count C - 1-0:200.7.0\n"
    "meter_colour P - 1-0:201.7.0\n"
)
LINES = (
    "1-0:213.7.0(0.98)",
    "1-0:91.7.0(001.25*A)",
    "1-0:214.7.0(-0.5)",
    "1-0:200.7.0(00007)",
    "1-0:201.7.0(grey)",
)

#: What `make fields` may write: no module has a number that changes with a row.
WRITTEN = {
    "docs/fields.md",
    "docs/prometheus.md",
    "firmware/renderers/homeassistant.fields",
    "firmware/renderers/prometheus.prom",
}


def files(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def run_fields(folder, *options):
    return subprocess.run(
        [sys.executable, "-m", "host.fields", *options],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": "lib", "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        timeout=60,
    )


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    """A copy of the tree with further rows in its table, after `make fields`."""
    folder = tmp_path_factory.mktemp("tree")
    for name in ("lib", "firmware", "host", "docs"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    path = folder / "lib" / "dsmr" / "table.py"
    table = path.read_text(encoding="utf-8")
    assert table.count(BEFORE) == 1
    path.write_text(table.replace(BEFORE, ROWS + BEFORE), encoding="utf-8")
    before = files(folder)
    assert run_fields(folder, "--check").returncode == 1
    done = run_fields(folder)
    assert done.returncode == 0, done.stderr
    assert {name for name, data in files(folder).items() if before.get(name) != data} == WRITTEN
    assert run_fields(folder, "--check").returncode == 0
    return folder


@pytest.fixture(scope="module", params=["CPython", "MicroPython"])
def found(request, copy, tmp_path_factory):
    """What the renderers of the copy make of a telegram that has the fields."""
    path = tmp_path_factory.mktemp("telegram") / "telegram"
    path.write_bytes(telegram(*T211, *LINES))
    python = sys.executable if request.param == "CPython" else under_micropython.command()
    places = "%s:%s" % (copy / "lib", copy)
    done = subprocess.run(
        [python, str(SCRIPTS / "all_forms.py"), str(path)],
        env={**os.environ, "PYTHONPATH": places, "MICROPYPATH": places},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr + done.stdout
    return json.loads(done.stdout)


def test_metrics_have_it(found):
    assert found["problems"] == []
    fields = json.loads(found["metrics"], parse_float=str, parse_int=str)
    assert fields["flicker"] == {"value": "0.98", "unit": "Number"}
    assert fields["l2_flicker"] == {"value": "-0.5", "unit": "Number"}
    assert fields["neutral_amperage"] == {"value": "1.25", "unit": "Ampere"}
    assert fields["door_open_count"] == {"value": "7", "unit": "Integer"}
    assert fields["meter_colour"] == {"value": "grey", "unit": "String"}
    # What is made of other fields, which now have other numbers.
    assert fields["gas_used"]["value"] == "3806.070"
    assert fields["total_power_net"]["value"] == "-1200"
    assert fields["energy_used_total"]["value"] == "2336.061"
    assert fields["demand_forecast"]["unit"] == "Watt"
    assert fields["demand_average_12_months"]["value"] == "4664"
    assert len(fields["devices_on_bus"]["value"]) == 1


def test_mqtt_has_it_and_home_assistant_is_told(found):
    state = json.loads(found["state"], parse_float=str)
    assert (state["flicker"], state["neutral_amperage"]) == ("0.98", "1.25")
    entities = json.loads(found["discovery"])["cmps"]
    factor, amperage = entities["flicker"], entities["neutral_amperage"]
    assert (factor["name"], factor["stat_cla"]) == ("Flicker", "measurement")
    assert "unit_of_meas" not in factor and factor["sug_dsp_prc"] == 2
    assert (amperage["name"], amperage["dev_cla"]) == ("Neutral amperage", "current")
    assert amperage["unit_of_meas"] == "A"
    assert entities["l2_flicker"]["name"] == "Flicker, L2"
    assert entities["door_open_count"]["name"] == "Door opens"
    assert "meter_colour" not in entities
    assert entities["gas_used"]["dev_cla"] == "gas"


def test_prometheus_has_it(found):
    samples, types = parse(found["prometheus"])
    assert samples[sample("p1_flicker")] == "0.98"
    assert samples[sample("p1_phase_flicker", phase="2")] == "-0.5"
    assert samples[sample("p1_neutral_amperage_amperes")] == "1.25"
    assert samples[sample("p1_door_opens_total")] == "7"
    assert types["p1_door_opens_total"] == "counter"
    (info,) = [dict(labels) for name, labels in samples if name == "p1_meter_info"]
    assert info["meter_colour"] == "grey"
    assert samples[sample("p1_mbus_volume_cubic_metres_total", channel="1", type="gas")]


def test_the_pages_have_it(copy):
    fields = (copy / "docs/fields.md").read_text(encoding="utf-8")
    assert "| `flicker` | `1-0:213.7.0` | Number | Flicker |" in fields
    assert "| `neutral_amperage` | `1-0:91.7.0` | Ampere | Neutral amperage |" in fields
    names = (copy / "docs/prometheus.md").read_text(encoding="utf-8")
    assert "| `p1_flicker` | gauge | | flicker | `flicker` |" in names


def test_the_command_has_it_without_the_firmware(copy, tmp_path):
    path = tmp_path / "telegram"
    path.write_bytes(telegram(*T211, *LINES))
    done = subprocess.run(
        [sys.executable, "-m", "dsmr", str(path)],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(copy / "lib")},
        capture_output=True,
        timeout=60,
    )
    assert b'"flicker":{"value":0.98,"unit":"Number"}' in done.stdout
