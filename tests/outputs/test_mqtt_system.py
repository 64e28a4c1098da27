"""MQTT with a real broker and a real subscriber, from the board's firmware and from a PC."""

import contextlib
import json
import subprocess

import pytest
from mqtt_broker import Broker, Subscriber
from rendering import entity_text

pytestmark = pytest.mark.system

STATE = "power-readout/state"
AVAILABILITY = "power-readout/availability"
READER = "power-readout/reader"
DISCOVERY = "homeassistant/device/power-readout/config"
DISCOVERY_OF_READER = "homeassistant/device/power-readout/reader/config"


@pytest.fixture
def mosquitto(tmp_path):
    """A function that starts a broker with lines of its configuration."""
    with contextlib.ExitStack() as stack:

        def start(*lines, port=None):
            broker = Broker(tmp_path, *lines, port=port)
            stack.callback(broker.kill)
            return broker

        yield start


@pytest.fixture
def subscriber():
    with contextlib.ExitStack() as stack:

        def start(*arguments, **more):
            one = Subscriber(*arguments, **more)
            stack.callback(one.close)
            return one

        yield start


class Pc:
    """`python main.py` with the interface of `sim.firmware.Firmware`."""

    def __init__(self, program, line, settings):
        self._program = program(
            "--source",
            f"tcp://127.0.0.1:{line.port if line else 9}",
            **{
                "POWER_READOUT_" + name.upper(): value
                if isinstance(value, str)
                else json.dumps(value)
                for name, value in settings.items()
            },
        )
        self.process = self._program.process
        self.url = f"http://127.0.0.1:{self._program.port}"

    def json(self, path):
        return self._program.get(path)[1]

    def wait_until(self, done, what):
        return self._program.wait_until(done, what, 20)

    def wait_until_ready(self):
        self._program.wait_for("/readyz", seconds=20)

    def stop(self):
        self.said = self._program.end()[1]


@pytest.fixture(params=["board", "PC"])
def reader(request, board, program):
    """A function that starts a reader: reader(line, settings…)."""

    def start(line, **settings):
        settings = {"mqtt_host": "127.0.0.1", "mqtt_interval": 0, **settings}
        if request.param == "PC":
            return Pc(program, line, settings)
        settings["psram"] = settings.get("mqtt_tls", False)
        return board(line, **settings)

    return start


def state(reader):
    return reader.json("/healthz")["mqtt"]


def test_the_state_topics_and_discovery(reader, meter_line, mosquitto, subscriber):
    broker = mosquitto()
    line = meter_line("t211", speed=10)
    running = reader(
        line, mqtt_port=broker.port, mqtt_qos=1, mqtt_fields="total_power_used,timestamp,gas_used"
    )
    hears = subscriber(broker.port)
    hears.wait_for(AVAILABILITY, lambda payload: payload == b"online")
    first = hears.json(STATE, lambda document: document["gas_used"])
    later = hears.json(STATE, lambda document: document["timestamp"] > first["timestamp"])
    # The registers move by the meter's clock; the rest of the names stays.
    assert set(later) >= set(first)
    published = running.json("/metrics")
    assert set(published) == set(later)
    assert later["power_device_serial_number"] == published["power_device_serial_number"]["value"]

    hears.wait_for("power-readout/gas_used", lambda payload: float(payload) > 0)
    hears.wait_for("power-readout/timestamp", lambda payload: payload.startswith(b"2026-01-15T12"))
    assert hears.topics() == [
        DISCOVERY,
        DISCOVERY_OF_READER,
        AVAILABILITY,
        "power-readout/gas_used",
        READER,
        STATE,
        "power-readout/timestamp",
        "power-readout/total_power_used",
    ]
    # Everything with QoS 1, and acknowledged.
    assert {qos for _, _, _, qos in hears.heard} == {1}
    assert state(running) == {"connected": True, "reconnects": 0}

    components = hears.json(DISCOVERY)["cmps"]
    for field, component in components.items():
        text = entity_text(component, json.dumps(later))
        if field in ("gas_used", "water_used", "energy_used_total"):
            assert float(text) == later[field]
    assert len(components) > 30

    # Who comes later gets what is retained, and the values with the next telegram.
    late = subscriber(broker.port)
    late.wait_for(STATE)
    retained = {topic for topic, _, is_retained, _ in late.heard if is_retained}
    assert retained == {DISCOVERY, DISCOVERY_OF_READER, AVAILABILITY}
    assert late.payloads(AVAILABILITY) == [b"online"]


