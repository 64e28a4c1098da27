"""What MQTT publishes: the state's document, single values, and Home Assistant's discovery."""

import json

import jinja2
import pytest
import telegrams
from telegrams import telegram

from dsmr import TelegramParser, obis, units
from dsmr.asdict import field_name
from dsmr.metrics import MetricsSink
from dsmr.writer import Writer
from firmware.renderers import homeassistant
from firmware.renderers.flat import FlatSink
from host.tree import REPO
from sim.meter import KINDS, Meter

#: Fields that are no entities, and why.
WITHOUT = {
    "identification": "a text that never changes",
    "device_name": "the same",
    "device_id": "the same",
    "device_type": "the same",
    "protocol_version": "the same",
    "power_device_serial_number": "the same, and nobody else's business",
    "ean": "the same",
    "logical_device_name": "the same",
    "gas_device_id": "the same",
    "gas_device_serial_number": "the same",
    "grid_configuration": "a number that never changes and measures nothing",
    "max_demand_history": "a list",
    "power_failure_log": "a list",
    "devices_on_bus": "a list",
    "message_code": "longer than the 255 characters that an entity may have",
    "text_message": "the same",
    "text_message_2": "the same",
    "text_message_3": "the same",
    "text_message_4": "the same",
    "text_message_5": "the same",
}

ROWS = [
    line.split(" ", 2)
    for line in (REPO / "firmware/renderers/homeassistant.fields").read_text("utf-8").splitlines()
]

NAMES = [field_name(field) for field in range(obis.FIELDS)]

#: Telegrams of every kind of meter.
SAMPLES = {
    name: telegram(*getattr(telegrams, name))
    for name in ("DSMR5", "S211", "T211", "T211_50221", "DSMR42", "SWEDEN", "LUXEMBOURG")
}
SAMPLES["DSMR30"] = telegram(*telegrams.DSMR30, crc="")
SAMPLES.update({kind: next(Meter(kind).telegrams()) for kind in KINDS})

#: By device class: the units and the state classes with which Home Assistant takes a sensor
#: (homeassistant/components/sensor/const.py), of those that a meter's values can have.
CLASSES = {
    "energy": ({"kWh", "GJ"}, {"total", "total_increasing"}),
    "gas": ({"m³"}, {"total", "total_increasing"}),
    "water": ({"m³"}, {"total", "total_increasing"}),
    "power": ({"W"}, {"measurement", None}),
    "apparent_power": ({"VA"}, {"measurement", None}),
    "reactive_power": ({"var"}, {"measurement"}),
    "voltage": ({"V"}, {"measurement"}),
    "current": ({"A"}, {"measurement", None}),
    "frequency": ({"Hz"}, {"measurement"}),
    "timestamp": ({None}, {None}),
    None: ({None, "kvarh"}, {"total_increasing", None}),
}

#: Of a field's published unit: Home Assistant's.
UNITS = {
    "Watt": "W",
    "Volt": "V",
    "Ampere": "A",
    "CubicMeter": "m³",
    "KilowattHour": "kWh",
    "GigaJoule": "GJ",
    "Hertz": "Hz",
    "Var": "var",
    "VoltAmpere": "VA",
    "KilovarHour": "kvarh",
    "Integer": None,
    "Boolean": None,
    "Timestamp": None,
}

#: Every abbreviation that the messages use (homeassistant/components/mqtt/abbreviations.py).
KNOWN = {
    "": {"dev", "o", "avty_t", "stat_t", "qos", "cmps"},
    "dev": {"ids", "name", "mf", "sw"},
    "o": {"name", "sw"},
    "component": {
        *("p", "uniq_id", "name", "val_tpl", "dev_cla", "stat_cla", "unit_of_meas"),
        *("sug_dsp_prc", "ent_cat", "en", "pl_on", "pl_off"),
    },
}


def read(octets):
    """The one telegram in some bytes."""
    parser = TelegramParser()
    parser.receive_data(octets)
    return parser.next_event()


def state(event):
    """The document that is published of a telegram, as text."""
    out = Writer()
    FlatSink(out).render(event)
    return out.getvalue().decode()


def discovery(event, prefix="home/p1", name="home_p1", qos=1):
    found = b"".join(
        piece if isinstance(piece, bytes) else piece.encode()
        for piece in homeassistant.pieces(prefix, name, qos, event.unit, event.decimals)
    )
    return json.loads(found)


def rendered(component, document):
    """What Home Assistant's template makes of a document: its text."""
    template = jinja2.Environment(undefined=jinja2.StrictUndefined).from_string(
        component["val_tpl"]
    )
    return template.render(value_json=json.loads(document))


# The state


@pytest.mark.parametrize("name", SAMPLES)
def test_the_state_has_the_values_of_metrics_to_the_letter(name):
    event = read(SAMPLES[name])
    out = Writer()
    out.write(b"{")
    MetricsSink(out).render(event)
    out.write(b"}")
    as_text = {"parse_float": str, "parse_int": str}
    metrics = json.loads(out.getvalue(), **as_text)
    assert json.loads(state(event), **as_text) == {k: v["value"] for k, v in metrics.items()}


@pytest.mark.parametrize("name", SAMPLES)
def test_a_single_value_is_that_of_the_state(name):
    event = read(SAMPLES[name])
    document = json.loads(state(event), parse_float=str, parse_int=str)
    out = Writer()
    sink = FlatSink(out)
    for field in range(obis.FIELDS):
        if not event.unit[field]:
            continue
        out.clear()
        out.write(b"before ")
        sink.value(event, field)
        text = out.getvalue().decode().removeprefix("before ")
        value = document[field_name(field)]
        if isinstance(value, str):
            assert text == value
        else:
            assert json.loads(text, parse_float=str, parse_int=str) == value


