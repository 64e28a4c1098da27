"""MQTT on the wire, and what becomes of the reader when a broker misbehaves."""

import _thread
import asyncio
import contextlib
import json
import time

import contexts
import mqtt_fake as fake
import pytest
import telegrams
from meters import one_telegram

from firmware.boards import tcp
from firmware.outputs import mqtt
from firmware.outputs.mqtt.client import Client
from firmware.outputs.mqtt.session import introduce
from firmware.renderers import Writer
from sim.broker import CONNACK, PINGRESP, Broker, packets, published, serve


class Ear:
    """The writer of a connection that keeps what it is given; its reader has what was said."""

    def __init__(self, said=b""):
        self.heard = b""
        self.reader = asyncio.StreamReader()
        self.reader.feed_data(said)
        self.reader.feed_eof()

    def write(self, octets):
        self.heard += bytes(octets)

    async def drain(self):
        pass

    def client(self, qos=0):
        return Client((self.reader, self, lambda: None), Writer(64), qos)


def on_the_wire(talk, said=b"", qos=0):
    """What a client sends, as packets, when `talk(client)` is done with it."""

    async def run():
        ear = Ear(said)
        await talk(ear.client(qos))
        found, left = packets(ear.heard)
        assert left == b""
        return found

    return asyncio.run(run())


async def start(client, user="", password="", qos=0):
    given = {"mqtt_user": user, "mqtt_password": password, "mqtt_qos": qos}
    await introduce(client, "p1", (b"p1/availability", b"offline"), given)


# The wire


@pytest.mark.parametrize(
    "user, password, flags, rest",
    [
        ("", "", 0x26, b""),
        ("me", "", 0xA6, b"\0\2me"),
        ("me", "sécret", 0xE6, b"\0\2me\0\7s\xc3\xa9cret"),
        # A password without a user name is none (clause 3.1.2.9).
        ("", "x", 0xE6, b"\0\0\0\1x"),
    ],
)
def test_the_introduction(user, password, flags, rest):
    [(kind, body)] = on_the_wire(lambda client: start(client, user, password), CONNACK)
    assert kind == 0x10
    assert body[:10] == b"\0\4MQTT\4" + bytes([flags]) + b"\0\x3c"
    assert body[10:] == b"\0\2p1\0\x0fp1/availability\0\7offline" + rest


def test_the_last_will_has_the_quality_of_service():
    [(_, body)] = on_the_wire(lambda client: start(client, qos=1), CONNACK)
    assert body[7] == 0x2E


@pytest.mark.parametrize("size", [0, 1, 117, 118, 119, 16_373, 16_374, 16_375, 70_000])
def test_a_message_of_any_length(size):
    async def talk(client):
        client.begin(b"p1/", True, b"a state of", 2, 7)
        client.out.write(b"x" * size)
        client.end()
        await client.send()

    [(kind, body)] = on_the_wire(talk)
    assert kind == 0x31
    assert published(body, 0) == ("p1/state", None, b"x" * size)


def test_a_message_in_pieces():
    async def talk(client):
        client.begin(b"p1/config", True)
        client.end(3000)
        for _ in range(30):
            client.out.write(b"x" * 100)
            await client.send(1024)
        assert 0 < client.out.size <= 1024
        await client.send()

    [(_, body)] = on_the_wire(talk)
    assert published(body, 0) == ("p1/config", None, b"x" * 3000)


def test_messages_that_are_sent_together():
    async def talk(client):
        for number in range(3):
            client.begin(b"p1/%d" % number)
            client.out.write(b"y" * 200 * number)
            client.end()
        await client.send()

    found = on_the_wire(talk)
    assert [published(body, 0)[0] for _, body in found] == ["p1/0", "p1/1", "p1/2"]


def test_acknowledgements_are_waited_for_in_any_order():
    acks = [b"\x40\2\0\1", b"\x40\2\0\2", PINGRESP]
    for order in (acks, acks[::-1], [acks[0], acks[2], acks[1]]):

        async def talk(client):
            for _ in range(2):
                client.begin(b"p1")
                client.end()
            await client.settle()

        found = on_the_wire(talk, b"".join(order), qos=1)
        assert [kind for kind, _ in found] == [0x32, 0x32, 0xC0]
        assert [published(body, 1)[1] for _, body in found[:2]] == [1, 2]
    with pytest.raises(EOFError):
        on_the_wire(talk, b"".join(acks[1:]), qos=1)


