"""Restarts a board with too little memory for a page that is needed seldom, to serve it alone.

At the start that follows `firmware.single` runs, and nothing else.
"""

import asyncio
import json
import os

from firmware import load

#: A file that is there while the next start is to serve one page: its path, and whether a meter
#: was read.
_FILE = "alone"

# Seconds in which the last answer leaves the board before it restarts.
_LEAVE = 1


def begin(path, reads, board):
    """Restart the board to serve nothing but the page at this path. reads: see above."""
    load("files").write(_FILE, json.dumps((path, reads)))
    restart(board)


def asked():
    """(path, whether a meter was read) at such a start, which is one only."""
    try:
        with open(_FILE) as file:
            path, reads = json.loads(file.read())
    except (ValueError, TypeError):
        path, reads = "/update", False
    os.remove(_FILE)
    return path, reads


def restart(board):
    """Restart the board in a moment."""
    asyncio.create_task(_restart(board))  # noqa: RUF006 (the loop keeps it)


async def _restart(board):
    await asyncio.sleep(_LEAVE)
    board.restart()
