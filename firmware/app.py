"""Puts the program together from its settings and a board."""

import asyncio

from dsmr import TelegramParser
from dsmr.writer import Writer
from firmware import VERSION, load
from firmware.http import pages
from firmware.http.guard import Guard
from firmware.log import Log
from firmware.meter import Meter
from firmware.readout import Readout
from firmware.supervisor.memory import Memory
from firmware.supervisor.tasks import Supervisor

#: Bytes of the buffer that outputs render into. It is enough for thirteen months' peaks and three
#: devices, as a larger piece of the heap may be hard to find later.
_RENDERED = 4096


#: Bytes of a telegram for which there is room, by profile, where the setting is null.
_LONGEST = {"plain": 2048, "roomy": 11520, "PC": 11520}


class Context:
    """What pages and outputs are given.

    settings; board, see `firmware.boards`; log; readout; memory; fail(name, error), which counts
    an error; admits(address), or None: whether an address may connect; out: what all outputs
    render into, a `Writer`, of which nobody keeps anything over a pause.
    """


class App:
    """The program: one meter, one readout, and the outputs.

    problems: sentences about settings that are wrong; board: see `firmware.boards`; write: prints
    a line of the log.
    """

    def __init__(self, settings, problems, board, write=print):
        self.settings = settings
        self.problems = problems + board.problems
        self.board = board
        self.log = Log(board.clock, settings["log_interval"], write)
        self.memory = Memory(board, self.log)
        self.supervisor = Supervisor(board, self.log)
        self.parser = TelegramParser(
            settings["max_telegram"] or _LONGEST[board.profile],
            crc_required=settings["crc"] == "required",
            demand_floor=settings["demand_floor"],
        )
        self.readout = Readout(
            board.clock, self.parser, self.supervisor.fail, settings["stale_after"]
        )
        self.meter = Meter(board.open_port, self.parser, self.readout, self.log, board.blink)
        self.guard = None
        #: The outputs by name, once they are made; see `firmware.outputs`.
        self.outputs = {}

    async def run(self):
        """Start everything; returns only when it is cancelled."""
        log, board, supervisor = self.log, self.board, self.supervisor
        log.say("power-readout %s" % VERSION)
        for problem in self.problems:
            log.say("Settings: " + problem)
        try:
            board.start_network(log)
            supervisor.start("meter", self.meter)
            if board.network:
                supervisor.start("network", board.network)
            # WiFi connects while what comes after it is loaded.
            await asyncio.sleep(0)
            if not self.guard:
                await self._make()
            supervisor.start("web", self.guard)
            for output in self.outputs.values():
                for name, task in output.tasks:
                    supervisor.start(name, task)
            await supervisor.watch(self._turn)
        finally:
            await supervisor.stop()

    async def _make(self):
        """Make the pages and the outputs, once: a program that goes on has them."""
        context = Context()
        context.settings, context.board, context.log = self.settings, self.board, self.log
        context.readout, context.memory = self.readout, self.memory
        context.fail = self.supervisor.fail
        context.out = Writer(_RENDERED)
        context.admits = None
        if self.settings["allow_from"]:
            from firmware.http.access import Access

            context.admits = Access(self.settings["allow_from"]).allows
        app = pages.make(context, self.health)
        self.guard = Guard(
            app, self.settings, self.board, self.memory, context.fail, context.admits
        )
        for name in load("settings").outputs(self.settings):
            # Others run while it is loaded.
            await asyncio.sleep(0)
            module = __import__("firmware.outputs." + name, None, None, ("create",))
            try:
                self.outputs[name] = output = module.create(context)
                if hasattr(output, "routes"):
                    output.routes(app)
            except Exception as error:
                context.fail(name, error)

    def _turn(self):
        """What is to be done every second."""
        self.log.turn(self.summary)
        if self.memory.turn(self.board.clock.now()):
            self.board.watchdog.restart(self.supervisor, "memory", "is short for good")

    def summary(self):
        """The state in one line."""
        return load("summary").summary(self)

    def health(self):
        """The counters, for `/healthz`."""
        return load("health").health(self)
