"""A connection under CPython, with what MicroPython's streams have. A board does without this."""


def slim():
    """A PC has the memory for all of microdot."""


def stream_of(reader, writer):
    return _Stream(reader, writer)


class _Stream:
    """Both directions of a connection."""

    def __init__(self, reader, writer):
        self._reader = reader
        self._writer = writer
        self.write = writer.write
        self.drain = writer.drain

    def get_extra_info(self, name):
        # There is none if the client has gone already.
        return self._writer.get_extra_info(name) or ("", 0)

    async def readinto(self, buffer):
        data = await self._reader.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    async def wait_closed(self):
        """Close the connection, when what was written has been sent."""
        self._writer.close()
        try:
            await self._writer.wait_closed()
        except BaseException:
            # Otherwise it would be kept until the client takes what it does not want.
            self._writer.transport.abort()
            raise
