"""What a socket does now and then: `socket` loads this for each use, and drops it again."""

import sys

import usocket
from micropython import const

_MDNS = const(5353)


def getaddrinfo(host, port, *details):
    """One answer, as the chip's stack gives."""
    first = usocket.getaddrinfo(host, port, *details)[0]
    return [(first[0], first[1], first[2], "", _chip_address(first[-1]))]


def _chip_address(sockaddr):
    family, ip, port = usocket.sockaddr(sockaddr)[:3]
    return usocket.inet_ntop(family, ip), port


def _host_address(address):
    return usocket.getaddrinfo(address[0] or "0.0.0.0", address[1])[0][-1]


def bind(inner, address):
    network = sys.modules.get("network")
    if address[1] == _MDNS and network and network._wlan.mdns():
        from errno import EADDRINUSE

        raise OSError(EADDRINUSE)
    inner.bind(_host_address(address))


def sendto(inner, data, *flags_and_address):
    address = _host_address(flags_and_address[-1])
    return inner.sendto(data, *flags_and_address[:-1], address)


def recvfrom(inner, *size):
    data, sender = inner.recvfrom(*size)
    return data, _chip_address(sender)


def ready(inner, wanted):
    """What of the wanted events there is, as `select` numbers them."""
    import select

    poll = select.poll()
    poll.register(inner, wanted)
    found = poll.poll(0)
    return found[0][1] if found else 0


def find(name, wrapper=None):
    """What `socket`, or a socket, offers under this name."""
    if wrapper is None:
        return globals()[name] if name in ("getaddrinfo", "ready") else getattr(usocket, name)
    function = globals()[name]

    def method(*details):
        return function(wrapper._stream, *details)

    if name in ("sendto", "recvfrom"):
        # Called again and again: kept, for as long as there is the socket.
        setattr(wrapper, name, method)
    return method
