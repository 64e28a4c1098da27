"""The one state that the meter's task writes and all outputs read."""

from firmware.writer import Writer


class Readout:
    """The last telegram, when it came, and what has been counted.

    sequence changes with each telegram, so that what is rendered from one can be kept till the
    next. stale_after: seconds; 0 means 10, or 30 for a meter that sends every ten seconds.
    parser: that of the telegrams, which counts the bytes; None where there is none.
    """

    def __init__(self, clock, stale_after=0, parser=None):
        #: The program's clock, see `firmware.clock`.
        self.clock = clock
        self.parser = parser
        #: Seconds without a telegram after which the last one no longer counts.
        self.stale_after = stale_after or 10
        self._fixed = bool(stale_after)
        self._arrived = 0
        self.telegram = None
        self.sequence = 0
        self.telegrams = 0
        self.odd_lines = 0
        self.rejected = {}
        self.http_requests = 0
        #: Functions that are called with each good telegram, before the parser goes on. An output
        #: that has to see every one of them needs this: two may come before a task is woken.
        self.outputs = []
        #: Whether memory is short, so that outputs take no further client, and let some go.
        self.low = False
        #: What all outputs render into, so that there is one such buffer. Nobody counts on it
        #: after a pause. It is enough for thirteen months' peaks and three devices, as a larger
        #: piece of the heap may be hard to find later.
        self.out = Writer(4096)

    def accept(self, telegram):
        """A good telegram has come."""
        self.telegram = telegram
        if not self._fixed:
            # DSMR 5 and Belgium's meters send every second, all before them every ten.
            self.stale_after = 10 if telegram.version.startswith("5") else 30
        self._arrived = self.clock.now()
        self.sequence = (self.sequence + 1) & 0x3FFFFFFF
        self.telegrams += 1
        self.odd_lines += telegram.odd_lines
        for output in self.outputs:
            output(telegram)

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
