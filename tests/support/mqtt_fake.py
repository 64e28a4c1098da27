"""Brokers that are none, on a plain socket: what a client must put up with.

Each is a function for `sim.broker.Broker`.
"""

import time

from sim.broker import CONNACK


def silent(broker, connection):
    """Accepts, and says nothing."""
    time.sleep(3600)


def garbage(broker, connection):
    """Another kind of server."""
    connection.recv(64)
    connection.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
    time.sleep(3600)


def flood(broker, connection):
    """Sends acknowledgements of what was never sent, for ever."""
    connection.sendall(CONNACK)
    while True:
        connection.sendall(b"\x40\2\0\1" * 1024)


def hang_up(broker, connection):
    """Closes the connection when it has heard something."""
    connection.recv(1024)
    connection.close()


def slow(broker, connection):
    """Answers as it should, but reads 200 bytes a second."""
    left = b""
    while True:
        left = broker.answer(connection, left + connection.recv(20))
        time.sleep(0.1)


def refuse(code):
    """Does not let the client in."""

    def behave(broker, connection):
        connection.recv(1024)
        connection.sendall(b"\x20\2\0" + bytes([code]))
        time.sleep(1)

    return behave
