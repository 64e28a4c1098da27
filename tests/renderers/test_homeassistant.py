"""What MQTT publishes: the state's document, single values, and Home Assistant's discovery."""

import json

import pytest
import telegrams
from meters import one_telegram
from rendering import Shown, collected, entity_text
from telegrams import telegram

from dsmr import build, fields, table
from firmware import VERSION
from firmware.renderers import Writer, homeassistant, metrics
from host.fields import FieldsError
from host.fields import homeassistant as rules
from host.tree import REPO
from sim.meter import ALL_KINDS, Meter

#: Numbers that are no entities, and why. Texts and lists are none.
WITHOUT = {
    "device_type": "a number that never changes",
    "grid_configuration": "a number that never changes and measures nothing",
}

ROWS = [
    line.split(" ", 2)
    for line in (REPO / "firmware/renderers/homeassistant.fields").read_text("utf-8").splitlines()
]

#: The same of the reader itself: a key of its state, and the members.
KEYS = dict(
    line.split(" ", 1)
    for line in (REPO / "firmware/renderers/homeassistant.keys").read_text("utf-8").splitlines()
)

NAMES = build.column(table.FIELDS)

#: Fields whose value is a number, a state or a time.
SCALARS = {name for name, kind, _, _, _ in build.fields() if kind not in "POMVHFEB"}

#: Telegrams of every kind of meter.
SAMPLES = {
    name: telegram(*getattr(telegrams, name))
    for name in ("DSMR5", "S211", "T211", "T211_50221", "DSMR42", "SWEDEN", "LUXEMBOURG")
}
SAMPLES["DSMR30"] = telegram(*telegrams.DSMR30, crc="")
SAMPLES.update({kind: next(Meter(kind).telegrams()) for kind in ALL_KINDS})

#: By device class: the units and the state classes with which Home Assistant takes a sensor
#: (homeassistant/components/sensor/const.py), of those that a meter's values can have.
CLASSES = {
    "energy": ({"kWh", "GJ"}, {"total", "total_increasing"}),
    "gas": ({"m³"}, {"total", "total_increasing"}),
    "water": ({"m³"}, {"total", "total_increasing"}),
    "volume": ({"m³"}, {"total", "total_increasing"}),
    "duration": ({"s"}, {"measurement", "total_increasing"}),
    "signal_strength": ({"dBm"}, {"measurement"}),
    "data_size": ({"B"}, {"measurement"}),
    "power": ({"W"}, {"measurement", None}),
    "apparent_power": ({"VA"}, {"measurement", None}),
    "reactive_power": ({"var"}, {"measurement"}),
    "voltage": ({"V"}, {"measurement"}),
    "current": ({"A"}, {"measurement", None}),
    "frequency": ({"Hz"}, {"measurement"}),
    "timestamp": ({None}, {None}),
    None: ({None, "kvarh", "kVAh", "kWh"}, {"total_increasing", "measurement", None}),
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
    "KilovoltAmpereHour": "kVAh",
    "Second": "s",
    "Number": None,
    "Integer": None,
    "Boolean": None,
    "Timestamp": None,
}

#: Every abbreviation that the messages use (homeassistant/components/mqtt/abbreviations.py).
KNOWN = {
    "": {"dev", "o", "avty_t", "stat_t", "qos", "cmps"},
    "dev": {"ids", "name", "mf", "mdl", "hw", "sw", "cu", "sn"},
    "o": {"name", "sw"},
    "component": {
        *("p", "uniq_id", "name", "val_tpl", "dev_cla", "stat_cla", "unit_of_meas"),
        *("sug_dsp_prc", "ent_cat", "en", "pl_on", "pl_off", "exp_aft"),
    },
}


def state(event):
    """The document that is published of a telegram, as text."""
    out = Writer()
    return collected(metrics.render(Shown(event), out, False), out).decode()


class Board:
    """As much of a board as the messages tell of it."""

    def __init__(self, *addresses):
        self._addresses = addresses

    def networks(self):
        return [(address, "255.255.255.0") for address in self._addresses]

    def station(self):
        return "24a160c0ffee", "WiFi", -61


def message(pieces):
    return json.loads(b"".join(p if isinstance(p, bytes) else p.encode() for p in pieces))


def head(*addresses, name="home_p1", port=80):
    return homeassistant.device(name, 1, Board(*addresses), port)


def discovery(event):
    """The message about a meter's fields."""
    fields = (event.unit, event.decimals)
    return message(homeassistant.pieces("home/p1", "home_p1", head("192.168.1.42"), *fields))


def of_the_reader(state, *addresses, **more):
    return message(homeassistant.reader("home/p1", "home_p1", head(*addresses, **more), state))


# The state


@pytest.mark.parametrize("name", SAMPLES)
def test_the_state_has_the_values_of_metrics_to_the_letter(name):
    event = one_telegram(SAMPLES[name])
    out = Writer()
    as_text = {"parse_float": str, "parse_int": str}
    document = json.loads(collected(metrics.render(Shown(event), out), out), **as_text)
    assert json.loads(state(event), **as_text) == {k: v["value"] for k, v in document.items()}


