"""HTTP messages that are rendered once per telegram and sent to whoever asks until the next."""

from microdot import Response

from dsmr.writer import Writer

try:
    from micropython import const  # noqa: F401

    def _sendable(buffer, size, begin=0):
        # MicroPython's stream copies what it cannot send at once.
        return memoryview(buffer)[begin:size]

except ImportError:

    def _sendable(buffer, size, begin=0):
        # CPython's transport may keep what it is given, and a buffer that is kept cannot grow.
        return bytes(memoryview(buffer)[begin:size])


_HEAD = "HTTP/1.0 %s\r\nContent-Type: %s\r\nCache-Control: no-store\r\n"
_OK = "200 OK"
_LENGTH = "Content-Length: "
_DIGITS = 6  # a body is less than 1 MB


class Reply(Response):
    """A response that writes itself: microdot's own way is larger, and a board does without it."""

    is_head = False

    def __init__(self):
        """Nothing of what microdot's has is needed."""


class Answer(Reply):
    """One that is made for its request. body: text, bytes, or pieces of either.

    more: further lines of the head.
    """

    def __init__(self, body, content_type="application/json", status=_OK, more=""):
        self._head = _HEAD % (status, content_type) + more
        if isinstance(body, str):
            body = body.encode()
        if isinstance(body, bytes):
            self._head += "%s%d\r\n" % (_LENGTH, len(body))
            body = (body,)
        self._pieces = body

    async def write(self, stream):
        await stream.awrite((self._head + "\r\n").encode())
        if not self.is_head:
            for piece in self._pieces:
                await stream.awrite(piece.encode() if isinstance(piece, str) else piece)


class Copy(Reply):
    """A response with the bytes that `get()` returns, sent in one go, without a copy of its own.

    They are a view of something that the next telegram changes: head and body are handed to the
    stream without a pause in between.
    """

    def __init__(self, get, content_type):
        self._get = get
        self._content_type = content_type

    async def write(self, stream):
        body = self._get()
        stream.write(
            (_HEAD % (_OK, self._content_type) + "%s%d\r\n\r\n" % (_LENGTH, len(body))).encode()
        )
        if not self.is_head:
            stream.write(_sendable(body, len(body)))
        await stream.drain()


class Message(Reply):
    """A response whose head and body stand in one buffer, made once, and go out in one write.

    render(readout, out) writes the body. One object serves all requests: what it holds is looked
    at and handed to the stream without a pause in between, so that no telegram comes amid.
    """

    def __init__(self, readout, render, content_type):
        self._readout = readout
        self._render = render
        self.out = Writer(4096)
        self.out.write(_HEAD % (_OK, content_type) + _LENGTH)
        self._length_at = self.out.size
        self.out.write(b" " * _DIGITS + b"\r\n\r\n")
        self._head = self.out.size
        self._sequence = -1

    def refresh(self):
        """Render what has come since the last time."""
        out = self.out
        if self._sequence != self._readout.sequence:
            out.size = self._head
            self._render(self._readout, out)
            # Blanks before the number are part of no value (RFC 9110, clause 5.5).
            length = "%*d" % (_DIGITS, out.size - self._head)
            out.buffer[self._length_at : self._length_at + _DIGITS] = length.encode()
            self._sequence = self._readout.sequence

    def lend(self):
        """Let somebody else use `out` until the next pause; returns where that may begin."""
        self._sequence = -1
        self.out.size = self._head
        return self._head

    async def write(self, stream):
        self.refresh()
        size = self._head if self.is_head else self.out.size
        await stream.awrite(_sendable(self.out.buffer, size))


class Pieces(Reply):
    """A response whose pieces a generator renders into `message.out`, which they share.

    It is for one request. Where the generator yields True, it need not go on at once, so that the
    stream may send, and others may use the buffer. The length is known to nobody; the body ends
    where the connection does.
    """

    def __init__(self, message, pieces, content_type):
        self._message = message
        self._pieces = pieces
        self._content_type = content_type

    async def write(self, stream):
        stream.write((_HEAD % (_OK, self._content_type) + "\r\n").encode())
        if not self.is_head:
            begin = self._message.lend()
            for may_pause in self._pieces:
                out = self._message.out
                stream.write(_sendable(out.buffer, out.size, begin))
                if may_pause:
                    await stream.drain()
                self._message.lend()
        await stream.drain()
