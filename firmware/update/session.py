"""One session of updates: who may send it what, and in which order.

The messages, see `firmware.update.message`, in the order in which an update sends them:

    begin SUM SIZE TOTAL BLOCKS FOLDERS FORMAT SUBFORMAT ARCH
                        or the board restarts, to have the memory for it, and is asked again
    list OFFSET         with a piece of the manifest
    have INDEX          whether a file is right
    put INDEX OFFSET    with a piece of a file that is not
    switch              The board restarts with the new tree, on trial.
    confirm             The tree that is on trial stays.
    status              What runs, and what became of the last update.
    end                 Nothing more comes.

`firmware.update.incoming` follows the first four. A message that comes a second time, because its
answer was lost, has the same answer; any other number than the next is refused.
"""

import json

from microdot import Response

from dsmr.const import const
from firmware import VERSION, load
from firmware.http import JSON, refusal

# A module that is imported stays in memory, and one that is loaded goes with this one.
_message = load("update.message")

# Bytes of the heap that an update needs: for its modules, the messages that come in, and garbage.
_FREE_HEAP = const(16_000)


class Refused(Exception):
    """A message cannot be followed. Its arguments: the status to answer with, and a sentence."""


class Session:
    """update: the `firmware.update.service.Service` that it belongs to."""

    def __init__(self, update):
        self._update = update
        self._context = update.context
        self._nonce = update.nonce
        self._busy = False
        # The number of the last message, and its answer.
        self._number = 0
        self._answer = None
        # The tree that comes in.
        self._incoming = None

    async def take(self, body, client):
        """The response to a message. client: see `firmware.http.client`."""
        update = self._update
        parsed = _message.parse(update.key, body)
        if parsed is None:
            return refusal(403, "This was not made with the board's update key.")
        nonce, number, words, data = parsed
        if nonce != self._nonce:
            if nonce != update.nonce:
                return refusal(409, "This nonce is used up: begin with that of GET /update.")
            self.end()
            return await Session(update).take(body, client)
        if update.session is not self:
            if number != 1:
                return refusal(409, "A session begins with message 1.")
            update.session = self
            update.renew()
        if self._busy:
            return refusal(503, "The last message is being worked on; send it again.")
        if number != self._number:
            if number != self._number + 1:
                return refusal(409, "Message %d was to come." % (self._number + 1))
            self._busy = True
            try:
                self._answer = await self._follow(words[0], words[1:], data, client)
                self._number = number
            except Refused as no:
                return refusal(*no.args)
            except OSError as error:
                return refusal(507, "The board's flash is full or damaged: %s." % error)
            except (ValueError, IndexError):
                return refusal(409, "There is no such message: %s." % " ".join(words))
            finally:
                self._busy = False
        return Response(json.dumps(self._answer) + "\n", 200, JSON)

    def end(self):
        """Close what is open, and give the memory back."""
        if self._incoming:
            self._incoming.close()
            self._incoming = None
        if self._update.session is self:
            self._update.session = None

    async def _follow(self, command, words, data, client):
        """What a message is answered with, a dict."""
        if command in ("list", "have", "put"):
            if self._incoming is None:
                raise Refused(409, "An update begins with begin.")
            follow = getattr(self._incoming, command)
            return await follow([int(word) for word in words], data, client)
        if command == "begin":
            return await self._begin(words[0], [int(word) for word in words[1:]], client)
        if command == "switch":
            if self._incoming is None:
                raise Refused(409, "The new tree is not complete.")
            return self._incoming.switch()
        if command == "confirm":
            return self._confirm()
        if command == "status":
            return self._status()
        if command == "end":
            self.end()
            return {}
        raise ValueError

    async def _begin(self, digest, numbers, client):
        if self._update.note.get("trial"):
            raise Refused(409, "The version that runs is on trial: confirm it first.")
        heap = self._context.memory.heap()
        if heap and heap[1] - heap[0] < _FREE_HEAP:
            return self._make_room(heap[1] - heap[0])
        if self._incoming:
            self._incoming.close()
        self._incoming = load("update.incoming").Incoming(self._update, Refused)
        return await self._incoming.begin(digest, numbers, client)

    def _make_room(self, free):
        """Restart the board with nothing but the update, for whose memory there is no room."""
        if self._update.is_alone:
            raise Refused(507, "An update needs more memory than this board has.")
        self._context.log.say(
            "An update needs %d KB of memory, and %d are free: the board restarts and takes in "
            "nothing but the update." % (_FREE_HEAP // 1024, free // 1024),
            True,
        )
        load("alone").begin("/update", self._update.reads(), self._context.board)
        return {"restarts": True}

    def _confirm(self):
        update = self._update
        note = update.note
        if note.get("trial"):
            if note.get("reads") and not update.reads():
                raise Refused(409, "No telegram has come yet, and the version before read some.")
            load("update.trees").write_note({"run": update.tree})
            update.note = {}
            self._context.log.say("The update is confirmed.", True)
            if self._context.waiting or not self._context.settings["watchdog"]:
                # Outputs wait for it, or the watchdog that trial.py has started would bite.
                load("alone").restart(self._context.board)
        return {"version": VERSION}

    def _status(self):
        note = self._update.note
        return {
            "version": VERSION,
            "tree": self._update.tree,
            "trial": note.get("trial"),
            "rolled_back": note.get("why"),
            "tried": note.get("version"),
            "fresh": self._update.reads(),
            "uptime": self._context.board.clock.now() // 1000,
        }
