"""What brings a board back by itself: the watchdog, a look at the memory, a count of the starts.

Nothing here asks whether the meter sends or WiFi is up: a board that restarts cannot mend either.
A task hangs when its loop should turn and has not for as long as the task's `deadline`.
"""

import gc

import machine

from firmware import borrow

#: Seconds after the start at which the watchdog begins: time to interrupt a start that fails.
_LATE = 60

#: Milliseconds without food after which the watchdog bites: much longer than anything that may
#: hold up the loop, such as the flash. And the same while a person is at the prompt.
_BITE = 30_000
_LENIENT = 3_600_000

#: Seconds that a start must last so as not to have failed: longer than a task that hangs takes to
#: be noticed. After so many failures in a row the next start is in safe mode.
_GOOD = 420
FAILURES = 4

#: Free bytes below which clients are turned away: a request needs about as much. Seconds between
#: two looks, and seconds after which a reset is all that is left.
_LOW = 4096
_LOOK = 5
_LAST_RESORT = 60

#: Seconds between two connections to a task that listens and does not turn.
_KNOCK = 30

#: Seconds between two writes of errors to the flash. A write is some four blocks of 4 KB, each of
#: which bears 100,000 of them: the 500 that a board of 4 MB has would last 200 years of it.
_WRITE = 600


class Guard:
    """Watches over the program that `start` is called for, once a second."""

    def __init__(self, settings, clock):
        self._settings = settings
        self._clock = clock
        self._dog = None
        self._door = None
        self._low_since = 0
        self._next_write = 0
        #: Starts since the power came, and how many failed in a row before this one.
        self.boots, self.failed = borrow("boards.starts").count()

    def ease(self):
        """A person is at the prompt: no start has failed, and the watchdog waits for an hour."""
        borrow("boards.starts").note(self.boots)
        if self._dog:
            self._dog = machine.WDT(timeout=_LENIENT)

    def start(self, parts):
        """Begin to watch these tasks: pairs of a name and an object, see `firmware.tasks`."""
        now = self._clock.now()
        self._since = self._looked = now
        self._late = self._settings["watchdog"]
        self._good = False
        # With each, its turns, when they were last seen to change, and for how long they may stand
        # until something is done.
        self._tasks = [
            [name, task, task.turns, now, task.deadline * 500]
            for name, task in parts
            if hasattr(task, "turns")
        ]

    def turn(self, program):
        """To be called every second by the loop that everything runs in.

        Returns whether the program should stop everything, and call `end`.
        """
        now = self._clock.now()
        up = now - self._since
        if self._late and up >= _LATE * 1000:
            self._late = False
            self._dog = machine.WDT(timeout=_BITE)
        if self._dog and not self._hangs(program, now):
            self._dog.feed()
        if not self._good and up >= _GOOD * 1000:
            self._good = True
            borrow("boards.starts").note(self.boots)
            borrow("config").keep("config.json", self._settings)
        if program.news and now >= self._next_write:
            self._write(program, now)
        if now - self._looked >= _LOOK * 1000:
            self._looked = now
            return self._look(program, now)
        return False

    def end(self, program):
        """Restart the board, for want of memory."""
        try:
            program.log.say("Memory is short for good; the board restarts.")
            program.fail("memory", "is short for good")
            self._write(program, 0)
        except MemoryError:
            pass
        machine.reset()

    def _write(self, program, now):
        self._next_write = now + _WRITE * 1000
        program.news = False
        borrow("errors").save(program.errors)

    def _hangs(self, program, now):
        """Whether a task hangs. One that listens, and that nobody asks, is asked from here."""
        hangs = False
        if self._door:
            self._door.close()
            self._door = None
        for entry in self._tasks:
            name, task, turns, since, step = entry
            quiet = now - since
            if task.turns != turns or (hasattr(task, "idle") and task.idle()):
                entry[2] = task.turns
                entry[3] = now
                entry[4] = task.deadline * 500
            elif quiet > task.deadline * 1000:
                hangs = True
                if step:
                    entry[4] = 0
                    seconds = task.deadline
                    program.log.say(
                        "The task %s has hung for %d seconds; the watchdog restarts the board."
                        % (name, seconds)
                    )
                    program.fail(name, "has hung for %d seconds" % seconds)
                    self._write(program, now)
            elif quiet >= step and hasattr(task, "port"):
                entry[4] = quiet + _KNOCK * 1000
                try:
                    self._door = borrow("boards.knock").knock(task.port)
                except (OSError, MemoryError):
                    pass  # there is no socket left, or no memory: nobody can turn it, then
        return hangs

    def _look(self, program, now):
        """Clients go before memory does. Returns whether that has been no help for long."""
        if gc.mem_free() < 2 * _LOW:
            # Without this the number says how long ago the last collection was.
            gc.collect()
        free = gc.mem_free()
        readout = program.readout
        if not readout.low:
            if free < _LOW:
                readout.low = True
                self._low_since = now
                program.log.say("Memory is short, %d bytes are free: no more clients." % free)
        elif free >= 2 * _LOW:
            readout.low = False
            program.log.say("There is memory again: clients are served.")
        else:
            return free < _LOW and now - self._low_since >= _LAST_RESORT * 1000
        return False
