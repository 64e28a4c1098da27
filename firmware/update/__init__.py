"""Updates over WiFi: a new version comes in beside the one that runs, and is tried first.

`host.update` sends it, main.py tries it and rolls it back, and docs/updates.md tells all of it.
Without a file with a key there are no updates. What is here stays in memory; the rest is loaded
for as long as an update comes in.

- `message`: how a message is made and checked; `manifest`: what a tree consists of. Both ends use
  them.
- `trees`: the two trees on the flash, and tree.json.
- `session`: takes the messages of one update; `incoming`: the tree that they bring.
- `program`: what runs while an update comes in on a board with too little memory.
"""

import json
import os
import sys

from microdot import Response

from firmware import load
from firmware.http import JSON

#: The file with the key: 32 hexadecimal digits. No page reads or writes it.
KEY = "update_key"


def create(context, reads=None):
    """Updates, in the shape of an output, see `firmware.outputs`; None where there is no key.

    reads: whether a meter was read before everything else was stopped for the update; None where
    nothing was.
    """
    try:
        with open(KEY) as file:
            key = load("update.message").parse_key(file.read(64))
    except (OSError, ValueError):
        return None
    if key is None:
        context.log.say("There are no updates over WiFi: %s has no 32 hexadecimal digits." % KEY)
        return None
    return Update(context, key, reads)


class Update:
    """What is known between two updates.

    tree: the folder that runs; note: what tree.json says of it; nonce: what the next session
    begins with; session: a `firmware.update.session.Session`, or None.
    """

    tasks = ()

    def __init__(self, context, key, reads):
        self.context = context
        self._reads = reads
        self.key = key
        self.tree = __file__.rpartition("/firmware/")[0].rpartition("/")[2]
        self.note = load("update.trees").read_note()
        self.session = None
        self.renew()
        if self.note.get("trial"):
            context.log.say("This version is on trial: it is rolled back unless it is confirmed.")
        elif self.note.get("why"):
            context.log.say(
                "The update to version %s was rolled back: %s."
                % (self.note.get("version"), self.note["why"])
            )

    @property
    def is_alone(self):
        """Whether nothing else runs."""
        return self._reads is not None

    def reads(self):
        """Whether a meter is read, or was before everything else was stopped."""
        return self._reads if self.is_alone else self.context.readout.fresh

    def renew(self):
        """Draw the next nonce: the one before is used up."""
        self.nonce = os.urandom(16).hex()

    def counters(self):
        counters = {"tree": self.tree, "trial": bool(self.note.get("trial"))}
        if self.note.get("why"):
            counters["rolled_back"] = self.note["why"]
        return counters

    def routes(self, app):
        @app.get("/update")
        async def hello(request):
            hello = {
                "nonce": self.nonce,
                "board": self.context.board.station()[0],
                "mpy": sys.implementation._mpy,
                "alone": self.is_alone,
            }
            return Response(json.dumps(hello) + "\n", 200, JSON)

        @app.post("/update")
        async def message(request):
            session = self.session or load("update.session").Session(self)
            return await session.take(request.body, request.sock)
