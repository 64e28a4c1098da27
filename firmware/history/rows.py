"""Makes the rows of an answer from the records of quarter-hours or days."""

from dsmr.const import const
from firmware import load

records = load("history.records")
between = load("history.between")

_HOUR = const(60)
_QUARTER = const(15)

# Minutes that the history tells of, up to its newest record: by quarter-hours, and by days. Two
# records that are further apart are not joined: nothing is told of the time between.
_QUARTERS_KEPT = const(40 * 1440)
_DAYS_KEPT = const(3 * 366 * 1440)


class Rows:
    """The rows from `begin` up to `end`, which is left out, in order of time.

    columns: the names of what `rows` yields; simulated: whether some of it was made up; iso(time,
    ahead): a time as text.
    """

    iso = staticmethod(between.calendar.iso)

    def __init__(self, history, series, resolution, begin, end):
        self.history = history
        self.running = running = _running(history)
        self._series = series
        self._by_days = resolution == "day"
        self._kept = _DAYS_KEPT if self._by_days else _QUARTERS_KEPT
        # Without a telegram nobody knows what the meter's clock shows.
        newest = records.NONE
        if running:
            newest = running.time
            begin = max(begin, newest - self._kept)
        self._spans = records.spans(history, resolution, begin, newest)
        self.simulated = False
        names: list = []
        for _, last, file in self._spans:
            self.simulated = self.simulated or file.simulated
            names = list(file.columns)
            newest = newest if running else last
        if running:
            names += [name for name in running.columns if name not in names]
        self._begin = max(begin, newest - self._kept)
        self._end = end
        self.columns: list = []
        #: By column, the registers that it is the sum of.
        self.sums: list = []
        self.choose(names)

    def choose(self, names):
        """Choose the columns. names: of all that is recorded."""
        series = self._series
        imports = sorted(name for name in names if name.startswith("import"))
        exports = sorted(name for name in names if name.startswith("export"))
        if series == "power":
            self.columns = ["import", "export"]
            self.sums = [imports, exports] if names else []
        elif series == "energy":
            self.columns = imports + exports
            self.sums = [[name] for name in self.columns]
        else:
            self.columns = [series]
            self.sums = [[series]] if series in names else []

    def rows(self):
        """Yield (begin, end, minutes ahead of UTC at its begin, values, gap).

        gap: whether the course of what was used is not known.
        """
        if not self.sums:
            return
        earlier = None
        for later in self._records():
            if earlier and earlier.meter == later.meter:
                if later.time - earlier.time <= self._kept:
                    yield from self._between(earlier, later)
            if later.time >= self._end:
                return
            earlier = later

    def _records(self):
        yield from records.walk(self._spans, self._begin)
        if self.running:
            yield self.running

    def _between(self, earlier, later):
        """The rows between two records: more than one if there are none for some of them."""
        begin = earlier.time
        end = self._row_end(earlier, later, begin)
        gap = end < later.time or bool((earlier.flags | later.flags) & records.ESTIMATED)
        while begin < self._end:
            if begin >= self._begin:
                values = self.values(earlier, later, begin, min(end, later.time))
                ahead = between.ahead(earlier, later, begin)
                yield begin, end, ahead, values, gap or None in values
            if end >= later.time:
                return
            begin = end
            end = self._row_end(earlier, later, begin)

    def _row_end(self, earlier, later, begin):
        if not self._by_days:
            return begin + _QUARTER
        return between.midnight(earlier, later, between.day(earlier, later, begin) + 1)

    def values(self, earlier, later, begin, end):
        """The values of a row between two records."""
        values: list = []
        for names in self.sums:
            total = 0
            for name in names:
                amount = between.amount(earlier, later, name, begin, end)
                total = None if amount is None or total is None else total + amount
            if self._series == "power" and total is not None:
                total = total * _HOUR // (end - begin) if end > begin else None
            values.append(total)
        return values


def _running(history):
    """What the newest telegram says, as a record; None if there is none, or it has no time."""
    readings = load("history.readings")
    telegram = history.readout.telegram
    found = telegram and readings.time(history, telegram, between.calendar)
    if not found:
        return None
    time, ahead = found
    flags = records.SUMMER if ahead > _HOUR else 0
    known = readings.registers(history, telegram)
    meter = readings.meter(history, telegram)
    return records.Record(meter, list(known), time, flags, list(known.values()))
