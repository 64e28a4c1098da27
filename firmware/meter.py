"""The meter: the task that reads it, and the state that this task writes and all outputs read."""

import asyncio

from dsmr import Telegram
from dsmr.const import const

#: Bytes read at once; they come in 22 ms.
_CHUNK = const(256)

#: Seconds to wait before a port that failed is opened again.
_PAUSE = const(2)

#: Milliseconds for which whoever sends what is made of the last telegram may pause meanwhile, and
#: for which the meter's task waits for that; seconds between its looks. A telegram's bytes wait in
#: the port's buffer, which has room for those of a second.
_HOLD = const(300)
_WAIT = const(3_000)
_LOOK = 0.01

#: Bytes by which telegrams differ that are much the same.
_ALIKE = const(128)


class Readout:
    """The last telegram, when it came, and what has been counted.

    sequence changes with each telegram, so that what is rendered from one can be kept till the
    next. stale_after: seconds; 0 means 10, or 30 for a meter that sends every ten seconds.
    parser: that of the telegrams, which counts the bytes; fail(name, error): counts an error.
    """

    def __init__(self, clock, parser, fail, stale_after=0):
        #: The program's clock, see `firmware.boards`.
        self.clock = clock
        self.parser = parser
        #: Seconds without a telegram after which the last one no longer counts.
        self.stale_after = stale_after or 10
        self._fail = fail
        self._fixed = bool(stale_after)
        self._arrived = 0
        # How many hold the last telegram, and since when somebody has.
        self._holders = self._held_since = 0
        self.telegram = None
        self.sequence = 0
        self.telegrams = 0
        self.odd_lines = 0
        self.rejected = {}
        #: Why the meter's port cannot be opened, as a sentence; None while it is open.
        self.port_problem = None
        #: Functions that are called with each good telegram, before the parser goes on. An output
        #: that has to see every one of them needs this: two may come before a task is woken.
        self.outputs = []

    def accept(self, telegram):
        """A good telegram has come."""
        self.telegram = telegram
        self._arrived = self.clock.now()
        self.sequence = (self.sequence + 1) & 0x3FFFFFFF
        self.telegrams += 1
        self.odd_lines += telegram.odd_lines
        for output in self.outputs:
            try:
                output(telegram)
            except Exception as error:
                # What one output fails of costs the others nothing.
                self._fail("output", error)
        if not self._fixed:
            # DSMR 5 and Belgium's meters send every second, all before them every ten. It comes
            # last, as there may be no memory for the version's text.
            self.stale_after = 10 if telegram.version.startswith("5") else 30

    def hold(self):
        """Keep the last telegram until `free` is called, for who sends what is made of it.

        Returns until when, by the clock, that may pause and let others run.
        """
        if not self._holders:
            self._held_since = self.clock.now()
        self._holders += 1
        return self._held_since + _HOLD

    def free(self):
        """It may be replaced, as far as one who held it is concerned."""
        self._holders -= 1

    @property
    def held(self):
        """Whether the next telegram has to wait."""
        return self._holders > 0 and self.clock.now() - self._held_since < _WAIT

    def reject(self, event):
        """Something has come that was no good telegram."""
        self.rejected[event.reason] = self.rejected.get(event.reason, 0) + 1

    @property
    def age(self):
        """Milliseconds since the last telegram came; None before the first."""
        return None if self.telegram is None else self.clock.now() - self._arrived

    @property
    def fresh(self):
        """Whether the last telegram still counts."""
        age = self.age
        return age is not None and age <= self.stale_after * 1000


class Meter:
    """Reads the board's port for ever.

    open_port: a coroutine function that returns a port, with `async readinto(buffer)` and
    `close()`; both raise OSError when it fails. readinto returns the number of bytes read, None if
    there were none for now, 0 when the port is gone, or -1 when what came before has broken off.
    """

    deadline = 30

    def __init__(self, open_port, parser, readout, log, on_telegram):
        self._open_port = open_port
        self._parser = parser
        self._readout = readout
        self._log = log
        self._on_telegram = on_telegram
        self._buffer = bytearray(_CHUNK)
        # Of a telegram that was cut short as too long: its size and what had been skipped before;
        # and how long the last such one was.
        self._cut = None
        self._longest = 0
        #: Called with the size of telegrams that are too long, when two in a row were alike.
        self.on_too_long = lambda size: None
        #: Turns of the loop that reads, whether the meter sent anything or not, or of the one
        #: that opens the port.
        self.turns = 0
        self._port = None

    async def run(self):
        """Never returns; a port that fails is opened again."""
        # A task that was ended amid a chunk has left the rest of it behind.
        self._abandon()
        readout = self._readout
        while True:
            self.turns += 1
            try:
                self._port = port = await self._open_port()
                readout.port_problem = None
                try:
                    await self._read(port)
                finally:
                    self._port = None
                    port.close()
                self._log.say("The meter's port was closed; opening it again.")
            except OSError as error:
                readout.port_problem = "%s" % error
                self._log.say("The meter's port: %s; trying again." % error)
            await asyncio.sleep(_PAUSE)

    def idle(self):
        """Whether a board's line is silent, so that there is nothing to do."""
        return self._port is not None and not self._port.any()

    async def _read(self, port):
        buffer = self._buffer
        while True:
            size = await port.readinto(buffer)
            self.turns += 1
            while self._readout.held:
                await asyncio.sleep(_LOOK)
            if size:
                try:
                    # No bytes end what is pending.
                    self._parse(max(size, 0))
                except MemoryError:
                    # It costs a telegram, and not the port, which would take memory to open.
                    self._abandon()
            elif size is not None:
                return

    def _abandon(self):
        rejected = self._parser.abandon()
        if rejected:
            self._readout.reject(rejected)

    def _parse(self, size):
        parser = self._parser
        parser.receive_data(self._buffer, size)
        event = parser.next_event()
        while event is not None:
            if isinstance(event, Telegram):
                self._readout.accept(event)
                self._on_telegram()
            else:
                self._readout.reject(event)
            self._measure(event)
            event = parser.next_event()

    def _measure(self, event):
        """Find out how long a telegram was that did not fit, when the next one has come."""
        skipped = self._parser.bytes_skipped
        if self._cut:
            size, before = self._cut
            size += skipped - before
            if abs(size - self._longest) < _ALIKE:
                self.on_too_long(max(size, self._longest))
            self._longest = size
            self._cut = None
        if not isinstance(event, Telegram) and event.reason == "too long":
            self._cut = event.size, skipped
