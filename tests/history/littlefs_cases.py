"""The history on a board's file system, in memory: power cuts, a full flash, and its wear.

Runs under MicroPython only, by on_micropython.py.
"""

import gc
import os

import vfs

from history.flash import Flash
from history.reader import DAY, HOUR, Reader, minutes

#: So small that there is not much to copy for each of the many power cuts.
_BLOCK = 512
_BLOCKS = 192

_PATH = "/board"
_FOLDER = _PATH + "/history"


class Mounted:
    """A flash whose file system is mounted while the block of `with` runs."""

    def __init__(self, flash):
        self.flash = flash

    def __enter__(self):
        vfs.mount(self.flash.system(), _PATH)
        return self.flash

    def __exit__(self, *_):
        self.flash.on = False
        vfs.umount(_PATH)
        # A file that is still open is closed now, on a flash that is off.
        gc.collect()


def prepared(begin, length=None):
    """(what the flash holds, a reader) after so many minutes of history, or without any."""
    flash = Flash(_BLOCKS, _BLOCK)
    flash.format()
    with Mounted(flash):
        reader = Reader(_FOLDER)
        reader.time = minutes(begin)
        if length is not None:
            reader.send()
            reader.run(length, used=10)
    return flash.data, reader


def cut_everywhere(prepared, lost=(0,), change=None, days=True):
    """Cut the power at each write of the next quarter-hour; returns how many there are.

    change(reader): what happens in it, beside that 10 Wh are used. After each cut the reader
    starts anew. An hour later the history tells of all that was used, but for what it may have
    `lost` for want of a first reading, and of no more; and `days` tell the same.
    """
    data, reader = prepared
    time, register, meter = reader.time, reader.house.used_1, reader.house.meter
    moment = 0
    while True:
        reader.time, reader.house.used_1, reader.house.meter = time, register, meter
        with Mounted(Flash(_BLOCKS, _BLOCK, data)) as flash:
            reader.start()
            expected = total(reader) + 50
            if change:
                change(reader)
            reader.log.said.clear()
            flash.left = moment
            reader.run(15, used=10)
            is_cut = flash.left < 0
            assert len(reader.log.said) == is_cut, reader.log.said
        with Mounted(Flash(_BLOCKS, _BLOCK, flash.data)):
            reader.log.said.clear()
            reader.start()
            if moment % 2:
                # It is back within the same minute.
                reader.send(second=40)
            reader.run(HOUR, used=10)
            told = total(reader)
            assert expected - told in lost, (moment, expected, told)
            assert not days or total(reader, "day") == told, (moment, told)
            assert reader.log.said == [], reader.log.said
        if not is_cut:
            return moment
        moment += 1


def total(reader, resolution="quarter"):
    """What was used according to the rows."""
    return sum([row[1] for row in reader.rows("energy", resolution)])


def test_a_power_cut_while_a_quarter_hour_is_recorded(folder):
    assert cut_everywhere(prepared("2601151200W", 3 * HOUR)) >= 3


def test_a_power_cut_while_the_first_files_are_written(folder):
    assert cut_everywhere(prepared("2601151200W"), (10, 20)) >= 8


def test_a_power_cut_while_a_day_is_recorded(folder):
    assert cut_everywhere(prepared("2601152200W", 2 * HOUR - 15)) >= 8


def test_a_power_cut_while_another_meter_begins(folder):
    def replace(reader):
        reader.house.meter = "another"
        reader.house.used_1 = 500

    assert cut_everywhere(prepared("2601151200W", 3 * HOUR), (10, 20), replace) >= 8


def test_a_power_cut_while_the_oldest_files_go(folder):
    # Short files, as a clock that is set begins them: the twelfth makes the first one go.
    data, reader = prepared("2601150000W", 0)
    with Mounted(Flash(_BLOCKS, _BLOCK, data)) as flash:
        for _ in range(11):
            reader.start()
            reader.skip(2 * DAY, used=10)
            reader.send()
            assert not reader.log.said
    before = (flash.data, reader)
    reader.time += 2 * DAY - 15
    # The first row goes with it, or the first two; their days stay.
    assert cut_everywhere(before, (0, 10, 20), days=False) >= 8


def test_a_full_flash_is_said_once_and_the_rest_works(folder):
    data, reader = prepared("2601151200W", 3 * HOUR)
    with Mounted(Flash(_BLOCKS, _BLOCK, data)):
        paths = fill()
        reader.start()
        reader.run(3 * HOUR, used=10)
        assert len(reader.log.said) == 1, reader.log.said
        assert reader.log.said[0].startswith(
            "History: no quarter-hour is recorded: no space is left"
        )
        assert reader.state() == (0, reader.log.said[0][9:])
        # What was recorded is told, and what was used since.
        rows = reader.rows("energy", "quarter")
        assert [row[1] for row in rows] == 24 * [10]
        assert [row[-1] for row in rows] == 12 * [False] + 12 * [True]
        assert len(reader.rows("power", "minute")) == 12
        # As soon as there is room it goes on.
        for path in paths:
            os.remove(path)
        reader.run(15, used=10)
        assert reader.state() == (1, None)
        reader.run(15, used=10)
        rows = reader.rows("energy", "quarter")
        assert [row[1] for row in rows] == 26 * [10] + [0]
        assert [row[-1] for row in rows] == 12 * [False] + 13 * [True] + 2 * [False]


def fill():
    """Fill the flash with files; returns their paths."""
    paths = []
    while True:
        path = "%s/%d" % (_PATH, len(paths))
        paths.append(path)
        try:
            with open(path, "wb") as file:
                file.write(bytes(_BLOCK))
        except OSError:
            return paths


def test_each_record_is_one_block_erased_and_half_a_block_written(folder):
    # A board's flash, and an ordinary day in the middle of a file.
    flash = Flash()
    flash.format()
    with Mounted(flash):
        reader = Reader(_FOLDER)
        reader.send("2601150000W")
        reader.run(DAY, used=10)
        erased, written, writes = flash.erased, flash.written, reader.history.writes
        reader.run(4 * DAY, used=10)
        writes = reader.history.writes - writes
        assert writes == 4 * 97
        # docs/history.md has these numbers.
        assert flash.erased - erased <= writes * 1.05
        assert flash.written - written <= writes * 2200


def test_the_wear_is_spread_over_the_flash(folder):
    flash = Flash()
    flash.format()
    with Mounted(flash):
        reader = Reader(_FOLDER)
        reader.send("2601150000W")
        reader.run(10 * DAY, used=10)
        worst = max(flash.wear.values())
    # 972 records went to 512 blocks.
    assert worst <= 12, worst


def test_a_record_is_written_in_a_moment(folder):
    # What a board's flash takes for it is its longest pause: see docs/history.md.
    flash = Flash()
    flash.format()
    with Mounted(flash):
        reader = Reader(_FOLDER)
        reader.send("2601150000W")
        worst = 0
        for _ in range(5 * 96):
            erased = flash.erased
            reader.run(15, used=10)
            worst = max(worst, flash.erased - erased)
    assert worst <= 4, worst
