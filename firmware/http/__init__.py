"""HTTP: a guard in front, microdot's app, and its pages; here, what all of them answer with."""

from microdot import Response

import firmware
from firmware import load

JSON = {"Content-Type": "application/json", "Cache-Control": "no-store"}
TEXT = {"Content-Type": "text/plain; charset=utf-8", "Cache-Control": "no-store"}


def refusal(status, sentence=None):
    """The response to a request that is refused, see `firmware.http.errors`."""
    return load("http.errors").refusal(status, sentence)


def failure(error):
    """The response to a request that an exception has ended."""
    if isinstance(error, MemoryError):
        return refusal(503, "There is no memory for this answer now; ask again.")
    return refusal(500)


def unless_fresh(readout):
    """The response while there is no telegram that counts; None when there is."""
    if readout.fresh:
        return None
    return refusal(503, load("summary").missing(readout))


async def rendered(request, context, render, content_type):
    """The response with what a renderer writes, which is of one telegram.

    render(): returns a generator that writes into the buffer of all outputs; whenever it yields, a
    piece is there. With memory enough it runs once, and what it writes is kept until the next
    telegram. Without, it runs twice, for the length comes first: what it writes is never in memory
    as a whole.
    """
    headers = {"Content-Type": content_type, "Cache-Control": "no-store"}
    if not firmware.is_tight:
        return Response(_kept(request.path, context, render), 200, headers)
    client, out = request.sock, context.out
    await client.room()
    size = 0
    out.clear()
    for _ in render():
        size += out.size
        out.clear()
    client.hold(context.readout)
    headers["Content-Length"] = str(size)
    return Response(render(), 200, headers)


def _kept(path, context, render):
    """What render() writes, as bytes."""
    sequence, out = context.readout.sequence, context.out
    kept = context.bodies.get(path)
    if not kept or kept[0] != sequence:
        body = bytearray()
        out.clear()
        for _ in render():
            body.extend(memoryview(out.buffer)[: out.size])
            out.clear()
        kept = context.bodies[path] = sequence, bytes(body)
    return kept[1]
