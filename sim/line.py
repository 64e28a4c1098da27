"""The line from the meter: telegrams go out once a second to whoever listens.

It ends at a TCP socket or at a pseudo-terminal. As on a real line nobody waits for the reader:
what it does not take in time is lost. Only at speed 0 the line waits, so that a test can run as
fast as the reader goes.

What is on the line comes from a meter (`sim.meter`) or a capture (`sim.replay`), and may be struck
by faults (`sim.faults`).
"""

import contextlib
import fcntl
import os
import socket
import sys
import termios
import threading
import time
import tty
from collections import deque
from collections.abc import Callable
from itertools import count as count_up

from sim.faults import Faults, Outcome

_BITS_PER_BYTE = 10  # 8N1: a start bit, eight bits, a stop bit
_PIECE_S = 0.01  # a paced telegram is sent in pieces of this length
_LAST_READ_S = 2
_UNREAD = 16384  # what may wait for a TCP reader here: a wire stores nothing


class TcpEnd:
    """Listens on TCP; everyone who connects reads the same line from then on."""

    def __init__(self, address: tuple[str, int]):
        self._listener = socket.create_server(address)
        self._listener.setblocking(False)
        self._clients: list[socket.socket] = []
        self.name = "tcp {}:{}".format(*self._listener.getsockname()[:2])
        self.port = self._listener.getsockname()[1]

    def readers(self) -> int:
        """How many are connected now."""
        with contextlib.suppress(BlockingIOError):
            while True:
                client, _ = self._listener.accept()
                client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                client.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _UNREAD)
                self._clients.append(client)
        return len(self._clients)

    def send(self, data: bytes, patient: Callable[[], bool]) -> int:
        """Sends to every client; returns how many bytes some client lost.

        A client that takes no more is waited for as long as `patient()` says so.
        """
        lost = 0
        for client in self._clients[:]:
            rest = memoryview(data)
            try:
                while rest:
                    client.settimeout(0.1 if patient() else 0)
                    try:
                        rest = rest[client.send(rest) :]
                    except (BlockingIOError, TimeoutError):
                        if not patient():
                            break
            except OSError:
                self._clients.remove(client)
                client.close()
            lost += len(rest)
        return lost

    def finish(self, stop: threading.Event) -> None:
        """Closing a connection throws nothing away that was sent."""

    def drop(self) -> None:
        """Ends every connection, as when the other end is switched off."""
        self.readers()
        for client in self._clients:
            client.close()
        self._clients.clear()

    def close(self) -> None:
        self.drop()
        self._listener.close()


class PtyEnd:
    """A pseudo-terminal for programs that open a serial device; `link` is a name for it."""

    def __init__(self, link: str | None = None):
        self._ours, self._theirs = os.openpty()
        tty.setraw(self._theirs)
        os.set_blocking(self._ours, False)
        self.path = os.ttyname(self._theirs)
        self._link = link
        if link:
            # One that a killed run left behind is replaced; a file of somebody's is not.
            if os.path.islink(link):
                os.unlink(link)
            os.symlink(self.path, link)
        self.name = link or self.path

    def readers(self) -> int:
        """A terminal does not tell who has it open; it always takes what fits its buffer."""
        return 1

    def send(self, data: bytes, patient: Callable[[], bool]) -> int:
        rest = memoryview(data)
        while rest:
            try:
                rest = rest[os.write(self._ours, rest) :]
            except BlockingIOError:
                if not patient():
                    break
                time.sleep(0.002)
        return len(rest)

    def finish(self, stop: threading.Event) -> None:
        """Waits a little for what is not read yet: closing a terminal throws it away."""
        give_up = time.monotonic() + _LAST_READ_S
        while time.monotonic() < give_up and not stop.wait(0.005):
            waiting = fcntl.ioctl(self._theirs, termios.FIONREAD, b"\0" * 4)
            if not int.from_bytes(waiting, sys.byteorder):
                return

    def drop(self) -> None:
        """A terminal cannot be pulled out; nothing happens."""

    def close(self) -> None:
        if self._link:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(self._link)
        os.close(self._ours)
        os.close(self._theirs)


