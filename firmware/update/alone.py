"""Restarts a board with too little memory for an update beside all that it does, to take it in.

At the start that follows `firmware.update.program` runs, and nothing else.
"""

import asyncio
import os

from microdot import Response

from firmware import load
from firmware.http import JSON, refusal

#: A file that is there while the next start is to take in nothing but an update. Its text: whether
#: a meter was read.
_FILE = "update_alone"

# Seconds in which the last answer leaves the board before it restarts.
_LEAVE = 1


def ask(reads):
    """The next start is to take in nothing but an update. reads: whether a meter is read now."""
    load("files").write(_FILE, "reads" if reads else "")


def begin():
    """Whether a meter was read before such a start, which this is; the one after it is not."""
    with open(_FILE) as file:
        reads = file.read() == "reads"
    os.remove(_FILE)
    return reads


def answer(service, body):
    """The response to a message on a board whose memory is too short for a session.

    The first of a session, whatever it asks for, restarts the board; its answer says so.
    """
    parsed = load("update.message").parse(service.key, body)
    if parsed is None:
        return refusal(403)
    nonce, number = parsed[:2]
    if nonce != service.nonce or number != 1:
        return refusal(409)
    service.renew()
    service.context.log.say(
        "Memory is too short for an update: the board restarts and takes in nothing but that.",
        True,
    )
    ask(service.reads())
    restart(service.context.board)
    return Response('{"restarts": true}\n', 200, JSON)


def restart(board):
    """Restart the board in a moment."""
    asyncio.create_task(_restart(board))  # noqa: RUF006 (the loop keeps it)


async def _restart(board):
    await asyncio.sleep(_LEAVE)
    board.restart()
