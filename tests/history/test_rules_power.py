"""The power of the last day and of the last five minutes, in memory. Runs under both Pythons."""

import json

from firmware import load
from history.reader import DAY, HOUR, House, Reader


def recent(reader):
    """The live page's last five minutes."""
    return json.loads("".join(load("history.recent").json(reader.history)))


def second(reader, used=None, generated=None):
    """Send the telegram of the next second."""
    reader.clock.time += 1000
    if used is not None:
        reader.house.used = used
    if generated is not None:
        reader.house.generated = generated
    seconds = reader.clock.time // 1000
    reader.time = reader.begin + seconds // 60
    reader.send(second=seconds % 60)


def running(folder, profile="PC"):
    """A reader whose clock began with a minute of its meter's."""
    reader = Reader(folder, profile)
    reader.send("2601151200W")
    reader.begin = reader.time
    return reader


def test_a_minute_is_the_average_of_its_telegrams(folder):
    reader = running(folder)
    for number in range(119):
        second(reader, used=100 + number, generated=10 if number < 59 else 30)
    assert reader.answer("power", "minute") == {
        "series": "power",
        "resolution": "minute",
        "unit": "W",
        "columns": ["time", "import", "export", "gap"],
        "rows": [
            ["2026-01-15T12:00:00+01:00", 126, 9, False],
            # The one that is running.
            ["2026-01-15T12:01:00+01:00", 188, 30, False],
        ],
        "gaps": [],
    }


def test_a_plain_board_keeps_five_minutes(folder):
    reader = Reader(None, "plain")
    reader.send("2601151200W")
    reader.run(15, step=1)
    reader.house.used = 700
    reader.run(5, step=1)
    assert [(row[0][11:16], row[1]) for row in reader.rows("power", "minute")] == [
        ("12:00", 0),
        ("12:05", 0),
        ("12:10", 0),
        ("12:15", 560),
        ("12:20", 700),
    ]
    assert len(reader.history.averages) * 2 + len(reader.history.steps) * 4 <= 2048


def test_minutes_without_a_telegram_have_no_row(folder):
    reader = Reader(folder, "PC", House(used=50))
    reader.send("2601151200W")
    reader.skip(3)
    reader.send()
    assert [row[0][11:16] for row in reader.rows("power", "minute")] == ["12:00", "12:03"]


def test_a_day_is_kept(folder):
    for profile in ("PC", "plain"):
        reader = Reader(folder + profile, profile, House(used=50))
        reader.send("2601151200W")
        reader.run(DAY + HOUR, step=5)
        rows = reader.rows("power", "minute")
        assert rows[0][0] == "2026-01-15T13:05:00+01:00"
        assert rows[-1][0] == "2026-01-16T13:00:00+01:00"
        assert len(rows) == 288


def test_after_a_day_without_telegrams_nothing_is_left(folder):
    reader = Reader(folder, "PC", House(used=50))
    reader.send("2601151200W")
    reader.run(HOUR, step=1)
    reader.skip(DAY)
    reader.send()
    assert len(reader.rows("power", "minute")) == 1


def test_minutes_that_come_again_are_told_anew(folder):
    reader = Reader(folder, "PC", House(used=50))
    reader.send("2601151200W")
    reader.run(30, step=1)
    reader.house.used = 90
    reader.send("2601151210W")
    reader.run(2, step=1)
    rows = reader.rows("power", "minute")
    assert [row[1] for row in rows] == 10 * [50] + 3 * [90]


def test_from_and_to(folder):
    reader = Reader(folder, "PC", House(used=50))
    reader.send("2601151200W")
    reader.run(HOUR, step=1)
    rows = reader.rows("power", "minute", "2026-01-15T12:20", "2026-01-15T12:22")
    assert [row[0][11:16] for row in rows] == ["12:20", "12:21"]


def test_a_power_beyond_what_is_kept_is_told_as_the_largest(folder):
    reader = Reader(folder, "PC", House(used=99_000))
    reader.send("2601151200W")
    reader.run(1, step=1)
    assert reader.rows("power", "minute")[0][1] == 65_534


def test_a_meter_that_does_not_say_its_power_has_no_rows_of_it(folder):
    reader = Reader(folder, "PC", House(used=None, generated=None))
    reader.send("2601151200W")
    reader.run(3, step=1)
    assert reader.rows("power", "minute") == []
    assert recent(reader)["power"][-1] is None


def test_the_live_page_begins_with_the_last_five_minutes(folder):
    reader = running(folder)
    for number in range(400):
        second(reader, used=number, generated=0)
    told = recent(reader)
    assert told["step"] == 5
    assert told["end"] == "2026-01-15T12:06:40+01:00"
    # The last telegram of each five seconds, and that of now.
    assert told["power"] == list(range(108, 399, 5)) + [399]


def test_export_is_negative(folder):
    reader = running(folder)
    second(reader, used=0, generated=2_500)
    assert recent(reader)["power"][-1] == -2_500


def test_steps_without_a_telegram_have_no_value(folder):
    reader = running(folder)
    second(reader, used=7)
    reader.clock.time += 20_000
    second(reader, used=8)
    reader.clock.time += 11_000
    assert recent(reader)["power"] == [7, None, None, None, 8, None, None]
    assert recent(reader)["end"] == "2026-01-15T12:00:33+01:00"


def test_after_five_minutes_of_silence_there_is_nothing(folder):
    reader = running(folder)
    second(reader, used=7)
    reader.clock.time += 301_000
    assert recent(reader)["power"] == 60 * [None]
    second(reader, used=9)
    assert recent(reader)["power"] == 59 * [None] + [9]


def test_the_live_page_of_a_meter_without_a_clock(folder):
    reader = Reader(folder, "plain", House(time=False, used=5))
    reader.send("2601151200W")
    assert recent(reader) == {"step": 5, "end": None, "power": [5]}


def test_the_live_page_before_the_first_telegram(folder):
    assert recent(Reader(folder)) == {"step": 5, "end": None, "power": [None]}
