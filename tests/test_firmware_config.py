"""Settings: what is accepted, and what is said about what is not."""

import json

import pytest

from firmware import config


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


def test_an_unknown_setting_is_named():
    _, sentence = problem(wifi_pasword="abcdefgh")
    assert sentence == "wifi_pasword is no setting; the README lists them all."


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
    settings, problems = config.load(str(tmp_path / "config.json"))
    assert settings == config.check({})[0]
    assert "There is no" in problems[0]


@pytest.mark.parametrize("text", ["", '{"http_port": 81', "\x00\xff"])
def test_a_damaged_file_is_said_and_the_defaults_are_used(tmp_path, text):
    path = tmp_path / "config.json"
    path.write_bytes(text.encode("latin-1"))
    settings, problems = config.load(str(path))
    assert settings == config.check({})[0]
    assert "not valid JSON" in problems[0]


def test_secrets_are_masked_and_the_rest_is_shown():
    settings = config.check({"wifi_name": "home", "wifi_password": "verysecret"})[0]
    shown = config.masked(settings)
    assert shown["wifi_name"] == "home"
    assert "verysecret" not in str(shown)
    assert settings["wifi_password"] == "verysecret"
