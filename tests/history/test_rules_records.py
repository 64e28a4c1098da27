"""What is recorded, and when. Runs under both Pythons."""

from history.reader import House, Reader

NOON = "2601151200W"


def started(folder, **options):
    """A reader that has recorded noon."""
    reader = Reader(folder, **options)
    reader.send(NOON)
    return reader


def first_row(reader):
    """What was used from noon to a quarter past, and whether its course is not known."""
    time, *rest = reader.rows("energy", "quarter")[0]
    assert time == "2026-01-15T12:00:00+01:00"
    return rest


def test_a_quarter_hour_is_recorded_at_its_end(folder):
    reader = started(folder)
    reader.house.used_1 += 250
    reader.house.generated_2 += 30
    reader.send("2601151215W")
    assert reader.rows("energy", "quarter") == [
        ["2026-01-15T12:00:00+01:00", 250, 0, 0, 30, False],
        # The one that is running.
        ["2026-01-15T12:15:00+01:00", 0, 0, 0, 0, False],
    ]
    # Two quarter-hours, and that the days begin.
    assert reader.state() == (3, None)


def test_nothing_is_recorded_within_a_quarter_hour(folder):
    reader = started(folder)
    writes = reader.history.writes
    for minute in range(14):
        reader.time += 1
        reader.send(second=minute)
    assert reader.history.writes == writes


def test_a_telegram_of_the_minute_after_its_end_tells_the_registers(folder):
    # A meter may send every ten seconds, and a telegram may be lost.
    reader = started(folder)
    reader.house.used_1 += 100
    reader.send("2601151215W", second=59)
    reader.house.used_1 += 10
    assert first_row(reader) == [100, 0, 0, 0, False]


def test_a_later_telegram_does_not(folder):
    reader = started(folder)
    reader.house.used_1 += 100
    writes = reader.history.writes
    reader.send("2601151216W")
    assert reader.history.writes == writes
    reader.house.used_1 += 100
    reader.send("2601151230W")
    assert reader.rows("energy", "quarter")[:2] == [
        ["2026-01-15T12:00:00+01:00", 100, 0, 0, 0, True],
        ["2026-01-15T12:15:00+01:00", 100, 0, 0, 0, True],
    ]


def test_it_is_written_while_the_line_is_silent(folder):
    reader = started(folder)
    writes = reader.history.writes
    reader.silent = False
    reader.send("2601151215W")
    assert reader.history.writes == writes
    reader.silent = True
    reader.house.used_1 += 1
    reader.send("2601151215W", second=1)
    assert reader.history.writes == writes + 1
    reader.send("2601151215W", second=2)
    assert reader.history.writes == writes + 1


def test_it_is_not_written_when_it_is_too_late(folder):
    reader = started(folder)
    writes = reader.history.writes
    reader.silent = False
    for second in range(0, 60, 10):
        reader.send("2601151215W", second=second)
    reader.silent = True
    reader.send("2601151216W")
    assert reader.history.writes == writes
    reader.send("2601151230W")
    assert [row[-1] for row in reader.rows("energy", "quarter")] == [True, True, False]


def test_the_last_row_is_the_running_one(folder):
    reader = started(folder)
    reader.house.used_1 += 100
    reader.send("2601151204W")
    running = ["2026-01-15T12:00:00+01:00", 100, 0, 0, 0, False]
    assert reader.rows("energy", "quarter") == [running]
    assert reader.rows("energy", "day") == [running]


def test_there_are_no_rows_before_the_first_quarter_hour_has_ended(folder):
    reader = Reader(folder)
    assert reader.rows("energy", "quarter") == []
    reader.send("2601151204W")
    assert reader.rows("energy", "quarter") == reader.rows("energy", "day") == []


