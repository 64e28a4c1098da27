"""Starts that fail: after four in a row a board shows a page that says why, and nothing else."""

import json
import socket

import pytest
from consoles import started, stop
from power import SAFE_MODE, Power

from sim import board as sim_board
from sim.firmware import Firmware
from sim.ports import free_port


@pytest.fixture
def broken(tmp_path, board_interpreter):
    """A function that starts a board whose program cannot be started, as one half deployed."""
    boards = []

    def start(**more):
        board = Power(tmp_path, board_interpreter, **more)
        (app(board)).write_text("raise RuntimeError('half a program')\n")
        boards.append(board)
        return board.__enter__()

    yield start
    for board in boards:
        board.__exit__()


def app(board):
    """The source that stands in the way of the compiled module of the same name."""
    return board.flash / "app" / "firmware" / "app.py"


def test_after_four_starts_that_failed_there_is_a_page_that_says_why(broken):
    board = broken()
    page = board.wait_until(lambda: board.firmware.json("/"), "safe")
    assert set(page) == set(board.health())
    assert page["boots"] == 5
    assert page["safe_mode"].startswith("Safe mode: the last starts failed")
    (error,) = page["errors"]
    assert error["error"].startswith("RuntimeError('half a program'")
    assert error["times"] == 1  # it was written once, not for each start
    status, _, body = board.firmware.get("/metrics")
    assert status == 503 and json.loads(body)["error"] == page["safe_mode"]
    assert board.firmware.get("/livez")[0] == 200
    with socket.create_connection(("127.0.0.1", board.firmware.settings["http_port"])) as bad:
        bad.sendall(b"\x16\x03\x01 rubbish\r\n\r\n")
        assert b"503" in bad.recv(1000)
    board.wait_until(lambda: board.health()["wifi"]["connected"], "connected")
    assert board.resets == [sim_board.RESET] * 4


@pytest.mark.parametrize(
    "setting", [{"http_password": "a secret"}, {"http_password": 7}, {"allow_from": "10.0.0.0/8"}]
)
def test_safe_mode_tells_less_to_everybody_where_there_is_a_password_or_allow_from(
    broken, setting
):
    board = broken(**setting)
    page = board.wait_until(lambda: board.firmware.json("/"), "safe")
    assert set(page) == {"version", "safe_mode"}
    assert board.health() == page


def test_safe_mode_ends_after_an_hour_with_a_normal_start(broken):
    board = broken(numbers={SAFE_MODE: {"_PATIENCE": 3, "_LOOK": 0.2}})
    # Four that failed, the hour's end, and one more that failed.
    board.wait_until(lambda: len(board.resets) == 6, "safe again")
    board.wait_until(lambda: "safe_mode" in board.health(), "safe again")
    app(board).unlink()
    board.wait_until(lambda: "fresh" in board.health(), "normal")


def test_run_at_the_prompt_leaves_safe_mode(tmp_path):
    flash, rtc = tmp_path / "flash", tmp_path / "rtc"
    firmware = Firmware(flash, 0, {"http_port": free_port()})
    rtc.write_bytes(b"p2\x04\x00\x04\x00")  # four starts, all failed
    with started(firmware, flash, SIM_RTC=str(rtc), SIM_RESET_CAUSE="HARD_RESET") as console:
        console.wait_for(b"Safe mode: the last starts failed")
        firmware.wait_until(lambda: firmware.json("/")["boots"] == 5, "safe")
        stop(console)
        console.type("status()\r")
        console.wait_for(b"safe_mode: ")
        console.type("run()\r")
        firmware.wait_until(lambda: firmware.json("/healthz")["telegrams"] == 0, "normal")
        # What a person has started has not failed.
        assert rtc.read_bytes()[4] == 0