@pytest.mark.parametrize("name", SAMPLES)
def test_a_single_value_is_that_of_the_state(name):
    event = one_telegram(SAMPLES[name])
    document = json.loads(state(event), parse_float=str, parse_int=str)
    out = Writer()
    for field in range(fields.FIELDS):
        if not event.unit[field]:
            continue
        out.clear()
        out.write(b"before ")
        metrics.put_alone(out, event, field)
        text = out.getvalue().decode().removeprefix("before ")
        value = document[NAMES[field]]
        if isinstance(value, str):
            assert text == value
        else:
            assert json.loads(text, parse_float=str, parse_int=str) == value


def test_a_text_is_published_as_it_is():
    event = one_telegram(
        telegram(*telegrams.SMALL, "0-0:96.13.0(%s)" % telegrams.octets('say "hello" \\ there'))
    )
    out = Writer()
    metrics.put_alone(out, event, NAMES.index("text_message"))
    assert out.getvalue() == b'say "hello" \\ there'
    assert json.loads(state(event))["text_message"] == 'say "hello" \\ there'


# Discovery


def test_every_number_state_and_time_is_an_entity_or_has_a_reason():
    assert {field for field, _, _ in ROWS} == SCALARS - set(WITHOUT)


def test_the_rows_are_in_the_order_of_the_fields_and_none_is_there_twice():
    places = [(NAMES.index(field), letter) for field, letter, _ in ROWS]
    assert len(set(places)) == len(places)
    assert [place for place, _ in places] == sorted(place for place, _ in places)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row[0]} {row[1]}")
def test_a_row_fits_its_unit(row):
    _, letter, members = row
    component = json.loads("{%s}" % members)
    published = dict(zip(build.column(table.UNITS), build.column(table.UNITS, 1)))[letter]
    assert component.get("unit_of_meas") == UNITS[published]
    wanted_units, wanted_states = CLASSES[component.get("dev_cla")] if letter != "b" else ({}, {})
    if letter != "b":
        assert component.get("unit_of_meas") in wanted_units
        assert component.get("stat_cla") in wanted_states
    if published == "Timestamp":
        assert component["dev_cla"] == "timestamp"


@pytest.mark.parametrize("name", SAMPLES)
def test_the_message_describes_every_field_that_is_sent_and_no_other(name):
    event = one_telegram(SAMPLES[name])
    message = discovery(event)
    assert set(message) == KNOWN[""]
    assert set(message["dev"]) == KNOWN["dev"] and set(message["o"]) == KNOWN["o"]
    assert message["stat_t"] == "home/p1/state"
    assert message["avty_t"] == "home/p1/availability"
    assert message["qos"] == 1
    sent = {name for name, unit in zip(NAMES, event.unit) if unit}
    assert set(message["cmps"]) == sent & SCALARS - set(WITHOUT)


@pytest.mark.parametrize("name", SAMPLES)
def test_every_entity_gets_its_value_from_the_document(name):
    event = one_telegram(SAMPLES[name])
    document = state(event)
    values = json.loads(document, parse_float=str, parse_int=str)
    components = discovery(event)["cmps"]
    for field, component in components.items():
        assert set(component) <= KNOWN["component"]
        value = values[field]
        text = entity_text(component, document)
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
        assert entity_text(component, "{}") == "None"


@pytest.mark.parametrize("name", SAMPLES)
def test_names_and_identifiers_are_unique(name):
    components = discovery(one_telegram(SAMPLES[name]))["cmps"]
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
    component = discovery(one_telegram(SAMPLES[name]))["cmps"][field]
    assert component["dev_cla"] == device_class
    assert component["stat_cla"] == "total_increasing"
    assert component["unit_of_meas"] == unit
    assert component.get("en", True)


def test_a_limit_has_the_class_of_its_unit():
    def limit(line):
        event = one_telegram(telegram(*telegrams.SMALL, line))
        component = discovery(event)["cmps"]["max_phase_power"]
        return component["dev_cla"], component["unit_of_meas"], component["sug_dsp_prc"]

    assert limit("0-0:17.0.0(999.9*kW)") == ("power", "W", 0)
    assert limit("0-0:17.0.0(016*A)") == ("current", "A", 0)
    assert limit("0-0:17.0.0(77.376*kVA)") == ("apparent_power", "VA", 0)


def test_a_telegram_with_nothing_in_it_is_described():
    event = one_telegram(telegram("TST5 SMALL", "1-3:0.2.8(50)"))
    assert discovery(event)["cmps"] == {}


# The reader itself

#: What a board publishes of itself, and what of it there is on a PC.
OF_A_BOARD = {
    "uptime": 3600,
    "rejected": 3,
    "free_heap": 20480,
    "rssi": -61,
    "reset_cause": "power on",
}
OF_A_PC = {key: OF_A_BOARD[key] for key in ("uptime", "rejected")}


