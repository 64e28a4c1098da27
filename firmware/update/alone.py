"""Restarts a board with too little memory for an update beside all that it does, to take it in.

At the start that follows `firmware.update.program` runs, and nothing else.
"""

import asyncio
import os

from firmware import load

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


def restart(board):
    """Restart the board in a moment."""
    asyncio.create_task(_restart(board))  # noqa: RUF006 (the loop keeps it)


async def _restart(board):
    await asyncio.sleep(_LEAVE)
    board.restart()
