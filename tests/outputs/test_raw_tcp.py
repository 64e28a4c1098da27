"""Raw TCP: every good telegram to every client, from the firmware on a board and on a PC."""

import asyncio
import contextlib
import errno
import itertools
import json
import socket
import struct
import subprocess
import sys
import threading
import time
from types import SimpleNamespace

import contexts
import pytest
from dsmr_parser.clients.protocol import create_tcp_dsmr_reader
from meters import START
from pc_program import environment

from firmware.outputs import raw_tcp
from host.tree import REPO
from sim.line import Line
from sim.meter import Meter
from sim.ports import free_port

PLACES = ("board", "pc")


class Reader:
    """The firmware on a simulated board, or the program on a PC."""

    def __init__(self, place, board, program, line, **settings):
        self.place = place
        if place == "board":
            self._run = board(line, environment={"SIM_BACKPRESSURE": "1"}, **settings)
            self.port = self._run.settings["raw_port"]
        else:
            flags = [f"--{name.replace('_', '-')}={value}" for name, value in settings.items()]
            source = f"tcp://127.0.0.1:{line.port}" if line else "tcp://127.0.0.1:9"
            self._run = program("--source", source, *flags)
            self.port = self._run.raw_port
        self.wait_until(lambda: self.health() and True, "up")

    def health(self):
        if self.place == "board":
            return self._run.json("/healthz")
        return self._run.get("/healthz")[1]

    def counts(self):
        return self.health()["raw_tcp"]

    def wait_until(self, done, what):
        return self._run.wait_until(done, what)

    def connect(self):
        """A connection that the reader has accepted."""
        before = self.counts()["clients"]
        client = socket.create_connection(("127.0.0.1", self.port), timeout=10)
        self.wait_until(lambda: self.counts()["clients"] > before, "accepted")
        return client


@pytest.fixture
def reader(board, program):
    def start(place, line, **settings):
        return Reader(place, board, program, line, **settings)

    return start


def received(client, number):
    """So many telegrams, as bytes."""
    data = b""
    while data.count(b"\n!") < number or not data.endswith(b"\r\n"):
        more = client.recv(65536)
        assert more, "the reader has hung up"
        data += more
    return data


def ended(client):
    """Whether the reader has hung up; what came before is thrown away."""
    with contextlib.suppress(ConnectionResetError):
        while client.recv(65536):
            pass
    return True


@pytest.mark.parametrize("place", PLACES)
def test_telegrams_come_one_after_the_other_byte_for_byte(reader, meter_line, place):
    running = reader(place, meter_line("t211", speed=20))
    with running.connect() as client:
        data = received(client, 5)
    sent = b"".join(itertools.islice(Meter("t211", START).telegrams(), 1000))
    assert data.startswith(b"/")
    assert data in sent


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("kind, version", [("dsmr5", "5"), ("t211", "5B"), ("s211", "5B")])
def test_the_client_of_home_assistant_reads_it_through_a_reconnect(
    reader, meter_line, place, kind, version
):
    running = reader(place, meter_line(kind, speed=20))
    registers = {
        telegram.partition(b"1-0:1.8.1(")[2].partition(b"*")[0].decode()
        for telegram in itertools.islice(Meter(kind, START).telegrams(), 1000)
    }

    async def read(number):
        telegrams = asyncio.Queue()
        transport, _ = await create_tcp_dsmr_reader(
            "127.0.0.1", running.port, version, telegrams.put_nowait
        )
        found = [await asyncio.wait_for(telegrams.get(), 10) for _ in range(number)]
        transport.close()
        return found

    for _ in range(2):
        found = asyncio.run(read(3))
        assert len({telegram.P1_MESSAGE_TIMESTAMP.value for telegram in found}) == 3
        for telegram in found:
            assert f"{telegram.ELECTRICITY_USED_TARIFF_1.value:010.3f}" in registers
        running.wait_until(lambda: running.counts()["clients"] == 0, "noticed")


