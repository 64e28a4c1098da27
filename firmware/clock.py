"""The one clock of the program: milliseconds since it was started, which never jump or wrap."""


class Clock:
    """Counts on from a tick counter that wraps.

    ticks_ms: returns the counter; ticks_diff(later, earlier): the difference across its end. On
    the ESP32 the counter wraps after 12.4 days, and a difference holds for half of that, so that
    `now` must be called more often than every six days.
    """

    def __init__(self, ticks_ms, ticks_diff):
        self._ticks_ms = ticks_ms
        self._ticks_diff = ticks_diff
        self._ticks = ticks_ms()
        self._now = 0

    def now(self):
        """Milliseconds since the clock was made."""
        ticks = self._ticks_ms()
        self._now += self._ticks_diff(ticks, self._ticks)
        self._ticks = ticks
        return self._now
