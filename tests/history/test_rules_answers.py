"""What a request is answered with. Runs under both Pythons."""

from firmware import load
from history.reader import DAY, HOUR, Reader, minutes


def wrong(**asked):
    """The sentence with which a request is refused."""
    try:
        load("history.query").parse({name.strip("_"): asked[name] for name in asked})
    except ValueError as error:
        return str(error)
    return None


def asked(begin, end=None):
    """(begin, end) of what is asked for."""
    arguments = {"series": "energy", "resolution": "day", "from": begin}
    if end:
        arguments["to"] = end
    return load("history.query").parse(arguments)[2:4]


def days(folder, count, begin="2601150000W"):
    """A reader that has recorded days, with a quarter-hour that is higher than the others."""
    reader = Reader(folder)
    reader.send(begin)
    for _ in range(count):
        reader.run(7 * HOUR, used=10, generated=2, gas=1)
        reader.run(15, used=500)
        reader.run(17 * HOUR - 15, used=10)
    return reader


def test_a_request_that_does_not_say_what_it_wants(folder):
    example = ": such as /history?series=energy&resolution=day."
    series = "series must be one of power, energy, gas, water, peaks" + example
    assert wrong() == wrong(series="heat") == wrong(series="energy, gas") == series
    assert wrong(series="gas") == "resolution must be one of quarter, day" + example
    assert wrong(series="gas", resolution="minute") == wrong(series="gas")
    assert wrong(series="peaks", resolution="quarter") == "resolution must be one of day" + example
    assert wrong(series="power") == "resolution must be one of minute, quarter, day" + example
    assert (
        wrong(series="gas", resolution="day", format="xml")
        == "format must be one of json, csv" + example
    )


def test_a_time_that_is_none(folder):
    for text in (
        "yesterday",
        "2026",
        "2026-1-5",
        "2026-02-30",
        "2026-13-01",
        "1969-12-31",
        "2026-01-15T",
        "2026-01-15T24:00",
        "2026-01-15T12",
        "2026-01-15T12:60",
        "2026-01-15T12:00:61",
        "2026-01-15T12:00:00:00",
        "2026-01-15T12:00+1",
        "2026-01-15T12:00Z01:00",
        "2026-01-15T+1:00",
        "+026-01-15",
        "２０２６-01-15",
    ):
        for name in ("from", "to"):
            found = wrong(series="gas", resolution="day", **{name: text})
            assert found and found.startswith(name + " must be a date such as 2026-11-23"), text


def test_a_time_that_ends_before_it_begins(folder):
    assert wrong(series="gas", resolution="day", from_="2026-01-15", to="2026-01-15") == (
        "There is nothing from `from` to `to`: `to` must be the later one."
    )


def test_times_are_those_of_the_meters_clock(folder):
    noon = minutes("2601151200W")
    assert asked("2026-01-15") == (noon - 12 * HOUR, 0x3FFFFFFF)
    assert asked("2026-01-15T12:00")[0] == noon
    assert asked("2026-01-15T12:00:30")[0] == noon
    assert asked("2026-07-15T12:00")[0] == minutes("2607151200S")
    # Of the hour that comes twice, it is the second.
    assert asked("2026-10-25T02:30")[0] == minutes("2610250230W")
    assert asked("2026-10-25", "2026-10-26") == (minutes("2610250000S"), minutes("2610260000W"))


def test_times_with_an_offset(folder):
    noon = minutes("2601151200W")
    for text in (
        "2026-01-15T12:00:00+01:00",
        # As a query decodes it.
        "2026-01-15T12:00:00 01:00",
        "2026-01-15T11:00Z",
        "2026-01-15T13:00+02:00",
        "2026-01-15T06:00-05:00",
    ):
        assert asked(text)[0] == noon, text