def test_packet_identifiers_begin_anew_and_leave_out_0():
    async def talk(client):
        for _ in range(0xFFFF + 1):
            client.begin(b"p")
            client.end()
            await client.send(1 << 15)
        await client.send()

    identifiers = [published(body, 1)[1] for _, body in on_the_wire(talk, qos=1)]
    assert identifiers == [*range(1, 0x10000), 1]


@pytest.mark.parametrize(
    "said, error, words",
    [
        (b"\x20\2\0\4", OSError, "check mqtt_user and mqtt_password"),
        (b"\x20\2\0\5", OSError, "check mqtt_user and mqtt_password"),
        (b"\x20\2\0\2", OSError, "with code 2"),
        (b"HTTP/1.1 400 Bad Request\r\n", OSError, "no MQTT broker"),
        (b"\x20\3\0\0\0", OSError, "no MQTT broker"),
        (b"\x40\2\0\1", OSError, "no MQTT broker"),
        (b"\x20", EOFError, "1 bytes read"),
        (b"", EOFError, "0 bytes read"),
    ],
)
def test_answers_that_are_no_welcome(said, error, words):
    with pytest.raises(error, match=words):
        on_the_wire(start, said)


# The task, under CPython, with brokers that are none


class Running:
    """The output in an event loop, with a telegram whenever a test wants one."""

    def __init__(self, broker, **settings):
        given = {"mqtt_host": "127.0.0.1", "mqtt_port": broker.port, **settings}
        self.context = contexts.context(**given)
        self.said = self.context.said
        self.settings = self.context.settings
        self.readout = self.context.readout
        self.output = mqtt.create(self.context)

    def telegram(self, *lines):
        self.readout.accept(one_telegram(telegrams.telegram(*(lines or telegrams.T211))))

    async def until(self, done, seconds=15):
        end = time.monotonic() + seconds
        while not done():
            assert time.monotonic() < end, (self.said, self.output.counters())
            await asyncio.sleep(0.01)

    async def until_said(self, words):
        await self.until(lambda: any(words in message for message in self.said))


@contextlib.asynccontextmanager
async def running(behave, **settings):
    """The output, talking to a fake broker: yields both."""
    broker = Broker(behave)
    one = Running(broker, **settings)
    task = asyncio.create_task(one.output.run())
    try:
        yield one, broker
        assert not task.done()
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        broker.close()


@pytest.fixture
def hurried(monkeypatch):
    """Deadlines and pauses of a tenth of a second and less."""
    monkeypatch.setattr(mqtt, "_PATIENCE", 300)
    monkeypatch.setattr(mqtt, "_LOOK", 0.02)
    monkeypatch.setattr(mqtt, "_PAUSE", 0.02)
    monkeypatch.setattr(mqtt, "_LONGEST_PAUSE", 0.1)


@pytest.mark.parametrize(
    "behave, words",
    [
        (fake.silent, "does not answer"),
        (fake.garbage, "what answers there is no MQTT broker"),
        (fake.flood, "what answers there is no MQTT broker"),
        (fake.hang_up, "has closed the connection"),
        (fake.refuse(5), "check mqtt_user and mqtt_password"),
    ],
    ids=["silent", "garbage", "flood", "hang up", "refuse"],
)
def test_a_broker_that_is_none_is_said_once_and_tried_again(hurried, behave, words):
    async def run():
        async with running(behave, mqtt_user="me", mqtt_password="hidden") as (one, broker):
            one.telegram()
            await one.until(lambda: len(broker.connections) > 3)
            state = one.output.counters()
            assert state["connected"] is False
            assert words in state["last_error"]
            assert [message for message in one.said if words in message] == one.said
            assert len(one.said) == 1
            assert "hidden" not in str(one.said) + str(state)

    asyncio.run(run())


