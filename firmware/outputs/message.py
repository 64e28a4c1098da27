"""HTTP responses, each of which writes itself: its head alone if `is_head`."""

from dsmr.const import const

try:
    from micropython import mem_info  # noqa: F401

    def sendable(buffer, size):
        # MicroPython's stream copies what it cannot send at once.
        return memoryview(buffer)[:size]

except ImportError:

    def sendable(buffer, size):
        # CPython's transport may keep what it is given, and a buffer that is kept cannot grow.
        return bytes(memoryview(buffer)[:size])


# An answer is sent in pieces of so many bytes or a little more: each is a packet, and the next one
# may have to wait for its confirmation.
_PIECE = const(512)

_HEAD = "HTTP/1.0 %s\r\nContent-Type: %s\r\nCache-Control: no-store\r\n"
_OK = "200 OK"
_LENGTH = "Content-Length: "
_DIGITS = 6  # a body is less than 1 MB


class Answer:
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

    async def write(self, stream, is_head=False):
        pieces = bytearray((self._head + "\r\n").encode())
        for piece in () if is_head else self._pieces:
            pieces.extend(piece.encode() if isinstance(piece, str) else piece)
            if len(pieces) >= _PIECE:
                stream.write(pieces)
                pieces = bytearray()
                await stream.drain()
        stream.write(pieces)
        await stream.drain()


class Copy:
    """A response with the bytes that `get()` returns, sent in one go, without a copy of its own.

    They are a view of something that the next telegram changes: head and body are handed to the
    stream without a pause in between.
    """

    def __init__(self, get, content_type):
        self._get = get
        self._content_type = content_type

    async def write(self, stream, is_head=False):
        body = self._get()
        stream.write(
            (_HEAD % (_OK, self._content_type) + "%s%d\r\n\r\n" % (_LENGTH, len(body))).encode()
        )
        if not is_head:
            stream.write(sendable(body, len(body)))
        await stream.drain()


class Message:
    """A response whose head and body stand in one buffer, made once, and go out in one write.

    render(readout, out) writes the body. One object serves all requests: what it holds is looked
    at and handed to the stream without a pause in between, so that no telegram comes amid. It
    holds it until somebody else needs the readout's buffer.
    """

    def __init__(self, readout, render, content_type):
        self._readout = readout
        self._render = render
        self.out = readout.out
        self._begin = (_HEAD % (_OK, content_type) + _LENGTH + " " * _DIGITS + "\r\n\r\n").encode()
        self._sequence = -1

    def refresh(self):
        """Render what has come since the last time."""
        out = self.out
        readout = self._readout
        if self._sequence != readout.sequence or out.owner is not self:
            out.clear()
            out.write(self._begin)
            self._render(readout, out)
            # Blanks before the number are part of no value (RFC 9110, clause 5.5).
            end = len(self._begin)
            length = "%*d" % (_DIGITS, out.size - end)
            end -= 4
            out.buffer[end - _DIGITS : end] = length.encode()
            self._sequence = readout.sequence
            out.owner = self

    async def write(self, stream, is_head=False):
        self.refresh()
        size = len(self._begin) if is_head else self.out.size
        stream.write(sendable(self.out.buffer, size))
        await stream.drain()


class Pieces:
    """A response whose pieces a generator renders into the readout's buffer.

    It is for one request. Where the generator yields True, it need not go on at once, so that the
    stream may send, and others may use the buffer. The length is known to nobody; the body ends
    where the connection does.
    """

    def __init__(self, out, pieces, content_type):
        self.out = out
        self._pieces = pieces
        self._content_type = content_type

    async def write(self, stream, is_head=False):
        stream.write((_HEAD % (_OK, self._content_type) + "\r\n").encode())
        if not is_head:
            out = self.out
            out.clear()
            for may_pause in self._pieces:
                stream.write(sendable(out.buffer, out.size))
                if may_pause:
                    await stream.drain()
                out.clear()
        await stream.drain()
