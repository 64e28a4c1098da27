"""The program that serves one page on a board that has too little memory for it beside the rest.

Nothing else runs: no meter is read, and there are no outputs. The board was restarted for it, see
`firmware.alone`, and restarts again when nobody needs the page any more.
"""

from microdot import Microdot, Response

from dsmr.const import const
from firmware import VERSION, load
from firmware.http import JSON
from firmware.http.guard import Guard
from firmware.log import Log
from firmware.renderers import Writer
from firmware.supervisor import Supervisor
from firmware.supervisor.memory import Memory

#: Seconds for which the page is waited for that somebody wants.
_PATIENCE = const(120)

#: What is said elsewhere, by path.
_WHY = {
    "/update": "An update comes in, for which all memory is needed: the meter is read again in a "
    "minute.",
    "/settings": "The settings are looked at, for which all memory is needed: the meter is read "
    "again five minutes later.",
}


class Single:
    """The program. It stands in for the `firmware.outputs.Context` of the page too.

    path: of the page; reads: whether a meter was read when it began.
    """

    #: No output waits for anything, as there is none.
    waiting = False

    def __init__(self, settings, problems, board, path, reads):
        self.settings = settings
        self.problems = problems + board.problems
        self.board = board
        self.read_before = reads
        self._path = path
        self._why = _WHY[path]
        self.log = Log(board.clock, settings["log_interval"])
        self.log.summary = self._summary
        self.memory = Memory(board, self.log)
        self.supervisor = Supervisor(board, self.log)
        self.fail = self.supervisor.fail
        self.out = Writer()
        self.admits = None
        if settings["allow_from"]:
            from firmware.http.access import Access

            self.admits = Access(settings["allow_from"]).allows
        self._is_used = False
        # The page, while somebody needs it.
        self._pages = {}

    async def run(self):
        """Serve the page; returns only when it is cancelled."""
        board, supervisor = self.board, self.supervisor
        self.log.say("power-readout %s" % VERSION)
        self.log.say(self._why)
        try:
            board.start_network(self.log)
            guard = Guard(self._app(), self)
            supervisor.start("web", guard)
            supervisor.turns += [
                ("web", guard.turn),
                ("memory", self.memory.turn),
                ("log", self.log.turn),
                ("page", self._turn),
            ]
            if board.network:
                supervisor.turns.append(("network", board.network.turn))
            await supervisor.watch()
        finally:
            await supervisor.stop()

    def health(self):
        """What there is to say at the prompt, and on the page."""
        return {"version": VERSION, "why": self._why, "errors": self.supervisor.errors}

    def _summary(self):
        return self._why

    def _turn(self, now):
        """Go back to the meter where nobody needs the page."""
        if self._pages:
            self._is_used = True
        elif self._is_used or now > _PATIENCE * 1000:
            self.log.say("Nobody needs the page any more; the board restarts.", True)
            self.board.restart()

    def _app(self):
        app = Microdot()

        @app.get("/livez")
        async def live(request):
            return Response('{"version": "%s"}\n' % VERSION, 200, JSON)

        seldom = load("http.seldom")
        modules = {self._path: seldom.MODULES[self._path]}
        self._pages = seldom.add(app, self, self.health, modules, self._why)
        return app
