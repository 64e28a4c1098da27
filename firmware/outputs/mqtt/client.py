"""One connection to an MQTT broker, for a client that only publishes.

MQTT 3.1.1 (OASIS Standard, 29 October 2014): PUBLISH with QoS 0 or 1, and PINGREQ. How a
connection begins is in `firmware.outputs.mqtt.session`. There is no DISCONNECT: after one the
broker would keep the last will to itself.

Nothing here has a deadline; who calls it must have one.
"""

from dsmr.backend import format
from dsmr.const import const

#: Seconds without a packet after which the broker takes the client for dead and sends its will.
KEEP_ALIVE = const(60)

_PUBLISH = const(0x30)
_RETAIN = const(1)
_PINGREQ = const(b"\xc0\0")

# What a broker answers with: the type and how many bytes follow.
_PUBACK = const(b"\x40\2")
_PINGRESP = const(b"\xd0\0")

# The longest beginning of a packet: its type, and its length in up to four bytes.
_HEAD = const(5)


class Client:
    """Packets are collected in `out`, the buffer that all outputs share, and sent together.

    Others use it in each pause: it is empty after `send` has sent and after `answer`.

    connection: the reader, the writer, and a function that closes them, as a board's `connect`
    returns them. All that fails raises OSError or EOFError.
    """

    def __init__(self, connection, out, qos):
        self.reader, self._writer, self.close = connection
        self._qos = qos
        self._identifier = 0
        # Packets that the broker has not acknowledged yet.
        self._open = 0
        self.out = out

    def begin(self, topic, retain=False, source=b"", start=0, end=0):
        """Begin to publish; the topic is followed by source[start:end]. Next write the payload."""
        self.packet(_PUBLISH | self._qos << 1 | (_RETAIN if retain else 0))
        self.text(topic, source, start, end)
        if self._qos:
            self._identifier = self._identifier % 0xFFFF + 1
            self.out.write(self._identifier.to_bytes(2, "big"))
            self._open += 1

    def end(self, more=0):
        """The packet is complete, but for so many bytes that are sent after it."""
        out = self.out
        buffer = out.buffer
        at = self._at + 1
        size = out.size - self._at - _HEAD + more
        while size > 127:
            buffer[at] = size & 127 | 128
            size >>= 7
            at += 1
        buffer[at] = size
        out.size = format.put(buffer, at + 1, buffer, self._at + _HEAD, out.size)

    def push(self):
        """Hand over what has been collected; the stream takes a copy of what it cannot send."""
        out = self.out
        self._writer.write(memoryview(out.buffer)[: out.size])
        out.clear()

    async def send(self, at_least=0):
        """Send what has been collected, if it is more than that."""
        if self.out.size > at_least:
            self.push()
            await self._writer.drain()

    async def settle(self):
        """Send all, and wait until the broker has it: a connection that is dead shows here."""
        self.out.write(_PINGREQ)
        await self.send()
        await self.answer(_PINGRESP)
        while self._open:
            await self.answer(_PUBACK)

    async def answer(self, wanted):
        """Wait until that has come; acknowledgements may come before it."""
        head = b""
        while head != wanted:
            head = await self.reader.readexactly(2)
            if head == _PUBACK and self._open:
                await self.reader.readexactly(2)
                self._open -= 1
            elif head != wanted:
                raise OSError("what answers there is no MQTT broker")

    def packet(self, kind):
        """Begin a packet of that kind; next write what is in it, then `end`."""
        out = self.out
        self._at = out.size
        out.reserve(_HEAD)[out.size] = kind
        # How long the packet is, is not known as yet.
        out.size += _HEAD

    def text(self, before, source=b"", start=0, end=0):
        """Write a text, which is before + source[start:end], and its length before it."""
        out = self.out
        size = len(before) + end - start
        buffer = out.reserve(size + 2)
        buffer[out.size] = size >> 8
        buffer[out.size + 1] = size & 255
        out.size = format.put_name(buffer, out.size + 2, before, source, start, end, b"")
