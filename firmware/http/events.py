"""`/events`: server-sent events for the live page. Loaded when somebody looks.

A connection gets `recent`, the last five minutes, and then every second `values`: those of the
newest telegram, or why there are none. Only the latest is ever sent to a reader that stalls.
"""

import asyncio
import json

from microdot import Response

from firmware import load
from firmware.http import refusal
from firmware.renderers import metrics

#: Seconds between two looks whether there is a new telegram, and milliseconds without one after
#: which the age alone is sent.
_LOOK = 0.1
_SECOND = 1_000

_HEADERS = {"Content-Type": "text/event-stream", "Cache-Control": "no-store"}


def answer(request, context):
    """The response that goes on for as long as somebody looks."""
    client = request.sock
    if client.endless_clients() >= context.event_clients:
        return refusal(503, "All places for live values are taken; /metrics has them, too.")
    client.endless = True
    client.stop_working()
    return Response(_Events(client, context), 200, _HEADERS)  # type: ignore[arg-type]


class _Events:
    """The body of the response: an asynchronous iterator of pieces."""

    def __init__(self, client, context):
        self._client = client
        self._context = context
        self._pieces = self._recent()
        self._sequence = -1
        self._sent = 0

    def __aiter__(self):
        return self

    async def __anext__(self):
        client, readout = self._client, self._context.readout
        while True:
            for piece in self._pieces:
                return piece
            client.free()
            # A reader that stalls is waited for, and then gets the newest only.
            await client.stream.drain()
            now = readout.clock.now
            while readout.sequence == self._sequence and now() - self._sent < _SECOND:
                await asyncio.sleep(_LOOK)
            self._sequence = readout.sequence
            self._sent = now()
            await client.room()
            client.hold(readout)
            self._pieces = self._values()

    def _recent(self):
        """The piece of the first event."""
        history, out = self._context.history, self._context.out
        if not history:
            yield b'event: recent\ndata: {"step":5,"end":null,"power":[]}\n\n'
            return
        out.write("event: recent\ndata: ")
        for text in load("history.recent").json(history):
            out.write(text)
        out.write("\n\n")
        yield None

    def _values(self):
        """The pieces of an event."""
        readout, out = self._context.readout, self._context.out
        age = readout.age
        seconds = "" if age is None else ',"age":%d.%d' % (age // 1000, age // 100 % 10)
        if not readout.fresh:
            why = json.dumps(load("summary").missing(readout))
            yield 'event: values\ndata: {"fresh":false%s,"error":%s}\n\n' % (seconds, why)
            return
        out.write('event: values\ndata: {"fresh":true%s,"m":' % seconds)
        for _ in metrics.render(readout, out, False):
            yield None
        yield b"}\n\n"
