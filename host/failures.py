"""What goes wrong with a source: each kind is counted, and said once, not each time."""

import time

#: Seconds without a kind of failure after which it is said anew.
_QUIET = 60


class Failures:
    """Counts failures by kind.

    log: a `logging.Logger`. A failure is a warning when its kind is new or has not come for a
    minute, and a debug message otherwise, so that a source that is tried every second does not
    fill the journal, nor one that comes and goes.
    """

    def __init__(self, log, now=time.monotonic):
        self._log = log
        self._now = now
        self._last: dict = {}
        self._said = False
        #: How many there were of each kind, for `/healthz`.
        self.counts: dict = {}

    def note(self, kind, sentence):
        """Something has failed; kind is a word or two, sentence is for the person."""
        now = self._now()
        self.counts[kind] = self.counts.get(kind, 0) + 1
        if kind in self._last and now - self._last[kind] <= _QUIET:
            self._log.debug(sentence)
        else:
            self._said = True
            self._log.warning(sentence)
        self._last[kind] = now

    def recovered(self, sentence):
        """All is well; said once after failures that were said."""
        if self._said:
            self._said = False
            self._log.info(sentence)