def test_a_client_that_connects_again_when_the_board_is_back(board, meter_line):
    firmware = board(meter_line("t211", speed=20))
    firmware.wait_until_ready()
    with socket.create_connection(("127.0.0.1", firmware.settings["raw_port"]), 10) as client:
        received(client, 1)
        firmware.stop()
        assert ended(client)
    firmware.start()
    firmware.wait_until_ready()
    with socket.create_connection(("127.0.0.1", firmware.settings["raw_port"]), 10) as client:
        assert received(client, 1).startswith(b"/FLU")


@pytest.mark.parametrize("place", PLACES)
def test_one_client_too_many_is_closed_at_once_and_the_others_go_on(reader, meter_line, place):
    running = reader(place, meter_line("t211", speed=5), raw_clients=2)
    with running.connect() as first, running.connect() as second:
        with socket.create_connection(("127.0.0.1", running.port), timeout=10) as third:
            assert third.recv(1) == b""
        assert running.counts() == {"clients": 2, "refused": 1, "too_slow": 0}
        assert received(first, 3) and received(second, 3)
    running.wait_until(lambda: running.counts()["clients"] == 0, "noticed")
    with running.connect() as fourth:
        assert received(fourth, 1).startswith(b"/")


def test_a_board_has_three_places_beside_the_web_servers(board, meter_line):
    """With the sockets that a chip has, all of which are taken then."""
    firmware = board(meter_line("t211", speed=5), raw_port=free_port())
    firmware.wait_until_ready()
    with contextlib.ExitStack() as stack:

        def connect(port):
            return stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=10))

        raw = [connect(firmware.settings["raw_port"]) for _ in range(3)]
        firmware.wait_until(
            lambda: firmware.json("/healthz")["raw_tcp"]["clients"] == 3, "three clients"
        )
        for _ in range(3):
            connect(firmware.settings["http_port"])
        time.sleep(0.5)
        for client in raw:
            assert received(client, 2).startswith(b"/")
        assert firmware.get("/metrics")[0] == 200
        assert connect(firmware.settings["raw_port"]).recv(1) == b""
        counts = firmware.json("/healthz")["raw_tcp"]
    assert counts == {"clients": 3, "refused": 1, "too_slow": 0}
    assert (
        "Raw TCP: 127.0.0.1 was refused: all 3 places are taken; raise raw_clients."
        in firmware.printed
    )


@pytest.mark.parametrize("place, telegrams, pause", [("board", 120, 0.05), ("pc", 900, 0)])
def test_a_slow_client_is_cut_off_and_delays_nobody(reader, place, telegrams, pause):
    """A PC keeps for a client what it is told to; a board 5.7 KB, which come in 0.2 s here."""
    some = list(itertools.islice(Meter("t211", START).telegrams(), 50))
    sent = list(itertools.islice(itertools.cycle(some), telegrams))

    def paced():
        for telegram in sent:
            time.sleep(pause)
            yield telegram

    with Line(paced(), listen=("127.0.0.1", 0), speed=0) as line:
        line.pause()
        running = reader(place, line)
        slow = socket.socket()
        slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        slow.settimeout(10)
        slow.connect(("127.0.0.1", running.port))
        running.wait_until(lambda: running.counts()["clients"] == 1, "accepted")
        with running.connect() as quick:
            whole = b"".join(sent)
            pieces: list = []
            thread = threading.Thread(target=read, args=(quick, len(whole), pieces))
            thread.start()
            line.resume()
            thread.join(60)
        assert b"".join(pieces) == whole
        health = running.health()
        assert health["telegrams"] == telegrams
        assert health["rejected"] == {}
        assert health["raw_tcp"]["too_slow"] == 1
        assert ended(slow)
        slow.close()


def read(client, size, pieces):
    while size > 0 and (data := client.recv(1 << 20)):
        pieces.append(data)
        size -= len(data)


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("abruptly", [False, True])
def test_a_client_that_goes_is_noticed_while_the_meter_is_silent(reader, place, abruptly):
    running = reader(place, None)
    client = running.connect()
    if abruptly:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.close()
    running.wait_until(lambda: running.counts()["clients"] == 0, "noticed")


