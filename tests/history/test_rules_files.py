"""The files: how many there are, and what is told if one is damaged. Runs under both Pythons."""

import os

from firmware import load
from firmware.history.calendar import day_of, moment, offset
from history.reader import DAY, HOUR, Reader, minutes


def names(folder, rows):
    return sorted(name for name in os.listdir(folder) if name.startswith(rows))


def read(folder, name):
    with open("%s/%s" % (folder, name), "rb") as file:
        return file.read()


def write(folder, name, data):
    with open("%s/%s" % (folder, name), "wb") as file:
        file.write(data)


def flip(folder, name, at):
    """Change a byte of a file; at: its place, from the end if less than 0."""
    data = bytearray(read(folder, name))
    data[at if at >= 0 else len(data) + at] ^= 0x10
    write(folder, name, data)


def amounts(reader, series="energy"):
    return [(row[1], row[-1]) for row in reader.rows(series, "quarter")]


def started(folder, length=HOUR):
    reader = Reader(folder)
    reader.send("2601151200W")
    reader.run(length, used=10)
    return reader


def test_the_first_line_tells_what_is_in_a_file(folder):
    started(folder)
    line = read(folder, "quarter.0001").partition(b"\n")[0]
    assert line == (
        b'{"format": "power-readout history 1", "rows": "quarter", '
        b'"meter": "3153414733313030303030303031", "simulated": false, "record": "<6IHH", '
        b'"columns": ["import_t1", "import_t2", "export_t1", "export_t2", "gas"], "crc": "1E23"}'
    )


def test_a_file_with_enough_records_is_followed_by_the_next(folder):
    reader = started(folder, 11 * DAY)
    assert names(folder, "quarter") == ["quarter.0001", "quarter.0002"]
    size = len(read(folder, "quarter.0001").partition(b"\n")[2])
    assert size == 960 * 28
    assert sum(amount for amount, _ in amounts(reader)) == 11 * 960
    assert not any(gap for _, gap in amounts(reader))


def filled(folder, rows, number, begin, times):
    """Write a whole file with records of the times: each later by 10 Wh than the one before."""
    store = load("history.store")
    columns = ["import_t1", "import_t2", "export_t1", "export_t2", "gas"]
    if rows == "day":
        columns += ["peak", "peak_time"]
    data = store.header(rows, "3153414733313030303030303031", columns)
    for place, time in enumerate(times):
        register = begin + 10 * place
        values = [register, 2_000_000, 300_000, 400_000, 5_000_000, 40, time - 60]
        summer = 1 if offset(time) == 2 * HOUR else 0
        data += store.record(time, summer, values[: len(columns)])
    write(folder, "%s.%04d" % (rows, number), data)


def test_old_quarter_hours_go_when_there_are_enough_others(folder):
    reader = Reader(folder)
    first = minutes("2601151215W")
    for number in range(1, 6):
        begin = first + (number - 1) * 960 * 15
        times = range(begin, begin + 960 * 15, 15)
        filled(folder, "quarter", number, 1_000_000 + (number - 1) * 9600, times)
    reader.house.used_1 = 1_000_000 + 5 * 9600
    reader.time = first + 5 * 960 * 15
    reader.send()
    # Those of 40 days at least, and of 50 at most.
    assert names(folder, "quarter") == ["quarter.%04d" % number for number in range(2, 7)]
    rows = reader.rows("energy", "quarter")
    assert len(rows) == 40 * 96 + 1
    assert rows[0][0] == "2026-01-25T12:15:00+01:00"
    assert all(row[1:] == [10, 0, 0, 0, False] for row in rows[:-1])


def test_days_of_three_years_are_kept(folder):
    reader = Reader(folder)
    midnights = [moment(day_of(2020, 1, 1) + number, 0) for number in range(4 * 366 + 1)]
    for number in range(4):
        times = midnights[number * 366 : (number + 1) * 366]
        filled(folder, "day", number + 1, 1_000_000 + number * 3660, times)
    reader.house.used_1 = 1_000_000 + 4 * 3660
    for reader.time in (midnights[-1], midnights[-1] + 15):
        reader.send()
    assert names(folder, "day") == ["day.%04d" % number for number in range(2, 6)]
    rows = reader.rows("energy", "day")
    assert len(rows) == 3 * 366
    assert all(row[1:] == [10, 0, 0, 0, False] for row in rows[:-1])


def test_files_are_few_whatever_the_clock_does(folder):
    reader = Reader(folder)
    for number in range(30):
        reader.send("26%02d010000W" % (12 - number % 12))
        reader.run(30, used=1)
    assert len(names(folder, "quarter")) == 12


