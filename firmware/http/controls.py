"""What Home Assistant's button and switch of a HomeWizard meter ask for. Loaded when they do."""

import asyncio

from microdot import Response

from dsmr.const import const
from firmware.http import JSON, refusal

# How often the LED changes when a client asks which meter this is, and for how many seconds it
# then stays as it is: it ends as it began.
_CHANGES = const(6)
_SHOWN = 0.1


async def answer(request, name, board):
    """The response to `/api/v1/identify` or `/api/v1/system`, or to a PUT of something else."""
    if name == "system":
        # There is no cloud that could be switched on.
        return Response('{"cloud_enabled": false}\n', 200, JSON)
    if name != "identify":
        return refusal(405)
    if request.method != "PUT":
        response = refusal(405, "This is asked for with PUT.")
        response.headers["Allow"] = "PUT"
        return response
    for _ in range(_CHANGES):
        board.blink()
        await asyncio.sleep(_SHOWN)
    return Response('{"identify": "ok"}\n', 200, JSON)
