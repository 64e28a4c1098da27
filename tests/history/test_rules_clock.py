"""The meter's clock: both changes of the time in a year, and clocks that are set. Both Pythons."""

from history.reader import DAY, HOUR, House, Reader, stamp


def sums(rows):
    """What the rows sum up to, without their time and their mark."""
    return [sum(column) for column in zip(*[row[1:-1] for row in rows])]


def amounts(rows):
    """[(time of day, import in tariff 1, gap)]"""
    return [(row[0][11:16], row[1], row[-1]) for row in rows]


def test_the_day_on_which_summer_time_begins_has_23_hours(folder):
    reader = Reader(folder)
    reader.send("2603280000W")
    reader.run(3 * DAY, used=10)
    days = reader.rows("energy", "day")
    assert [row[:2] for row in days] == [
        ["2026-03-28T00:00:00+01:00", 960],
        ["2026-03-29T00:00:00+01:00", 920],
        ["2026-03-30T00:00:00+02:00", 960],
        ["2026-03-31T00:00:00+02:00", 40],
    ]
    rows = reader.rows("energy", "quarter", "2026-03-29", "2026-03-30")
    assert len(rows) == 92
    assert [row[0] for row in rows[7:9]] == [
        "2026-03-29T01:45:00+01:00",
        "2026-03-29T03:00:00+02:00",
    ]


def test_the_day_on_which_summer_time_ends_has_25_hours(folder):
    reader = Reader(folder)
    reader.send("2610240000S")
    reader.run(3 * DAY, used=10)
    days = reader.rows("energy", "day")
    assert [row[:2] for row in days] == [
        ["2026-10-24T00:00:00+02:00", 960],
        ["2026-10-25T00:00:00+02:00", 1000],
        ["2026-10-26T00:00:00+01:00", 920],
    ]
    rows = reader.rows("energy", "quarter", "2026-10-25", "2026-10-26")
    assert len(rows) == 100
    assert [row[0] for row in rows[11:13]] == [
        "2026-10-25T02:45:00+02:00",
        "2026-10-25T02:00:00+01:00",
    ]
    assert sums(rows) == [1000, 0, 0, 0]


def test_a_gap_over_a_change_of_time(folder):
    for begin, hours in (("2603280000W", 23), ("2610240000S", 25)):
        reader = Reader(folder + begin)
        reader.send(begin)
        # From noon on the day before to noon on the day after.
        reader.run(12 * HOUR, used=10)
        reader.skip((24 + hours) * HOUR, used=(24 + hours) * 40)
        reader.send()
        reader.run(DAY, used=10)
        days = reader.rows("energy", "day")
        assert [row[1] for row in days] == [960, hours * 40, 960, 480]
        assert [row[0][11:16] for row in days] == 4 * ["00:00"]
        assert [row[-1] for row in days] == [True, True, True, False]


def test_a_meter_that_stays_at_winter_time_has_days_by_its_own_clock(folder):
    reader = Reader(folder)
    reader.send("2607010000W")
    reader.house.used_1 += 5
    reader.send("2607010015W")
    for _ in range(2 * 96 - 2):
        reader.time += 15
        reader.house.used_1 += 10
        reader.send(stamp(reader.time, ahead=60)[:10] + "W")
    reader.send("2607030000W")
    reader.send("2607030015W")
    assert [row[0] for row in reader.rows("energy", "day")] == [
        "2026-07-01T00:00:00+01:00",
        "2026-07-02T00:00:00+01:00",
        "2026-07-03T00:00:00+01:00",
    ]


def test_a_clock_that_is_set_back_a_second_records_nothing_twice(folder):
    reader = Reader(folder)
    reader.send("2601151200W")
    reader.send("2601151215W")
    writes = reader.history.writes
    reader.send("2601151214W", second=59)
    reader.send("2601151215W")
    assert reader.history.writes == writes


def test_of_hours_that_come_again_the_later_ones_count(folder):
    reader = Reader(folder)
    reader.send("2601151200W")
    reader.run(2 * HOUR, used=10)
    # It is two o'clock, and set to half past twelve.
    reader.house.used_1 += 3
    reader.send("2601151231W")
    rows = reader.rows("energy", "quarter")
    assert amounts(rows) == [
        ("12:00", 10, False),
        ("12:15", 10, False),
        # What was used in the hours that do not count any more is told here.
        ("12:30", 63, False),
    ]
    reader.send("2601151245W")
    reader.run(15, used=20)
    assert amounts(reader.rows("energy", "quarter")) == [
        ("12:00", 10, False),
        ("12:15", 10, False),
        ("12:30", 63, False),
        ("12:45", 20, False),
        ("13:00", 0, False),
    ]
    # Nor do they come back when their time does.
    reader.run(2 * HOUR, used=20)
    assert [row[1] for row in reader.rows("energy", "quarter")][4:] == 8 * [20] + [0]


def test_a_clock_that_is_set_forward_leaves_a_gap(folder):
    reader = Reader(folder)
    reader.send("2601151200W")
    reader.send("2601151215W")
    reader.house.used_1 += 40
    reader.send("2601151300W")
    assert amounts(reader.rows("energy", "quarter"))[1:4] == [
        ("12:15", 13, True),
        ("12:30", 13, True),
        ("12:45", 14, True),
    ]


def test_a_clock_that_was_wrong_for_some_hours_hides_nothing(folder):
    for wrong in ("0001010000W", "2512010000W", "2603010000W", "6301010000W"):
        reader = Reader(folder + wrong)
        reader.send("2601150000W")
        reader.run(DAY, used=10)
        right = reader.time
        # An hour in another time, and then on where it was.
        reader.send(wrong)
        reader.run(HOUR, used=10)
        reader.time = right + HOUR
        reader.send()
        reader.run(DAY - HOUR, used=10)
        rows = reader.rows("energy", "quarter", "2026-01-15", "2026-01-17")
        assert sums(rows) == [2 * 960, 0, 0, 0], wrong
        days = reader.rows("energy", "day", "2026-01-15", "2026-01-18")
        assert [row[1:] for row in days] == [
            [960, 0, 0, 0, False],
            [960, 0, 0, 0, False],
            [0, 0, 0, 0, False],
        ], wrong


def test_a_midnight_that_comes_again_is_recorded_again(folder):
    reader = Reader(folder)
    reader.send("2601150000W")
    reader.run(DAY + 10 * HOUR, used=10)
    # At ten o'clock of the second day it is set back to ten in the evening.
    reader.send("2601152200W")
    reader.run(DAY + 3 * HOUR, used=10)
    days = reader.rows("energy", "day")
    assert [row[1] for row in days] == [(34 + 2) * 40, 24 * 40, 40]
    for day in days:
        quarters = reader.rows("energy", "quarter", day[0][:10], day[0][:10] + "T23:59")
        assert sums(quarters) == day[1:-1]


def test_no_time_is_asked_of_a_meter_that_says_it_wrongly(folder):
    # A meter whose clock has stopped sends a stamp that is none.
    reader = Reader(folder, house=House(time=True))
    reader.send("2601151200W")
    writes = reader.history.writes
    telegram = reader.house.telegram("632525252525S")
    reader.parser.receive_data(telegram)
    event = reader.parser.next_event()
    reader.readout.accept(event)
    assert reader.history.writes == writes
