"""Settings: what is accepted, and what is said about what is not."""

import json

import pytest
from power import quick

from firmware import budget, config_file
from firmware import settings as config


def problem(**given):
    """The one sentence about settings with one mistake."""
    settings, problems = config.check(given)
    assert len(problems) == 1, problems
    return settings, problems[0]


def test_every_setting_has_a_default_that_is_allowed():
    defaults, problems = config.check({})
    assert problems == []
    assert config.check(defaults) == (defaults, [])


def test_given_settings_are_used_and_the_rest_are_defaults():
    settings, problems = config.check({"wifi_name": "home", "uart_rx_pin": 4})
    assert problems == []
    assert (settings["wifi_name"], settings["uart_rx_pin"]) == ("home", 4)
    assert settings["http_port"] == 80


@pytest.mark.parametrize(
    "name, value, allowed",
    [
        ("http_port", 0, "a whole number from 1 to 65535"),
        ("http_port", "80", "a whole number from 1 to 65535"),
        ("http_port", 80.0, "a whole number from 1 to 65535"),
        ("http_port", True, "a whole number from 1 to 65535"),
        ("http_port", None, "a whole number from 1 to 65535"),
        ("led_pin", -1, "a whole number from 0 to 48, or null"),
        ("uart_invert", 1, "true or false"),
        ("uart_format", "8E1", '"8N1" or "7E1"'),
        ("crc", False, '"required" or "none"'),
        ("wifi_name", 7, "a text of 1 to 32 characters"),
        ("wifi_name", "x" * 33, "a text of 1 to 32 characters"),
        ("hostname", "-a", "hyphens"),
        ("hostname", "a b", "hyphens"),
        ("hostname", "é", "hyphens"),
        ("hostname", "", "hyphens"),
        ("mqtt_prefix", "home/#", "letters, digits and _ - . /"),
        ("mqtt_prefix", "/home", "no / at either end"),
        ("mqtt_prefix", "home meter", "letters, digits and _ - . /"),
        ("mqtt_discovery", "hä", "letters, digits and _ - . /"),
        ("mqtt_fields", "gas_used,colour", '"all", or names of fields'),
        ("mqtt_fields", "gas_used,", '"all", or names of fields'),
        ("mqtt_port", 0, "a whole number from 1 to 65535, or null"),
        ("mqtt_qos", 2, "a whole number from 0 to 1"),
        ("decryption_key", 7, "32 hexadecimal digits."),
        ("decryption_key", "none", "32 hexadecimal digits."),
        ("decryption_key", "0" * 31, "32 hexadecimal digits."),
        ("decryption_key", "0" * 31 + "g", "32 hexadecimal digits."),
        ("decryption_key", "é" * 16, "32 hexadecimal digits."),
        ("authentication_key", "", '32 hexadecimal digits, or "none"'),
        ("authentication_key", "0" * 33, '32 hexadecimal digits, or "none"'),
    ],
)
def test_a_wrong_value_costs_the_setting_and_is_explained(name, value, allowed):
    settings, sentence = problem(**{name: value})
    assert sentence.startswith(name + ":")
    assert allowed in sentence
    assert json.dumps(config.check({})[0][name]) in sentence
    assert settings == config.check({})[0]


def test_null_is_a_led_pin_that_is_not_there():
    assert config.check({"led_pin": None})[1] == []


@pytest.mark.parametrize(
    "name, value",
    [
        ("mqtt_prefix", "home/meter_1.p1-x"),
        ("mqtt_fields", "all"),
        ("mqtt_fields", "identification"),
        ("mqtt_fields", "gas_used,total_power_used,devices_on_bus"),
        ("mqtt_discovery", ""),
        ("mqtt_port", 8883),
        ("mqtt_password", "x"),
    ],
)
def test_what_mqtt_may_be_told(name, value):
    settings, problems = config.check({name: value})
    assert problems == []
    assert settings[name] == value


def test_an_unknown_setting_is_named():
    _, sentence = problem(wifi_pasword="abcdefgh")
    assert sentence == "wifi_pasword is no setting; docs/settings.md lists them all."


def test_a_name_that_begins_with_an_underscore_is_a_remark():
    assert config.check({"_why": "because"})[1] == []


def test_a_wrong_password_is_not_shown():
    _, sentence = problem(wifi_password="short")
    assert "short" not in sentence
    assert "a text of 8 to 64 characters" in sentence


