"""What the program says on the serial console: little, so that the console stays of use."""

from dsmr.const import const

#: Milliseconds after the start in which every message is printed at once.
_FIRST = const(60_000)

#: Bytes of messages that are kept at most, and how many lines of them are shown. The buffer grows
#: by steps, as a board that is well says little.
_KEPT = const(1024)
_STEP = const(256)
_LINES = const(50)

#: Characters of one message that are kept.
_LONGEST = const(240)


class Log:
    """Prints messages, after the first minute no more than one in an interval.

    A message that comes too early waits; a later one takes its place, and the number of those that
    were not printed is said with the next. interval: seconds; 0 prints everything. All messages
    are kept for a while, also those that were not printed.
    """

    def __init__(self, clock, interval, write=print):
        self._clock = clock
        self._interval = interval * 1000
        self._write = write
        self._next = _FIRST if interval else 0
        self._waiting = None
        self._unsaid = 0
        self._kept = bytearray(_STEP)
        self._end = 0
        self._message = None
        #: Returns the program's state in one line.
        self.summary = None

    def say(self, message, at_once=False):
        """Print the message, or keep it for later. at_once: as the board restarts, say."""
        now = self._clock.now()
        if message != self._message:
            # One that comes again and again shall not drive out all others.
            self._message = message
            self._keep("%d %s\n" % (now // 1000, message[:_LONGEST]))
        if at_once or now < _FIRST or not self._interval:
            self._write(message)
            return
        if self._waiting is not None:
            self._unsaid += 1
        self._waiting = message
        self._flush(now)

    def turn(self, now):
        """To be called every second: prints what waits, or what `summary()` returns."""
        if self._interval and now >= self._next:
            if self._waiting is None:
                self._waiting = self.summary()
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

    def _keep(self, line):
        line = line.encode()
        kept = self._kept
        end = self._end + len(line)
        if end > len(kept) and len(kept) < _KEPT:
            kept.extend(bytes(_STEP))
        if end > len(kept):
            # The oldest lines go.
            cut = kept.find(b"\n", end - len(kept) - 1) + 1
            kept[: self._end - cut] = memoryview(kept)[cut : self._end]
            end -= cut
        kept[end - len(line) : end] = line
        self._end = end

    def last(self):
        """The last messages as bytes, the newest at the end; before each its second of uptime."""
        begin = self._end
        for _ in range(_LINES + 1):
            begin = self._kept.rfind(b"\n", 0, begin)
            if begin < 0:
                break
        return bytes(memoryview(self._kept)[begin + 1 : self._end])
