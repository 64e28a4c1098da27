"""Brokers that misbehave, and the board's firmware under MicroPython: the meter is read on."""

import threading

import mqtt_fake as fake
import pytest

from sim.broker import CONNACK, Broker, published, serve
from sim.ports import free_port

#: Telegrams in a test, and how much faster they come than a meter's: whatever holds up the loop
#: for half a second loses one.
COUNT, SPEED = 8, 5


@pytest.fixture
def all_come(board, meter_line):
    """A function that runs a board with some settings until all telegrams have come, and some
    condition holds of its `/healthz`; none may be lost or damaged."""

    def run(done, **settings):
        line = meter_line("t211", speed=SPEED, count=COUNT, wait=True)
        firmware = board(line, mqtt_interval=0, **settings)
        firmware.wait_until(lambda: done(firmware.json("/healthz")["mqtt"]), "as wanted", 40)
        assert line.join(60)
        firmware.wait_until(lambda: firmware.json("/healthz")["telegrams"] == COUNT, "all")
        health = firmware.json("/healthz")
        assert health["rejected"] == {}
        assert health["bytes"]["in"] == health["bytes"]["accepted"]
        return firmware, health["mqtt"]

    return run


@pytest.mark.parametrize(
    "behave, words",
    [
        (fake.garbage, "what answers there is no MQTT broker"),
        (fake.flood, "what answers there is no MQTT broker"),
        (fake.hang_up, "has closed the connection"),
        (fake.refuse(5), "check mqtt_user and mqtt_password"),
    ],
    ids=["garbage", "flood", "hang up", "refuse"],
)
def test_a_broker_that_is_none_costs_no_telegram(all_come, behave, words):
    broker = Broker(behave)
    firmware, mqtt = all_come(
        lambda state: len(broker.connections) > 1 and "last_error" in state,
        mqtt_host="127.0.0.1",
        mqtt_port=broker.port,
        mqtt_password="hidden",
    )
    assert mqtt["connected"] is False
    assert words in mqtt["last_error"]
    assert firmware.printed.count(words) == 1
    assert "hidden" not in firmware.printed
    broker.close()


@pytest.mark.parametrize("behave", [fake.silent, fake.slow], ids=["silent", "slow"])
def test_a_broker_that_takes_its_time_costs_no_telegram(all_come, behave):
    broker = Broker(behave)
    _, mqtt = all_come(
        lambda state: broker.connections,
        mqtt_host="127.0.0.1",
        mqtt_port=broker.port,
        mqtt_fields="all",
    )
    assert mqtt["reconnects"] == 0
    broker.close()


def test_no_broker_at_all_costs_no_telegram(all_come):
    port = free_port()
    _, mqtt = all_come(lambda state: "last_error" in state, mqtt_host="127.0.0.1", mqtt_port=port)
    assert mqtt["last_error"] == (
        f"the broker at 127.0.0.1:{port} cannot be reached: nobody listens there"
    )


def test_a_name_that_does_not_exist_costs_no_telegram(all_come):
    _, mqtt = all_come(lambda state: "last_error" in state, mqtt_host="broker.invalid")
    assert mqtt["last_error"] == (
        "the broker at broker.invalid:1883 cannot be reached: there is no such host"
    )


def test_attempts_leave_no_socket_behind(board, meter_line):
    broker = Broker(fake.hang_up)
    firmware = board(
        meter_line("t211", speed=5),
        environment={"SIM_SOCKETS": "3"},
        mqtt_host="127.0.0.1",
        mqtt_port=broker.port,
    )
    # Two listen, for HTTP and raw TCP, and the third is for whoever comes.
    firmware.wait_until(lambda: len(broker.connections) > 2, "tried again and again")
    firmware.wait_until_ready()
    assert "ENFILE" not in firmware.printed
    broker.close()


def test_a_name_and_a_broker_that_answers(board, meter_line):
    broker = Broker(serve)
    firmware = board(
        meter_line("t211", speed=10),
        mqtt_host="localhost",
        mqtt_port=broker.port,
        mqtt_prefix="home/p1",
        mqtt_fields="gas_used,total_power_used",
        mqtt_interval=0,
        mqtt_qos=1,
    )
    firmware.wait_until(lambda: len(broker.packets) > 20, "publishing")
    topics = {published(body, 1)[0] for kind, body in broker.packets if kind & 0xF0 == 0x30}
    assert topics == {
        "home/p1/state",
        "home/p1/availability",
        "home/p1/reader",
        "home/p1/gas_used",
        "home/p1/total_power_used",
        "homeassistant/device/home_p1/config",
        "homeassistant/device/home_p1/reader/config",
    }
    assert firmware.json("/healthz")["mqtt"] == {"connected": True, "reconnects": 0}
    broker.close()


def test_nothing_of_it_is_loaded_where_it_is_off(board):
    firmware = board(None)
    assert "mqtt" not in firmware.json("/healthz")


def test_what_is_asked_for_while_the_broker_answers_is_not_sent_to_it(board, meter_line):
    """All outputs render into one buffer, and an answer may come in two pieces."""
    asked = threading.Event()

    def in_pieces(broker, connection):
        connection.recv(1024)
        connection.sendall(CONNACK[:2])
        asked.wait(20)
        connection.sendall(CONNACK[2:])
        serve(broker, connection)

    with Broker(in_pieces) as broker:
        firmware = board(meter_line("t211", speed=5), mqtt_host="127.0.0.1", mqtt_port=broker.port)
        firmware.wait_until(lambda: broker.connections, "connected")
        firmware.wait_until_ready()
        for path in ("/api/v1/data", "/metrics"):
            assert firmware.get(path)[0] == 200
        asked.set()
        firmware.wait_until(lambda: len(broker.packets) > 3, "publishing")
        assert {kind & 0xF0 for kind, _ in broker.packets} == {0xC0, 0x30}
    assert "no MQTT broker" not in firmware.printed


@pytest.mark.parametrize("board_interpreter", ["32 bits"], indirect=True)
@pytest.mark.system
def test_raw_tcp_gives_way_to_it_where_there_is_no_room_for_both(board, meter_line):
    with Broker() as broker:
        firmware = board(
            meter_line("t211", speed=5),
            mqtt_host="127.0.0.1",
            mqtt_port=broker.port,
            raw_port=2323,
        )
        firmware.wait_until(lambda: broker.connections, "connected")
        firmware.wait_until_ready()
        health = firmware.json("/healthz")
    assert "mqtt" in health and "raw_tcp" not in health
    (problem,) = health["settings_problems"]
    assert problem.startswith(
        "raw_port: a board without PSRAM has no room for raw_tcp beside mqtt; it is not started."
    )
