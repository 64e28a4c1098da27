"""What `/healthz` says of the lines that were not used, on a board."""

import contextlib
import json
from types import SimpleNamespace

import pytest
from telegrams import S211, T211, telegram

from firmware import health
from sim.line import Line
from sim.replay import Replay


@pytest.fixture
def line_of(tmp_path):
    """A function that starts a line on which one telegram comes again and again."""
    with contextlib.ExitStack() as stack:

        def start(*lines):
            path = tmp_path / "telegrams"
            path.write_bytes(telegram(*lines))
            return stack.enter_context(Line(Replay(path), listen=("127.0.0.1", 0), speed=4))

        yield start


def test_odd_lines_are_listed_by_code_with_an_example(board, line_of):
    odd = ("1-0:32.24.0(0000.230*kV)", "0-0:17.0.0(16500)", "1-0:32.24.0(0000.231*kV)")
    lines = [line for line in T211 if not line.startswith("0-0:17.0.0")]
    firmware = board(line_of(*lines, *odd))
    firmware.wait_until_ready()
    for _ in range(3):
        found = firmware.json("/healthz")
        assert found["problems"] == [
            {
                "obis": "1-0:32.24.0",
                "reason": "unknown object",
                "lines": 2,
                "example": "1-0:32.24.0(0000.230*kV)",
            },
            {
                "obis": "0-0:17.0.0",
                "reason": "doubtful",
                "lines": 1,
                "example": "0-0:17.0.0(16500)",
            },
        ]
        assert found["odd_lines"] == 3 * found["telegrams"]


# A board without PSRAM has no memory for such a telegram.
@pytest.mark.parametrize("board_interpreter", ["64 bits"], indirect=True)
def test_a_long_answer_of_one_telegram_comes_whole(board, line_of):
    # More than a chip's socket takes at once.
    message = "0-0:96.13.1(%s)" % (b"power-readout " * 215).hex().upper()
    firmware = board(line_of(*T211, message), max_telegram=7424, history=False)
    firmware.wait_until_ready()
    for _ in range(3):
        _, headers, body = firmware.get("/metrics")
        assert len(body) == int(headers["Content-Length"]) > 5744
        json.loads(body)


def test_many_odd_lines_are_all_counted(board, line_of):
    firmware = board(line_of(*S211, *("0-0:99.%d.1(1)" % n for n in range(80))))
    firmware.wait_until_ready()
    problems = firmware.json("/healthz")["problems"]
    assert [problem["lines"] for problem in problems] == [1] * 64 + [16]
    assert firmware.get("/metrics")[0] == 200


def test_where_there_is_no_memory_to_list_them_all_else_is_said(monkeypatch):
    def by_code(telegram):
        yield "0-0:99.1.1", "unknown object", 1, "0-0:99.1.1(1)"
        raise MemoryError

    monkeypatch.setattr(health, "load", lambda *_: SimpleNamespace(by_code=by_code))
    readout = SimpleNamespace(telegram=SimpleNamespace(odd_lines=3))
    first, last = health._problems(readout)
    assert first["obis"] == "0-0:99.1.1"
    assert last["lines"] == 3
    assert "/telegram" in last["reason"]
