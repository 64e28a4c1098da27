"""Builds the zone of a host: its services' records, ready for a message.

Each service is a tuple (type, port, keys, instance, host), of which the last two may be left out:

- its type, such as "_http._tcp";
- its port;
- its keys, as a dict, or as the bytes of a TXT record's data (RFC 6763, clause 6);
- the name of this instance of it; None for the host's;
- the name of a host of its own, less ".local"; None for the host itself.
"""

from struct import pack

from dsmr.const import const
from mdns.zone import Zone

# Types of records (RFC 1035, clause 3.2.2; RFC 2782; RFC 4034); any type, in a question.
_A = const(1)
_PTR = const(12)
_TXT = const(16)
_SRV = const(33)
_NSEC = const(47)
_ANY = const(255)

# The flags of a response, by a host that knows.
_RESPONSE = const(0x8400)

# The class: of a record that others may have too; of one that only this host has (RFC 6762, clause
# 10.2); of a question whose answer is for this host alone (clause 5.4).
_IN = const(1)
_UNIQUE = const(0x8001)
_ALONE = const(0x8001)

# Seconds that a record is kept: PTR and TXT, and others (clause 10).
_LONG_TTL = const(4500)
_TTL = const(120)

# Bytes of a label of ours, of one of a type (RFC 6763, clause 7.2), and of a TXT record's data. A
# label with a number is as long as one may be, and a block of these fits into a message.
_LONGEST_LABEL = const(60)
_LONGEST_TYPE = const(16)
_LONGEST_TXT = const(240)

_LOCAL = const(b"\x05local")
_TYPES = const(b"\x09_services\x07_dns-sd\x04_udp\x05local")

# Which types of records there are at a name: the bits of an NSEC record (RFC 4034, clause 4.1.2).
_ONLY_A = const(b"\0\1\x40")
_ONLY_TXT_AND_SRV = const(b"\0\5\0\0\x80\0\x40")


def build(host, services, address, numbers):
    """A zone, and the claims to its names.

    host: a name, less ".local"; services: see above; address: of the host, as four bytes;
    numbers: by name that another host has too, the number that is put behind its first label.
    Raises ValueError with a sentence if a service cannot be announced.

    Returns (a `mdns.zone.Zone`, claims), with claims[name] for each name that only this host has:
    (the name without a number, [(type, data), ...] of its records, the message that claims it).
    The data are as `mdns.message.data` gives them.
    """
    builder = _Builder(numbers)
    services = [(tuple(service) + (None, None))[:5] for service in services]
    hosts = [host]
    for service in services:
        if service[4] and service[4] not in hosts:
            hosts.append(service[4])
    for kind, port, keys, instance, own_host in services:
        builder.add_service(kind, port, keys, instance or host, own_host or host)
    for name in hosts:
        builder.add_host(name, address)
    zone = Zone(
        _text(builder.numbered(_label(host) + _LOCAL)),
        builder.blocks,
        _first_labels(builder.claims),
        _first_labels(builder.shared),
    )
    return zone, builder.claims


