"""`/history` over HTTP, from a simulated meter that goes on where its made-up history ends."""

import csv
import io
import json
import threading
import urllib.error
import urllib.request
from datetime import datetime, timedelta, timezone
from itertools import pairwise

import pytest

from history.server import Server
from sim import past
from sim.meter import Meter

START = datetime(2026, 4, 10, 14, 7, 33)


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("history")
    past.make(folder, "t211", START, days=20)
    with Server(folder, Meter("t211", START)) as running:
        yield running


def get(server, path):
    """(status, headers, body)"""
    try:
        with urllib.request.urlopen(server.url + path, timeout=10) as response:
            return response.status, response.headers, response.read()
    except urllib.error.HTTPError as error:
        return error.code, error.headers, error.read()


def answer(server, query):
    status, headers, body = get(server, "/history?" + query)
    assert (status, headers["Content-Type"]) == (200, "application/json")
    return json.loads(body)


def test_days_as_the_live_page_asks_for_them(server):
    told = answer(server, "series=energy&resolution=day&from=2026-03-11&to=2026-04-11&format=json")
    assert told["columns"] == [
        "time",
        "import_t1",
        "import_t2",
        "export_t1",
        "export_t2",
        "gap",
    ]
    assert told["unit"] == "Wh"
    assert told["simulated"] is True
    assert [row[0][:10] for row in told["rows"]] == [
        str(datetime(2026, 3, 21).date() + timedelta(number)) for number in range(21)
    ]
    assert not any(row[-1] for row in told["rows"])
    # A family of a few heads.
    assert all(3_000 < row[1] + row[2] < 40_000 for row in told["rows"])


def test_quarter_hours_add_up_to_the_days(server):
    for series in ("energy", "gas", "water"):
        days = answer(server, f"series={series}&resolution=day&from=2026-03-28&to=2026-03-31")
        quarters = answer(
            server, f"series={series}&resolution=quarter&from=2026-03-28&to=2026-03-31"
        )
        # One of them is the day on which summer time begins.
        assert len(quarters["rows"]) == 96 + 92 + 96
        for day in days["rows"]:
            rows = [row for row in quarters["rows"] if row[0][:10] == day[0][:10]]
            assert [sum(column) for column in zip(*[row[1:-1] for row in rows])] == day[1:-1]


def test_csv_is_the_same(server):
    query = "/history?series=energy&resolution=quarter&from=2026-04-01&to=2026-04-03&format="
    told = json.loads(get(server, query + "json")[2])
    status, headers, body = get(server, query + "csv")
    assert status == 200
    assert headers["Content-Type"] == "text/csv; charset=utf-8"
    assert headers["Content-Disposition"] == 'attachment; filename="energy-quarter.csv"'
    columns, *rows = csv.reader(io.StringIO(body.decode()))
    assert columns == told["columns"]
    assert rows == [[row[0], *map(str, row[1:-1]), str(row[-1]).lower()] for row in told["rows"]]


def test_a_long_answer_comes_whole(server):
    told = answer(server, "series=energy&resolution=quarter")
    # Twenty days, of which one has 23 hours, and from midnight to a quarter past two.
    assert len(told["rows"]) == 20 * 96 - 4 + 14 * 4 + 1
    times = [datetime.fromisoformat(row[0]).astimezone(timezone.utc) for row in told["rows"]]
    assert all(b - a == timedelta(minutes=15) for a, b in pairwise(times))


def test_the_rows_go_on_where_the_made_up_ones_end(server):
    told = answer(server, "series=energy&resolution=quarter&from=2026-04-10T13:30")
    # Sunshine on a Friday afternoon.
    assert [row[0][11:16] for row in told["rows"]] == ["13:30", "13:45", "14:00"]
    assert not any(row[-1] for row in told["rows"])
    assert 100 < told["rows"][-1][3] < 700


def test_the_power_of_the_last_minutes(server):
    told = answer(server, "series=power&resolution=minute")
    assert told["unit"] == "W"
    assert told["rows"][0][0] == "2026-04-10T14:07:00+02:00"
    assert 500 < told["rows"][0][2] < 5_000


def test_a_wrong_request_is_told_what_is_right(server):
    status, _, body = get(server, "/history")
    assert status == 400
    assert json.loads(body)["error"] == (
        "series must be one of power, energy, gas, water, peaks: such as "
        "/history?series=energy&resolution=day."
    )


def test_a_time_with_an_offset_as_browsers_write_it(server):
    for text in ("2026-04-10T13:30:00%2B02:00", "2026-04-10T13:30:00+02:00", "2026-04-10T11:30Z"):
        told = answer(server, f"series=energy&resolution=quarter&from={text}")
        assert told["rows"][0][0] == "2026-04-10T13:30:00+02:00"


def test_several_at_once(server):
    told = []
    query = "series=energy&resolution=quarter"
    threads = [
        threading.Thread(target=lambda: told.append(answer(server, query))) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert len(told) == 4
    assert all(one["rows"][:-1] == told[0]["rows"][:-1] for one in told)