def test_a_reset_amid_a_quarter_hour_loses_nothing(folder):
    reader = started(folder)
    reader.house.used_1 += 100
    reader.send("2601151204W")
    reader.start()
    reader.house.used_1 += 150
    reader.send("2601151206W")
    assert first_row(reader) == [250, 0, 0, 0, False]
    reader.send("2601151215W")
    assert first_row(reader) == [250, 0, 0, 0, False]


def test_a_reset_right_after_a_record_writes_it_no_second_time(folder):
    reader = started(folder)
    reader.start()
    reader.house.used_1 += 1
    reader.send(NOON, second=30)
    assert reader.history.writes == 0


def test_the_writes_are_those_that_are_promised(folder):
    reader = started(folder)
    reader.run(3 * 24 * 60, used=10)
    # 96 quarter-hours and a day's end on each of three days, and what began both.
    assert reader.history.writes == 3 * 97 + 2


def test_registers_by_tariff(folder):
    reader = started(folder, house=House(used_3=70_000, gas=None))
    reader.house.used_3 += 5
    reader.house.used_2 += 3
    reader.send("2601151215W")
    answer = reader.answer("energy", "quarter")
    assert answer["columns"] == [
        "time",
        "import_t1",
        "import_t2",
        "import_t3",
        "export_t1",
        "export_t2",
        "gap",
    ]
    assert answer["rows"][0] == ["2026-01-15T12:00:00+01:00", 0, 3, 5, 0, 0, False]


def test_registers_of_a_meter_without_tariffs(folder):
    house = House(used_1=None, used_2=None, generated_1=None, generated_2=None)
    house.total_used = 7_000_000
    house.total_generated = 10_000
    reader = started(folder, house=house)
    house.total_used += 44
    house.total_generated += 2
    reader.send("2601151215W")
    answer = reader.answer("energy", "quarter")
    assert answer["columns"] == ["time", "import", "export", "gap"]
    assert answer["rows"][0] == ["2026-01-15T12:00:00+01:00", 44, 2, False]


def test_the_total_is_left_out_where_there_are_tariffs(folder):
    reader = started(folder, house=House(total_used=3_000_000))
    assert "import" not in reader.answer("energy", "quarter")["columns"]


def test_a_tariff_that_is_new_begins_with_its_second_reading(folder):
    reader = started(folder)
    reader.house.used_3 = 0
    reader.house.used_1 += 10
    reader.send("2601151215W")
    reader.house.used_3 += 7
    reader.send("2601151230W")
    reader.send("2601151245W")
    assert reader.rows("energy", "quarter")[:3] == [
        ["2026-01-15T12:00:00+01:00", 10, 0, None, 0, 0, True],
        ["2026-01-15T12:15:00+01:00", 0, 0, 7, 0, 0, False],
        ["2026-01-15T12:30:00+01:00", 0, 0, 0, 0, 0, False],
    ]


def test_a_register_that_is_left_out_once_is_told_by_the_next_telegram(folder):
    reader = started(folder)
    gas, reader.house.gas = reader.house.gas, None
    reader.send("2601151215W")
    reader.house.gas = gas + 40
    reader.send("2601151230W")
    assert [row[1] for row in reader.rows("gas", "quarter")[:2]] == [0, 40]


def test_gas_and_water(folder):
    reader = started(folder, house=House(water=1_000))
    reader.house.gas += 250
    reader.house.water += 12
    reader.send("2601151215W")
    for series, amount in (("gas", 250), ("water", 12)):
        answer = reader.answer(series, "quarter")
        assert answer["unit"] == "dm3"
        assert answer["columns"] == ["time", series, "gap"]
        assert answer["rows"][0] == ["2026-01-15T12:00:00+01:00", amount, False]


def test_a_meter_without_water_has_no_rows_of_it(folder):
    reader = started(folder)
    reader.send("2601151215W")
    assert reader.rows("water", "quarter") == []


def test_a_register_that_begins_anew_after_nine_digits(folder):
    reader = started(folder, house=House(used_1=999_999_900))
    reader.house.used_1 = 150
    reader.send("2601151215W")
    assert first_row(reader) == [250, 0, 0, 0, False]


