"""The ESP32's `socket`, simulated: real sockets of the host, within the chip's limits.

- The chip's network stack has ten sockets. One more raises OSError(ENFILE); a connection that
  comes in then is cut. SIM_SOCKETS sets another number. A socket counts until it is closed: one
  that the program drops without closing it is lost here, where the chip's collector would find it
  one day.
- Addresses are (host, port), as on the ESP32, not the unix port's bytes.
- Port 5353 is taken by the chip's own mDNS from the first address on.
"""

import errno
import io
import os

import chip_world
import usocket as _host
from usocket import *  # noqa: F403 (the constants)

_ENFILE = 23
_GET_FILENO = 10  # MP_STREAM_GET_FILENO
_MDNS = 5353

_limit = int(os.getenv("SIM_SOCKETS") or 10)
_open = 0


def getaddrinfo(host, port, *details):
    """One answer, as the chip's stack gives."""
    first = _host.getaddrinfo(host, port, *details)[0]
    return [(first[0], first[1], first[2], "", _chip_address(first[-1]))]


def _chip_address(sockaddr):
    family, ip, port = _host.sockaddr(sockaddr)[:3]
    return (_host.inet_ntop(family, ip), port)


def _host_address(address):
    return _host.getaddrinfo(address[0] or "0.0.0.0", address[1])[0][-1]


class socket(io.IOBase):
    """Hands everything on to a socket of the host."""

    def __init__(self, *details, accepted=None):
        global _open
        if _open >= _limit:
            raise OSError(_ENFILE)
        self._socket = accepted or _host.socket(*details)
        _open += 1
        # Looked up once: what a connection calls most.
        self.read = self._socket.read
        self.readinto = self._socket.readinto
        self.write = self._socket.write

    def __getattr__(self, name):
        return getattr(self._socket, name)

    def bind(self, address):
        if address[1] == _MDNS and chip_world.had_address:
            raise OSError(errno.EADDRINUSE)
        self._socket.bind(_host_address(address))

    def connect(self, address):
        self._socket.connect(_host_address(address))

    def sendto(self, data, *flags_and_address):
        address = _host_address(flags_and_address[-1])
        return self._socket.sendto(data, *flags_and_address[:-1], address)

    def recvfrom(self, *size):
        data, sender = self._socket.recvfrom(*size)
        return data, _chip_address(sender)

    def accept(self):
        connection, sender = self._socket.accept()
        if _open >= _limit:
            connection.close()
            raise OSError(_ENFILE)
        return socket(accepted=connection), _chip_address(sender)

    def close(self):
        global _open
        if self._socket.fileno() >= 0:
            _open -= 1
        self._socket.close()

    def ioctl(self, request, argument):
        # With the descriptor poll() waits for the host's socket itself.
        return self._socket.fileno() if request == _GET_FILENO else -1