@pytest.mark.parametrize("place", PLACES)
def test_what_a_client_sends_is_thrown_away(reader, meter_line, place):
    running = reader(place, meter_line("t211", speed=5))
    with running.connect() as client:
        client.sendall(b"GET /metrics HTTP/1.0\r\n\r\n" + bytes(20_000))
        sent = b"".join(itertools.islice(Meter("t211", START).telegrams(), 1000))
        assert received(client, 10) in sent
        assert running.counts()["clients"] == 1
        assert running.health()["rejected"] == {}


def test_damaged_telegrams_are_not_passed_on(reader):
    good = list(itertools.islice(Meter("t211", START).telegrams(), 3))
    damaged = good[1].replace(b"1-0:1.8.1(", b"1-0:1.8.1(9", 1)
    with Line([good[0], damaged, good[2]], listen=("127.0.0.1", 0), speed=0) as line:
        line.pause()
        running = reader("pc", line)
        with running.connect() as client:
            line.resume()
            assert received(client, 2) == good[0] + good[2]


def test_a_port_in_use_costs_raw_tcp_only(program, meter_line):
    source = f"tcp://127.0.0.1:{meter_line('t211', speed=20).port}"
    with socket.create_server(("0.0.0.0", 0)) as taken:
        port = taken.getsockname()[1]
        running = program("--source", source, "--raw-port", str(port))
        running.wait_for("/readyz")
        said = running.end()[1]
    assert f"Raw TCP: port {port} cannot be opened" in said
    assert "Traceback" not in said


def test_off_it_is_neither_there_nor_imported(board, tmp_path):
    firmware = board(None, raw_port=0)
    assert "raw_tcp" not in firmware.json("/healthz")
    program = """
import asyncio, json, sys
import main
from firmware import assembly
from host.pc import Pc
from host import settings
async def run(port):
    given = {"http_port": str(port), "raw_port": sys.argv[2], "source": "tcp://127.0.0.1:9"}
    chosen, problems = settings.load(None, {}, given)
    app = assembly.make(chosen, problems, Pc(chosen, None))
    task = asyncio.ensure_future(app.run())
    await asyncio.sleep(0.1)
    task.cancel()
asyncio.run(run(sys.argv[1]))
print("firmware.outputs.raw_tcp" in sys.modules)
"""
    for raw_port, imported in ((0, "False"), (free_port(), "True")):
        done = subprocess.run(
            [sys.executable, "-c", program, str(free_port()), str(raw_port)],
            cwd=REPO,
            env=environment(),
            capture_output=True,
            text=True,
            timeout=30,
        )
        assert done.stdout.splitlines()[-1:] == [imported], done.stderr


def test_the_counts_are_json(board):
    assert json.dumps(board(None).json("/healthz")["raw_tcp"]) == (
        '{"clients": 0, "refused": 0, "too_slow": 0}'
    )


def refused(times=1, later=0, **given):
    """(counters, what was said) when clients came one after the other that are not let in, and
    once more after `later` seconds."""

    async def connect(port):
        stream, writer = await asyncio.open_connection("127.0.0.1", port)
        with contextlib.suppress(ConnectionResetError):
            assert await asyncio.wait_for(stream.read(), 10) == b""
        writer.close()

    async def attempt():
        context = contexts.context(raw_port=free_port(), **given)
        context.admits = given.get("admits")
        port = context.settings["raw_port"]
        served = raw_tcp.create(context)
        task = asyncio.ensure_future(served.run())
        await asyncio.sleep(0)
        for _ in range(times):
            await connect(port)
        if later:
            clock = context.board.clock
            now = clock.now
            clock.now = lambda: now() + later * 1000
            await connect(port)
        task.cancel()
        return served.counters(), context.said

    return asyncio.run(attempt())


def test_who_may_not_connect_is_closed_at_once():
    asked = []

    def admits(address):
        asked.append(address)
        return False

    counts, said = refused(admits=admits)
    assert counts == {"clients": 0, "refused": 1, "too_slow": 0}
    assert asked == ["127.0.0.1"]
    assert said == ["Raw TCP: 127.0.0.1 was refused: its address is not in allow_from."]


