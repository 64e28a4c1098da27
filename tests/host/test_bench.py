"""The benchmarks run, and their tables have the rows that they are to have.

How fast anything was is no matter here: `make bench-check` looks at that.
"""

import json
import subprocess
import sys

import pytest

from host.bench import peers
from host.bench.claims import claims, compare
from host.bench.command import SECTIONS, main
from host.bench.figures import batches, line_through, middle, ratio
from host.bench.load import scrape
from host.bench.pages import pages
from host.bench.tables import Table, as_markdown, as_text, number
from host.tree import REPO
from sim.firmware import micropython
from sim.interpreter import words32
from sim.ports import free_port

ROOT = REPO

# What the quick run prints is made once, so that all run in one process.
pytestmark = pytest.mark.xdist_group("bench")

#: Numbers that bear every claim out, by the key of a row.
GOOD = {
    "parser-pc.t211.dsmr-parser.whole": {"ours": 6.0},
    "parser-pc.t211.smeterd.whole": {"ours": 1.5},
    "parser-pc.dsmr5.dsmr-parser.whole": {"ours": 7.0},
    "parser-pc.dsmr5.smeterd.whole": {"ours": 1.6},
    "parser-board.x64.short.whole": {"crc": 1.2},
    "parser-board.x64.t211.64": {"most_garbage": 4000},
    "http.ours.1": {"spent_part": 86.0, "rate_part": 70.0},
    "http.ours.4": {"rate_part": 85.0},
    "memory.smallest": {"kilobytes": 116},
    **{
        f"growth.{python}.{series}.{size}": {"length": size, "median": 100 + 0.1 * size}
        for python in ("cpython", "micropython")
        for series in ("known", "unknown", "message", "devices", "peaks")
        for size in (1000, 5000, 10000)
    },
    **{
        f"growth.uptime.{python}.{mark}": {"crc": 3.0, "used": 70000}
        for python in ("cpython", "micropython")
        for mark in (1000, 100000)
    },
}


def compared(rows):
    table = Table("all", "All", {}, [{"key": key, **row} for key, row in rows.items()])
    return compare([table], claims())