def test_a_text_is_published_as_it_is():
    event = read(
        telegram(*telegrams.SMALL, "0-0:96.13.0(%s)" % telegrams.octets('say "hello" \\ there'))
    )
    out = Writer()
    FlatSink(out).value(event, NAMES.index("text_message"))
    assert out.getvalue() == b'say "hello" \\ there'
    assert json.loads(state(event))["text_message"] == 'say "hello" \\ there'


# Discovery


def test_every_field_is_an_entity_or_has_a_reason():
    entities = {field for field, _, _ in ROWS}
    assert entities | set(WITHOUT) == set(NAMES)
    assert not entities & set(WITHOUT)


def test_the_rows_are_in_the_order_of_the_fields_and_none_is_there_twice():
    places = [(NAMES.index(field), letter) for field, letter, _ in ROWS]
    assert len(set(places)) == len(places)
    assert [place for place, _ in places] == sorted(place for place, _ in places)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row[0]} {row[1]}")
def test_a_row_fits_its_unit(row):
    _, letter, members = row
    component = json.loads("{%s}" % members)
    published = units.NAMES.decode().split(" ")[homeassistant._UNITS.decode().index(letter)]
    assert component.get("unit_of_meas") == UNITS[published]
    wanted_units, wanted_states = CLASSES[component.get("dev_cla")] if letter != "b" else ({}, {})
    if letter != "b":
        assert component.get("unit_of_meas") in wanted_units
        assert component.get("stat_cla") in wanted_states
    if published == "Timestamp":
        assert component["dev_cla"] == "timestamp"


@pytest.mark.parametrize("name", SAMPLES)
def test_the_message_describes_every_field_that_is_sent_and_no_other(name):
    event = read(SAMPLES[name])
    message = discovery(event)
    assert set(message) == KNOWN[""]
    assert set(message["dev"]) == KNOWN["dev"] and set(message["o"]) == KNOWN["o"]
    assert message["stat_t"] == "home/p1/state"
    assert message["avty_t"] == "home/p1/availability"
    assert message["qos"] == 1
    sent = {field_name(field) for field in range(obis.FIELDS) if event.unit[field]}
    assert set(message["cmps"]) == sent - set(WITHOUT)


@pytest.mark.parametrize("name", SAMPLES)
def test_every_entity_gets_its_value_from_the_document(name):
    event = read(SAMPLES[name])
    document = state(event)
    values = json.loads(document, parse_float=str, parse_int=str)
    components = discovery(event)["cmps"]
    for field, component in components.items():
        assert set(component) <= KNOWN["component"]
        value = values[field]
        text = rendered(component, document)
        if component["p"] == "binary_sensor":
            assert text == (component["pl_on"] if value else component["pl_off"])
        elif component.get("dev_cla") == "timestamp":
            assert text == value
        else:
            assert component["p"] == "sensor"
            assert float(text) == float(value)
            if "unit_of_meas" in component:
                assert component["sug_dsp_prc"] == len(value.partition(".")[2])
        # What a later telegram does not have is unknown, which Home Assistant calls None.
        assert rendered(component, "{}") == "None"


@pytest.mark.parametrize("name", SAMPLES)
def test_names_and_identifiers_are_unique(name):
    components = discovery(read(SAMPLES[name]))["cmps"]
    identifiers = [component["uniq_id"] for component in components.values()]
    assert len(set(identifiers)) == len(identifiers)
    assert all(identifier.startswith("home_p1_") for identifier in identifiers)
    names = [component["name"] for component in components.values()]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize(
    "name, field, device_class, unit",
    [
        ("t211", "energy_used_total", "energy", "kWh"),
        ("t211", "energy_generated_total", "energy", "kWh"),
        ("t211", "power_used_tariff_1", "energy", "kWh"),
        ("t211", "gas_used", "gas", "m³"),
        ("t211", "water_used", "water", "m³"),
        ("dsmr5", "energy_used_total", "energy", "kWh"),
        ("dsmr5", "gas_used", "gas", "m³"),
        ("SWEDEN", "energy_used_total", "energy", "kWh"),
    ],
)
def test_the_energy_dashboard_takes_it(name, field, device_class, unit):
    component = discovery(read(SAMPLES[name]))["cmps"][field]
    assert component["dev_cla"] == device_class
    assert component["stat_cla"] == "total_increasing"
    assert component["unit_of_meas"] == unit
    assert component.get("en", True)


def test_a_limit_has_the_class_of_its_unit():
    def limit(line):
        event = read(telegram(*telegrams.SMALL, line))
        component = discovery(event)["cmps"]["max_phase_power"]
        return component["dev_cla"], component["unit_of_meas"], component["sug_dsp_prc"]

    assert limit("0-0:17.0.0(999.9*kW)") == ("power", "W", 0)
    assert limit("0-0:17.0.0(016*A)") == ("current", "A", 0)
    assert limit("0-0:17.0.0(77.376*kVA)") == ("apparent_power", "VA", 0)


def test_a_telegram_with_nothing_in_it_is_described():
    event = read(telegram("TST5 SMALL", "1-3:0.2.8(50)"))
    assert discovery(event)["cmps"] == {}
