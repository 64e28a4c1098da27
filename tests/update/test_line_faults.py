"""The network loses, cuts, holds and damages what an update sends: it arrives all the same."""

import os

import pytest
from updates import NEW, BadLine, assert_runs, version

#: How many updates are sent over a bad line, of which each meets faults enough: more where
#: UPDATE_FAULTS says so.
RUNS = int(os.environ.get("UPDATE_FAULTS", "2"))


@pytest.mark.parametrize("seed", range(RUNS))
def test_an_update_over_a_bad_line_arrives(updatable, seed):
    # Enough is changed for a hundred messages.
    changed = ("firmware/settings", "firmware/app", "firmware/log")
    new = version(NEW, {name: lambda text: text + "# changed\n" for name in changed})
    board = updatable()
    with BadLine(board.port, 0.15, seed) as line:
        sender = board.sender(line.port)
        assert sender.run(new) == NEW
    assert assert_runs(board, [new]) == NEW
    assert sum(line.faults.values()) >= 5, line.faults
    assert board.firmware.json("/healthz")["errors"] == []
