"""Hosts on a made network with a made clock, for the tests; it runs under both Pythons."""

from mdns_wire import Message

from mdns.builder import build
from mdns.prober import Prober
from mdns.responder import Responder

ADDRESS = "10.0.0.1"

HTTP = ("_http._tcp", 80, {"path": "/"}, "power-readout-c0ffee")
METER = (
    "_hwenergy._tcp",
    80,
    {"api_enabled": "1", "path": "/api/v1", "serial": "24a160c0ffee"},
    "p1meter-c0ffee",
    "p1meter-c0ffee",
)
SERVICES = [HTTP, METER]


def ip(address):
    return bytes([int(octet) for octet in address.split(".")])


def lowest(_):
    """The least that randomness can give."""
    return 0


def highest(number):
    return number - 1


def zone(host="power-readout", services=SERVICES, address=ADDRESS, numbers=None):
    return build(host, services, ip(address), numbers or {})[0]


class Speaker:
    """A responder whose messages are read. It was announced `ago` milliseconds before `now`."""

    def __init__(self, services=SERVICES, random=lowest, now=100_000, ago=60_000, **more):
        self.zone = zone(services=services, **more)
        self.responder = Responder(self.zone, random)
        self.responder.announce(now - ago)
        self.messages(now - ago)
        self.messages(now - ago + 1250)
        self.now = now

    def messages(self, now=None):
        """What goes to the group."""
        if now is not None:
            self.now = now
        return [Message(octets) for octets in self.responder.messages(self.now)]

    def receive(self, message, sender="10.0.0.2", port=5353):
        """The replies to a message."""
        return [
            Message(octets) for octets in self.responder.receive(message, sender, port, self.now)
        ]

    def wait(self, limit=10_000):
        """Go on until there is something for the group: (milliseconds, messages), or None."""
        start = self.now
        while self.now - start <= limit:
            found = self.messages()
            if found:
                return self.now - start, found
            self.now += 1
        return None


class Host:
    """A host that claims its names and then speaks for them; see `Network`."""

    def __init__(self, network, address, random=lowest, host="power-readout", services=SERVICES):
        self.address = address
        self.numbers = {}
        self.renamed = {}
        self._random = random
        self._build = lambda numbers: build(host, services, ip(address), numbers)
        self.responder = None
        self._claim(network.now)
        network.hosts.append(self)

    def _claim(self, now):
        self.responder = None
        self.prober = Prober(self._build, self.numbers, self._random, now)

    @property
    def is_up(self):
        return self.responder is not None

    @property
    def name(self):
        return self.prober.zone.host

    def receive(self, message, sender, now):
        if not self.is_up:
            self.prober.receive(message, now)
            return ()
        if not self.prober.zone.concerns(message):
            return ()
        return [bytes(m) for m in self.responder.receive(message, sender, 5353, now)]

    def messages(self, now):
        if not self.is_up:
            found = [bytes(message) for message in self.prober.messages(now)]
            if self.prober.done:
                self.renamed.update(self.prober.renamed)
                self.responder = Responder(self.prober.zone, self._random)
                self.responder.announce(now)
            return found
        if self.prober.zone.conflict:
            self._claim(now)
            return ()
        return [bytes(message) for message in self.responder.messages(now)]


class Network:
    """Brings what a host sends to all hosts, itself too, a millisecond later."""

    def __init__(self):
        self.now = 0
        self.hosts = []
        #: (time, sender's address, message)
        self.sent = []

    def run(self, milliseconds):
        for _ in range(milliseconds):
            arriving = []
            for host in self.hosts:
                for message in host.messages(self.now):
                    self.sent.append((self.now, host.address, message))
                    arriving.append((host.address, message))
            self.now += 1
            for sender, message in arriving:
                for host in self.hosts:
                    for reply in host.receive(message, sender, self.now):
                        self._deliver(host.address, sender, reply)

    def _deliver(self, sender, receiver, message):
        self.sent.append((self.now, sender, message))
        for host in self.hosts:
            if host.address == receiver:
                host.receive(message, sender, self.now)

    def run_until_up(self, limit=20_000):
        for _ in range(limit // 10):
            if all(host.is_up for host in self.hosts):
                return
            self.run(10)
        raise AssertionError("not all hosts are up")
