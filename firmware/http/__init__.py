"""HTTP: a guard in front, microdot's app, and its pages; here, what all of them answer with."""

from microdot import Response

from firmware import load

JSON = {"Content-Type": "application/json", "Cache-Control": "no-store"}
TEXT = {"Content-Type": "text/plain; charset=utf-8", "Cache-Control": "no-store"}


def refusal(status, sentence=None):
    """The response to a request that is refused, see `firmware.http.errors`."""
    return load("http.errors").refusal(status, sentence)


def unless_fresh(readout):
    """The response while there is no telegram that counts; None when there is."""
    if readout.fresh:
        return None
    return refusal(503, load("summary").missing(readout))


async def rendered(request, out, render, content_type):
    """The response with what a renderer writes, which is of one telegram.

    render(): returns a generator that writes into `out`, which all outputs share; whenever it
    yields, out holds a piece. Where it yields more than once it runs twice, for the length comes
    first: what it writes is never in memory as a whole. All of it is handed to the connection
    without a pause, so that no telegram comes amid; a connection that has sent nothing yet takes
    5.7 KB at once.
    """
    client = request.sock
    await client.room()
    headers = {"Content-Type": content_type, "Cache-Control": "no-store"}
    out.clear()
    generator = render()
    next(generator)
    size = out.size
    whole = out.getvalue()
    out.clear()
    for _ in generator:
        size += out.size
        whole = None
        out.clear()
    if whole is not None:
        return Response(whole, 200, headers)
    client.may_pause = False
    headers["Content-Length"] = str(size)
    return Response(pieces(client, out, render()), 200, headers)


def pieces(client, out, generator):
    """Yield the pieces that a renderer's generator leaves in `out`.

    Others write into it in each pause, so that it is empty then, and a piece after which there may
    be one is a copy.
    """
    for _ in generator:
        piece = out.getvalue() if client.may_pause else memoryview(out.buffer)[: out.size]
        out.clear()
        yield piece