@pytest.mark.parametrize("given", [[], "text", 5, None])
def test_settings_that_are_no_object_are_explained(given):
    settings, problems = config.check(given)
    assert settings == config.check({})[0]
    assert "JSON object" in problems[0]


def test_a_missing_file_is_named(tmp_path):
    settings, problems = config_file.read(str(tmp_path / "config.json"))
    assert settings == config.check({})[0]
    assert "There is no" in problems[0]


@pytest.mark.parametrize("text", ["", '{"http_port": 81', "\x00\xff"])
def test_a_damaged_file_is_said_and_the_defaults_are_used(tmp_path, text):
    path = tmp_path / "config.json"
    path.write_bytes(text.encode("latin-1"))
    settings, problems = config_file.read(str(path))
    assert settings == config.check({})[0]
    assert "not valid JSON" in problems[0]


def test_the_keys_of_an_encrypted_meter_are_secrets():
    keys = {"decryption_key": "0f" * 16, "authentication_key": "0e" * 16}
    shown = config.masked(config.check(keys)[0])
    assert {shown[name] for name in keys} == {"********"}
    assert set(keys) <= set(config.secrets())
    assert {kind for name, kind, _ in config.kinds() if name in keys} == {"secret"}
    assert config.check({"authentication_key": "none"})[1] == []


def test_secrets_are_masked_and_the_rest_is_shown():
    settings = config.check({"wifi_name": "home", "wifi_password": "verysecret"})[0]
    shown = config.masked(settings)
    assert shown["wifi_name"] == "home"
    assert "verysecret" not in str(shown)
    assert settings["wifi_password"] == "verysecret"


FIXED = {"ip": "192.168.1.5", "gateway": "192.168.1.1", "dns": "192.168.1.1"}
NOT_FIXED = "The fixed address is not used; the router gives one (DHCP)."


@pytest.mark.parametrize("changes", [{}, {"netmask": "255.255.0.0"}, {"gateway": "", "dns": ""}])
def test_a_fixed_address_is_used(changes):
    settings, problems = config.check({**FIXED, **changes})
    assert problems == []
    assert settings["ip"] == "192.168.1.5"
    assert settings["netmask"] == changes.get("netmask", "255.255.255.0")


@pytest.mark.parametrize(
    "changes, begins",
    [
        ({"ip": "192.168.1"}, "ip: "),
        ({"ip": "192.168.1.256"}, "ip: "),
        ({"ip": "192.168.1.5/24"}, "ip: "),
        ({"ip": "192.168.1.x"}, "ip: "),
        ({"ip": "192.168.1.+5"}, "ip: "),
        ({"ip": 5}, "ip: "),
        ({"ip": "192.168.1.0"}, "ip: 192.168.1.0 stands for a whole network"),
        ({"ip": "192.168.1.255"}, "ip: 192.168.1.255 stands for a whole network"),
        ({"netmask": "255.0.255.0"}, "netmask: 255.0.255.0 is none"),
        ({"netmask": "0.0.0.0"}, "netmask: 0.0.0.0 is none"),
        ({"netmask": ""}, "netmask: "),
        ({"gateway": "192.168.2.1"}, "gateway: 192.168.2.1 is no other device"),
        ({"gateway": "192.168.1.5"}, "gateway: 192.168.1.5 is no other device"),
        ({"dns": "the router"}, "dns: "),
    ],
)
def test_a_fixed_address_that_cannot_be_is_explained_and_not_used(changes, begins):
    settings, problems = config.check({**FIXED, **changes})
    assert settings["ip"] == ""
    assert len(problems) == 2
    assert problems[0].startswith(begins)
    assert problems[1] == NOT_FIXED


def test_a_setting_by_its_old_name_counts_and_is_said(monkeypatch):
    monkeypatch.setattr(config, "_RENAMED", {"ssid": "wifi_name", "old": "hostname"})
    settings, problems = config.check({"ssid": "home", "old": "a b"})
    assert settings["wifi_name"] == "home"
    assert problems[:2] == [
        "ssid is called wifi_name now; its value counts all the same.",
        "old is called hostname now; its value counts all the same.",
    ]
    assert problems[2].startswith('hostname: "a b" is not allowed')


def test_the_new_name_wins_over_the_old_one(monkeypatch):
    monkeypatch.setattr(config, "_RENAMED", {"ssid": "wifi_name"})
    assert config.check({"ssid": "old", "wifi_name": "new"})[0]["wifi_name"] == "new"


