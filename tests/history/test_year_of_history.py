"""A part of what `python tests/history/year.py` does in minutes: three weeks, some of them."""

from datetime import datetime

import pytest

from history import year

#: Two weeks before summer time begins, and before it ends. In the middle the meter is replaced.
BEGINS = (datetime(2026, 3, 15), datetime(2026, 10, 11))
DAYS = 21


@pytest.mark.parametrize("begin", BEGINS)
def test_weeks_with_power_cuts_on_a_boards_file_system(interpreter, tmp_path, begin):
    lived = year.Year(begin, DAYS, every=15, seed=begin.month)
    told = year.live(lived, tmp_path / "history", *year.on_a_board(interpreter))
    assert told["cuts"] > 2
    assert told["starts"] > told["cuts"]
    assert lived.off > 0
    year.check(lived, told, on_flash=True)


def test_weeks_on_a_pc(tmp_path):
    lived = year.Year(BEGINS[0], DAYS, every=15, seed=2)
    told = year.live(lived, tmp_path / "history", *year.on_a_pc())
    year.check(lived, told, on_flash=False)


def test_without_a_power_cut_there_are_as_many_writes_as_promised(interpreter, tmp_path):
    lived = year.Year(BEGINS[0], 10, every=15, seed=3, has_trouble=False)
    told = year.live(lived, tmp_path / "history", *year.on_a_board(interpreter))
    year.check(lived, told, on_flash=True)
    # And the first record of quarter-hours and of days; the last day of one meter, and the first
    # of the other.
    assert told["writes"] == 10 * year.WRITES + 4
