"""docs/history.md: what it shows is what there is."""

import csv
import io
import re
import subprocess
import sys
from datetime import datetime

import pages
import pytest

from firmware import load
from history import year
from history.reader import Reader
from host.tree import REPO
from sim import past

PAGE = (REPO / "docs" / "history.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("history")
    past.make(folder, "t211", datetime(2026, 4, 3, 12, 0), days=12)
    return folder


def test_the_reader_on_the_page_reads_the_files(folder, tmp_path):
    script = tmp_path / "read.py"
    script.write_text(re.search(r"^```python\n(.*?)^```", PAGE, re.M | re.S).group(1))
    assert len(script.read_text().splitlines()) <= 25
    done = subprocess.run(
        [sys.executable, script, *sorted(folder.glob("day.*"))],
        capture_output=True,
        text=True,
        check=True,
    )
    records = list(csv.DictReader(io.StringIO(done.stdout)))
    rows = Reader(str(folder), "PC").answer("energy", "day")
    # The days are the differences.
    assert [record["time"] for record in records[:-1]] == [row[0] for row in rows["rows"]]
    for row, before, after in zip(rows["rows"], records, records[1:]):
        for column, amount in list(zip(rows["columns"], row))[1:-1]:
            assert int(after[column]) - int(before[column]) == amount
    assert {record["estimated"] for record in records} == {"0"}


def test_it_leaves_out_what_is_damaged(folder, tmp_path):
    script = tmp_path / "read.py"
    script.write_text(re.search(r"^```python\n(.*?)^```", PAGE, re.M | re.S).group(1))
    data = bytearray((folder / "day.0001").read_bytes())
    data[-20] ^= 1
    (tmp_path / "day.0001").write_bytes(data)
    lines = [
        subprocess.run(
            [sys.executable, script, path / "day.0001"], capture_output=True, text=True
        ).stdout.splitlines()
        for path in (folder, tmp_path)
    ]
    assert lines[1] == lines[0][:-1]


def test_the_first_line_on_the_page_is_one(folder):
    shown = re.search(r'^\{"format".*$', PAGE, re.M).group(0)
    records = load("history.store").records
    line = shown.encode() + b"\n"
    assert records.sealed(line[:-17]) == line
    form = re.search(r'"record": "(.*?)"', shown).group(1)
    assert form == "<%dIHH" % (
        shown.count("_t") + shown.count('"gas"') + shown.count('"water"') + 1
    )


def test_the_modules_are_those_that_there_are():
    rows = pages.table(pages.section("How it is made", PAGE))
    named = {name for row in rows for name in re.findall(r"`(\w+)`", row[0])}
    there = {path.stem for path in (REPO / "firmware" / "history").glob("*.py")}
    assert named == there


def test_the_sum_for_ten_years_is_right():
    cells = {row[0]: row[1] for row in pages.table(pages.section("Writes and wear", PAGE))}
    numbers = [float(text.replace(",", "")) for text in cells.values()]
    day, writes, blocks, erased, spread, times, endured = numbers
    assert day == year.WRITES
    assert writes == day * 3652
    assert blocks <= year.ERASED
    assert abs(erased - writes * blocks) < 100
    assert times == round(erased / spread)
    assert times < endured / 50


def test_the_limits_of_files_are_those_of_the_program():
    limits = load("history.store")._LIMITS
    assert limits["quarter"][:2] == (960, 40 * 96)
    assert limits["day"][:2] == (366, 3 * 366)
    assert "With 960 quarter-hours or 366 days it is full" in PAGE
