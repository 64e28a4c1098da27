"""A TCP server that sends what comes from a port: ser2net, esp-link, a power-readout."""

import asyncio
import errno
import socket

from host.ports import PortError, network_error

_CONNECT = 10  # seconds

#: When nothing comes, the other end is asked whether it is still there: after 10 seconds, every 5,
#: and after the third in vain the connection is at an end.
_KEEP_ALIVE = {"TCP_KEEPIDLE": 10, "TCP_KEEPINTVL": 5, "TCP_KEEPCNT": 3}


class TcpPort:
    def __init__(self, source, reader, writer):
        self._source = source
        self._reader = reader
        self._writer = writer

    async def readinto(self, buffer):
        try:
            data = await self._reader.read(len(buffer))
        except OSError as error:
            raise network_error(error, self._source, "") from None
        if not data:
            raise PortError("closed", f"{self._source} has closed the connection.")
        buffer[: len(data)] = data
        return len(data)

    def close(self):
        self._writer.close()


def split(source):
    """The host and the port number of tcp://host:port; raises ValueError with a sentence."""
    host, colon, number = source[len("tcp://") :].rstrip("/").rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not host or not colon:
        raise ValueError(f"{source} must name host and port: tcp://HOST:PORT.")
    if not (number.isascii() and number.isdigit() and 1 <= int(number) <= 65535):
        raise ValueError(f"{source}: the port must be a whole number from 1 to 65535.")
    return host, int(number)


async def open_tcp(source):
    host, number = split(source)
    try:
        reader, writer = await _connect(host, number)
    except (OSError, UnicodeError) as error:
        if isinstance(error, UnicodeError):
            error = socket.gaierror()
        # A host with two addresses: asyncio makes one error of two, and says it in the text only.
        elif f"[Errno {errno.ECONNREFUSED}]" in str(error):
            error = ConnectionRefusedError()
        raise network_error(error, source, host) from None
    _keep_alive(writer.get_extra_info("socket"))
    return TcpPort(source, reader, writer)


async def _connect(host, number):
    """A connection; raises TimeoutError if it takes too long.

    Until Python 3.11 asyncio.wait_for loses its cancelling when what it waits for is done in the
    same moment; then the program would not end.
    """
    connecting = asyncio.ensure_future(asyncio.open_connection(host, number))
    try:
        await asyncio.wait([connecting], timeout=_CONNECT)
        if not connecting.done():
            raise TimeoutError
        return connecting.result()
    finally:
        connecting.cancel()


def _keep_alive(connection):
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in _KEEP_ALIVE.items():
        if hasattr(socket, name):
            connection.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)
