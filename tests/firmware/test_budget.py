"""What the ten sockets of a chip are for: places for clients, by the settings."""

import pytest

from firmware import budget, settings

MQTT = {"mqtt_host": "192.168.1.10"}
SHELLY = {"shelly": True}
MODBUS = {"modbus_port": 502}


def fitted(**given):
    """(places of HTTP, of raw TCP, sockets that are left, sentences) with these settings."""
    found, problems = settings.check(given)
    budget.fit_sockets(found, problems)
    listeners = 1 + bool(found["raw_port"]) + bool(found["modbus_port"])
    udp = bool(found["shelly_port"]) + bool(found["shelly_port_2"]) if found["shelly"] else 0
    raw = found["raw_clients"] if found["raw_port"] else 0
    modbus = found["modbus_clients"] if found["modbus_port"] else 0
    questions = 1
    taken = listeners + udp + modbus + questions + bool(found["mqtt_host"])
    left = 10 - taken - found["http_clients"] - raw
    return found["http_clients"], raw, left, problems


@pytest.mark.parametrize(
    "given, http, raw",
    [
        ({}, 3, 3),
        (MQTT, 3, 2),
        ({**MQTT, "http_clients": 2}, 2, 3),
        ({"http_clients": 4}, 4, 2),
        ({"http_clients": 2}, 2, 3),
        ({"raw_port": 0}, 3, 0),
    ],
    ids=["alone", "MQTT", "MQTT, HTTP less", "HTTP more", "HTTP less", "raw TCP off"],
)
def test_raw_tcp_has_a_third_place_where_a_socket_is_left_beside_it(given, http, raw):
    found_http, found_raw, left, problems = fitted(**given)
    assert (found_http, found_raw) == (http, raw)
    # Who is one too many gets an answer there.
    assert left >= 1
    assert problems == []


@pytest.mark.parametrize("given", [SHELLY, MODBUS, {**SHELLY, **MQTT}, {**SHELLY, **MODBUS}])
def test_a_third_place_takes_nothing_from_others(given):
    assert fitted(**given)[1] <= 2


@pytest.mark.parametrize("clients", [1, 2, 3, 4])
def test_a_number_that_is_set_counts(clients):
    http, raw, left, problems = fitted(raw_clients=clients)
    assert (http, raw) == (3, clients)
    assert left == 4 - clients
    assert problems == []


def test_more_than_there_are_sockets_for_is_said():
    http, raw, left, problems = fitted(raw_clients=5)
    assert (http, raw, left) == (2, 5, 0)
    assert problems == [
        "http_clients 3 and raw_clients 5: the chip has 10 sockets, of which 3 are taken by "
        "others; http_clients is 2 and raw_clients 5 now."
    ]
