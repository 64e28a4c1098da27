"""Keeps the program running: a task that dies is started again, and its error is kept.

Beside it stand what else does so: the watchdog, memory, a network that is deaf, and safe mode.
"""

import asyncio

from dsmr.const import const
from firmware import load

#: Seconds before a task that died is started again, and in which one ends that is cancelled.
_PAUSE = const(5)
_END = const(2)


class Supervisor:
    """Runs tasks, each of which has `async run()` and is to run for ever.

    A task may have `turns`, a number that changes whenever its loop turns, and `deadline`, the
    seconds in which it should; `idle()`, whether there is nothing for it to do. What has these is
    watched by the board's watchdog, if the board has one.
    """

    def __init__(self, board, log):
        self.board = board
        self.log = log
        #: The last errors, see `firmware.supervisor.errors`, and whether one is not on the flash.
        self.errors = load("supervisor.errors").read() if board.watchdog else []
        self.unsaved = False
        #: What runs: pairs of a name and a task; and what is done every second: pairs of a name
        #: and a function, which is called with the clock's milliseconds.
        self.watched = []
        self.turns = []
        self._running = False
        self._tasks = []

    def start(self, name, task, is_output=False):
        """Run a task from now on; messages call it by this name.

        is_output: whether it is of an output, whose errors are to cost the others nothing. If
        another one dies again and again, the board restarts.
        """
        self._running = True
        self.watched.append((name, task))
        self._tasks.append(asyncio.create_task(self._keep(name, task, is_output)))

    async def watch(self):
        """Do what is done every second; returns when it is cancelled."""
        watchdog = self.board.watchdog
        if watchdog:
            watchdog.start(self)
            self.turns.append(("watchdog", watchdog.turn))
        while True:
            await asyncio.sleep(1)
            now = self.board.clock.now()
            for name, turn in self.turns:
                try:
                    turn(now)
                except Exception as error:
                    self.fail(name, error)

    async def stop(self):
        """End all tasks, so that what they had open is closed and they can be started again."""
        self._running = False
        tasks = self._tasks
        self._tasks = []
        self.watched = []
        self.turns = []
        for task in tasks:
            task.cancel()
        # A board's loop never learns of the end of a task in whose own code Ctrl-C came.
        end = self.board.clock.now() + _END * 1000
        for task in tasks:
            while not task.done() and self.board.clock.now() < end:
                await asyncio.sleep(0)
        # So that tasks may end that these have cancelled.
        await asyncio.sleep(0)
        if self.board.watchdog:
            self.board.watchdog.start(self)

    async def _keep(self, name, task, is_output):
        """Run a task for ever: one that dies is started again."""
        while self._running:
            try:
                await task.run()
                # A server may take its cancelling for its end.
                if self._running:
                    self.log.say("The task %s has ended; starting it again." % name)
            except Exception as error:
                self.fail(name, error)
            if self.board.watchdog:
                self.board.watchdog.died(task, is_output)
            if self._running:
                await asyncio.sleep(_PAUSE)

    def fail(self, name, error, printed=False):
        """A task has met an error: an exception, or what the task did, in words.

        It goes on, with what it did before or from its beginning. printed: whether the exception's
        traceback has been printed already.
        """
        try:
            if isinstance(error, Exception):
                self.log.say("The task %s failed: %r; it goes on." % (name, error))
            watchdog = self.board.watchdog
            uptime = self.board.clock.now() // 1000
            boots = watchdog and watchdog.boots
            note = load("supervisor.errors").note
            if note(self.errors, name, error, uptime, boots, printed):
                self.unsaved = True
        except MemoryError:
            pass  # what remains is to go on
