"""Which datagrams are worked on: those of the own network, and no more than a board can bear."""

from dsmr.const import const

_PORT = const(5353)

# The work for a datagram goes by its length, so tokens are bytes: how many there are at most, how
# many come back in a millisecond, and what a datagram takes that is only looked at.
_MOST = const(12000)
_RATE = const(4)
_LOOK = const(50)


class Gate:
    """Lets datagrams in, or keeps them out.

    address, netmask: this host's, as texts such as "192.168.1.20" and "255.255.255.0".
    admits: a function that says whether an address, a text, may ask from another network; or None.
    tokens: as long as there are some, datagrams are let in. Who then reads one takes its length.
    """

    def __init__(self, address, netmask, admits, now):
        self._own = [int(octet) for octet in address.split(".")]
        self._mask = [int(octet) for octet in netmask.split(".")]
        self._admits = admits
        self._time = now
        self.tokens = _MOST

    def fill(self, now):
        """Bring the tokens back that are due."""
        self.tokens = min(_MOST, self.tokens + (now - self._time) * _RATE)
        self._time = now

    def lets_in(self, message, sender, port):
        """Whether a datagram is let in that comes from this address, a text, and this port."""
        self.tokens -= _LOOK
        # Who has not the port of mDNS may ask, but not answer (RFC 6762, clause 6).
        if port != _PORT and message[2:3] >= b"\x80":
            return False
        octets = sender.split(".")
        for n in range(4):
            if (self._own[n] ^ int(octets[n])) & self._mask[n]:
                return bool(self._admits and self._admits(sender))
        return True
