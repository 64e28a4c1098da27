"""A stand-in for an MQTT broker: it takes everything, acknowledges it, and tells nobody.

    with Broker() as broker:
        ... broker.port ...

It is for whatever needs the reader's side only; what a real broker and its subscribers make of it
is tested with mosquitto.
"""

import contextlib
import socket
import threading
import time
from collections.abc import Callable

CONNACK = b"\x20\2\0\0"
PINGRESP = b"\xd0\0"


def packets(octets: bytes) -> tuple[list[tuple[int, bytes]], bytes]:
    """The packets in some bytes: (first byte, body) of each that is whole, and what is left."""
    found = []
    while len(octets) >= 2:
        length = shift = 0
        at = 1
        while at < len(octets):
            length |= (octets[at] & 127) << shift
            shift += 7
            at += 1
            if not octets[at - 1] & 128:
                break
        else:
            break
        if len(octets) < at + length:
            break
        found.append((octets[0], octets[at : at + length]))
        octets = octets[at + length :]
    return found, octets


def published(body: bytes, qos: int) -> tuple[str, int | None, bytes]:
    """(topic, packet identifier or None, payload) of a PUBLISH."""
    size = int.from_bytes(body[:2], "big")
    topic, rest = body[2 : 2 + size].decode(), body[2 + size :]
    if not qos:
        return topic, None, rest
    return topic, int.from_bytes(rest[:2], "big"), rest[2:]


def serve(broker: "Broker", connection: socket.socket) -> None:
    """Answer as a broker should, until the client hangs up."""
    left = b""
    while octets := connection.recv(65536):
        left = broker.answer(connection, left + octets)


class Broker:
    """Listens on a port of its own, and lets `behave(broker, connection)` see to each connection.

    connections: when each came (`time.monotonic()`); packets: (first byte, body) of what came.
    """

    def __init__(self, behave: Callable = serve):
        self._behave = behave
        self._server = socket.create_server(("127.0.0.1", 0))
        # Little room, so that who does not read is noticed.
        self._server.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        self.port: int = self._server.getsockname()[1]
        self.connections: list[float] = []
        self.packets: list[tuple[int, bytes]] = []
        #: The sockets of the connections.
        self.sockets: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self) -> "Broker":
        return self

    def __exit__(self, *_) -> None:
        self.close()

    def close(self) -> None:
        for one in (self._server, *self.sockets):
            # A thread that waits in it is woken.
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()

    def answer(self, connection: socket.socket, octets: bytes) -> bytes:
        """Note the packets in some bytes and acknowledge them; returns what is left."""
        found, left = packets(octets)
        for kind, body in found:
            self.packets.append((kind, body))
            if kind == 0x10:
                connection.sendall(CONNACK)
            elif kind == 0xC0:
                connection.sendall(PINGRESP)
            elif kind & 0xF6 == 0x32:
                size = int.from_bytes(body[:2], "big")
                connection.sendall(b"\x40\2" + body[2 + size : 4 + size])
        return left

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._server.accept()
            except OSError:
                return
            self.connections.append(time.monotonic())
            self.sockets.append(connection)
            threading.Thread(target=self._run, args=(connection,), daemon=True).start()

    def _run(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError):
            self._behave(self, connection)
