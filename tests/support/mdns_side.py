"""What must hold of responder, prober and resolver, whatever comes from the network.

- Nothing is raised.
- What is sent can be read to its last byte, is no longer than 512 bytes, and is no more than a
  message can ask for.
- What is wanted by the group comes within a second and a half, and no record more than once a
  second.
- The resolver keeps no more hosts than it says.

It runs under both Pythons.
"""

import time

import mdns_wire
from mdns_hosts import SERVICES, ip, lowest

from mdns.builder import build
from mdns.gate import Gate
from mdns.prober import Prober
from mdns.resolver import Resolver
from mdns.responder import Responder

#: Replies to one message; seconds that a message takes at most, on a busy PC.
_REPLIES = 4
_SLOW = 10

NAME = "power-readout-c0ffee._http._tcp.local"
HOST = "power-readout.local"


def _build(numbers):
    return build("power-readout", SERVICES, ip("10.0.0.1"), numbers)


class Side:
    """The three of them at one socket, on a made clock."""

    def __init__(self):
        self._now = 1000
        self._prober = Prober(_build, {}, lowest, 0)
        self._zone = _build({})[0]
        self._responder = Responder(self._zone, lowest)
        self._responder.announce(0)
        self._resolver = Resolver()
        self._resolver.question("homeassistant.local", True, 0)
        self._sent = {}
        # When a name was claimed last: then the answer may come sooner (RFC 6762, clause 6).
        self._claimed = -1000

    def receive(self, message, sender, port, later):
        """A message comes, so many milliseconds after the one before."""
        for _ in range(later // 50):
            self._turn(50)
        self._turn(later % 50)
        if message[8:10] > b"\0\0":
            self._claimed = self._now
        begin = time.time()
        Gate("10.0.0.1", "255.255.255.0", None, 0).lets_in(message, sender, port)
        if self._zone.concerns(message):
            replies = 0
            for reply in self._responder.receive(message, sender, port, self._now):
                self._read(reply)
                replies += 1
            assert replies <= _REPLIES
        self._prober.receive(message, self._now)
        self._resolver.receive(message, sender, self._now)
        assert time.time() - begin < _SLOW, "a message takes too long"
        assert len(self._resolver._hosts) <= 4

    def end(self):
        """All that is wanted comes."""
        for _ in range(30):
            self._turn(50)
        assert self._zone.due is None and not self._zone.wanted

    def _turn(self, later):
        self._now += later
        for probe in self._prober.messages(self._now):
            self._read(probe)
        due = self._zone.due
        assert due is None or due <= self._now + 1250
        least = 250 if self._now - self._claimed < 1000 else 1000
        for message in self._responder.messages(self._now):
            for entry in self._read(message).entries:
                key = entry.name, entry.kind, str(entry.data)
                assert self._now - self._sent.get(key, -1000) >= least, entry
                self._sent[key] = self._now

    @staticmethod
    def _read(octets):
        assert len(octets) <= 512
        return mdns_wire.Message(octets)


def check(data):
    """Read an input as messages, and let them come; raise AssertionError if something fails.

    Before each message stand a byte that says from where and when it comes, and two with its
    length.
    """
    side = Side()
    while len(data) >= 3:
        how, size = data[0], data[1] << 8 | data[2]
        message, data = data[3 : 3 + size], data[3 + size :]
        sender = "10.0.0.%d" % (how & 3)
        side.receive(message, sender, 40_000 if how & 4 else 5353, (how >> 3) * 37)
    side.end()


def encode(*messages):
    """The input for these messages: (how, message)."""
    return b"".join(
        bytes((how, len(message) >> 8, len(message) & 0xFF)) + message for how, message in messages
    )


def seeds():
    """{name: input}: what queriers, other hosts and the host itself send."""
    w = mdns_wire
    asked = w.question("_http._tcp.local", w.PTR)
    alone = w.question(NAME, w.SRV, w.IN | w.TOP)
    known = w.pointer("_http._tcp.local", NAME)
    sent = {
        "type": w.query(asked),
        "alone": w.query(alone, w.question(HOST, w.A)),
        "any": w.ask(HOST, w.ANY),
        "types": w.ask("_services._dns-sd._udp.local", w.PTR),
        "known": w.query(asked, answers=[known]),
        "truncated": w.message(w.TRUNCATED, [asked]),
        "more": w.message(0, answers=[known]),
        "absent": w.ask(HOST, w.AAAA),
        "claim": w.query(
            w.question(HOST, w.ANY), authorities=[w.address(HOST, "10.0.0.9"), known]
        ),
        "conflict": w.response(w.address(HOST, "10.0.0.9"), w.location(NAME, 1, "a.local")),
        "leave": w.response(
            w.pointer("_http._tcp.local", NAME, 0), w.address(HOST, "10.0.0.1", 0)
        ),
        "host": w.response(w.address("homeassistant.local", "10.0.0.9")),
        "pointers": w.message()[:4] + b"\0\2" + bytes(6) + b"\xc0\x0c\0\xc0\x0c\0\x01\x00\x01",
    }
    zone, claims = _build({})
    for number, block in enumerate(zone.blocks):
        sent[f"block-{number}"] = block
    for number, (_, _, probe) in enumerate(claims.values()):
        sent[f"probe-{number}"] = probe
    found = {name: encode((1, message)) for name, message in sent.items()}
    found["legacy"] = encode((4, sent["type"]), (4, sent["any"]))
    found["all"] = encode(*[(8 * (n % 32), message) for n, message in enumerate(sent.values())])
    found["twice"] = encode((1, sent["truncated"]), (1, sent["more"]), (16, sent["type"]))
    return found


def words():
    """What means something to a reader of DNS messages."""
    names = ("local", "_tcp.local", "_http._tcp.local", NAME, HOST, "homeassistant.local")
    found = [mdns_wire.wire(name) for name in names]
    found += [mdns_wire.wire(name)[:-1] for name in names]
    found += [b"\xc0\x0c", b"\x00\x01\x00\x01", b"\x00\x0c\x00\x01", b"\x00\x21\x80\x01"]
    found += [b"\x00\x10\x00\x01", b"\x00\xff\x00\x01", b"\x84\x00", b"\x02\x00", b"\xff\xff"]
    found += [b"\0\0\0\x78", b"\0\0\x11\x94", b"\0\x04\x0a\0\0\x09"]
    return found