def loaded(path):
    """The settings of a file, as the program has them when it has started."""
    settings, problems = config_file.read(str(path))
    budget.fit_sockets(settings, problems)
    return settings


def test_settings_that_work_are_kept_once(tmp_path):
    path = tmp_path / "config.json"
    path.write_text('{"http_port": 81, "_why": "because"}')
    settings = loaded(path)
    config_file.keep(settings, str(path))
    copy = tmp_path / "config.json.bak"
    assert copy.read_text() == path.read_text()
    before = copy.stat().st_ino
    config_file.keep(settings, str(path))
    assert copy.stat().st_ino == before
    path.write_text('{"http_port": 82}')
    config_file.keep(settings, str(path))  # these have not been tried yet
    assert json.loads(copy.read_text())["http_port"] == 81


def test_a_file_that_begins_with_a_byte_order_mark_is_read_and_kept(tmp_path, monkeypatch):
    path = tmp_path / "config.json"
    path.write_text('\ufeff{"http_port": 81}', encoding="utf-8")
    settings, problems = config_file.read(str(path))
    assert (settings["http_port"], problems) == (81, [])
    config_file.keep(loaded(path), str(path))
    assert json.loads((tmp_path / "config.json.bak").read_text())["http_port"] == 81
    # So do the pages of the set-up.
    monkeypatch.chdir(tmp_path)
    assert config_file.given() == {"http_port": 81}


@pytest.mark.parametrize("damage", ["", '{"http_port": 8', "\x00\xff\x12"])
def test_a_damaged_file_leaves_the_settings_that_worked_last(tmp_path, damage):
    path = tmp_path / "config.json"
    path.write_text('{"http_port": 81, "colour": "red"}')
    config_file.keep(loaded(path), str(path))
    path.write_bytes(damage.encode("latin-1"))
    settings, problems = config_file.read(str(path))
    assert settings["http_port"] == 81
    assert problems[0].startswith("%s is not valid JSON: " % path)
    assert problems[0].endswith("; the last settings that worked are used, from %s.bak." % path)
    assert problems[1].startswith("colour is no setting")
    config_file.keep(settings, str(path))  # what is damaged is never taken for what worked
    assert config_file.read(str(path))[0]["http_port"] == 81


def test_a_file_that_is_gone_leaves_the_settings_that_worked_last(tmp_path):
    path = tmp_path / "config.json"
    path.write_text('{"http_port": 81}')
    config_file.keep(loaded(path), str(path))
    path.unlink()
    settings, problems = config_file.read(str(path))
    assert settings["http_port"] == 81
    assert problems[0].startswith("There is no ") and "worked" in problems[0]


def test_a_json_text_is_no_object(tmp_path):
    path = tmp_path / "config.json"
    path.write_text('"http_port"')
    assert "JSON object" in config_file.read(str(path))[1][0]


# On a board


def test_the_settings_that_worked_last_are_used_when_the_file_is_cut(power, meter_line):
    board = power(meter_line("t211", speed=5), numbers=quick(_GOOD=1), uart_rxbuf=2048)
    copy = board.flash / "config.json.bak"
    board.wait_until(copy.exists, "kept")
    path = board.flash / "config.json"
    assert copy.read_text() == path.read_text()
    path.write_text(path.read_text()[:40])
    board.reset()
    board.wait_until(lambda: board.health()["boots"] == 2, "back")
    assert board.health()["settings_problems"] == [
        "config.json is not valid JSON: line 1, column 40: the quotation mark at the end of this "
        "text is missing; the last settings that worked are used, from config.json.bak."
    ]
    board.wait_until(lambda: board.health()["telegrams"] > 0, "reading")
    assert json.loads(copy.read_text())["uart_rxbuf"] == 2048


def test_outputs_that_were_asked_for_come_before_those_that_are_on_by_default():
    def names(**given):
        settings, _ = config.check(given)
        return [name for name, _, _ in config.outputs(settings, "plain")]

    assert names() == ["raw_tcp"]
    assert names(mqtt_host="broker") == ["mqtt", "raw_tcp"]
    assert names(mqtt_host="broker", raw_port=2324) == ["raw_tcp", "mqtt"]
    assert names(mqtt_host="broker", raw_port=0) == ["mqtt"]
