"""The ESP32's `socket`, as far as mDNS uses it, made of the unix port's.

Addresses are (host, port); `setsockopt` knows what the chip's knows, and complains of others as
that does. The chip has port 5353 for itself; on the machine that runs the tests it is shared.
"""

import io

import usocket
from usocket import AF_INET, SOCK_DGRAM, SOL_SOCKET  # noqa: F401

IP_ADD_MEMBERSHIP = 3  # of the chip's network stack

# The same options as Linux numbers them.
_SO_REUSEADDR = 2
_SO_REUSEPORT = 15
_IP_MULTICAST_IF = 32
_IP_ADD_MEMBERSHIP = 35

_GET_FILENO = 10  # MP_STREAM_GET_FILENO


def _host_address(address):
    return usocket.getaddrinfo(address[0], address[1])[0][-1]


class socket(io.IOBase):
    def __init__(self, family, kind):
        self._inner = usocket.socket(family, kind)

    def setsockopt(self, level, option, value):
        if (level, option) != (0, IP_ADD_MEMBERSHIP) or len(value) != 8:
            raise ValueError("the chip does not know this option")
        self._inner.setsockopt(0, _IP_MULTICAST_IF, value[4:])
        self._inner.setsockopt(0, _IP_ADD_MEMBERSHIP, value)

    def bind(self, address):
        self._inner.setsockopt(SOL_SOCKET, _SO_REUSEADDR, 1)
        self._inner.setsockopt(SOL_SOCKET, _SO_REUSEPORT, 1)
        self._inner.bind(_host_address(address))

    def setblocking(self, flag):
        self._inner.setblocking(flag)

    def sendto(self, data, address):
        return self._inner.sendto(data, _host_address(address))

    def recvfrom(self, size):
        data, sender = self._inner.recvfrom(size)
        family, host, port = usocket.sockaddr(sender)[:3]
        return data, (usocket.inet_ntop(family, host), port)

    def ioctl(self, request, argument):
        return self._inner.fileno() if request == _GET_FILENO else -1

    def close(self):
        self._inner.close()
