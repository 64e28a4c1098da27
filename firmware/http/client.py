"""A connection to the web server: how an answer is sent on it, in packets.

microdot writes for as long as a client likes, and as much as it has. Here each packet waits until
the network has memory for it.
"""

import firmware
from dsmr.const import const

# Bytes of a packet, which takes 1.5 KB of the network's memory until it is confirmed, however full
# it is.
_PACKET = const(1440)

# Bytes that are handed over at once where there is memory enough: the network makes packets of
# them itself.
_MANY = const(4096)

# Bytes that a renderer may leave in the buffer when it goes on: beside them there is room for its
# longest value.
_LEFT = const(400)


class Client:
    """A connection, which answers are sent to. Pages have it as their request's `sock`."""

    def __init__(self, guard, stream, now):
        self._guard = guard
        self.stream = stream
        #: When it began to do what it has a deadline for; None: just now.
        self.since = now
        #: Whether some of its request has come, all of it, and some of its answer has gone; and
        #: whether it has a deadline for each piece of its answer instead of one for all.
        self.begun = self.asked = self.answered = False
        self.endless = False
        #: Whether it has its turn: its answer is being made or sent.
        self.working = False
        #: Whether it is being cut off, and whether for somebody else to have its place.
        self.late = self.gives_way = False
        self.task = None
        # The readout whose telegram its answer is made of, and until when that may take a pause.
        self._held = self._until = None

    def cut(self):
        """Let its task end."""
        self.late = True
        if self.task:
            self.task.cancel()

    def stop_working(self):
        """Let others have their turn, see `Memory.begin`."""
        self.free()
        if self.working:
            self.working = False
            self._guard.memory.end()

    def hold(self, readout):
        """Make what follows of its last telegram: the next one waits, see `Readout.hold`."""
        self._held = readout
        self._until = readout.hold()
        self._sequence = readout.sequence

    def free(self):
        """What follows is not of that telegram any more."""
        if self._held:
            self._held.free()
        self._held = self._until = None

    def endless_clients(self):
        """How many connections are endless, see `endless`."""
        return sum(client.endless for client in self._guard.clients)

    async def room(self):
        """Wait until the network has memory for a packet; no longer than a telegram is held.

        Where none is held, an endless answer also waits until the connection takes a packet, so
        that what is made then is the newest; and with little memory every answer does, as what the
        connection does not take is kept in the heap. Who is being cut off is told so at once:
        there may be no memory for long.
        """
        if self.late:
            return
        await self._guard.memory.room(self._until)
        if (firmware.is_tight or self.endless) and not self._held:
            await self.stream.writable()

    async def send(self, response):
        """Send microdot's response.

        Its pieces are put together in the buffer that all outputs share, which is empty in each
        pause. A piece that is None is what the body itself has written there.
        """
        body = response.body
        headers = response.headers
        if isinstance(body, bytes):
            headers["Content-Length"] = str(len(body))
            body = (body,)
        if "Content-Type" not in headers:
            headers["Content-Type"] = "text/plain; charset=UTF-8"
        reason = response.reason or ("OK" if response.status_code == 200 else "N/A")
        await self.room()
        out = self._guard.out
        out.clear()
        out.write("HTTP/1.0 %d %s\r\n" % (response.status_code, reason))
        for name, value in headers.items():
            out.write("%s: %s\r\n" % (name, value))
        out.write(b"\r\n")
        if response.is_head:
            body = ()
        if hasattr(body, "__anext__"):
            # Nobody knows when the next piece comes.
            await self._flush()
            async for piece in body:
                await self._add(piece)
                await self._flush()
        else:
            for piece in body:
                await self._add(piece)
        await self._flush(False)

    async def _add(self, piece):
        out = self._guard.out
        if piece is None:
            if out.size > _LEFT:
                await self._flush()
            return
        if isinstance(piece, str):
            piece = piece.encode()
        most = _PACKET if firmware.is_tight else _MANY
        at = 0
        while at < len(piece):
            end = min(len(piece), at + most - out.size)
            out.write(piece, at, end)
            at = end
            if out.size >= most:
                await self._flush()

    async def _flush(self, is_next=True):
        """Send what is in the buffer; if a packet is next, wait until there is memory for it."""
        out = self._guard.out
        memory = self._guard.memory
        if self.endless:
            self.since = None
        try:
            if out.size:
                self.answered = True
                self.stream.write(memoryview(out.buffer)[: out.size])
                out.clear()
            if not is_next:
                # Nothing more is made of the telegram; what the network has not taken yet is kept.
                self.free()
            if not self._held:
                await self.stream.drain()
        except OSError as error:
            memory.sent(error)
            raise
        memory.sent()
        if is_next:
            await self.room()
            if self._held and self._held.sequence != self._sequence:
                raise OSError("there is a new telegram")