def test_the_reader_is_known_before_the_meter_has_said_anything(reader, mosquitto, subscriber):
    broker = mosquitto()
    hears = subscriber(broker.port)
    running = reader(None, mqtt_port=broker.port)
    document = hears.json(READER)
    found = hears.json(DISCOVERY_OF_READER)
    assert hears.wait_for(AVAILABILITY) == b"offline"
    assert hears.topics() == [DISCOVERY_OF_READER, AVAILABILITY, READER]

    health = running.json("/healthz")
    assert 0 <= document["uptime"] <= health["uptime"]
    assert document["rejected"] == 0
    on_board = not isinstance(running, Pc)
    assert set(found["cmps"]) == set(document)
    assert set(document) - {"uptime", "rejected"} == (
        {"free_heap", "rssi", "reset_cause"} if on_board else set()
    )
    if on_board:
        assert document["rssi"] == health["wifi"]["rssi"]
        assert document["reset_cause"] == health["reset_cause"]
        assert 0 < document["free_heap"] < health["heap"]["size"]
    device = found["dev"]
    assert device["sn"] == running.json("/api")["serial"]
    assert device["sw"] == health["version"]
    port = running.url.rpartition(":")[2]
    assert device["cu"].startswith("http://") and device["cu"].endswith(f":{port}/")
    # It depends on the reader only; what is said of the meter is another message.
    assert "avty_t" not in found


def test_offline_when_the_meter_falls_silent_and_when_the_reader_ends(
    reader, meter_line, mosquitto, subscriber
):
    broker = mosquitto()
    line = meter_line("t211", speed=10)
    running = reader(line, mqtt_port=broker.port, stale_after=2)
    hears = subscriber(broker.port)
    hears.wait_for(AVAILABILITY, lambda payload: payload == b"online")
    hears.forget()
    line.pause()
    assert hears.wait_for(AVAILABILITY) == b"offline"
    hears.forget()
    line.resume()
    assert hears.wait_for(AVAILABILITY) == b"online"
    hears.forget()
    assert state(running)["reconnects"] == 0
    # Its power is cut: the broker says for it that it is gone.
    running.process.kill()
    assert hears.wait_for(AVAILABILITY) == b"offline"
    assert subscriber(broker.port).wait_for(AVAILABILITY) == b"offline"


def test_offline_when_it_is_stopped_in_order(reader, meter_line, mosquitto, subscriber):
    broker = mosquitto()
    running = reader(meter_line("t211", speed=10), mqtt_port=broker.port)
    hears = subscriber(broker.port)
    hears.wait_for(AVAILABILITY, lambda payload: payload == b"online")
    hears.forget()
    running.stop()
    assert hears.wait_for(AVAILABILITY) == b"offline"


@pytest.fixture
def with_password(tmp_path, mosquitto):
    """A broker that wants the user `meter` and a password."""
    path = tmp_path / "passwords"
    subprocess.run(["mosquitto_passwd", "-b", "-c", path, "meter", "right and secret"], check=True)
    return mosquitto(f"password_file {path}", "allow_anonymous false")


def test_a_wrong_password_is_said_and_not_shown(reader, meter_line, with_password, tmp_path):
    running = reader(
        meter_line("t211", speed=10),
        mqtt_port=with_password.port,
        mqtt_user="meter",
        mqtt_password="wrong and secret",
    )
    running.wait_until(lambda: "last_error" in state(running), "an error")
    assert state(running) == {
        "connected": False,
        "reconnects": 0,
        "last_error": "the broker refuses: check mqtt_user and mqtt_password",
    }
    assert running.json("/readyz")["age"] >= 0
    everything = json.dumps(running.json("/healthz"))
    running.stop()
    everything += running.said if isinstance(running, Pc) else running.printed
    assert "MQTT: the broker refuses: check mqtt_user and mqtt_password" in everything
    assert "secret" not in everything


