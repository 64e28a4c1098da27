"""Makes and reads messages of multicast DNS for the tests, apart from the code under test.

It runs under both Pythons. Names are texts such as "_http._tcp.local"; messages are made without
compression.
"""

from struct import pack, unpack_from

A, PTR, TXT, AAAA, SRV, NSEC, ANY = 1, 12, 16, 28, 33, 47, 255
IN = 1
#: In a question: answer me alone. In a record: nobody else has it.
TOP = 0x8000
RESPONSE = 0x8400
TRUNCATED = 0x0200


def wire(name):
    """A name as it stands in a message, with the zero byte at its end."""
    octets = b""
    for label in name.split("."):
        octets += bytes((len(label.encode()),)) + label.encode()
    return octets + b"\0"


def question(name, kind, rrclass=IN):
    return wire(name) + pack(">HH", kind, rrclass)


def record(name, kind, data, ttl=120, rrclass=IN):
    return wire(name) + pack(">HHIH", kind, rrclass, ttl, len(data)) + data


def pointer(name, target, ttl=4500):
    return record(name, PTR, wire(target), ttl)


def address(name, text, ttl=120, rrclass=IN):
    return record(name, A, bytes([int(octet) for octet in text.split(".")]), ttl, rrclass)


def location(name, port, target, ttl=120, rrclass=IN):
    return record(name, SRV, pack(">HHH", 0, 0, port) + wire(target), ttl, rrclass)


def message(flags=0, questions=(), answers=(), authorities=(), additionals=(), id=0):
    sections = (questions, answers, authorities, additionals)
    header = pack(">HHHHHH", id, flags, *[len(section) for section in sections])
    return header + b"".join(b"".join(section) for section in sections)


def query(*questions, **more):
    return message(0, questions, **more)


def ask(name, kind, rrclass=IN):
    """A message with one question."""
    return query(question(name, kind, rrclass))


def response(*answers):
    return message(RESPONSE, answers=answers)


class Entry:
    """A question or a record. data: in a form that can be read, by type; None for a question."""

    def __init__(self, section, name, kind, rrclass, ttl, data):
        self.section = section
        self.name = name
        self.kind = kind
        self.rrclass = rrclass
        self.ttl = ttl
        self.data = data

    def __repr__(self):
        return "<%d %s %d %r>" % (self.section, self.name, self.kind, self.data)


class Message:
    """A message, read as a whole. It must be right to its last byte."""

    def __init__(self, octets):
        octets = bytes(octets)
        self.octets = octets
        self.id, self.flags, *counts = unpack_from(">HHHHHH", octets)
        self.entries = []
        at = 12
        for section in range(4):
            for _ in range(counts[section]):
                name, at = _read_name(octets, at)
                kind, rrclass = unpack_from(">HH", octets, at)
                at += 4
                ttl = data = None
                if section:
                    ttl, size = unpack_from(">IH", octets, at)
                    at += 6
                    data = _read_data(octets, kind, at, at + size)
                    at += size
                self.entries.append(Entry(section, name, kind, rrclass, ttl, data))
        assert at == len(octets), "%d bytes are left" % (len(octets) - at)

    def section(self, number):
        return [entry for entry in self.entries if entry.section == number]

    def find(self, kind, name=None):
        """The records of this type, and at this name if it is given."""
        return [
            entry
            for entry in self.entries
            if entry.section and entry.kind == kind and name in (None, entry.name)
        ]


def _read_name(octets, at):
    labels = []
    end = None
    last = at
    while octets[at]:
        if octets[at] >= 0xC0:
            target = unpack_from(">H", octets, at)[0] & 0x3FFF
            assert target < last, "a pointer must lead back"
            end = end or at + 2
            at = last = target
        else:
            assert octets[at] < 64
            labels.append(octets[at + 1 : at + 1 + octets[at]].decode())
            at += 1 + octets[at]
    return ".".join(labels), end or at + 1


def _read_data(octets, kind, start, end):
    if kind == A:
        assert end - start == 4
        return "%d.%d.%d.%d" % tuple(octets[start:end])
    if kind == PTR:
        name, after = _read_name(octets, start)
        assert after == end
        return name
    if kind == SRV:
        name, after = _read_name(octets, start + 6)
        assert after == end
        return unpack_from(">H", octets, start + 4)[0], name
    if kind == TXT:
        texts = []
        while start < end:
            texts.append(octets[start + 1 : start + 1 + octets[start]].decode())
            start += 1 + octets[start]
        assert start == end
        return texts
    if kind == NSEC:
        name, after = _read_name(octets, start)
        assert octets[after] == 0 and after + 2 + octets[after + 1] == end
        kinds = []
        for number in range(8 * octets[after + 1]):
            if octets[after + 2 + number // 8] & 0x80 >> number % 8:
                kinds.append(number)
        return name, kinds
    return octets[start:end]
