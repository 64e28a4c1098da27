"""What a socket of the simulated chip does now and then."""

import os
import select
import sys

import usocket
from micropython import const

_MDNS = const(5353)


def find(name):
    """What the module `socket` offers under this name."""
    return getaddrinfo if name == "getaddrinfo" else getattr(usocket, name)


def getaddrinfo(host, port, *details):
    """One answer, as the chip's stack gives."""
    first = usocket.getaddrinfo(host, port, *details)[0]
    return [(first[0], first[1], first[2], "", _chip_address(first[-1]))]


def _chip_address(sockaddr):
    family, ip, port = usocket.sockaddr(sockaddr)[:3]
    return usocket.inet_ntop(family, ip), port


def _host_address(address):
    return usocket.getaddrinfo(address[0] or "0.0.0.0", address[1])[0][-1]


def method(name, inner):
    """What a socket over the host's socket `inner` does under this name."""
    function = _METHODS[name]
    return lambda *details: function(inner, *details)


def _bind(inner, address):
    network = sys.modules.get("network")
    if address[1] == _MDNS and network and network.WLAN.mdns:
        from errno import EADDRINUSE

        raise OSError(EADDRINUSE)
    # A port that may not be opened on the host is another there: SIM_PORT_53=10053.
    host, port = address
    inner.bind(_host_address((host, int(os.getenv("SIM_PORT_%d" % port) or port))))


def _sendto(inner, data, *flags_and_address):
    address = _host_address(flags_and_address[-1])
    return inner.sendto(data, *flags_and_address[:-1], address)


def _recvfrom(inner, *size):
    data, sender = inner.recvfrom(*size)
    return data, _chip_address(sender)


_METHODS = {"bind": _bind, "sendto": _sendto, "recvfrom": _recvfrom}


def ready(inner, wanted):
    """What of the wanted events there is, as `select` numbers them."""
    poll = select.poll()
    poll.register(inner, wanted)
    found = poll.poll(0)
    return found[0][1] if found else 0