def test_json_as_the_live_page_reads_it(folder):
    reader = days(folder, 1)
    assert reader.text("energy", "day") == (
        '{"series": "energy", "resolution": "day", "unit": "Wh",\n'
        '"columns": ["time", "import_t1", "import_t2", "export_t1", "export_t2", "gap"],\n'
        '"rows": [\n'
        '["2026-01-15T00:00:00+01:00", 1450, 0, 56, 0, false],\n'
        '["2026-01-16T00:00:00+01:00", 0, 0, 0, 0, false]],\n'
        '"gaps": []}\n'
    )


def test_csv(folder):
    reader = days(folder, 1)
    assert reader.text("energy", "day", None, None, "csv") == (
        "time,import_t1,import_t2,export_t1,export_t2,gap\n"
        "2026-01-15T00:00:00+01:00,1450,0,56,0,false\n"
        "2026-01-16T00:00:00+01:00,0,0,0,0,false\n"
    )
    assert reader.text("peaks", "day", None, None, "csv") == (
        "time,peak,peak_time,gap\n"
        "2026-01-15T00:00:00+01:00,2000,2026-01-15T07:00:00+01:00,false\n"
        "2026-01-16T00:00:00+01:00,,,true\n"
    )


def test_nothing_is_recorded_yet(folder):
    reader = Reader(folder)
    assert reader.answer("energy", "day") == {
        "series": "energy",
        "resolution": "day",
        "unit": "Wh",
        "columns": ["time", "gap"],
        "rows": [],
        "gaps": [],
    }
    assert reader.rows("peaks", "day") == reader.rows("power", "day") == []


def test_what_is_recorded_is_told_before_the_first_telegram(folder):
    reader = days(folder, 2)
    reader.start()
    assert [row[1] for row in reader.rows("energy", "day")] == [1450, 1450]


def test_a_part_of_the_time(folder):
    reader = days(folder, 3)
    assert [row[0][:10] for row in reader.rows("gas", "day", "2026-01-16", "2026-01-17")] == [
        "2026-01-16"
    ]
    rows = reader.rows("energy", "quarter", "2026-01-16T06:50", "2026-01-16T07:30")
    assert [(row[0][11:16], row[1]) for row in rows] == [("07:00", 500), ("07:15", 10)]
    # Nothing there, before and after all that is recorded.
    assert reader.rows("energy", "quarter", "2026-01-01", "2026-01-02") == []
    assert reader.rows("energy", "quarter", "2026-02-01") == []


def test_a_part_of_a_gap(folder):
    reader = Reader(folder)
    reader.send("2601151200W")
    reader.skip(DAY, used=9600)
    reader.send()
    rows = reader.rows("energy", "quarter", "2026-01-15T18:00", "2026-01-15T18:30")
    assert rows == [
        ["2026-01-15T18:00:00+01:00", 100, 0, 0, 0, True],
        ["2026-01-15T18:15:00+01:00", 100, 0, 0, 0, True],
    ]


def test_power_as_the_average_of_longer_times(folder):
    reader = days(folder, 1)
    answer = reader.answer("power", "quarter", "2026-01-15T06:45", "2026-01-15T07:30")
    assert answer["unit"] == "W"
    assert answer["columns"] == ["time", "import", "export", "gap"]
    assert [row[1:] for row in answer["rows"]] == [
        [40, 8, False],
        [2000, 0, False],
        [40, 0, False],
    ]
    assert reader.rows("power", "day")[0][1:] == [60, 2, False]


def test_the_power_of_a_quarter_hour_that_has_just_begun_is_not_known(folder):
    assert days(folder, 1).rows("power", "quarter")[-1][1:] == [None, None, True]


def test_gaps_are_listed_up_to_a_limit(folder):
    reader = Reader(folder)
    reader.send("2601151200W")
    for _ in range(40):
        reader.run(15, used=1)
        reader.skip(30, used=2)
        reader.send()
    answer = reader.answer("energy", "quarter")
    assert sum(row[-1] for row in answer["rows"]) == 80
    assert len(answer["gaps"]) == 32
    assert answer["gaps"][0] == ["2026-01-15T12:15:00+01:00", "2026-01-15T12:45:00+01:00"]
