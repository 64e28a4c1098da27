"""What a socket of the simulated chip does now and then."""

import os
import select
import sys

import usocket
from micropython import const

_MDNS = const(5353)

# The group of all hosts that speak mDNS is joined with this option of the chip's network stack,
# which the unix port has no name for; and Linux's numbers of that and of others.
_IP = const(0)
_IP_ADD_MEMBERSHIP = const(3)
_LINUX_IP_MULTICAST_IF = const(32)
_LINUX_IP_ADD_MEMBERSHIP = const(35)
_LINUX_SO_REUSEADDR = const(2)
_LINUX_SO_REUSEPORT = const(15)

# Sockets that have received nothing: the ESP32's port takes that for the end of a connection, also
# on a datagram socket, and reads nothing from it any more (its modsocket.c, _socket_read_data).
_ended: list = []


def find(name):
    """What the module `socket` offers under this name."""
    if name == "IP_ADD_MEMBERSHIP":
        return _IP_ADD_MEMBERSHIP
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


def method(name, stream):
    """What a socket over the host's socket `stream` does under this name."""
    function = _METHODS[name]
    return lambda *details: function(stream, *details)


def bind(stream, address):
    network = sys.modules.get("network")
    if address[1] == _MDNS and network:
        if network.WLAN.mdns == 1:
            from errno import EADDRINUSE

            raise OSError(EADDRINUSE)
        network.WLAN.mdns = 2
        # A chip has the port for itself; on this machine there are others.
        for option in (_LINUX_SO_REUSEADDR, _LINUX_SO_REUSEPORT):
            stream.setsockopt(usocket.SOL_SOCKET, option, 1)
    # A port that may not be opened on the host is another there: SIM_PORT_53=10053.
    host, port = address
    stream.bind(_host_address((host, int(os.getenv("SIM_PORT_%d" % port) or port))))


def setsockopt(stream, level, option, value):
    if (level, option) == (_IP, _IP_ADD_MEMBERSHIP):
        stream.setsockopt(_IP, _LINUX_IP_MULTICAST_IF, value[4:])
        level, option = _IP, _LINUX_IP_ADD_MEMBERSHIP
    stream.setsockopt(level, option, value)


def sendto(stream, data, *flags_and_address):
    address = _host_address(flags_and_address[-1])
    return stream.sendto(data, *flags_and_address[:-1], address)


def recvfrom(stream, *size):
    if stream in _ended:
        return b"", ("0.0.0.0", 0)
    data, sender = stream.recvfrom(*size)
    if not data:
        _ended.append(stream)
    return data, _chip_address(sender)


_METHODS = {"bind": bind, "sendto": sendto, "recvfrom": recvfrom, "setsockopt": setsockopt}


def ready(stream, wanted):
    """What of the wanted events there is, as `select` numbers them."""
    poll = select.poll()
    poll.register(stream, wanted)
    found = poll.poll(0)
    return found[0][1] if found else 0