@pytest.fixture(scope="module")
def quick():
    """What a quick run prints as JSON."""
    done = subprocess.run(
        [sys.executable, "-m", "host.bench", "--quick", "--json"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def rows(quick):
    return {row["key"]: row for table in quick["tables"] for row in table["rows"]}


def needs_micropython():
    if not micropython():
        pytest.skip("PyPI has no MicroPython for this machine")


@pytest.mark.parametrize("kind", ("t211", "dsmr5"))
def test_parser_on_cpython_has_a_row_for_each_reader_and_chunk(rows, kind):
    wanted = {"ours.whole", "fields.whole", "ours.1", "ours.64", "ours.1024"}
    if peers.version("dsmr-parser"):
        wanted |= {f"dsmr-parser.{chunk}" for chunk in ("whole", 1, 64, 1024)}
    if peers.version("smeterd"):
        wanted.add("smeterd.whole")
    found = {key.split(".", 2)[2] for key in rows if key.startswith(f"parser-pc.{kind}.")}
    assert found == wanted
    for key in wanted:
        row = rows[f"parser-pc.{kind}.{key}"]
        assert 0 < row["low"] <= row["median"] <= row["high"] and row["often"]


def test_parser_on_micropython_has_a_row_for_each_form_and_chunk(rows):
    needs_micropython()
    forms = ["x64", "bytecode"] + ["words32"] * bool(words32())
    subjects = ("t211.64", "t211.256", "t211.whole", "short.whole")
    for form in forms:
        for subject in subjects:
            row = rows[f"parser-board.{form}.{subject}"]
            assert row["median"] > 0 and row["crc"] > 0 and row["loop"] > 0
            assert 0 < row["garbage"] <= row["most_garbage"]
    found = [key for key in rows if key.startswith("parser-board.")]
    assert len(found) == len(forms) * len(subjects)


def test_after_the_last_byte_is_split_into_steps_on_both_pythons(rows):
    pythons = ["cpython"] + ["code", "bytecode"] * bool(micropython())
    for python in pythons:
        for step in ("parse", "derive", "accept", "body", "total", "chunk"):
            assert f"last-byte.{python}.{step}" in rows
        total = rows[f"last-byte.{python}.total"]["median"]
        assert total > rows[f"last-byte.{python}.body"]["median"] > 0


def test_http_is_measured_beside_a_bare_server(rows):
    needs_micropython()
    for server in ("ours", "bare", "collecting"):
        for clients in (1, 4):
            row = rows[f"http.{server}.{clients}"]
            assert row["median"] > 0 and row["latency"] > 0 and row["rate_part"] > 0


def test_memory_has_every_module_that_the_board_imports(rows):
    needs_micropython()
    # Of one that imports many others the rest is small beside the noise of all their numbers.
    for name in ("dsmr.parser", "dsmr.fields", "firmware.meter", "firmware.http.guard"):
        row = rows[f"memory.module.{name}"]
        assert row["words64"] > 0 and row["flash"] > 0
        if words32():
            assert 0 < row["words32"] < row["words64"]
    assert rows["memory.module.firmware.settings"]["note"] == "dropped after use"
    for name in ("microdot", "power-readout"):
        assert rows[f"memory.sum.all of {name}"]["words64"] > 0
    assert not [key for key in rows if key.endswith((".machine", ".network"))]


def test_memory_has_the_heap_at_every_state_and_the_smallest_one(rows):
    needs_micropython()
    used = [rows[f"memory.heap.{state}"]["used"] for state in ("bare", "start", "scraped")]
    # At the start there may be what only connecting to a broker needs.
    assert 0 < used[0] < min(used[1:])
    # A quick run may find none, where the machine is busy.
    assert ("memory.smallest" in rows) == bool(words32())


def test_the_parts_of_the_heap_are_all_of_it(rows):
    needs_micropython()
    parts = {key: row["used"] for key, row in rows.items() if key.startswith("memory.heap.part.")}
    assert sum(parts.values()) == rows["memory.heap.telegrams"]["used"]
    assert all(size > 0 for size in parts.values()), parts


def test_memory_has_the_flash_that_each_board_needs(rows):
    for arch in ("xtensawin", "rv32imc", "bytecode"):
        row = rows[f"memory.flash.{arch}"]
        assert 1024 * row["blocks"] > row["bytes"] > row["dsmr"] > 10000


def test_growth_has_lengths_devices_peaks_and_uptime(rows):
    for python in ["cpython"] + ["micropython"] * bool(micropython()):
        for series in ("known", "unknown", "message", "devices", "peaks"):
            points = [
                row for key, row in rows.items() if key.startswith(f"growth.{python}.{series}.")
            ]
            assert len({row["length"] for row in points}) >= 2
        assert max(row["length"] for row in rows.values() if "length" in row) > 11000
        assert f"growth.uptime.{python}.1000" in rows


def test_every_table_says_what_it_is_and_can_be_printed(quick):
    names = [table["name"] for table in quick["tables"]]
    assert len(set(names)) == len(names)
    for given in quick["tables"]:
        table = Table(**given)
        assert table.rows and table.title
        assert table.title in as_text(table)
        assert len(as_markdown(table).split("\n|")) >= len(table.rows) + 2


def test_the_machine_is_described_without_its_name(quick):
    assert set(quick["machine"]) >= {"processors", "architecture", "system", "CPython"}
    assert "/" not in json.dumps(quick["machine"])


def test_the_claims_are_named_in_the_output(quick):
    assert len(quick["claims"]) == len(compared({}))


def test_pages_say_how_to_repeat_them(quick):
    results = {**quick, "tables": [Table(**table) for table in quick["tables"]]}
    written = pages(results, compared(GOOD))
    for text in written.values():
        assert "make bench" in text and "{" not in text.split("\n## ")[0]
    for table in results["tables"]:
        assert sum(f"## {table.title}\n" in text for text in written.values()) == 1


def test_claims_hold_for_numbers_that_bear_them_out():
    assert [str(claim) for claim in compared(GOOD) if not claim.holds] == []


@pytest.mark.parametrize(
    "key, worse",
    (
        ("parser-pc.t211.dsmr-parser.whole", {"ours": 5.9}),
        ("parser-pc.dsmr5.smeterd.whole", {"ours": 1.49}),
        ("parser-board.x64.short.whole", {"crc": 1.3}),
        ("parser-board.x64.t211.64", {"most_garbage": 4096}),
        ("http.ours.1", {"spent_part": 84.0, "rate_part": 99.0}),
        ("http.ours.4", {"rate_part": 84.0}),
        ("memory.smallest", {"kilobytes": 120}),
        ("memory.smallest", {"kilobytes": None}),
        ("growth.cpython.unknown.10000", {"length": 10000, "median": 2 * 1500}),
        ("growth.micropython.devices.5000", {"length": 5000, "median": 400}),
        ("growth.uptime.cpython.100000", {"crc": 3.7}),
        ("growth.uptime.micropython.100000", {"crc": 3.0, "used": 70032}),
    ),
)
def test_a_claim_fails_where_its_number_is_worse(key, worse):
    failed = [claim for claim in compared({**GOOD, key: worse}) if claim.holds is False]
    assert len(failed) == 1


def test_what_was_not_measured_is_not_claimed():
    assert {claim.holds for claim in compared({})} == {None}


@pytest.mark.parametrize("arguments", (["--only", "memory"], ["--quick"]))
def test_pages_are_written_of_whole_runs_only(arguments, capsys):
    assert main(["--write", *arguments]) == 2
    assert "--write" in capsys.readouterr().err


def test_bytes_wait_under_each_load_for_less_than_the_buffer_holds(quick):
    (table,) = [table for table in quick["tables"] if table["name"] == "loads"]
    assert [row["what"] for row in table["rows"]] == [
        "nobody asks",
        "1 client, without a pause",
    ]
    assert all(0 < row["waiting"] < 4096 for row in table["rows"])


def test_the_sections():
    assert list(SECTIONS) == [
        "parser-pc",
        "parser-board",
        "last-byte",
        "http",
        "loads",
        "memory",
        "growth",
    ]


def test_a_server_that_is_not_there_is_a_failure():
    found = scrape(free_port(), 2, 3)
    assert not found.latencies and len(found.failures) == 3


def test_figures():
    assert middle([3]) == (3, 3, 3)
    assert middle([1, 2, 3, 4, 5]) == (3, 2, 4)
    assert ratio([2, 9, 8], [1, 3, 2]) == 3
    slope, start, worst = line_through([(0, 1), (1, 3), (2, 5)])
    assert (slope, start, worst) == pytest.approx((2, 1, 0))
    source = batches([1, 2, 3], 2)
    assert [next(source) for _ in range(3)] == [[1, 2], [3, 1], [2, 3]]


@pytest.mark.parametrize(
    "value, text",
    ((1234, "1,234"), (1234.5, "1,234"), (12.345, "12.3"), (1.2345, "1.23"), (0.5, "0.500")),
)
def test_numbers_have_the_digits_that_count(value, text):
    assert number(value) == text


def test_a_spread_of_nothing_is_left_out():
    columns = {"what": "what", "median": "median", "spread": "quartiles"}
    rows = [
        {"what": "a|b", "median": 2.0, "low": 1.0, "high": 3.0},
        {"what": "c", "median": 2, "low": 2, "high": 2},
    ]
    table = Table("name", "Title", columns, rows, ["A note."])
    assert "1.00 to 3.00" in as_text(table) and "2 to 2" not in as_text(table)
    assert "| a\\|b | 2.00 | 1.00 to 3.00 |\n| c | 2 |  |" in as_markdown(table)
