"""The rows of the last day's power, which is kept in memory."""

from firmware import load

calendar = load("history.calendar")


class Rows:
    """Rows in order of time, see `firmware.history.rows`."""

    columns = ("import", "export")
    simulated = False
    iso = staticmethod(calendar.iso)

    def __init__(self, history, series, resolution, begin, end):
        self._history = history
        self._begin = begin
        self._end = end

    def rows(self):
        """Yield (begin, end, minutes ahead of UTC, [import, export in W], False)."""
        history = self._history
        size = len(history.averages) // 2
        # The newest one that was kept when it began; those after it come in the next answer.
        newest = history.newest
        for number in range(newest - size + 1, newest + 1):
            begin = number * history.width
            if not self._begin <= begin < self._end:
                continue
            values = self._values(number, size)
            if values:
                yield begin, begin + history.width, calendar.offset(begin), values, False

    def _values(self, number, size):
        """The averages of a number; None if there are none."""
        history = self._history
        if number == history.newest:
            if not history.count:
                return None
            return [history.used // history.count, history.generated // history.count]
        at = number % size * 2
        # Others run between two rows, and its place may be taken by now.
        if number <= history.newest - size or not history.averages[at]:
            return None
        return [history.averages[at] - 1, history.averages[at + 1] - 1]
