"""The rows of the days' highest quarter-hours."""

from firmware import load

base = load("history.rows")


class Rows(base.Rows):  # type: ignore[name-defined]  # it is loaded as it runs
    """Rows in order of time, see `firmware.history.rows`."""

    def choose(self, names):
        """Choose the columns."""
        self.columns = ["peak", "peak_time"]
        self.sums = [names]

    def values(self, earlier, later, begin, end):
        """The average import in W, and when it began, as text."""
        records = base.records
        watts = time = None
        if later is self.running:
            watts, time = load("history.highest").highest(
                self.history, records, base.between, later.meter, begin, end
            )
        elif begin == earlier.time and end == later.time:
            watts, time = later.value("peak"), later.value("peak_time")
        if watts is None or watts == records.NONE:
            return [None, None]
        return [watts, self.iso(time, base.between.ahead(earlier, later, time))]
