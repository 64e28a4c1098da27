"""What the tests of battery outputs need: readers, a meter's line to them, and who asks."""

import itertools
import json
import socket
import urllib.error
import urllib.request
from types import SimpleNamespace

from meters import START, FakeClock

from dsmr import TelegramParser
from firmware.meter import Readout
from firmware.outputs.shelly import create
from sim.meter import Meter
from sim.ports import free_port
from sim.telegram import seal

#: A board with PSRAM: one without has no room for the two outputs.
ROOMY = {"environment": {"SIM_PSRAM": "1"}, "heap": "1m"}

#: What a Marstek sends to the whole network, byte for byte.
MARSTEK = b'{"id":1,"method":"EM.GetStatus","params":{"id":0}}'


def spelled(kind, number=1):
    """The first telegrams of a simulated meter, and what it then read: pairs."""
    meter = Meter(kind, START)
    readings = itertools.islice(meter.readings(), number)
    return [(meter.spell(reading), reading) for reading in readings]


class Wire:
    """A meter's line that carries a telegram when it is told to."""

    #: All of it comes in one go.
    speed = None

    def __init__(self):
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._peer = None
        self.port = self._listener.getsockname()[1]

    def send(self, telegram):
        """Send a telegram to the reader, which has connected or will."""
        if self._peer is None:
            self._listener.settimeout(20)
            self._peer = self._listener.accept()[0]
        self._peer.sendall(telegram)

    def close(self):
        if self._peer:
            self._peer.close()
        self._listener.close()


class Reader:
    """The firmware on a simulated board, or the program on a PC, with `shelly` and `modbus` on.

    start: the fixture `board` or `program`; line: has the port that the meter is at.
    """

    def __init__(self, place, start, line, **settings):
        self.place = place
        settings = {
            "shelly": True,
            "shelly_port": free_port(),
            "shelly_port_2": free_port(),
            "modbus_port": free_port(),
            "raw_port": 0,
            "stale_after": 600,
            **settings,
        }
        self.settings = settings
        if place == "board":
            self._run = start(line, **{**ROOMY, **settings})
            self.port = self._run.settings["http_port"]
        else:
            flags = [
                f"--{name.replace('_', '-')}={text(value)}" for name, value in settings.items()
            ]
            self._run = start("--source", f"tcp://127.0.0.1:{line.port}", *flags)
            self.port = self._run.port
        self._line = line
        self.wait_until(self._is_up, "up")

    def _is_up(self):
        """Whether it answers, and knows the network that it is on."""
        health = self.health()
        return self.place == "pc" or health["wifi"]["connected"]

    def ask(self, path, body=None, headers=None):
        """(status, headers, body as bytes) of a GET, or of a POST if there is a body."""
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}{path}", data=body, headers=headers or {}
        )
        try:
            with urllib.request.urlopen(request, timeout=5) as answer:
                return answer.status, answer.headers, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.headers, error.read()

    def json(self, path, body=None):
        return json.loads(self.ask(path, body)[2])

    def health(self):
        return self.json("/healthz")

    def counts(self, output):
        return self.health()[output]

    def wait_until(self, done, what):
        return self._run.wait_until(done, what)

    def read(self, telegram):
        """Let the meter send a telegram, and wait until it has come."""
        before = self.health()["telegrams"]
        self._line.send(telegram)
        self.wait_until(lambda: self.health()["telegrams"] > before, "telegram")

    @property
    def said(self):
        """What it has said so far; a PC's ends with that."""
        return self._run.printed if self.place == "board" else self._run.end()[1]


def text(value):
    """A setting as it stands on a command line."""
    return value if isinstance(value, str) else json.dumps(value)


class Asker:
    """A battery's UDP socket, at an address of its own."""

    def __init__(self, reader, address="127.0.0.1"):
        self.reader = reader
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        self.socket.bind((address, 0))

    def send(self, data=MARSTEK, to="127.0.0.1", setting="shelly_port"):
        self.socket.sendto(data, (to, self.reader.settings[setting]))

    def answer(self, *request, **where):
        """Ask, and wait for the answer."""
        self.send(*request, **where)
        self.socket.settimeout(10)
        return self.socket.recv(2048)

    def is_silent(self, outcome, *request, **where):
        """Ask; whether the reader counts it so, and says nothing."""
        before = self.reader.counts("shelly")
        self.send(*request, **where)
        self.reader.wait_until(
            lambda: self.reader.counts("shelly")[outcome] == before[outcome] + 1, outcome
        )
        self.socket.setblocking(False)
        try:
            return not self.socket.recv(2048)
        except BlockingIOError:
            return True

    def close(self):
        self.socket.close()


class UdpMeter:
    """The output `shelly` in this process: its sockets are real, its clock stands still."""

    def __init__(self):
        self.clock = FakeClock()
        self._parser = TelegramParser()
        self.readout = Readout(self.clock, self._parser, None, 600)
        port = free_port()
        self._address = ("127.0.0.1", port)
        context = SimpleNamespace(
            settings={"shelly_port": port, "shelly_port_2": 0, "http_port": 80},
            readout=self.readout,
            board=SimpleNamespace(
                clock=self.clock,
                station=lambda: ("24a160c0ffee", "home", -60),
                networks=lambda: [("127.0.0.1", "255.0.0.0")],
            ),
            memory=SimpleNamespace(low=False),
            services=[],
            admits=None,
        )
        self.services = context.services
        self.output = create(context)
        self._askers = {}
        self.look()
        self.telegram()

    def telegram(self, *lines):
        """A telegram has come, with these lines or with some power."""
        self.receive(seal(["/ABC5\\1", *(lines or ("1-0:1.7.0(00.123*kW)",))]))

    def receive(self, data):
        self._parser.receive_data(data)
        self.readout.accept(self._parser.next_event())

    def send(self, data, address):
        """Send a datagram from an address; on one machine it has arrived then."""
        if address not in self._askers:
            self._askers[address] = udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            udp.bind((address, 0))
            udp.setblocking(False)
        udp = self._askers[address]
        udp.sendto(data, self._address)
        return udp

    def look(self):
        self.output.look(self.clock.now())

    def ask(self, data, address="127.0.0.1"):
        """The answer to a datagram from an address, or None."""
        self.look()
        udp = self.send(data, address)
        self.look()
        try:
            return udp.recv(2048)
        except BlockingIOError:
            return None

    def counters(self):
        return self.output.counters()

    def close(self):
        for udp in self._askers.values():
            udp.close()
        self.output.close()
