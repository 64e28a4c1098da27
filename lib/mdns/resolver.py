"""Finds the addresses of hosts whose names end in ".local" (RFC 6762, clause 5)."""

from struct import pack

from dsmr.const import const
from mdns.message import entries, flags_of

_A = const(1)
_IN = const(1)
_BIT = const(0x8000)

# The flags of a response, and those of what is no answer to a query.
_RESPONSE = const(0x8000)
_FOREIGN = const(0x780F)

#: How many hosts are kept. One more takes the place of the oldest.
_HOSTS = const(4)

#: Bytes of a label, and of a name less its zero byte (RFC 1035, clause 2.3.4).
_LONGEST_LABEL = const(63)
_LONGEST_NAME = const(254)

#: Seconds that an address is kept at most, whatever its TTL; milliseconds that a question waits.
_LONGEST_TTL = const(4500)
_PATIENCE = const(10_000)


class Resolver:
    """Asks for hosts by names such as "homeassistant.local", and keeps the addresses of a few."""

    def __init__(self):
        # Of each host: its name in the form of `mdns.message`, its address as text or None, and
        # until when this counts.
        self._hosts = []

    def address(self, host, now):
        """The address of a host, such as "192.168.1.10"; None if it is not known."""
        name = _wire_name(host)
        for known in self._hosts:
            if known[0] == name and now < known[2]:
                return known[1]
        return None

    def is_idle(self, now):
        """Whether nothing is asked, and nothing known."""
        return all(now >= known[2] for known in self._hosts)

    def question(self, host, alone, now):
        """The message that asks for a host; None if that is no name to ask for by mDNS.

        alone: whether the answer is to come to this host only.
        """
        name = _wire_name(host)
        if not name:
            return None
        for known in self._hosts:
            if known[0] == name:
                break
        else:
            if len(self._hosts) == _HOSTS:
                self._hosts.pop(0)
            known = [name, None, 0]
            self._hosts.append(known)
        if now >= known[2]:
            known[1] = None
        known[2] = max(known[2], now + _PATIENCE)
        header = pack(">HHHHHH", 0, 0, 1, 0, 0, 0)
        return header + name + pack(">BHH", 0, _A, _IN | _BIT if alone else _IN)

    def receive(self, message, sender, now):
        """Take in a message, as bytes, from an address."""
        small = message.lower()
        if not any(known[0][1 : 1 + known[0][0]] in small for known in self._hosts):
            return
        try:
            flags = flags_of(message)
            if not flags & _RESPONSE or flags & _FOREIGN:
                return
            for _, name, kind, _, ttl, start, end in entries(message):
                if kind == _A and end - start == 4:
                    address = "%d.%d.%d.%d" % tuple(message[start:end])
                    self._note(name, address, min(ttl, _LONGEST_TTL), sender, now)
        except ValueError:
            pass  # it is no message

    def _note(self, name, address, ttl, sender, now):
        for known in self._hosts:
            # Of several addresses the one that the answer comes from is the best.
            if known[0] == name and (not known[1] or address in (known[1], sender)):
                known[1] = address
                known[2] = now + ttl * 1000


def _wire_name(host):
    """A name in the form of `mdns.message`; b"" if it is none that mDNS knows."""
    labels = host.lower().split(".")
    if len(labels) < 2 or labels[-1] != "local":
        return b""
    name = b""
    for label in labels:
        octets = label.encode()
        if not 1 <= len(octets) <= _LONGEST_LABEL:
            return b""
        name += bytes((len(octets),)) + octets
    return name if len(name) <= _LONGEST_NAME else b""
