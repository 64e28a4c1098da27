"""Connections under CPython, with what MicroPython's streams have."""

import asyncio


async def listen(port, connected):
    """Start the coroutine connected(stream) for each connection, until this is cancelled."""
    server = await asyncio.start_server(
        lambda reader, writer: connected(Stream(reader, writer)), "0.0.0.0", port
    )
    try:
        await asyncio.Event().wait()
    finally:
        server.close()


class Stream:
    """Both directions of a connection."""

    def __init__(self, reader, writer):
        self._reader = reader
        self._writer = writer
        self.readexactly = reader.readexactly
        self.drain = self.writable = writer.drain
        #: Whether the client has closed it, and nothing is left to read.
        self.ended = reader.at_eof
        #: Close the connection; what drain() has not waited for is not sent.
        self.close = writer.transport.abort
        # There is none if the client has gone already.
        self.address = (writer.get_extra_info("peername") or ("", 0))[0]
        # drain() waits until all has been sent, as MicroPython's does: so who does not take an
        # answer is watched. (With TLS asyncio takes 0 for a buffer that is always full.)
        is_tls = writer.get_extra_info("sslcontext") is not None
        writer.transport.set_write_buffer_limits(1 if is_tls else 0)

    def write(self, data):
        if self._writer.transport.is_closing():
            raise ConnectionResetError("the client has gone")
        # The transport may keep what it is given, and the buffer that it is a view of changes.
        self._writer.write(bytes(data))

    async def readinto(self, buffer):
        data = await self._reader.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)