class _Builder:
    """Gathers the blocks of a zone, the names that others may have too, and the claims."""

    def __init__(self, numbers):
        self._numbers = numbers
        self.blocks = []
        self.shared = set()
        self.claims = {}

    def add_service(self, kind, port, keys, instance, host):
        type_name = b"".join(_label(part, _LONGEST_TYPE) for part in kind.split(".")) + _LOCAL
        target = self.numbered(_label(host) + _LOCAL)
        location = pack(">HHH", 0, 0, port)
        txt = _txt(kind, keys)
        name = self._claim(
            _label(instance) + type_name, [(_SRV, location + target.lower()), (_TXT, txt)]
        )
        is_new = type_name not in self.shared
        self.shared.update((_TYPES, type_name))
        block = _Message(_RESPONSE, 0, 5 if is_new else 4, 0, 0)
        block.record(type_name, _PTR, _IN, b"", name)
        block.record(name, _SRV, _UNIQUE, location, target)
        block.record(name, _TXT, _UNIQUE, txt)
        block.record(name, _NSEC, _UNIQUE, b"", name, _ONLY_TXT_AND_SRV)
        if is_new:
            # That there are services of this type is said once.
            block.record(_TYPES, _PTR, _IN, b"", type_name)
        self.blocks.append(bytes(block.octets))

    def add_host(self, host, address):
        name = self._claim(_label(host) + _LOCAL, [(_A, address)])
        block = _Message(_RESPONSE, 0, 2, 0, 0)
        block.record(name, _A, _UNIQUE, address)
        block.record(name, _NSEC, _UNIQUE, b"", name, _ONLY_A)
        self.blocks.append(bytes(block.octets))

    def numbered(self, wanted):
        """A name, with its number if it has one."""
        number = self._numbers.get(wanted.lower())
        if not number:
            return wanted
        end = 1 + wanted[0]
        label = wanted[1:end] + b"-%d" % number
        return bytes((len(label),)) + label + wanted[end:]

    def _claim(self, wanted, records):
        """Claim a name for these records; returns it with its number."""
        name = self.numbered(wanted)
        owned = name.lower()
        if owned in self.claims:
            raise ValueError("%s is there twice: give one of them another name" % _text(name))
        probe = _Message(0, 1, 0, len(records), 0)
        probe.question(name, _ANY, _ALONE)
        for kind, octets in records:
            # There is a name in the data of an SRV record only.
            end = 6 if kind == _SRV else len(octets)
            probe.record(name, kind, _IN, octets[:end], octets[end:])
        self.claims[owned] = wanted.lower(), records, bytes(probe.octets)
        return name


class _Message:
    """A message in the making; counts: how many entries its four sections will have."""

    def __init__(self, flags, *counts):
        self.octets = bytearray(pack(">HHHHHH", 0, flags, *counts))
        # By name, or end of one: where it stands.
        self._places = {}

    def question(self, name, kind, rrclass):
        self._name(name)
        self.octets.extend(pack(">HH", kind, rrclass))

    def record(self, name, kind, rrclass, head, target=b"", tail=b""):
        """Add a record whose data are bytes, a name if there is one, and bytes again."""
        self.question(name, kind, rrclass)
        octets = self.octets
        octets.extend(pack(">IH", _LONG_TTL if kind == _PTR or kind == _TXT else _TTL, 0))
        start = len(octets)
        octets.extend(head)
        if target:
            self._name(target)
        octets.extend(tail)
        octets[start - 2 : start] = pack(">H", len(octets) - start)

    def _name(self, name):
        """Add a name; what of it is there already is pointed to."""
        octets = self.octets
        while name:
            place = self._places.get(name)
            if place is not None:
                octets.extend(pack(">H", 0xC000 | place))
                return
            self._places[name] = len(octets)
            octets.extend(name[: 1 + name[0]])
            name = name[1 + name[0] :]
        octets.append(0)


def _first_labels(names):
    return tuple({name[1 : 1 + name[0]].lower() for name in names})


def _text(name):
    """A name as people write it."""
    labels = []
    while name:
        end = 1 + name[0]
        labels.append(name[1:end].decode())
        name = name[end:]
    return ".".join(labels)


def _label(text, longest=_LONGEST_LABEL):
    octets = text.encode()
    if not 1 <= len(octets) <= longest:
        raise ValueError('"%s" is no part of a name: it must have 1 to %d bytes' % (text, longest))
    return bytes((len(octets),)) + octets


def _txt(kind, keys):
    """The data of a service's TXT record."""
    octets = keys
    if isinstance(keys, dict):
        octets = b""
        # Always in the same order, which a dict does not have on a board.
        for key in sorted(keys):
            pair = ("%s=%s" % (key, keys[key])).encode()
            # One that is too long for a byte is too long below, too.
            octets += bytes((len(pair) & 0xFF,)) + pair
    if len(octets) > _LONGEST_TXT:
        raise ValueError(
            "the keys of %s take %d bytes, and may take %d" % (kind, len(octets), _LONGEST_TXT)
        )
    return octets or b"\0"
