"""Connections that come in to a board.

asyncio's own server ends where memory is short for a connection, keeps its port all the same, and
loses the connection.
"""

import asyncio
import socket

# Bytes that accept() may take.
_ACCEPT = 640

# To be sent as it is: there is no memory for more.
_SHORT = b"""\
HTTP/1.0 503 Service Unavailable\r\nContent-Type: application/json\r\nRetry-After: 60\r\n\r\n\
{"error": "Memory is short; ask again in a minute."}
"""


def listen(port, connected):
    """Start the coroutine connected(stream) for each connection, until this is cancelled.

    connected may raise MemoryError: whoever has come is told so, without taking any.
    """
    listener = socket.socket()
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("0.0.0.0", port))
        listener.listen(5)
        listener.setblocking(False)
        while True:
            # As asyncio's streams wait.
            yield asyncio.core._io_queue.queue_read(listener)  # type: ignore[attr-defined]
            try:
                # An ESP32 never gets back the socket that accept() finds no memory for; this is
                # garbage at once, so that there is some.
                bytearray(_ACCEPT)
                peer, address = listener.accept()
                try:
                    peer.setblocking(False)
                    asyncio.create_task(connected(Stream(peer, address[0])))  # noqa: RUF006 (the loop keeps it)
                except MemoryError:
                    try:
                        peer.send(_SHORT)
                    finally:
                        peer.close()
            except OSError:
                pass  # it has gone, or there is no socket left
            except MemoryError:
                yield from asyncio.sleep(1)  # type: ignore[misc]
    finally:
        listener.close()


class Stream(asyncio.StreamReader):
    """A connection, both ways."""

    def __init__(self, peer, address):
        super().__init__(peer)
        #: Of the client, as text.
        self.address = address

    def close(self):
        """Close it at once. asyncio's own way takes memory."""
        self.s.close()
