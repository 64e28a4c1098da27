"""The ESP32's `socket`, simulated: real sockets of the host, within the chip's limits.

- The chip's network stack has ten sockets. One more raises OSError(ENFILE); a connection that
  comes in then is cut. SIM_SOCKETS sets another number. A socket counts until it is closed: one
  that the program drops without closing it is lost here, where the chip's collector would find it
  one day.
- Addresses are (host, port), as on the ESP32, not the unix port's bytes.
- Port 5353 is taken by the chip's own mDNS from the first address on.

A connection that was accepted is the host's own socket, which knows all that the chip's does but
for datagrams' addresses: so it takes no more of the heap than it must.

The ESP32's module takes no heap. So what is called now and then is in `chip_socket`, which is
loaded for each call and dropped again.
"""

import io
import os
import sys

import usocket
from micropython import const

_ENFILE = const(23)
_POLL = const(3)  # MP_STREAM_POLL
_CLOSE = const(4)  # MP_STREAM_CLOSE
_GET_FILENO = const(10)  # MP_STREAM_GET_FILENO

#: The host's sockets. In the place of one that is closed comes the next.
_open = [None] * int(os.getenv("SIM_SOCKETS") or 10)


def __getattr__(*what):
    import chip_socket

    del sys.modules["chip_socket"]
    return chip_socket.find(*what)


def _add(new):
    for place in range(len(_open)):
        if not _open[place] or _open[place].fileno() < 0:
            _open[place] = new
            return new
    new.close()
    raise OSError(_ENFILE)


class socket(io.IOBase):
    """Hands everything on to a socket of the host."""

    def __init__(self, *details):
        self._stream = _add(usocket.socket(*details))

    def __getattr__(self, name):
        if name in ("bind", "sendto", "recvfrom"):
            return __getattr__(name, self)
        return getattr(self._stream, name)

    def connect(self, address):
        # When memory is short the program may knock at its own door.
        self._stream.connect(usocket.getaddrinfo(*address)[0][-1])

    def accept(self):
        connection, sender = self._stream.accept()
        family, ip, port = usocket.sockaddr(sender)[:3]
        address = usocket.inet_ntop(family, ip), port
        return _add(connection), address

    def ioctl(self, request, flags):
        # With the descriptor poll() waits for the host's socket itself.
        if request == _GET_FILENO:
            return self._stream.fileno()
        # TLS over it has none, and asks.
        return __getattr__("ready")(self._stream, flags) if request == _POLL else -1
