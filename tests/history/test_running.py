"""The history of a running board: answers in a board's memory, a quarter-hour, a restart."""

import json
import urllib.request
from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from meters import START

from sim import past

#: A board with PSRAM.
ROOMY = {"environment": {"SIM_PSRAM": "1"}, "heap": "1m"}

#: What the live page asks for, and what takes the most memory.
ASKED = (
    "series=energy&resolution=quarter",
    "series=gas&resolution=quarter&from=2026-01-14&to=2026-01-16",
    "series=water&resolution=quarter&from=2026-01-14&to=2026-01-16",
    "series=energy&resolution=day",
    "series=peaks&resolution=day",
    "series=power&resolution=minute",
)


def test_a_board_answers_from_a_month_of_history(board, meter_line, tmp_path):
    past.make(tmp_path / "flash" / "history", "t211", START)
    firmware = board(meter_line("t211"), **ROOMY)
    firmware.wait_until_ready()
    rows = {}
    for query in ASKED:
        status, headers, body = firmware.get("/history?" + query, timeout=30)
        assert (status, headers["Content-Type"]) == (200, "application/json"), body
        rows[query] = json.loads(body)["rows"]
    days = (START - datetime(2025, 12, 15)).days + 1
    # From the beginning of the first day to the quarter-hour that is running.
    assert len(rows[ASKED[0]]) == (days - 1) * 96 + START.hour * 4 + 1
    assert len(rows[ASKED[3]]) == days
    assert rows[ASKED[4]][-1][0].startswith("2026-01-15")
    health = firmware.json("/healthz")
    assert (health["errors"], health["settings_problems"]) == ([], [])
    assert "Memory is short" not in firmware.printed


def test_a_quarter_hour_is_recorded_and_is_there_after_a_restart(board, meter_line, tmp_path):
    line = meter_line("t211", datetime(2026, 1, 15, 11, 59, 57), speed=2)
    firmware = board(line, **ROOMY)
    firmware.wait_until(lambda: firmware.json("/healthz")["history"]["writes"], "recorded")
    firmware.stop()
    firmware.start()
    firmware.wait_until_ready()
    told = firmware.json("/history?series=energy&resolution=quarter")
    assert told["rows"][0][0] == "2026-01-15T12:00:00+01:00"


def test_the_events_begin_with_the_last_minutes(board, meter_line):
    firmware = board(meter_line("t211", speed=10), **ROOMY)
    firmware.wait_until(lambda: firmware.json("/healthz")["uptime"] > 6, "six seconds old")
    with urllib.request.urlopen(firmware.url + "/events", timeout=10) as events:
        assert events.readline() == b"event: recent\n"
        recent = json.loads(events.readline().removeprefix(b"data: "))
        assert events.readline() == b"\n"
        assert events.readline() == b"event: values\n"
    assert recent["step"] == 5
    assert recent["power"][-1] is not None and len(recent["power"]) > 1
    assert abs(datetime.fromisoformat(recent["end"]).replace(tzinfo=None) - START) < timedelta(
        minutes=10
    )


def test_a_history_that_is_off_says_so(board, meter_line):
    firmware = board(meter_line("t211"), history=False)
    firmware.wait_until_ready()
    status, _, body = firmware.get("/history?series=energy&resolution=day")
    assert status == 404
    assert json.loads(body)["error"].startswith("There is no history here: ")
    assert "history" not in firmware.json("/healthz")
    with urllib.request.urlopen(firmware.url + "/events", timeout=10) as events:
        assert events.readline() == b"event: recent\n"
        assert json.loads(events.readline()[6:]) == {"step": 5, "end": None, "power": []}


@pytest.mark.parametrize("board_interpreter", ["32 bits"], indirect=True)
@pytest.mark.parametrize("wanted", [True, None])
@pytest.mark.system
def test_a_board_without_psram_keeps_the_last_days_power(board, meter_line, wanted):
    firmware = board(meter_line("t211", speed=60), history=wanted, raw_port=0)

    def rows():
        return firmware.json("/history?series=power&resolution=minute")["rows"]

    # Eleven minutes of the meter's in as many seconds.
    found = firmware.wait_until(lambda: len(rows()) > 2 and rows(), "there", 30)
    begins = [datetime.fromisoformat(row[0]) for row in found]
    assert {later - sooner for sooner, later in pairwise(begins)} == {timedelta(minutes=5)}
    assert all(used + generated > 0 and not gap for _, used, generated, gap in found)
    status, _, body = firmware.get("/history?series=energy&resolution=day")
    assert status == 404
    assert json.loads(body)["error"].startswith("Only the last day's power is kept here, ")
    health = firmware.json("/healthz")
    assert health["history"] == {"writes": 0}
    problems = health["settings_problems"]
    assert len(problems) == (1 if wanted else 0)
    for problem in problems:
        assert problem.startswith("history: history in files takes 25 KB of memory, and there is ")
    assert health["errors"] == []
    assert "Memory is short" not in firmware.printed


@pytest.mark.parametrize("board_interpreter", ["32 bits"], indirect=True)
@pytest.mark.parametrize("beside", ["raw TCP", "MQTT"])
@pytest.mark.parametrize("wanted", [True, None])
@pytest.mark.system
def test_a_board_without_room_for_any_history_says_so_where_it_is_wanted(
    board, meter_line, broker, wanted, beside
):
    mqtt = {"mqtt_host": "127.0.0.1", "mqtt_port": broker.port} if beside == "MQTT" else {}
    firmware = board(meter_line("t211"), history=wanted, **mqtt)
    firmware.wait_until_ready()
    health = firmware.json("/healthz")
    assert "history" not in health
    problems = health["settings_problems"]
    assert len(problems) == (2 if wanted else 0)
    if wanted:
        assert problems[0].startswith(
            "history: history in files takes 25 KB of memory, and there "
        )
        output = {"MQTT": "mqtt", "raw TCP": "raw_tcp"}[beside]
        assert problems[1].startswith(
            "history: a board without PSRAM has no room for history of the last day beside "
            f"{output}; it is not started."
        )
    status, _, body = firmware.get("/history?series=energy&resolution=day")
    assert status == 404
    assert json.loads(body)["error"].startswith("There is no history here: ")
