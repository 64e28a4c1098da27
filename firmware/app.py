"""The program: one meter, one readout, and the outputs. `firmware.assembly` puts it together, and
`firmware.launch` starts its parts."""

import asyncio

from dsmr.const import const
from firmware import load

# Milliseconds between two looks whether the network is deaf, and for which sending must have
# failed for a look at once.
_LOOK = const(300_000)
_SIGN = const(60_000)


class App:
    """The program.

    Its parts: settings; problems, sentences about those that are wrong; board, see
    `firmware.boards`; log; memory, see `firmware.supervisor.memory`; supervisor; parser; readout
    and meter, see `firmware.meter`; history, see `firmware.history`, or None; guard, see
    `firmware.http.guard`; outputs, by name, see `firmware.outputs`. History, guard and outputs are
    there when it has been started once.
    """

    def __init__(self):
        self.settings = self.problems = self.board = self.log = self.memory = None
        self.supervisor = self.parser = self.readout = self.meter = self.guard = None
        self.history = None
        self.outputs = {}
        #: Whether there is a page that takes updates.
        self.takes_updates = False
        self.look = None
        self._next_look = _LOOK

    async def run(self):
        """Start everything; returns only when it is cancelled."""
        try:
            await load("launch").start(self)
            await self.supervisor.watch()
        finally:
            await self.supervisor.stop()

    def turn(self, now):
        """Look now and then whether the network is deaf."""
        failing = self.memory.failing_since
        is_due = now >= self._next_look or (failing is not None and now - failing >= _SIGN)
        if is_due and (self.look is None or self.look.done()):
            self._next_look = now + _LOOK
            self.look = asyncio.create_task(load("supervisor.deafness").look(self))

    def keep_size(self, size):
        """A telegram of so many bytes was too long."""
        load("budget").keep_size(self, size)

    def summary(self):
        """The state in one line."""
        return load("summary").summary(self)

    def health(self):
        """The counters, for `/healthz`."""
        return load("health").health(self)