def test_the_device_has_what_home_assistant_shows_of_it():
    device = of_the_reader(OF_A_BOARD, "192.168.1.42")["dev"]
    assert device == {
        "ids": "home_p1",
        "name": "home_p1",
        "mf": "power-readout",
        "mdl": "P1 reader",
        "hw": "PC",
        "sw": VERSION,
        "cu": "http://192.168.1.42/",
        "sn": "24a160c0ffee",
    }


def test_both_messages_are_about_the_same_device():
    about_meter = discovery(one_telegram(SAMPLES["t211"]))
    about_reader = of_the_reader(OF_A_BOARD, "192.168.1.42")
    for part in ("dev", "o", "qos"):
        assert about_meter[part] == about_reader[part]


@pytest.mark.parametrize(
    "addresses, port, url",
    [
        (["192.168.1.42"], 80, "http://192.168.1.42/"),
        (["192.168.1.42"], 8080, "http://192.168.1.42:8080/"),
        (["127.0.0.1", "10.0.0.7", "172.17.0.1"], 8080, "http://10.0.0.7:8080/"),
        (["127.0.0.1"], 8080, "http://127.0.0.1:8080/"),
        ([], 80, None),
    ],
    ids=["board", "port", "PC", "PC without a network", "no address"],
)
def test_the_link_leads_to_the_live_page(addresses, port, url):
    assert of_the_reader(OF_A_PC, *addresses, port=port)["dev"].get("cu") == url


def test_without_the_library_that_knows_addresses_there_is_no_link():
    class WithoutLibrary(Board):
        def networks(self):
            raise ImportError

    found = homeassistant.device("p1", 0, WithoutLibrary(), 8080)
    assert "cu" not in message(homeassistant.reader("p1", "p1", found, OF_A_PC))["dev"]


@pytest.mark.parametrize("state", [OF_A_BOARD, OF_A_PC], ids=["board", "PC"])
def test_the_reader_has_an_entity_for_each_key_of_its_state(state):
    found = of_the_reader(state, "192.168.1.42")
    assert set(found["cmps"]) == set(state)
    document = json.dumps(state)
    for key, component in found["cmps"].items():
        assert set(component) <= KNOWN["component"]
        assert component["p"] == "sensor"
        assert component["ent_cat"] == "diagnostic"
        assert entity_text(component, document) == str(state[key])
        assert entity_text(component, "{}") == "None"
        units, states = CLASSES[component.get("dev_cla")]
        assert component.get("unit_of_meas") in units
        assert component.get("stat_cla") in states
    assert set(OF_A_BOARD) == set(KEYS)


def test_the_readers_entities_depend_on_the_reader_and_not_on_the_meter():
    found = of_the_reader(OF_A_BOARD, "192.168.1.42")
    assert set(found) == KNOWN[""] - {"avty_t"}
    assert found["stat_t"] == "home/p1/reader"
    # Those of the meter are as before.
    about_meter = discovery(one_telegram(SAMPLES["t211"]))
    assert about_meter["avty_t"] == "home/p1/availability"
    for component in found["cmps"].values():
        # Two reports are missing then, of which there is one a minute.
        assert component["exp_aft"] == 150
    assert all("exp_aft" not in component for component in about_meter["cmps"].values())


def test_a_signal_that_is_unknown_just_now_is_unknown():
    found = of_the_reader({**OF_A_BOARD, "rssi": None})
    assert entity_text(found["cmps"]["rssi"], '{"rssi": null}') == "None"


def test_the_readers_names_and_identifiers_are_none_of_a_fields():
    components = of_the_reader(OF_A_BOARD)["cmps"].values()
    names = {json.loads("{%s}" % members)["name"] for _, _, members in ROWS}
    assert names.isdisjoint(component["name"] for component in components)
    identifiers = {"home_p1_" + name for name in NAMES}
    assert identifiers.isdisjoint(component["uniq_id"] for component in components)


# The rule


@pytest.mark.parametrize(
    "field, name",
    [
        ("energy_used_total", "Energy used"),
        ("total_power_generated", "Power generated"),
        ("l2_power_usage", "Power used, L2"),
        ("l3_apparent_power_used", "Apparent power used, L3"),
        ("long_power_failure_count", "Long power failures"),
        ("power_factor", "Power factor"),
    ],
)
def test_an_entity_is_called_after_its_field(field, name):
    assert rules._name(field) == name


def test_every_unit_is_one_that_home_assistant_has():
    assert set(rules._CLASSES) == set(build.column(table.UNITS, 1)) - {"String", "List"}


def test_an_exception_takes_the_place_of_what_the_rule_says():
    exceptions = rules.read_rules('# remark\n\nlN_x "name":"X of LN","en":false\ny -\n')
    assert rules._exception("l2_x", exceptions) == {"name": "X of L2", "en": False}
    assert rules._exception("y", exceptions) is None
    assert rules._exception("z", exceptions) == {}


def test_an_exception_that_is_no_json_is_an_error():
    with pytest.raises(FieldsError, match=r"homeassistant\.rules: x is not followed by JSON"):
        rules._exception("x", rules.read_rules("x name\n"))
