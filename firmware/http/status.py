"""The pages that say how the reader itself is doing: loaded for each request, then dropped."""

import json

from microdot import Response

from firmware import VERSION
from firmware.http import JSON, TEXT, unless_fresh


def status(request, name, context, health):
    """The response to `/healthz`, `/livez`, `/readyz` or `/log`.

    context: see `firmware.outputs.Context`; health(): a dict for `/healthz`.
    """
    readout = context.readout
    if name == "healthz":
        if readout.telegram and readout.telegram.odd_lines:
            # Its odd lines are read once more while the answer is sent.
            request.sock.hold(readout)
        return Response(_document(health()), 200, JSON)
    if name == "log":
        return Response(context.log.last(), 200, TEXT)
    if name == "livez":
        return Response('{"version": "%s"}\n' % VERSION, 200, JSON)
    return unless_fresh(readout) or Response('{"age": %d}\n' % (readout.age // 1000), 200, JSON)


def _document(members):
    """A dict as a line of JSON, in pieces."""
    yield from _object(members)
    yield "\n"


def _object(members):
    """A dict as JSON, in pieces: a long text would need a large free block of the heap."""
    before = "{"
    for name, value in members.items():
        yield before + json.dumps(name) + ": "
        if value is None or isinstance(value, (str, int, bool, dict)):
            yield json.dumps(value)
        else:
            # A list, or what yields its entries. Errors are long: if they need much memory, nobody
            # hears of those for want of it.
            before = "["
            for entry in value:
                yield before
                if isinstance(entry, dict):
                    yield from _object(entry)
                else:
                    yield json.dumps(entry)
                before = ", "
            yield "[]" if before == "[" else "]"
        before = ", "
    yield "}"
