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

    def write(self, octets):
        """Append bytes, or a `str` of ASCII characters."""
        if isinstance(octets, str):
            octets = octets.encode()
        end = len(octets)
        self.size = format.put(self.reserve(end), self.size, octets, 0, end)

    def json_string(self, value):
        """Append a `str` as a JSON string."""
        found = []
        for char in value:
            if char == '"' or char == "\\":
                char = "\\" + char
            elif char < " ":
                char = "\\u%04x" % ord(char)
            found.append(char)
        self.write(('"%s"' % "".join(found)).encode())

    def getvalue(self):
        """A copy of what was written, as bytes."""
        return bytes(memoryview(self.buffer)[: self.size])
