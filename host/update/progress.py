"""A bar that shows how far an update is, and how long the rest will take."""

import sys
import time

_WIDTH = 30

#: Seconds before a time is told, as the first files say too little, and between two lines where
#: the output is no terminal.
_FIRST = 3
_SELDOM = 10


class Bar:
    """total: bytes in all."""

    def __init__(self, total, stream=None, clock=time.monotonic):
        self._total = max(total, 1)
        self._stream = stream or sys.stdout
        self._clock = clock
        self._begin = clock()
        self._next = self._begin
        self._is_terminal = self._stream.isatty()
        self._length = 0

    def show(self, done, sent):
        """So many bytes are on the board; so many of them have been sent."""
        now = self._clock()
        if not self._is_terminal and now < self._next and done < self._total:
            return
        self._next = now + _SELDOM
        line = self._line(done, sent, now - self._begin)
        if self._is_terminal:
            self._stream.write("\r" + line.ljust(self._length))
        else:
            self._stream.write(line + "\n")
        self._length = len(line)
        self._stream.flush()

    def _line(self, done, sent, seconds):
        filled = done * _WIDTH // self._total
        line = "[%s%s] %3d %%, %d KB sent" % (
            "#" * filled,
            "-" * (_WIDTH - filled),
            done * 100 // self._total,
            sent // 1024,
        )
        if done >= self._total:
            return line + ", in %d s" % seconds
        if seconds >= _FIRST and done:
            # What the board has already goes faster than what is sent: it may be less.
            return line + ", about %d s to go" % (seconds * (self._total - done) / done)
        return line

    def end(self):
        """Leave the line, as something else is to be said."""
        if self._is_terminal and self._length:
            self._stream.write("\n")
            self._length = 0