def test_pauses_grow_up_to_a_bound_and_begin_anew(monkeypatch):
    waited = []
    sleep = asyncio.sleep

    async def nap(seconds):
        waited.append(seconds)
        await sleep(0.001)

    async def run():
        one = Running(Broker(fake.hang_up))
        monkeypatch.setattr(mqtt.asyncio, "sleep", nap)
        task = asyncio.create_task(one.output.run())
        while waited.count(60) < 2:
            await sleep(0.01)
        task.cancel()
        monkeypatch.undo()

    asyncio.run(run())
    pauses = [seconds for seconds in waited if seconds >= 1]
    assert pauses[:8] == [1, 2, 4, 8, 16, 32, 60, 60]


def test_a_broker_that_falls_silent_is_noticed(hurried):
    def behave(broker, connection):
        left = b""
        while len(broker.packets) < 20:
            left = broker.answer(connection, left + connection.recv(65536))
        time.sleep(3600)

    async def run():
        async with running(behave, mqtt_interval=0) as (one, _):
            while "last_error" not in one.output.counters():
                one.telegram()
                await asyncio.sleep(0.02)
            assert one.output.counters()["last_error"] == "the broker does not answer"
            assert any("Connected" in message for message in one.said)

    asyncio.run(run())


def test_a_broker_that_does_not_read_gets_the_newest_only(hurried, monkeypatch):
    monkeypatch.setattr(mqtt, "_PATIENCE", 60_000)

    async def run():
        async with running(fake.slow, mqtt_interval=0, mqtt_fields="all") as (one, broker):
            await one.until(lambda: broker.connections)
            for _ in range(200):
                one.telegram()
                await asyncio.sleep(0.01)
            # What waits is what was rendered of one telegram, and no more.
            assert len(one.output._out.buffer) < 16_384
            assert one.output.counters()["reconnects"] == 0

    asyncio.run(run())


def test_it_goes_on_after_a_broker_that_came_back(hurried):
    down = [True]

    def behave(broker, connection):
        (fake.hang_up if down[0] else serve)(broker, connection)

    async def run():
        async with running(behave) as (one, broker):
            one.telegram()
            await one.until_said("has closed")
            down[0] = False
            await one.until(lambda: one.output.counters()["connected"])
            assert one.output.counters()["reconnects"] == 0
            assert "has closed" in one.output.counters()["last_error"]
            broker.sockets[-1].shutdown(2)
            # Nothing is due, and nothing is noticed, before the next telegram or ping.
            one.output._done_at = -1_000_000
            await one.until(lambda: one.output.counters()["reconnects"] == 1)
        assert one.output.counters()["connected"] is False

    asyncio.run(run())


def test_a_host_that_does_not_exist(hurried):
    async def run():
        async with running(serve, mqtt_host="broker.invalid") as (one, _):
            await one.until_said("the broker at broker.invalid:")
            assert "cannot be reached" in one.said[0]

    asyncio.run(run())


# What is sent, and when


def heard(broker, topic):
    found = [published(body, 0) for kind, body in broker.packets if kind & 0xF0 == 0x30]
    return [payload for name, _, payload in found if name == topic]


def test_values_come_with_telegrams_and_no_more_often_than_is_set(hurried):
    async def run():
        async with running(serve, mqtt_interval=0, mqtt_fields="gas_used") as (one, broker):
            await one.until(lambda: heard(broker, "power-readout/availability") == [b"offline"])
            for number in range(1, 4):
                one.telegram()
                await one.until(lambda n=number: len(heard(broker, "power-readout/state")) == n)
            assert heard(broker, "power-readout/gas_used") == [b"3806.070"] * 3
            assert heard(broker, "power-readout/availability") == [b"offline", b"online"]
            one.settings["mqtt_interval"] = 3600
            one.telegram()
            await asyncio.sleep(0.3)
            assert len(heard(broker, "power-readout/state")) == 3

    asyncio.run(run())


def test_nothing_is_published_while_the_network_has_no_memory_for_it(hurried):
    async def run():
        async with running(serve, mqtt_interval=0) as (one, broker):
            await one.until(lambda: heard(broker, "power-readout/availability"))
            one.context.memory.has_room = lambda: False
            one.telegram()
            await one.until(lambda: b"online" in heard(broker, "power-readout/availability"))
            await asyncio.sleep(0.3)
            assert heard(broker, "power-readout/state") == []
            one.context.memory.has_room = lambda: True
            await one.until(lambda: heard(broker, "power-readout/state"))

    asyncio.run(run())


