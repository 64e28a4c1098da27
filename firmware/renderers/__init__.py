"""Renderers: functions from the readout to bytes; here, the buffer that they write into."""

from dsmr.backend import format

#: Renderers are generators, which yield when there is more than this in the buffer: what is there
#: is to be taken out before they go on, see `firmware.http.rendered`. The longest value, thirteen
#: months' peaks, is a piece of its own and fits into the buffer.
PIECE = 700


class Writer:
    """Text in the making: `size` bytes of `buffer`.

    The buffer doubles where it is too small, so that it grows a few times in a device's life, and
    not with its uptime.
    """

    def __init__(self, capacity=1440):
        self.buffer = bytearray(capacity)
        self.size = 0

    def clear(self):
        self.size = 0

    def reserve(self, size):
        """Make room for so many more bytes; returns the buffer."""
        more = self.size + size - len(self.buffer)
        if more > 0:
            self.buffer.extend(bytes(max(more, len(self.buffer))))
        return self.buffer

    def write(self, octets, start=0, end=None):
        """Append octets[start:end] of bytes, or of a `str` of ASCII characters."""
        if isinstance(octets, str):
            octets = octets.encode()
        if end is None:
            end = len(octets)
        self.size = format.put(self.reserve(end - start), self.size, octets, start, end)

    def json_string(self, value):
        """Append a `str` as a JSON string."""
        octets = value.encode()
        self.write(b'"')
        start = 0
        # Byte by byte, where it lies: as a list of characters, a long text takes a large block.
        for at in range(len(octets)):
            byte = octets[at]
            if byte < 32 or byte == 34 or byte == 92:
                self.write(octets, start, at)
                self.write(b"\\u%04x" % byte if byte < 32 else b"\\%c" % byte)
                start = at + 1
        self.write(octets, start)
        self.write(b'"')

    def getvalue(self):
        """A copy of what was written, as bytes."""
        return bytes(memoryview(self.buffer)[: self.size])
