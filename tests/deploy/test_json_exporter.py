"""deploy/json_exporter: every JSONPath against what the firmware answers, on a simulated board."""

from itertools import islice

import json_exporter
import pytest
import yaml
from meters import START

from host import tree
from host.fields import page
from sim.line import Line
from sim.meter import Meter

FOLDER = tree.REPO / "deploy" / "json_exporter"
MODULES = yaml.safe_load((FOLDER / "config.yml").read_text(encoding="utf-8"))["modules"]

#: The sample in the README of the service that this replaces: each of its metrics was
#: {name, type: object, path: {.name}, labels: unit: {.unit}, values: value: {.value}}.
SAMPLE = (
    "l1_power_usage",
    "l1_power_generated",
    "l1_amperage",
    "l1_voltage",
    "power_used_tariff_1",
    "power_used_tariff_2",
    "total_power_used",
    "total_power_generated",
    "gas_used",
)


def as_in_the_sample(name):
    return {
        "name": name,
        "type": "object",
        "path": "{.%s}" % name,
        "labels": {"unit": "{.unit}"},
        "values": {"value": "{.value}"},
    }


def without_help(metric):
    return {key: value for key, value in metric.items() if key != "help"}


@pytest.fixture
def answer(board):
    """A function: the answer of /metrics for a meter, and the reading that it is made from."""

    def get(*meter, **options):
        readings = {one.timestamp: one for one in islice(Meter(*meter, **options).readings(), 9)}
        line = Line(
            Meter(*meter, **options), listen=("127.0.0.1", 0), speed=20, count=9, wait=True
        )
        with line:
            firmware = board(line, environment={"SIM_BACKPRESSURE": "1"}, stale_after=60)
            firmware.wait_until_ready()
            document = firmware.json("/metrics")
        said = document["timestamp"]["value"]
        return document, readings[said[2:19].translate({ord(c): None for c in "-:T"}) + "W"]

    return get


def values(samples):
    """{name without "_value": (value, unit)} of the samples that have a unit and nothing else."""
    return {
        name[: -len("_value")]: (value, labels[0][1])
        for (name, labels), value in samples.items()
        if [label for label, _ in labels] == ["unit"]
    }


def expected(reading):
    """What the sample's metrics are, by the simulated meter's own account."""
    phase = reading.phases[0]
    return {
        "l1_power_usage": (phase.power_used_w, "Watt"),
        "l1_power_generated": (phase.power_generated_w, "Watt"),
        "l1_amperage": (phase.current_ca / 100, "Ampere"),
        "l1_voltage": (phase.voltage_dv / 10, "Volt"),
        "power_used_tariff_1": (reading.energy_used_tariff_1_wh / 1000, "KilowattHour"),
        "power_used_tariff_2": (reading.energy_used_tariff_2_wh / 1000, "KilowattHour"),
        "total_power_used": (reading.power_used_w, "Watt"),
        "total_power_generated": (reading.power_generated_w, "Watt"),
        "gas_used": (reading.gas_dm3 / 1000, "CubicMeter"),
    }


@pytest.mark.parametrize("kind", ["s211", "t211"])
def test_the_replaced_services_sample_works(answer, kind):
    document, reading = answer(kind, START)
    module = {"metrics": [as_in_the_sample(name) for name in SAMPLE]}
    assert values(json_exporter.samples(module, document)) == expected(reading)

    samples = json_exporter.samples(MODULES[kind + "_gas"], document)
    assert expected(reading).items() <= values(samples).items()
    _check_against(document, samples)
    serial = (("serial_number", document["power_device_serial_number"]["value"]),)
    assert samples["power_device_serial_number_info", serial] == 1
    devices = {labels for name, labels in samples if name == "devices_on_bus_value"}
    assert len(devices) == (1 if kind == "s211" else 2)


@pytest.mark.parametrize("kind", ["s211", "t211"])
def test_a_meter_without_gas_lacks_no_key_of_its_module(answer, kind):
    document, _ = answer(kind, START, gas=False, water=False)
    samples = json_exporter.samples(MODULES[kind], document)
    _check_against(document, samples)
    # It has all that there is.
    numbers = {name for name in document if _is_number(document[name]["value"])}
    assert numbers - set(values(samples)) == set(), "add it to the module"
    with pytest.raises(json_exporter.Trouble, match="gas_used"):
        json_exporter.samples(MODULES[kind + "_gas"], document)


def _is_number(value):
    return isinstance(value, (int, float))


def _check_against(document, samples):
    """Every sample with a unit is the field of its name."""
    assert values(samples)
    for name, (value, unit) in values(samples).items():
        assert value == document[name]["value"], name
        assert unit == document[name]["unit"], name


def test_the_path_of_every_metric_finds_what_it_is_called_after():
    for metric in MODULES["all"]["metrics"]:
        name = metric["name"]
        field = {"value": 1, "unit": "Watt"}
        device = {"channel": 1, "type": 3, "id": "x", "unit": "CubicMeter", "value": 3992.506}
        if name == "devices_on_bus":
            field = {"value": [device], "unit": "List"}
        found = json_exporter.samples({"metrics": [metric]}, {name: field})
        assert [key for key, _ in found] in ([name + "_value"], [name + "_info"])
    assert list(found.values()) == [1]


def test_all_has_every_field_that_is_a_number():
    numbers = {
        name for name, unit, _ in page.rows() if unit not in ("String", "Timestamp", "List")
    }
    metrics = {metric["name"]: metric for metric in MODULES["all"]["metrics"]}
    assert numbers - set(metrics) == set(), "add it to deploy/json_exporter/config.yml"
    for name in numbers:
        assert without_help(metrics[name]) == as_in_the_sample(name)
        assert len(metrics[name]["help"]) > 5


def test_a_module_has_nothing_twice():
    for name, module in MODULES.items():
        names = [metric["name"] for metric in module["metrics"]]
        assert len(names) == len(set(names)), name


def test_the_jobs_modules_are_there():
    text = (FOLDER / "prometheus.yml").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if "{module: " in line]
    assert {line.split("{module: ")[1].rstrip("}") for line in lines} == set(MODULES)
    # Those in comments are right too.
    for place in range(1, len(lines)):
        assert lines[place].strip().startswith("#")
    (job,) = yaml.safe_load(text)["scrape_configs"]
    assert job["metrics_path"] == "/probe"
