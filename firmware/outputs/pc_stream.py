"""A connection under CPython, with what MicroPython's streams have. A board does without this."""

import asyncio


async def listen(port, connected):
    """Start the coroutine connected(stream) for each connection, until this is cancelled."""
    server = await asyncio.start_server(
        lambda reader, writer: connected(_Stream(reader, writer)), "0.0.0.0", port
    )
    try:
        await asyncio.Event().wait()
    finally:
        server.close()


def close(stream):
    """Close the connection; what drain() has not waited for is not sent."""
    stream.abort()


class _Stream:
    """Both directions of a connection."""

    def __init__(self, reader, writer):
        self._reader = reader
        self._writer = writer
        self.write = writer.write
        self.drain = writer.drain
        self.abort = writer.transport.abort
        # drain() waits until all has been sent, as MicroPython's does: so who does not take an
        # answer is watched.
        writer.transport.set_write_buffer_limits(0)

    def get_extra_info(self, name):
        # There is none if the client has gone already.
        return self._writer.get_extra_info(name) or ("", 0)

    async def readinto(self, buffer):
        data = await self._reader.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)
