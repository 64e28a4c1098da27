"""The made-up history of a simulated meter."""

from datetime import datetime

import pytest

from dsmr import Telegram
from history.reader import Reader
from sim import past
from sim.meter import KINDS, Meter

#: Amid a quarter-hour, and soon after summer time has begun.
START = datetime(2026, 4, 2, 11, 22, 33)


@pytest.mark.parametrize("kind", KINDS)
def test_the_meter_goes_on_where_its_past_ends(tmp_path, kind):
    past.make(tmp_path, kind, START, seed=3)
    reader = Reader(str(tmp_path), "PC")
    meter = Meter(kind, START, 3)
    # Up to the first quarter-hour that is recorded by the reader itself, and the next one.
    for _ in range(25 * 60):
        reading = meter.advance()
        if reading.utc.second % 20 == 0:
            take(reader, meter.spell(reading))
    # Luxembourg's has no meters behind it, and an S211 none of water.
    behind = {"lux": (), "s211": ("gas",)}.get(kind, ("gas", "water"))
    for series in ("energy", *behind):
        answer = reader.answer(series, "quarter")
        assert answer["simulated"] is True
        rows = answer["rows"]
        assert len(rows) == 31 * 96 + 4 * 11 + 4 - 4
        assert rows[0][0] == "2026-03-02T00:00:00+01:00"
        assert rows[-1][0] == "2026-04-02T11:45:00+02:00"
        assert not any(row[-1] for row in rows)
        # None is out of the way, as one would be that told of another register.
        assert all(0 <= amount < 3_000 for row in rows for amount in row[1:-1])
        days = reader.rows(series, "day")
        assert len(days) == 32
        assert sums(days) == sums(rows)
    assert reader.log.said == []


def take(reader, telegram):
    reader.parser.receive_data(telegram)
    event = reader.parser.next_event()
    assert isinstance(event, Telegram), event.reason
    reader.readout.accept(event)
    assert reader.parser.next_event() is None


def sums(rows):
    return [sum(column) for column in zip(*[row[1:-1] for row in rows])]


def test_a_past_takes_the_place_of_an_older_one(tmp_path):
    past.make(tmp_path, "t211", datetime(2026, 7, 1), days=40)
    (tmp_path / "notes.txt").write_text("stays")
    past.make(tmp_path, "t211", START, days=3)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "day.0001",
        "notes.txt",
        "quarter.0001",
    ]
    reader = Reader(str(tmp_path), "PC")
    rows = reader.rows("energy", "day")
    assert [row[0][:10] for row in rows] == ["2026-03-30", "2026-03-31", "2026-04-01"]


def test_days_and_peaks_are_those_of_the_quarter_hours(tmp_path):
    past.make(tmp_path, "t211", START, days=10)
    reader = Reader(str(tmp_path), "PC")
    power = reader.rows("power", "quarter")
    peaks = reader.rows("peaks", "day")
    assert len(peaks) == 10
    for time, watts, when, gap in peaks:
        day = [row for row in power if row[0][:10] == time[:10]]
        assert watts == max(row[1] for row in day)
        assert when == next(row[0] for row in day if row[1] == watts)
        assert not gap