class Line:
    """Sends a source's telegrams, one a second, from a thread of its own.

    `source` has `telegrams()`, or is an iterable of bytes. Give `listen` (host and port, port 0
    for any free one), or `pty` (True, or the name of a link to make). `speed` is how many seconds
    pass in one; 0 means as fast as the reader takes it, and waits for a reader first. `baud`
    paces the bytes as a serial line does (`speed` times faster); None sends a telegram in one go.
    `count` ends the line after so many telegrams. `wait` holds the first telegram back until
    somebody reads.

    `seconds` counts those that have passed, `sent` the telegrams that went out, `intact` those
    that went out whole, `bytes` all that went out and `lost` those that a reader did not take in
    time; `outcomes` keeps the last thousand seconds, each as a
    `sim.faults.Outcome`.
    """

    def __init__(
        self,
        source,
        listen: tuple[str, int] | None = None,
        pty: bool | str | None = None,
        speed: float = 1,
        faults: Faults | None = None,
        baud: int | None = 115200,
        count: int | None = None,
        wait: bool | None = None,
    ):
        if (listen is None) == (not pty):
            raise ValueError("A line ends either at an address to listen on or at a terminal.")
        if speed < 0:
            raise ValueError("The speed of a line is 0 or more.")
        telegrams = source.telegrams() if hasattr(source, "telegrams") else iter(source)
        self._telegrams = telegrams
        self._end: TcpEnd | PtyEnd
        #: The TCP port that it listens on, or the pseudo-terminal's device.
        self.port, self.path = 0, ""
        if listen:
            self._end = TcpEnd(listen)
            self.port = self._end.port
        else:
            self._end = PtyEnd(pty if isinstance(pty, str) else None)
            self.path = self._end.path
        self.speed = speed
        self._faults = faults or Faults()
        self._baud = baud
        self._count = count
        self._wait = speed == 0 if wait is None else wait
        self._stop = threading.Event()
        self._going = threading.Event()
        self._going.set()
        self._thread = threading.Thread(target=self._run, name="sim line", daemon=True)
        self.sent = 0
        self.intact = 0
        self.bytes = 0
        self.seconds = 0
        self.lost = 0
        self.outcomes: deque[Outcome] = deque(maxlen=1000)
        self.error: BaseException | None = None

    @property
    def name(self) -> str:
        """Where the line ends: an address or a device."""
        return self._end.name

    def __enter__(self) -> "Line":
        self.start()
        return self

    def __exit__(self, *_) -> None:
        self.stop()

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Ends the line and its connections."""
        self._stop.set()
        self._going.set()
        self._thread.join()

    def join(self, timeout: float | None = None) -> bool:
        """Waits until the line has ended by itself (`count`, or a source that ends)."""
        self._thread.join(timeout)
        return not self._thread.is_alive()

    def pause(self) -> None:
        """The meter falls silent: its time goes on, nothing is sent. (At speed 0 it waits.)"""
        self._going.clear()

    def resume(self) -> None:
        self._going.set()

    def drop(self) -> None:
        """Cuts every connection once; whoever comes back is served again."""
        self._end.drop()

    def _run(self) -> None:
        try:
            self._send_all()
            self._end.finish(self._stop)
        except BaseException as error:  # kept for whoever waits for the thread
            self.error = error
            raise
        finally:
            self._end.close()

    def _send_all(self) -> None:
        while self._wait and not self._end.readers() and not self._stop.is_set():
            time.sleep(0.005)
        begin = time.monotonic()
        if self.speed == 1:
            begin += -time.time() % 1  # on the second, as a meter's clock does
        for number in count_up():
            if self._count is not None and number >= self._count:
                return
            if self.speed == 0:
                self._going.wait()
            elif self._stop.wait(max(0, begin + number / self.speed - time.monotonic())):
                return
            telegram = next(self._telegrams, None)
            if telegram is None or self._stop.is_set():
                return
            outcome = self._faults.strike(telegram)
            self._end.readers()
            if not self._going.is_set():
                continue
            self._send(outcome.data)
            self.seconds = number + 1
            self.bytes += len(outcome.data)
            self.sent += bool(outcome.data)
            self.intact += outcome.intact
            self.outcomes.append(outcome)

    def _patient(self) -> bool:
        return self.speed == 0 and not self._stop.is_set()

    def _send(self, data: bytes) -> None:
        if self.speed == 0:
            # Whoever is gone may come back; until then nothing is lost.
            while not self._end.readers() and not self._stop.is_set():
                time.sleep(0.005)
            self._end.send(data, self._patient)
            return
        if self._baud is None or not data:
            self.lost += self._end.send(data, self._patient)
            return
        bytes_per_s = self._baud / _BITS_PER_BYTE * self.speed
        piece = max(1, round(bytes_per_s * _PIECE_S))
        begin = time.monotonic()
        for place in range(0, len(data), piece):
            part = data[place : place + piece]
            # A byte is there when its last bit is: wait first, then hand over.
            due = begin + (place + len(part)) / bytes_per_s
            time.sleep(max(0, due - time.monotonic()))
            self.lost += self._end.send(part, self._patient)
