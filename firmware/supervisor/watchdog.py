"""The watchdog, which restarts a board whose tasks hang; a count of the starts that failed.

Nothing here asks whether the meter sends or WiFi is up: a board that restarts cannot mend either.
A task hangs when its loop should turn and has not for as long as the task's `deadline`. The turns
of one that died count again when it has lived for half of that: one that dies again and again
hangs. But an output that does costs the others nothing.
"""

import machine

from dsmr.const import const
from firmware import load

#: Seconds after the start at which the watchdog begins: time to interrupt a start that fails.
_LATE = const(60)

#: Milliseconds without food after which the watchdog bites: much longer than anything that may
#: hold up the loop, such as the flash. And the same while a person is at the prompt.
_BITE = const(30_000)
_LENIENT = const(3_600_000)

#: Seconds that a start must last so as not to have failed: longer than a task that hangs takes to
#: be noticed. After so many failures in a row the next start is in safe mode.
_GOOD = const(420)
FAILURES = 4

#: Seconds between two writes of errors to the flash. A write is some four blocks of 4 KB, each of
#: which bears 100,000 of them: the 500 that a board of 4 MB has would last 200 years of it.
_WRITE = const(600)


class Watchdog:
    """Watches over the tasks that `start` is called for, once a second."""

    def __init__(self, settings, clock):
        self._settings = settings
        self._clock = clock
        self._dog = None
        self._tasks = []
        self._next_write = 0
        starts = load("supervisor.starts")
        #: Starts since the power came, how many failed in a row before this one, and whether the
        #: last reset was for a network that was deaf; and why it was, in a word or two.
        self.boots, self.failed, self.was_deaf = starts.count()
        self.cause = starts.cause()

    def ease(self):
        """A person is at the prompt: no start has failed, and the watchdog waits for an hour."""
        load("supervisor.starts").note(self.boots)
        if self._dog:
            self._dog = machine.WDT(timeout=_LENIENT)

    def start(self, supervisor):
        """Begin to watch the supervisor's tasks."""
        now = self._clock.now()
        self._supervisor = supervisor
        self._since = now
        self._late = self._settings["watchdog"]
        self._good = False
        # With each, its turns, when they were last seen to change, when it died last, and whether
        # it was said that it hangs.
        self._tasks = [
            [name, task, task.turns, now, now, False]
            for name, task in supervisor.watched
            if hasattr(task, "turns")
        ]

    def died(self, task, is_output):
        """A task has died, and is started again; of an output that is as good as a turn."""
        for entry in self._tasks:
            if entry[1] is task:
                entry[3 if is_output else 4] = self._clock.now()

    def turn(self, now):
        """To be called every second by the loop that everything runs in."""
        up = now - self._since
        if self._late and up >= _LATE * 1000:
            self._late = False
            self._dog = machine.WDT(timeout=_BITE)
        if self._dog and not self._hangs(now):
            self._dog.feed()
        if not self._good and up >= _GOOD * 1000:
            self._good = True
            load("supervisor.starts").note(self.boots)
            load("config_file").keep(self._settings)
        if self._supervisor.unsaved and now >= self._next_write:
            self._write(now)

    def restart(self, name, why, deaf=False):
        """Restart the board. name: of the task in the errors; why: what is wrong, in words."""
        supervisor = self._supervisor
        try:
            supervisor.log.say("The board restarts: %s %s." % (name, why))
            supervisor.fail(name, why)
            self._write(0)
            if deaf:
                load("supervisor.starts").note(self.boots, 0, True)
        except MemoryError:
            pass
        machine.reset()

    def _write(self, now):
        self._next_write = now + _WRITE * 1000
        self._supervisor.unsaved = False
        load("supervisor.errors").save(self._supervisor.errors)

    def _hangs(self, now):
        """Whether a task hangs."""
        hangs = False
        for entry in self._tasks:
            name, task, turns, since, died, said = entry
            lives = now - died >= task.deadline * 500
            if lives and (task.turns != turns or (hasattr(task, "idle") and task.idle())):
                entry[2], entry[3], entry[5] = task.turns, now, False
            elif now - since > task.deadline * 1000:
                hangs = True
                if not said:
                    entry[5] = True
                    why = "has hung for %d seconds" % task.deadline
                    supervisor = self._supervisor
                    supervisor.log.say(
                        "The task %s %s; the watchdog restarts the board." % (name, why)
                    )
                    supervisor.fail(name, why)
                    self._write(now)
        return hangs
