"""Puts the program together from its settings and a board, and keeps its tasks running."""

import asyncio
import sys

from dsmr import TelegramParser
from firmware import VERSION
from firmware.log import Log
from firmware.meter import Meter
from firmware.readout import RUBBISH, Readout

#: Seconds before a task that died is started again.
_PAUSE = 5


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
        self.parser = TelegramParser(
            settings["max_telegram"],
            crc_required=settings["crc"] == "required",
            demand_floor=settings["demand_floor"],
        )
        self.readout = Readout(board.clock, settings["stale_after"], self.parser)
        self._running = False
        self._tasks = []
        self._raw_tcp = None
        self.meter = Meter(board.open_port, self.parser, self.readout, self.log, board.blink)

    async def run(self):
        """Start everything; returns only when it is cancelled."""
        self.log.say("power-readout %s" % VERSION)
        for problem in self.problems:
            self.log.say("Settings: " + problem)
        self._running = True
        self.board.start_network(self.log)
        self._start("meter", self.meter)
        if self.board.network:
            self._start("network", self.board.network)
        for name, output in self._outputs():
            self._start(name, output)
        try:
            await self._keep("log", self._report)
        finally:
            await self.stop()

    def _outputs(self):
        """The outputs that the settings ask for, each by a name that messages call it by.

        One that is off is never imported.
        """
        settings = self.settings
        from firmware.outputs.web import Web

        yield "web", Web(settings, self.readout, self.health, self.log, self.board.station)
        if settings["raw_port"]:
            from firmware.outputs.raw_tcp import RawTcp

            self._raw_tcp = RawTcp(settings, self.readout, self.log)
            yield "raw TCP", self._raw_tcp

    async def stop(self):
        """End all tasks, so that what they had open is closed and run() can be called again."""
        self._running = False
        tasks = self._tasks
        self._tasks = []
        for task in tasks:
            task.cancel()
            try:
                await task
            except asyncio.CancelledError:
                pass

    def _start(self, name, task):
        self._tasks.append(asyncio.create_task(self._keep(name, task.run)))

    async def _keep(self, name, run):
        """Run a task for ever: one that dies is started again."""
        while self._running:
            try:
                await run()
                # A server may take its cancelling for its end.
                if self._running:
                    self.log.say("The task %s has ended; starting it again." % name)
            except Exception as error:
                self.log.say("The task %s failed: %r; starting it again." % (name, error))
                _print_exception(error)
            if self._running:
                await asyncio.sleep(_PAUSE)

    async def _report(self):
        while True:
            await asyncio.sleep(1)
            self.log.turn(self.summary)

    def summary(self):
        """The state in one line."""
        readout = self.readout
        parts = ["%d telegrams" % readout.telegrams]
        if readout.rejected:
            parts.append("%d rejected" % sum(readout.rejected.values()))
        if readout.telegram is None:
            parts.append("none good yet")
            if readout.rubbish:
                parts.append(RUBBISH)
        elif not readout.fresh:
            parts.append("the last %d seconds ago" % (readout.age // 1000))
        parts.append("%d HTTP requests" % readout.http_requests)
        network = self.board.network
        if network:
            parts.append("at %s" % network.address if network.address else "no WiFi")
        return ", ".join(parts)

    def health(self):
        """The counters, for `/healthz`."""
        readout = self.readout
        parser = self.parser
        health = {
            "version": VERSION,
            "fresh": readout.fresh,
            "telegrams": readout.telegrams,
            "rejected": readout.rejected,
            "odd_lines": readout.odd_lines,
            "bytes": {
                "in": parser.bytes_in,
                "accepted": parser.bytes_accepted,
                "rejected": parser.bytes_rejected,
                "skipped": parser.bytes_skipped,
                "pending": parser.bytes_pending,
            },
            "uptime": self.board.clock.now() // 1000,
            "http_requests": readout.http_requests,
            "settings_problems": self.problems,
        }
        if readout.telegram is not None:
            health["age"] = readout.age // 1000
            health["problems"] = [
                {"obis": obis, "reason": reason} for obis, reason in readout.telegram.problems
            ]
        if self._raw_tcp:
            health["raw_tcp"] = self._raw_tcp.counts
        health.update(self.board.facts())
        return health


def _print_exception(error):
    """Print where it happened, by each Python's own function for it."""
    if hasattr(sys, "print_exception"):
        sys.print_exception(error)
    else:
        import traceback  # type: ignore[import-not-found]  # only a PC has it

        traceback.print_exception(error)