def test_stale_values_are_said_to_be(hurried):
    async def run():
        async with running(serve) as (one, broker):
            one.telegram()
            topic = "power-readout/availability"
            await one.until(lambda: heard(broker, topic)[-1:] == [b"online"])
            one.readout.stale_after = -1
            await one.until(lambda: heard(broker, topic)[-1:] == [b"offline"])
            one.telegram()
            await one.until(lambda: heard(broker, topic)[-1:] == [b"online"])

    asyncio.run(run())


def test_discovery_is_sent_again_when_a_field_comes_first_and_only_then(hurried):
    async def run():
        async with running(serve, mqtt_interval=0) as (one, broker):
            topic = "homeassistant/device/power-readout/config"
            for lines, count, fields in (
                (telegrams.SMALL, 1, {"timestamp", "energy_used_total", "power_used_tariff_1"}),
                (telegrams.SMALL, 1, set()),
                (telegrams.T211, 2, {"gas_used", "l1_voltage"}),
                # What was there stays, also where a telegram is without it.
                (telegrams.SMALL, 2, {"gas_used"}),
            ):
                states = len(heard(broker, "power-readout/state"))
                one.telegram(*lines)
                await one.until(
                    lambda n=states: len(heard(broker, "power-readout/state")) == n + 1
                )
                messages = heard(broker, topic)
                assert len(messages) == count
                assert fields <= set(json.loads(messages[-1])["cmps"])

    asyncio.run(run())


def test_a_field_that_comes_while_there_is_no_memory_is_told_of_later(hurried):
    async def run():
        async with running(serve, mqtt_interval=0) as (one, broker):
            topic = "homeassistant/device/power-readout/config"
            one.telegram(*telegrams.SMALL)
            await one.until(lambda: len(heard(broker, topic)) == 1)
            begin = one.context.memory.begin

            async def refuse():
                return False

            one.context.memory.begin = refuse
            one.telegram()
            state = "power-readout/state"
            await one.until(lambda: b"gas_used" in b"".join(heard(broker, state)[-1:]))
            assert len(heard(broker, topic)) == 1
            one.context.memory.begin = begin
            one.telegram()
            await one.until(lambda: len(heard(broker, topic)) == 2)
            assert "gas_used" in json.loads(heard(broker, topic)[-1])["cmps"]

    asyncio.run(run())


def test_the_reader_is_described_once_and_reports_now_and_then(hurried, monkeypatch):
    monkeypatch.setattr(mqtt, "_SELDOM", 200)

    async def run():
        async with running(serve) as (one, broker):
            # Without a telegram there is a turn each half minute only.
            monkeypatch.setattr(mqtt, "KEEP_ALIVE", 0.1)
            one.readout.rejected = {"crc": 2, "too long": 1}
            reports = lambda: heard(broker, "power-readout/reader")  # noqa: E731
            await one.until(lambda: len(reports()) == 3)
            assert len(heard(broker, "homeassistant/device/power-readout/reader/config")) == 1
            assert [json.loads(report)["rejected"] for report in reports()][1:] == [3, 3]
            assert heard(broker, "homeassistant/device/power-readout/config") == []
            assert heard(broker, "power-readout/availability") == [b"offline"]
            # Whoever has come back is told of it again.
            broker.sockets[-1].shutdown(2)
            await one.until(lambda: one.output.counters()["reconnects"] == 1)
            topic = "homeassistant/device/power-readout/reader/config"
            await one.until(lambda: len(heard(broker, topic)) == 2)

    asyncio.run(run())


def test_a_minute_passes_between_two_reports(hurried):
    async def run():
        async with running(serve, mqtt_interval=0) as (one, broker):
            topic = "power-readout/reader"
            await one.until(lambda: heard(broker, topic))
            for number in range(1, 4):
                one.telegram()
                await one.until(lambda n=number: len(heard(broker, "power-readout/state")) == n)
            assert len(heard(broker, topic)) == 1
            one.output.reported_at -= 59_000
            one.telegram()
            await one.until(lambda: len(heard(broker, "power-readout/state")) == 4)
            assert len(heard(broker, topic)) == 1
            one.output.reported_at -= 1_000
            one.telegram()
            await one.until(lambda: len(heard(broker, topic)) == 2)

    asyncio.run(run())


