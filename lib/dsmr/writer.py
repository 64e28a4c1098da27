"""A buffer to render text into, made once and used again for every rendering.

What writes into it are functions that exist twice, as machine code and in plain Python. Each takes
the buffer and where to write, and returns where it ended; the buffer must have room:

- `put(buffer, at, source, start, end)`: source[start:end];
- `put_between(buffer, at, before, source, start, end, after)`: the same between two bytes objects;
- `put_decimal(buffer, at, number, decimals)`: number / 10**decimals, exactly;
- `put_time(buffer, at, source, start, summer)`: the TST in source[start:] as ISO 8601, 25 bytes;
- `put_month(buffer, at, source, start)`: the month that ended at the TST in source[start:], as
  "2025-09": meters stamp a month's peak with the next month's first moment, and any other moment
  lies in the month itself;
- `put_plain(buffer, at, source, start, end)`: a text that needs no escapes; -1 if it does;
- `put_octets(buffer, at, source, start, end)`: what hexadecimal digits stand for, if that is a
  text that needs no escapes; -1 if not.
"""

try:
    from dsmr.writer_viper import (
        put,
        put_between,
        put_decimal,
        put_month,
        put_octets,
        put_plain,
        put_time,
    )
except (ImportError, SyntaxError, ValueError):
    # As for `dsmr.kernel`.
    from dsmr.writer_plain import (
        put,
        put_between,
        put_decimal,
        put_month,
        put_octets,
        put_plain,
        put_time,
    )


class Writer:
    """Text in the making: `size` bytes of `buffer`.

    The buffer doubles where it is too small, so that it grows a few times in a device's life, and
    not with its uptime.
    """

    def __init__(self, capacity=1024):
        self.buffer = bytearray(capacity)
        self.size = 0
        #: Who wrote last, if it looks later whether its text still stands.
        self.owner = None

    def clear(self):
        self.size = 0
        self.owner = None

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
        self.size = put(self.reserve(end), self.size, octets, 0, end)

    def json_string(self, value):
        """Append a `str` as a JSON string."""
        self.write(b'"')
        for char in '\\"':
            if char in value:
                value = value.replace(char, "\\" + char)
        if any(char < " " for char in value):
            value = "".join("\\u%04x" % ord(char) if char < " " else char for char in value)
        self.write(value.encode())
        self.write(b'"')

    def getvalue(self):
        """A copy of what was written, as bytes."""
        return bytes(memoryview(self.buffer)[: self.size])