def test_of_a_register_with_more_digits_the_last_nine_count(folder):
    reader = started(folder, house=House(used_1=12_999_999_900))
    reader.house.used_1 = 13_000_000_100
    reader.send("2601151215W")
    assert first_row(reader) == [200, 0, 0, 0, False]


def test_what_a_register_that_runs_backwards_has_counted_is_not_known(folder):
    reader = started(folder)
    reader.house.gas = 3
    reader.house.used_1 += 20
    reader.send("2601151215W")
    reader.house.gas += 50
    reader.send("2601151230W")
    assert reader.rows("gas", "quarter")[:2] == [
        ["2026-01-15T12:00:00+01:00", None, True],
        ["2026-01-15T12:15:00+01:00", 50, False],
    ]
    # The others' amounts are known all the same.
    assert first_row(reader) == [20, 0, 0, 0, False]


def test_another_meter_begins_a_new_series(folder):
    reader = started(folder)
    reader.house.used_1 += 100
    reader.send("2601151215W")
    reader.house.meter = "1SAG3100000002"
    reader.house.used_1 = 5
    reader.send("2601151240W")
    # Nothing is known of what either has counted since the old one was last heard at a quarter.
    assert [row[0][11:16] for row in reader.rows("energy", "quarter")] == ["12:00"]
    reader.send("2601151245W")
    reader.house.used_1 += 40
    reader.send("2601151300W")
    reader.send("2601151315W")
    assert [(row[0][11:16], row[1], row[-1]) for row in reader.rows("energy", "quarter")] == [
        ("12:00", 100, False),
        ("12:45", 40, False),
        ("13:00", 0, False),
        ("13:15", 0, False),
    ]
    # The day has a row for each.
    assert [(row[0][11:16], row[1]) for row in reader.rows("energy", "day")] == [
        ("12:00", 100),
        ("12:45", 40),
    ]


def test_a_meter_without_an_identifier(folder):
    reader = started(folder, house=House(meter=None))
    reader.house.used_1 += 9
    reader.send("2601151215W")
    assert reader.rows("energy", "quarter")[0][1] == 9


def test_a_meter_without_a_clock_has_no_history(folder):
    reader = started(folder, house=House(time=False))
    reader.send("2601151215W")
    assert reader.history.writes == 0
    assert reader.rows("energy", "quarter") == reader.rows("power", "minute") == []


def test_a_meter_without_registers_is_not_recorded(folder):
    house = House(used_1=None, used_2=None, generated_1=None, generated_2=None, gas=None)
    reader = started(folder, house=house)
    assert reader.history.writes == 0
    assert reader.rows("energy", "quarter") == []


def test_without_a_folder_the_power_is_kept_all_the_same(folder):
    reader = started(None, house=House(used=500))
    reader.send("2601151215W")
    assert reader.history.writes == 0
    assert [row[1] for row in reader.rows("power", "minute")] == [500, 500]


def test_a_board_writes_once_after_a_telegram(folder):
    reader = started(folder)
    reader.run(11 * 60 + 45, used=10)
    written = []
    reader.silent = False
    reader.send("2601160000W")
    reader.silent = True
    for second in range(1, 5):
        before = reader.history.writes
        reader.parser.receive_data(reader.house.telegram("26011600000%dW" % second))
        reader.readout.accept(reader.parser.next_event())
        reader.parser.next_event()
        written.append(reader.history.writes - before)
    # The quarter-hour, and the day.
    assert written == [1, 1, 0, 0]


def test_a_pc_writes_all_at_once(folder):
    # It may be asked for a telegram once in a quarter-hour only.
    reader = started(folder, profile="PC")
    reader.run(11 * 60 + 45, used=10)
    before = reader.history.writes
    reader.run(15)
    assert reader.history.writes - before == 2
    assert reader.history.due == 0
