"""Keeps the tasks of a program running: one that dies is started again, and its error is kept."""

import asyncio

from firmware import VERSION, borrow
from firmware.log import Log

#: Seconds before a task that died is started again, and in which one ends that is cancelled.
_PAUSE = 5
_END = 2


class Tasks:
    """A program, which has `parts()`: pairs of a name and a task with `async run()`.

    A task may have `turns`, a number that changes whenever its loop turns, and `deadline`, the
    seconds in which it should; `idle()`, whether there is nothing for it to do; `port`, where it
    listens. What has these is watched by the board's guard, if the board has one.
    """

    def __init__(self, settings, problems, board, write=print):
        self.settings = settings
        self.problems = problems + board.problems
        self.board = board
        self.log = Log(board.clock, settings["log_interval"], write)
        #: The last errors, see `firmware.errors`, and whether there is one that is not saved.
        self.errors = borrow("errors").load() if board.guard else []
        self.news = False
        self._running = False
        self._tasks = []

    def parts(self):
        """What runs, see above."""
        return ()

    def summary(self):
        """The state in one line."""

    async def run(self):
        """Start everything; returns only when it is cancelled."""
        self.log.say("power-readout %s" % VERSION)
        for problem in self.problems:
            self.log.say("Settings: " + problem)
        self._running = True
        self._tasks = []
        guard = self.board.guard
        watched = []
        try:
            self.board.start_network(self.log)
            for part in self.parts():
                name, task = part
                self._tasks.append(asyncio.create_task(self._keep(name, task.run, task)))
                watched.append(part)
                # WiFi connects while what comes after it is loaded.
                await asyncio.sleep(0)
            if guard:
                guard.start(watched)
            # Who stops the program shall have the memory of its parts.
            del watched, part, task
            await self._keep("log", self._report)
        finally:
            await self.stop()

    async def stop(self):
        """End all tasks, so that what they had open is closed and run() can be called again."""
        self._running = False
        tasks = self._tasks
        self._tasks = []
        for task in tasks:
            task.cancel()
        # A board's loop never learns of the end of a task in whose own code Ctrl-C came.
        end = self.board.clock.now() + _END * 1000
        for task in tasks:
            while not task.done() and self.board.clock.now() < end:
                await asyncio.sleep(0)
        # So that tasks may end that these have cancelled.
        await asyncio.sleep(0)
        if self.board.guard:
            self.board.guard.start(())

    async def _keep(self, name, run, task=None):
        """Run a task for ever: one that dies is started again."""
        while self._running:
            try:
                await run()
                # A server may take its cancelling for its end.
                if self._running:
                    self.log.say("The task %s has ended; starting it again." % name)
            except Exception as error:
                self.fail(name, error)
            if hasattr(task, "turns"):
                task.turns += 1
            if self._running:
                await asyncio.sleep(_PAUSE)

    def fail(self, name, error):
        """A task has met an error: an exception, or what the task did, in words.

        It goes on, with what it did before or from its beginning.
        """
        try:
            if isinstance(error, Exception):
                self.log.say("The task %s failed: %r; it goes on." % (name, error))
            guard = self.board.guard
            uptime = self.board.clock.now() // 1000
            boots = guard and guard.boots
            if borrow("errors").note(self.errors, name, error, uptime, boots):
                self.news = True
        except MemoryError:
            pass  # what remains is to go on

    async def _report(self):
        guard = self.board.guard
        while True:
            await asyncio.sleep(1)
            self.log.turn(self.summary)
            if guard and guard.turn(self):
                try:
                    # What they hold is needed to say why.
                    await self.stop()
                finally:
                    guard.end(self)
