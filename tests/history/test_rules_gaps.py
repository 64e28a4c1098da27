"""What is told of a time without telegrams. Runs under both Pythons."""

from history.reader import DAY, HOUR, Reader


def sums(rows):
    """What the rows sum up to, without their time and their mark."""
    return [sum(column) for column in zip(*[row[1:-1] for row in rows])]


def test_what_was_used_in_a_gap_is_spread_evenly_and_marked(folder):
    reader = Reader(folder)
    reader.send("2601151200W")
    reader.skip(2 * HOUR, used=801)
    reader.send()
    reader.run(15, used=30)
    rows = reader.rows("energy", "quarter")
    assert [row[1] for row in rows] == [100, 100, 100, 100, 100, 100, 100, 101, 30, 0]
    assert [row[-1] for row in rows] == 8 * [True] + 2 * [False]
    assert reader.answer("energy", "quarter")["gaps"] == [
        ["2026-01-15T12:00:00+01:00", "2026-01-15T14:00:00+01:00"]
    ]


def test_the_quarter_hour_that_was_cut_off_belongs_to_the_gap(folder):
    reader = Reader(folder)
    reader.send("2601151200W")
    reader.house.used_1 += 70
    reader.send("2601151210W")
    reader.start()
    reader.house.used_1 += 20
    reader.send("2601151236W")
    # Not recorded yet, but told: up to now, as if it had been even.
    rows = reader.rows("energy", "quarter")
    assert [row[1] for row in rows] == [37, 38, 15]
    assert all(row[-1] for row in rows)
    reader.send("2601151245W")
    rows = reader.rows("energy", "quarter")
    assert [(row[1], row[-1]) for row in rows] == [(30, True), (30, True), (30, True), (0, False)]


def test_a_gap_within_a_day_leaves_the_day_exact(folder):
    reader = Reader(folder)
    reader.send("2601150000W")
    reader.run(9 * HOUR, used=10)
    reader.skip(5 * HOUR, used=1000)
    reader.send()
    reader.run(10 * HOUR, used=10)
    day = reader.rows("energy", "day")[0]
    assert day == ["2026-01-15T00:00:00+01:00", 19 * 40 + 1000, 0, 0, 0, False]


def test_a_gap_over_midnight_marks_both_days_and_loses_nothing(folder):
    reader = Reader(folder)
    reader.send("2601150000W")
    reader.run(22 * HOUR, used=10)
    reader.skip(4 * HOUR, used=400)
    reader.send()
    reader.run(22 * HOUR, used=10)
    days = reader.rows("energy", "day")
    assert [(row[1], row[-1]) for row in days] == [
        (22 * 40 + 200, True),
        (22 * 40 + 200, True),
        (0, False),
    ]
    for day, rows in zip(days, by_day(reader.rows("energy", "quarter"))):
        assert sums(rows) == day[1:-1]


def by_day(rows):
    """The rows of each day."""
    found = []
    for row in rows:
        if not found or found[-1][0][0][:10] != row[0][:10]:
            found.append([])
        found[-1].append(row)
    return found


def test_a_gap_of_several_days(folder):
    reader = Reader(folder)
    reader.send("2601150000W")
    reader.run(12 * HOUR, used=10)
    reader.skip(5 * DAY, used=5 * 960)
    reader.send()
    reader.run(DAY, used=10)
    days = reader.rows("energy", "day")
    assert [row[1] for row in days] == [960, 960, 960, 960, 960, 960, 480]
    assert [row[-1] for row in days] == [True, True, True, True, True, True, False]
    # The first midnight in it was recorded, and the last; those between need no record.
    assert reader.history.writes == 2 + 48 + 1 + 96 + 3


def test_a_gap_of_months_is_told_by_days_only(folder):
    reader = Reader(folder)
    reader.send("2601150000W")
    reader.run(DAY, used=10)
    reader.skip(100 * DAY, used=100 * 960)
    reader.send()
    reader.run(DAY, used=10)
    days = reader.rows("energy", "day")
    assert len(days) == 103
    assert sums(days) == [102 * 960, 0, 0, 0]
    quarters = reader.rows("energy", "quarter")
    assert sums(quarters) == [960, 0, 0, 0]
    assert quarters[0][0] == "2026-04-26T01:00:00+02:00"


def test_a_longer_gap_than_the_history_begins_it_anew(folder):
    reader = Reader(folder)
    reader.send("2601150000W")
    reader.skip(4 * 366 * DAY, used=1_000_000)
    reader.send()
    reader.run(2 * DAY, used=10)
    assert sums(reader.rows("energy", "day")) == [2 * 960, 0, 0, 0]


def test_the_reset_of_a_board_costs_no_quarter_hour(folder):
    # It takes some 20 seconds; here it comes as the quarter-hour ends.
    reader = Reader(folder)
    reader.send("2601151200W")
    reader.house.used_1 += 100
    reader.send("2601151214W", second=55)
    reader.start()
    reader.house.used_1 += 1
    reader.send("2601151215W", second=15)
    assert reader.rows("energy", "quarter")[0] == [
        "2026-01-15T12:00:00+01:00",
        101,
        0,
        0,
        0,
        False,
    ]


def test_a_peak_is_none_of_a_gap(folder):
    reader = Reader(folder)
    reader.send("2601150000W")
    reader.run(2 * HOUR, used=100)
    reader.run(15, used=300)
    reader.skip(HOUR, used=9000)
    reader.send()
    reader.run(DAY - 3 * HOUR - 15, used=10)
    assert reader.rows("peaks", "day")[0] == [
        "2026-01-15T00:00:00+01:00",
        1200,
        "2026-01-15T02:00:00+01:00",
        False,
    ]


def test_the_peak_of_the_day_that_is_running(folder):
    reader = Reader(folder)
    reader.send("2601150000W")
    reader.run(2 * HOUR, used=100)
    reader.run(15, used=300)
    reader.run(15, used=100)
    assert reader.rows("peaks", "day") == [
        ["2026-01-15T00:00:00+01:00", 1200, "2026-01-15T02:00:00+01:00", False]
    ]


def test_a_day_without_a_whole_quarter_hour_has_no_peak(folder):
    reader = Reader(folder)
    reader.send("2601150000W")
    reader.skip(2 * DAY, used=9000)
    reader.send()
    reader.run(15)
    assert [row[1:] for row in reader.rows("peaks", "day")] == [
        [None, None, True],
        [None, None, True],
        [0, "2026-01-17T00:00:00+01:00", False],
    ]