def test_a_report_waits_for_memory(hurried):
    async def run():
        async with running(serve, mqtt_interval=0) as (one, broker):
            await one.until(lambda: heard(broker, "power-readout/reader"))
            begin = one.context.memory.begin

            async def refuse():
                return False

            one.context.memory.begin = refuse
            one.output.reported_at -= 60_000
            one.telegram()
            await one.until(lambda: heard(broker, "power-readout/state"))
            assert len(heard(broker, "power-readout/reader")) == 1
            one.context.memory.begin = begin
            one.telegram()
            await one.until(lambda: len(heard(broker, "power-readout/reader")) == 2)

    asyncio.run(run())


def test_discovery_can_be_off_or_elsewhere(hurried):
    async def run(**settings):
        async with running(serve, **settings) as (one, broker):
            one.telegram()
            await one.until(lambda: any(b"state" in body[:30] for _, body in broker.packets))
            return [published(body, 0)[0] for kind, body in broker.packets if kind == 0x31]

    assert asyncio.run(run(mqtt_discovery="")) == ["power-readout/availability"]
    elsewhere = asyncio.run(run(mqtt_discovery="ha/test", mqtt_prefix="home/p.1"))
    assert "ha/test/device/home_p_1/config" in elsewhere
    assert "ha/test/device/home_p_1/reader/config" in elsewhere
    assert "home/p.1/availability" in elsewhere


def test_retained_is_what_must_be(hurried):
    async def run():
        async with running(serve, mqtt_fields="all") as (one, broker):
            one.telegram()
            await one.until(lambda: heard(broker, "power-readout/devices_on_bus"))
            found = [
                (kind & 1, published(body, 0)[0])
                for kind, body in broker.packets
                if kind & 0x30 == 0x30
            ]
            retained = {topic for flag, topic in found if flag}
            assert retained == {
                "power-readout/availability",
                "homeassistant/device/power-readout/config",
                "homeassistant/device/power-readout/reader/config",
            }

    asyncio.run(run())


def test_a_fault_of_ours_ends_the_task_once(hurried, monkeypatch):
    async def run():
        broker = Broker(serve)
        one = Running(broker)
        with monkeypatch.context() as patch:
            patch.setattr(mqtt.metrics, "render", None)
            one.telegram()
            with pytest.raises(TypeError):
                await asyncio.wait_for(one.output.run(), 10)
        assert one.output.counters()["connected"] is False
        # The program starts it again.
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(one.output.run(), 1)
        assert one.output.counters()["reconnects"] == 1
        broker.close()

    asyncio.run(run())


# How a board looks up the broker's name


def looked_up(host, found, monkeypatch, start=None):
    """The address that a board finds, with a lookup that is over at once."""
    monkeypatch.setattr(tcp, "_LOOK", 1, raising=False)
    monkeypatch.setattr(asyncio, "sleep_ms", lambda ms: asyncio.sleep(ms / 1000), raising=False)
    asked = []

    def getaddrinfo(host, port):
        asked.append(host)
        return [(None, None, None, None, ("10.0.0.%d" % len(asked), port))]

    monkeypatch.setattr(tcp.socket, "getaddrinfo", getaddrinfo)
    if start:
        monkeypatch.setattr(_thread, "start_new_thread", start)
    return asyncio.run(tcp._address(host, 1883, found)), asked


def test_a_name_is_looked_up_for_each_connection(monkeypatch):
    found = {}
    for _ in range(2):
        address, asked = looked_up("broker.lan", found, monkeypatch)
        assert (address, asked) == (("10.0.0.1", 1883), ["broker.lan"])
        assert found == {}


def test_a_lookup_that_cannot_begin_is_tried_again(monkeypatch):
    def start(*_):
        raise RuntimeError("can't create thread")

    found = {}
    with pytest.raises(OSError, match="cannot be looked up now: can't create thread"):
        looked_up("broker.lan", found, monkeypatch, start)
    assert found == {}


@pytest.mark.parametrize("host", ["192.168.1.300", "1.2.3", "1.2.3.4.5", "10.0.0.", "a.b.c.d"])
def test_what_is_no_address_is_never_asked_for_in_the_loop(monkeypatch, host):
    def start(*_):
        raise RuntimeError("in a thread")

    with pytest.raises(OSError, match="in a thread"):
        looked_up(host, {}, monkeypatch, start)