def test_the_right_password(reader, meter_line, with_password, subscriber):
    reader(
        meter_line("t211", speed=10),
        mqtt_port=with_password.port,
        mqtt_user="meter",
        mqtt_password="right and secret",
    )
    hears = subscriber(with_password.port, "meter", "right and secret")
    assert hears.json(STATE)["device_name"] == "FLU"


def test_a_broker_that_is_killed_and_comes_back_costs_no_telegram(
    reader, meter_line, mosquitto, subscriber
):
    broker = mosquitto()
    line = meter_line("t211", speed=8, count=48, wait=True)
    running = reader(line, mqtt_port=broker.port, mqtt_qos=1)
    subscriber(broker.port).wait_for(STATE)
    broker.kill()
    running.wait_until(lambda: "last_error" in state(running), "an error")
    assert state(running)["connected"] is False
    broker.start()
    # Nothing was retained by it; whoever subscribes now gets all that there is to know.
    hears = subscriber(broker.port)
    hears.wait_for(AVAILABILITY, lambda payload: payload == b"online", seconds=40)
    assert hears.json(DISCOVERY)["cmps"]
    hears.wait_for(STATE)
    assert state(running)["connected"] is True
    assert state(running)["reconnects"] == 1
    line.join(60)
    running.wait_until(lambda: running.json("/healthz")["telegrams"] >= 48, "all telegrams")
    health = running.json("/healthz")
    assert health["telegrams"] == 48
    assert health["rejected"] == {}


def test_a_broker_is_found_by_name(reader, meter_line, mosquitto, subscriber):
    broker = mosquitto()
    reader(meter_line("s211", speed=10), mqtt_port=broker.port, mqtt_host="localhost")
    assert subscriber(broker.port).json(STATE)["device_name"] == "FLU"


# TLS


def openssl(*arguments, folder):
    subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def with_tls(tmp_path, mosquitto):
    """A broker whose certificate is signed with one of our own; that is ca.pem, and ca.der."""
    run = lambda *arguments: openssl(*arguments, folder=tmp_path)  # noqa: E731
    key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
    run("req", "-x509", *key, "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=Home")
    run("x509", "-in", "ca.pem", "-outform", "DER", "-out", "ca.der")
    run("req", *key, "-keyout", "broker.key", "-out", "broker.csr", "-subj", "/CN=localhost")
    (tmp_path / "names").write_text("subjectAltName=DNS:localhost")
    sign = ("x509", "-req", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial")
    run(*sign, "-in", "broker.csr", "-out", "broker.pem", "-extfile", "names")
    return mosquitto(f"certfile {tmp_path}/broker.pem", f"keyfile {tmp_path}/broker.key")


#: Debian's MicroPython for i386 comes without the module ssl, which each ESP32 has.
with_ssl = pytest.mark.parametrize("board_interpreter", ["64 bits"], indirect=True)


@with_ssl
def test_tls_with_a_certificate_of_our_own(
    request, reader, meter_line, with_tls, tmp_path, subscriber
):
    on_board = request.node.callspec.params["reader"] == "board"
    reader(
        meter_line("t211", speed=10),
        mqtt_port=with_tls.port,
        mqtt_host="localhost",
        mqtt_tls=True,
        mqtt_ca=str(tmp_path / ("ca.der" if on_board else "ca.pem")),
    )
    hears = subscriber(with_tls.port, ca=str(tmp_path / "ca.pem"))
    assert hears.json(STATE)["device_name"] == "FLU"
    hears.wait_for(AVAILABILITY, lambda payload: payload == b"online")


@with_ssl
def test_tls_refuses_a_certificate_of_another(request, reader, meter_line, with_tls, tmp_path):
    on_board = request.node.callspec.params["reader"] == "board"
    openssl(
        *("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "other.key"),
        *("-subj", "/CN=Other", "-outform", "DER" if on_board else "PEM", "-out", "other"),
        folder=tmp_path,
    )
    running = reader(
        meter_line("t211", speed=10),
        mqtt_port=with_tls.port,
        mqtt_host="localhost",
        mqtt_tls=True,
        mqtt_ca=str(tmp_path / "other"),
    )
    running.wait_until(lambda: "last_error" in state(running), "an error")
    assert "certificate" in state(running)["last_error"].lower().replace("cert_", "certificate")
