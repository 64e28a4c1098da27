"""The program that takes an update in on a board that has too little memory for both.

Nothing else runs: no meter is read, and there are no outputs. The board was restarted for it, see
`firmware.update.session`, and restarts again when the update is complete or does not come.
"""

from microdot import Microdot, Response

from dsmr.const import const
from firmware import VERSION, load
from firmware.http import JSON, refusal
from firmware.http.guard import Guard
from firmware.log import Log
from firmware.supervisor import Supervisor
from firmware.supervisor.memory import Memory

#: Seconds for which an update is waited for.
_PATIENCE = const(120)

_WHY = "An update comes in, for which all memory is needed: the meter is read again in a minute."


class Receiver:
    """The program. It stands in for the context of `firmware.update.service` too.

    reads: whether a meter was read when it began.
    """

    def __init__(self, settings, problems, board, reads):
        self.settings = settings
        self.problems = problems + board.problems
        self.board = board
        self.log = Log(board.clock, settings["log_interval"])
        self.log.summary = lambda: _WHY
        self.memory = Memory(board, self.log)
        self.supervisor = Supervisor(board, self.log)
        self.fail = self.supervisor.fail
        self.admits = None
        self.waiting = False
        if settings["allow_from"]:
            from firmware.http.access import Access

            self.admits = Access(settings["allow_from"]).allows
        self._update = load("update.service").create(self, reads=reads)
        self._heard = 0

    async def run(self):
        """Take the update in; returns only when it is cancelled."""
        board, supervisor = self.board, self.supervisor
        self.log.say("power-readout %s" % VERSION)
        self.log.say(_WHY)
        try:
            board.start_network(self.log)
            guard = Guard(self._pages(), self)
            supervisor.start("web", guard)
            supervisor.turns += [
                ("web", guard.turn),
                ("network", board.network.turn),
                ("memory", self.memory.turn),
                ("log", self.log.turn),
                ("update", self._turn),
            ]
            await supervisor.watch()
        finally:
            await supervisor.stop()

    def health(self):
        """What there is to say at the prompt."""
        return {"version": VERSION, "update": load("update.trees").counters()}

    def _turn(self, now):
        """Go back to the meter where nothing comes in."""
        if self._update.session and not self._update.is_done(now):
            self._heard = now
        elif now - self._heard > _PATIENCE * 1000:
            self.log.say("The update has not come; the board restarts.", True)
            self.board.restart()

    def _pages(self):
        app = Microdot()

        @app.route("/update", methods=["GET", "POST"])
        async def update(request):
            return await self._update.answer(request)

        @app.get("/livez")
        async def live(request):
            return Response('{"version": "%s"}\n' % VERSION, 200, JSON)

        @app.errorhandler(404)
        async def busy(request):
            return refusal(503, _WHY)

        return app
