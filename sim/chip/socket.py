"""The ESP32's `socket`, simulated: real sockets of the host, within the chip's limits.

- The chip's network stack has ten sockets. One more raises OSError(ENFILE); a connection that
  comes in then is cut. SIM_SOCKETS sets another number. A socket counts until it is closed: one
  that the program drops without closing it is lost here, where the chip's collector would find it
  one day.
- Addresses are (host, port), as on the ESP32, not the unix port's bytes.
- Port 5353 is taken by the chip's own mDNS from the first address on.

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
_GET_FILENO = const(10)  # MP_STREAM_GET_FILENO

_limit = int(os.getenv("SIM_SOCKETS") or 10)
_open = 0


def __getattr__(name, *wrapper):
    import chip_socket

    del sys.modules["chip_socket"]
    return chip_socket.find(name, *wrapper)


class socket(io.IOBase):
    """Hands everything on to a socket of the host."""

    def __init__(self, *details, accepted=None):
        global _open
        if _open >= _limit:
            raise OSError(_ENFILE)
        self._socket = accepted or usocket.socket(*details)
        _open += 1

    def __getattr__(self, name):
        if name in ("bind", "connect", "sendto", "recvfrom"):
            return __getattr__(name, self)
        return getattr(self._socket, name)

    def accept(self):
        connection, sender = self._socket.accept()
        if _open >= _limit:
            connection.close()
            raise OSError(_ENFILE)
        family, ip, port = usocket.sockaddr(sender)[:3]
        return socket(accepted=connection), (usocket.inet_ntop(family, ip), port)

    def close(self):
        global _open
        if self._socket.fileno() >= 0:
            _open -= 1
        self._socket.close()

    def ioctl(self, request, flags):
        # With the descriptor poll() waits for the host's socket itself.
        if request == _GET_FILENO:
            return self._socket.fileno()
        # TLS over it has none, and asks.
        return __getattr__("ready")(self._socket, flags) if request == _POLL else -1
