"""A buffer to render text into, made once and used again for every rendering."""

from dsmr.kernel import copy


class Writer:
    """Text in the making: `size` bytes of `buffer`.

    The buffer doubles where it is too small, so that it grows a few times in a device's life, and
    not with its uptime.
    """

    def __init__(self, capacity=1024):
        self.buffer = bytearray(capacity)
        self.size = 0

    def clear(self):
        self.size = 0

    def write(self, octets):
        """Append bytes, or a `str` of ASCII characters."""
        if isinstance(octets, str):
            octets = octets.encode()
        self.write_part(octets, 0, len(octets))

    def write_part(self, octets, start, end):
        """Append octets[start:end]."""
        at = self.size
        size = at + end - start
        if size > len(self.buffer):
            self.buffer.extend(bytes(max(size - len(self.buffer), len(self.buffer))))
        copy(octets, start, end, self.buffer, at)
        self.size = size

    def decimal(self, number, decimals):
        """number / 10**decimals with just so many decimals: (46077141, 3) is 46077.141."""
        self.write(decimal(number, decimals).encode())

    def json_string(self, value):
        """A `str` as a JSON string."""
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


def decimal(number, decimals):
    """`str` of number / 10**decimals, exactly."""
    if not decimals:
        return str(number)
    digits = str(abs(number))
    if len(digits) <= decimals:
        digits = "0" * (decimals + 1 - len(digits)) + digits
    return ("-" if number < 0 else "") + digits[:-decimals] + "." + digits[-decimals:]
