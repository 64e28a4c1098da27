"""The ESP32's `socket`, simulated: real sockets of the host, within the chip's limits.

- The chip's network stack has ten sockets. One more raises OSError(ENFILE); a connection that
  comes in then is cut. SIM_SOCKETS sets another number. A socket counts until it is closed: one
  that the program drops without closing it is lost here, where the chip's collector would find it
  one day.
- Sockets, and what has been sent and is not confirmed, lie in ESP-IDF's memory, `chip_idf`. Where
  that is short, a socket cannot be made (ENOBUFS), a connection that comes in is cut, what is to
  be sent is refused (ENOMEM), and in the end nothing comes in any more, without a word.
- What one connection has not had confirmed is _WINDOW bytes at most.
- Addresses are (host, port), as on the ESP32, not the unix port's bytes.
- SIM_POLL_FAILS: how often looking after sockets fails with EIO, as lwIP's select does where there
  is no memory for it.
- Port 5353 is taken by the chip's own mDNS from the first address on, unless a program has it.

What is called now and then is in `chip_socket`.
"""

import io
import os
import time

import chip_idf
import usocket
from chip_poll import make_room
from micropython import const

_EIO = const(5)
_EAGAIN = const(11)
_ENOMEM = const(12)
_ENFILE = const(23)
_ENOBUFS = const(105)
_POLL = const(3)  # MP_STREAM_POLL
_CLOSE = const(4)  # MP_STREAM_CLOSE
_GET_FILENO = const(10)  # MP_STREAM_GET_FILENO
_WRITABLE = const(4)

# Bytes of ESP-IDF's memory: a socket with its control block and queues, and a closed connection
# of which the stack remembers for two minutes that it was there.
_SOCKET = const(430)
_TIME_WAIT = const(212)

# Control blocks of TCP, those of closed connections included.
_BLOCKS = const(12)

# Bytes that a connection may have sent without a confirmation, and how many are confirmed in a
# millisecond, on a network at home.
_WINDOW = const(5_744)
# Bytes that one must take for poll() to call it writable (lwIP's TCP_SNDLOWAT).
_LEAST = const(2_881)
_CONFIRMED = const(100)

# Linux's number of SO_SNDBUF: for a client that does not read, the host is to keep no more.
_SNDBUF = const(7)

#: Sockets that are open, and closed connections that are remembered.
_open = 0
_remembered = 0
#: Sockets with bytes that are not confirmed.
_sending = []
_most = int(os.getenv("SIM_SOCKETS") or 10)
#: How often poll() is still to fail.
_fails = int(os.getenv("SIM_POLL_FAILS") or 0)


def __getattr__(name):
    import chip_socket

    return chip_socket.find(name)


def _settle():
    """What was sent is confirmed as time goes by, whether the program does anything or not."""
    at = len(_sending)
    while at:
        at -= 1
        _sending[at]._confirm()


chip_idf.settle = _settle


class socket(io.IOBase):
    """Hands everything on to a socket of the host."""

    def __init__(self, *details, stream=None):
        global _open, _remembered
        self._stream = None
        # Bytes that are not confirmed, since when, and whether anything was sent.
        self._held = 0
        self._at = 0
        if _open >= _most:
            raise OSError(_ENFILE)
        if _open + _remembered >= _BLOCKS and _remembered:
            # The oldest closed connection is forgotten.
            _remembered -= 1
            chip_idf.give(_TIME_WAIT)
        if not chip_idf.take(_SOCKET):
            raise OSError(_ENOBUFS)
        _open += 1
        make_room()
        self._stream = stream or usocket.socket(*details)
        try:
            self._stream.setsockopt(usocket.SOL_SOCKET, _SNDBUF, _WINDOW)
        except OSError:
            pass  # a host that is no Linux keeps what it likes

    def __getattr__(self, name):
        if name in ("bind", "sendto", "recvfrom", "setsockopt"):
            import chip_socket

            return chip_socket.method(name, self._stream)
        return getattr(self._stream, name)

    def connect(self, address):
        if not chip_idf.ready():
            raise OSError(_ENOMEM)
        # When memory is short the program may knock at its own door.
        self._stream.connect(usocket.getaddrinfo(*address)[0][-1])

    def accept(self):
        if not chip_idf.ready():
            # What came in has found no memory: nobody is told.
            time.sleep_ms(5)
            raise OSError(_EAGAIN)
        connection, sender = self._stream.accept()
        family, ip, port = usocket.sockaddr(sender)[:3]
        address = usocket.inet_ntop(family, ip), port
        try:
            return socket(stream=connection), address
        except (OSError, MemoryError):
            connection.close()
            raise

    def readinto(self, buffer, *size):
        if not chip_idf.ready():
            time.sleep_ms(5)
            return None
        size = self._stream.readinto(buffer, *size)
        if size:
            # What comes in confirms what has been received.
            self._confirm(_WINDOW)
        return size

    def recv(self, size):
        if not chip_idf.ready():
            raise OSError(_EAGAIN)
        return self._stream.recv(size)

    def send(self, data):
        sent = self.write(data)
        if sent is None:
            raise OSError(_EAGAIN)
        return sent

    def write(self, data, *size):
        """Returns how many bytes were taken, None if there is no room for any as yet."""
        self._confirm()
        room = _WINDOW - self._held
        count = len(data)
        if room <= 0:
            return None
        if not chip_idf.ready() or not chip_idf.take(min(count, room)):
            raise OSError(_ENOMEM)
        taken = min(count, room)
        sent = self._stream.write(data, taken) if taken < count else self._stream.write(data)
        chip_idf.give(taken - (sent or 0))
        if sent:
            if not self._held:
                _sending.append(self)
            self._held += sent
        return sent

    def _confirm(self, least=0):
        """Let be confirmed what was sent some time ago, and give its memory back."""
        now = time.ticks_ms()
        if self._held:
            confirmed = max(least, time.ticks_diff(now, self._at) * _CONFIRMED)
            confirmed = min(self._held, confirmed)
            chip_idf.give(confirmed)
            self._held -= confirmed
            if not self._held:
                _sending.remove(self)
        self._at = now

    def close(self):
        global _open, _remembered
        if self._stream is None or self._at is None:
            return
        if self._held:
            _sending.remove(self)
            chip_idf.give(self._held)
            self._held = 0
        self._at = None
        _open -= 1
        chip_idf.give(_SOCKET)
        if _open + _remembered < _BLOCKS and chip_idf.take(_TIME_WAIT):
            _remembered += 1
        self._stream.close()

    def ioctl(self, request, flags):
        global _fails
        # With the descriptor poll() waits for the host's socket itself; without one it asks.
        if request == _GET_FILENO:
            if _fails:
                return -1
            self._confirm()
            if self._held <= _WINDOW - _LEAST:
                return self._stream.fileno()
        if request == _CLOSE:
            self.close()
            return 0
        if request == _POLL:
            if _fails:
                _fails -= 1
                return -_EIO
            import chip_socket

            self._confirm()
            if self._held > _WINDOW - _LEAST:
                flags &= ~_WRITABLE
            return chip_socket.ready(self._stream, flags)
        return -1
