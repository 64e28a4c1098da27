"""What the program says on the serial console: little, so that the console stays of use."""

#: Milliseconds after the start in which every message is printed at once.
_FIRST = 60_000


class Log:
    """Prints messages, after the first minute no more than one in an interval.

    A message that comes too early waits; a later one takes its place, and the number of those that
    were not printed is said with the next. interval: seconds; 0 prints everything.
    """

    def __init__(self, clock, interval, write=print):
        self._clock = clock
        self._interval = interval * 1000
        self._write = write
        self._next = _FIRST if interval else 0
        self._waiting = None
        self._unsaid = 0

    def say(self, message):
        """Print the message, or keep it for later."""
        now = self._clock.now()
        if now < _FIRST or not self._interval:
            self._write(message)
            return
        if self._waiting is not None:
            self._unsaid += 1
        self._waiting = message
        self._flush(now)

    def turn(self, summary):
        """To be called now and then: prints what waits, or what `summary()` returns."""
        now = self._clock.now()
        if self._interval and now >= self._next:
            if self._waiting is None:
                self._waiting = summary()
            self._flush(now)

    def _flush(self, now):
        if now < self._next:
            return
        self._next = now + self._interval
        message = self._waiting
        if self._unsaid:
            message += " (and %d more)" % self._unsaid
        self._waiting = None
        self._unsaid = 0
        self._write(message)
