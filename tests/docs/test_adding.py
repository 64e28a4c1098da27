"""What the pages say of adding a field or an output, done in a copy of the repository."""

import json
import os
import re
import shutil
import subprocess
import sys
import urllib.request

import pytest
import under_micropython
from added_output import SETTINGS, OnBoard, OnPc, ask, copy_with_page, wait_until
from pages import blocks, page, section
from prometheus_text import parse, sample
from telegrams import T211, telegram
from under_micropython import ROOT, SCRIPTS

from firmware.outputs import Context

FIELDS = section("Adding a field", page("fields.md"))
OUTPUT = page("add-an-output.md")


# A field


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    """A copy with the page's two rows at the table's end, after `make fields`."""
    folder = tmp_path_factory.mktemp("tree")
    for name in ("lib", "firmware", "host", "docs"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    path = folder / "lib/dsmr/table.py"
    table = path.read_text(encoding="utf-8")
    last = "devices_on_bus B - = devices\n"
    assert table.count(last) == 1
    path.write_text(table.replace(last, last + "".join(blocks(FIELDS))), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "host.fields"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": "lib"},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(scope="module", params=["CPython", "MicroPython"])
def found(request, copy, tmp_path_factory):
    """What the renderers of the copy make of a telegram that has the two objects."""
    path = tmp_path_factory.mktemp("telegram") / "telegram"
    path.write_bytes(telegram(*T211, "1-0:91.7.0(001.25*A)", "1-0:213.7.0(0.98)"))
    python = sys.executable if request.param == "CPython" else under_micropython.command()
    places = f"{copy / 'lib'}:{copy}"
    done = subprocess.run(
        [python, str(SCRIPTS / "all_forms.py"), str(path)],
        env={**os.environ, "PYTHONPATH": places, "MICROPYPATH": places},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr + done.stdout
    return json.loads(done.stdout)


def test_the_fields_of_the_page_are_in_metrics_and_in_mqtts_state(found):
    assert found["problems"] == []
    fields = json.loads(found["metrics"], parse_float=str)
    assert fields["neutral_amperage"] == {"value": "1.25", "unit": "Ampere"}
    assert fields["flicker"] == {"value": "0.98", "unit": "Number"}
    state = json.loads(found["state"], parse_float=str)
    assert (state["neutral_amperage"], state["flicker"]) == ("1.25", "0.98")


def test_the_fields_of_the_page_are_in_prometheus_by_the_names_that_it_says(found):
    samples, _ = parse(found["prometheus"])
    names = re.findall(r"`(p1_\w+)`", FIELDS)
    assert [samples[sample(name)] for name in names] == ["1.25", "0.98"]


def test_home_assistant_is_told_of_the_fields_of_the_page_by_the_names_that_it_says(found):
    entities = json.loads(found["discovery"])["cmps"]
    names = [entities[name]["name"] for name in ("neutral_amperage", "flicker")]
    assert names == ["Neutral amperage", "Flicker"]
    assert all(f'"{name}"' in FIELDS for name in names)
    assert entities["neutral_amperage"]["unit_of_meas"] == "A"
    assert "unit_of_meas" not in entities["flicker"]


def test_the_fields_of_the_page_are_in_the_tables_of_docs(copy):
    fields = (copy / "docs/fields.md").read_text(encoding="utf-8")
    assert "| `neutral_amperage` | `1-0:91.7.0` | Ampere | Neutral amperage |" in fields
    assert "| `flicker` | `1-0:213.7.0` | Number | Flicker |" in fields
    names = (copy / "docs/prometheus.md").read_text(encoding="utf-8")
    assert "| `p1_neutral_amperage_amperes` | gauge |" in names
    assert "| `p1_flicker` | gauge |" in names


# An output


@pytest.fixture(params=[OnBoard, OnPc], ids=["board", "pc"])
def running(request, tmp_path, board_interpreter, meter_line):
    """The output of the page, switched on."""
    repo = copy_with_page(tmp_path / "repo")
    (module,) = blocks(OUTPUT, "python")
    assert len(module.splitlines()) <= 32
    name = re.search(r"`(\w+\.py)` in the folder `firmware/outputs/`", OUTPUT)[1]
    (repo / "firmware/outputs" / name).write_text(module, encoding="utf-8")
    path = repo / SETTINGS
    table = path.read_text(encoding="utf-8")
    first = "raw_port number"
    assert table.count(first) == 1
    (row,) = blocks(section("The setting", OUTPUT))
    path.write_text(table.replace(first, row + first), encoding="utf-8")
    line = meter_line("t211", speed=10)
    with request.param(repo, tmp_path, line, board_interpreter, {"watts": True}) as running:
        wait_until(running, lambda: ask(running, "/readyz")[0] == 200)
        yield running
    assert running.ran


def test_the_output_of_the_page_answers_and_is_counted(running):
    assert re.fullmatch(r"-?\d+ W\n", text_at(running, "/watts"))
    health = ask(running, "/healthz")[1]
    assert health["watts"] == {"asked": 1}
    assert health["errors"] == [] and health["settings_problems"] == []


def text_at(running, path):
    url = f"http://127.0.0.1:{running.settings['http_port']}{path}"
    with urllib.request.urlopen(url, timeout=5) as response:
        return response.read().decode()


def test_the_page_says_what_an_output_is_given():
    named = set(re.findall(r"`context\.(\w+)`", OUTPUT))
    assert named <= set(vars(Context()))
    assert {"readout", "settings", "log"} <= named