def test_a_damaged_record_is_a_gap(folder):
    reader = started(folder, 2 * HOUR)
    # Of the fourth one from the end.
    flip(folder, "quarter.0001", -3 * 28 - 14)
    assert amounts(reader) == 4 * [(10, False)] + 2 * [(10, True)] + 2 * [(10, False)] + [
        (0, False)
    ]


def test_after_a_damaged_end_the_next_record_begins_a_file(folder):
    reader = started(folder)
    flip(folder, "quarter.0001", -5)
    reader.start()
    reader.run(15, used=10)
    assert names(folder, "quarter") == ["quarter.0001", "quarter.0002"]
    assert amounts(reader) == 3 * [(10, False)] + 2 * [(10, True)] + [(0, False)]


def test_after_half_a_record_the_next_one_begins_a_file(folder):
    reader = started(folder)
    data = read(folder, "quarter.0001")
    write(folder, "quarter.0001", data[:-10])
    reader.start()
    reader.run(15, used=10)
    assert names(folder, "quarter") == ["quarter.0001", "quarter.0002"]
    assert amounts(reader) == 3 * [(10, False)] + 2 * [(10, True)] + [(0, False)]


def test_a_damaged_header_costs_its_file_and_is_said_once(folder):
    reader = started(folder, 10 * DAY)
    reader.run(DAY, used=10)
    flip(folder, "quarter.0001", 20)
    reader.run(2 * HOUR, used=10)
    rows = reader.rows("energy", "quarter")
    assert rows[0][0] == "2026-01-25T12:00:00+01:00"
    assert len(rows) == 96 + 2 * 4 + 1
    reader.rows("energy", "quarter")
    assert reader.log.said == [
        "History: %s/quarter.0001 cannot be used: its header is damaged. The rest can." % folder
    ]
    assert reader.history.problem == reader.log.said[0][9:]
    # The days are known all the same.
    assert len(reader.rows("energy", "day")) == 12


def test_a_damaged_header_of_the_newest_file_begins_the_next(folder):
    reader = started(folder)
    flip(folder, "quarter.0001", 20)
    reader.run(HOUR, used=10)
    assert names(folder, "quarter") == ["quarter.0001", "quarter.0002"]
    assert amounts(reader) == 3 * [(10, False)] + [(0, False)]
    assert len(reader.log.said) == 1


def test_files_that_are_none_of_the_history_are_left_alone(folder):
    reader = started(folder)
    for name in ("quarter.txt", "notes.0001", "quarter.", "day.0001.bak"):
        write(folder, name, b"x")
    reader.run(HOUR, used=10)
    assert len(amounts(reader)) == 9
    assert reader.log.said == []
    assert read(folder, "notes.0001") == b"x"


def test_a_file_that_was_begun_and_not_written_is_no_damage(folder):
    # As the power may leave one.
    reader = started(folder)
    write(folder, "quarter.0002", b"")
    reader.start()
    reader.run(15, used=10)
    assert amounts(reader) == 5 * [(10, False)] + [(0, False)]
    assert reader.log.said == []


def test_days_that_are_lost_are_made_again(folder):
    reader = started(folder, 3 * DAY)
    before = reader.rows("energy", "day")
    peaks = reader.rows("peaks", "day")
    os.remove(folder + "/day.0001")
    reader.start()
    reader.run(HOUR, used=0)
    assert reader.rows("energy", "day") == before
    assert reader.rows("peaks", "day") == peaks


def test_a_folder_that_is_gone_is_said_once_and_the_rest_works(folder):
    reader = Reader(folder)
    os.rmdir(folder)
    reader.send("2601151200W")
    reader.run(2 * HOUR, used=10)
    assert len(reader.log.said) == 1
    assert reader.log.said[0].startswith("History: no quarter-hour is recorded: ")
    assert reader.history.problem == reader.log.said[0][9:]
    assert reader.rows("power", "minute")
    os.mkdir(folder)
    reader.run(30, used=10)
    assert amounts(reader) == [(10, False), (0, False)]
    assert reader.history.problem is None


def test_a_folder_that_cannot_be_made_is_said_and_the_rest_works(folder):
    reader = Reader(folder + "/below/it")
    reader.send("2601151200W")
    reader.run(30, used=10)
    assert len(reader.log.said) == 1
    assert reader.log.said[0].startswith(
        "History: the folder %s/below/it cannot be used: " % folder
    )
    assert reader.history.writes == 0
    assert reader.rows("power", "minute")