def test_who_tries_again_and_again_is_named_once_a_minute():
    sentence = "Raw TCP: 127.0.0.1 was refused: all 0 places are taken; raise raw_clients."
    counts, said = refused(5, later=50, raw_clients=0)
    assert counts["refused"] == 6
    assert said == [sentence]
    counts, said = refused(5, later=61, raw_clients=0)
    assert counts["refused"] == 6
    assert said == [sentence, sentence]


class Sockets:
    """A client's socket, which takes `takes` bytes at once, and the network's memory beside it.

    rooms: whether there is memory, each time that it is looked at.
    """

    def __init__(self, rooms, takes=1440):
        self.rooms = rooms
        self.takes = takes
        self.sent = []

    def send(self, octets):
        if not self.takes:
            raise OSError(errno.EAGAIN, "full")
        self.sent.append(bytes(octets[: self.takes]))
        return len(self.sent[-1])

    def recv(self, size):
        raise OSError(errno.EAGAIN, "nothing")

    def has_room(self):
        return self.rooms.pop(0)

    def close(self):
        self.sent.append("closed")


OCTETS = bytes(range(250)) * 6


@pytest.mark.parametrize(
    "rooms, at_once, later",
    [
        ([True, True], [1440, 60], []),
        ([True, False, True], [1440], [60]),
        ([False, True, True], [], [1440, 60]),
        ([False, False], [], [1440, 60]),
    ],
    ids=["room", "room for a packet", "no room at first", "no room in time"],
)
def test_a_packet_waits_until_the_network_has_memory_for_it(rooms, at_once, later):
    """All at once for two clients, beside four of HTTP, left an emulated ESP32 2.5 KB of it."""
    sockets = Sockets(rooms)
    served, client, readout = with_a_client(sockets)
    served._write(SimpleNamespace(raw=memoryview(OCTETS)))
    assert [len(packet) for packet in sockets.sent] == at_once
    # A copy in a heap that is nearly full would make that grow into the network's memory.
    assert readout.held == bool(later) and not client[3]
    served._look(client)
    readout.clock.passed = 1000
    served._free()
    assert not readout.held
    assert [len(packet) for packet in sockets.sent] == at_once + later
    assert b"".join(sockets.sent) == OCTETS
    served._free()
    assert readout.freed == 1


def test_what_a_full_socket_does_not_take_is_kept_and_delays_nobody():
    sockets = Sockets([True] * 9, takes=1000)
    served, client, readout = with_a_client(sockets)
    octets = bytearray(OCTETS)
    served._write(SimpleNamespace(raw=memoryview(octets)))
    assert not readout.held
    # The buffer is another telegram's by then.
    octets[:] = bytes(1500)
    served._look(client)
    assert b"".join(sockets.sent) == OCTETS
    sockets.takes = 0
    served._write(SimpleNamespace(raw=memoryview(octets)))
    served._write(SimpleNamespace(raw=memoryview(octets)))
    assert served.counters() == {"clients": 0, "refused": 0, "too_slow": 1}


def with_a_client(sockets):
    """The output with a client, that client, and the readout."""
    context = contexts.context(raw_port=free_port())
    context.memory = sockets
    readout = SimpleNamespace(held=False, freed=0, clock=SimpleNamespace(passed=0))
    readout.clock.now = lambda: readout.clock.passed

    def hold():
        readout.held = True
        return 300

    def free():
        readout.held = False
        readout.freed += 1

    readout.hold, readout.free = hold, free
    context.readout = readout
    served = raw_tcp.create(context)
    client = [sockets, "192.168.1.2", b"", True]
    served._clients.append(client)
    return served, client, readout


def test_a_client_whose_connection_breaks_off_holds_no_telegram():
    sockets = Sockets([True] * 9)
    served, _, readout = with_a_client(sockets)

    def send(octets):
        raise OSError(errno.ECONNRESET, "gone")

    sockets.send = send
    served._write(SimpleNamespace(raw=memoryview(OCTETS)))
    assert not readout.held
    assert served.counters() == {"clients": 0, "refused": 0, "too_slow": 0}
