"""What `make reset` makes of a program that comes up, and of one that does not."""

import pytest
from pty_board import PtyBoard

from host import board, session


@pytest.fixture
def started(tmp_path):
    """A function that starts a board with this main.py; returns its port."""
    boards = []

    def start(program):
        (tmp_path / "main.py").write_text(program)
        boards.append(PtyBoard(tmp_path, "main.py"))
        return boards[-1].port

    yield start
    for one in boards:
        one.stop()


def test_a_program_that_runs_is_said_to(started, capsys):
    port = started("import time\ntime.sleep(1)\nprint('power-readout 0.1.0')\ntime.sleep(30)\n")
    board.watch_start(port, 10)
    assert "power-readout 0.1.0" in capsys.readouterr().out


def test_a_program_that_ends_in_a_traceback_is_no_success(started, capsys):
    port = started("import time\ntime.sleep(1)\nprint(no_such_name)\n")
    with pytest.raises(session.BoardError, match="did not come up"):
        board.watch_start(port, 10)
    assert "NameError" in capsys.readouterr().out


def test_a_program_that_says_nothing_is_no_success(started):
    port = started("import time\ntime.sleep(30)\n")
    with pytest.raises(session.BoardError, match="nothing was heard of the program in 2 s"):
        board.watch_start(port, 2)
