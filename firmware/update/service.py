"""The page `/update`: a number for the next session, and the messages of the session.

Loaded when somebody asks for it, see `firmware.http.seldom`.
"""

import json
import os
import sys

from microdot import Response

from dsmr.const import const
from firmware import load
from firmware.http import JSON, refusal

#: Seconds after the last request in which a session goes on, or can begin.
_PATIENCE = const(120)

# Bytes of the heap that a session needs without a tree that comes in.
_FREE_HEAP = const(8_000)

_NO_KEY = "There are no updates over WiFi: update_key has no 32 hexadecimal digits."


def create(context, health):
    """The page, on a board with a file update_key. context: see `firmware.outputs.Context`."""
    return Service(context, load("update.trees"))


class Service:
    """What is known between two messages.

    key: None where the file has none that is right; tree: the folder that runs; note: what
    tree.json says of it; nonce: what the next session begins with; session: a
    `firmware.update.session.Session`, or None.
    """

    def __init__(self, context, trees):
        self.context = context
        self._asked = 0
        self.key = trees.key()
        if self.key is None:
            context.log.say(_NO_KEY)
        self.tree = trees.running()
        self.note = trees.read_note()
        self.session = None
        self.renew()

    @property
    def is_alone(self):
        """Whether nothing else runs."""
        return self.context.read_before is not None

    def reads(self):
        """Whether a meter is read, or was before everything else was stopped."""
        return self.context.read_before if self.is_alone else self.context.readout.fresh

    def renew(self):
        """Draw the next nonce: the one before is used up."""
        self.nonce = os.urandom(16).hex()

    def is_done(self, now):
        """Whether nobody has asked for long; a session that is under way has ended then."""
        if now - self._asked <= _PATIENCE * 1000:
            return False
        if self.session:
            self.session.end()
        return True

    def _is_short(self):
        """Whether there is no memory for a session, but would be after a restart."""
        heap = self.context.memory.heap()
        if heap is None or self.is_alone or self.note.get("trial"):
            return False
        return heap[1] - heap[0] < _FREE_HEAP

    async def answer(self, request):
        """The response to a GET or a POST."""
        self._asked = self.context.board.clock.now()
        if self.key is None:
            return refusal(404, _NO_KEY)
        if request.method == "POST":
            if self.session is None and self._is_short():
                return load("update.short").answer(self, request.body)
            session = self.session or load("update.session").Session(self)
            return await session.take(request.body, request.sock)
        hello = {
            "nonce": self.nonce,
            "board": self.context.board.station()[0],
            "mpy": sys.implementation._mpy,
            "alone": self.is_alone,
        }
        return Response(json.dumps(hello) + "\n", 200, JSON)
