"""The power goes while an update comes in, or is on trial: one of the two versions runs."""

import json
import os
import random
import threading
import time

import pytest
import under_micropython
from updates import NEW, OLD, assert_runs

from host import build, tree
from host.update.client import UpdateError
from sim.chip_build import alone

SCRIPT = tree.REPO / "tests/support/on_micropython/update_cuts.py"

#: How often the power goes at a random moment: more where UPDATE_CUTS says so.
CUTS = int(os.environ.get("UPDATE_CUTS", "4"))


def test_at_every_write_to_the_flash_one_of_the_two_versions_is_whole_and_runs():
    with alone(tree.REPO / "build"):
        built = tree.REPO / "build" / f"apart-{build.arch_of_this_machine()}"
        build.build(tree.REPO, built, build.arch_of_this_machine())
        said = under_micropython.run_script(SCRIPT, built, tree.REPO)
    found = json.loads(said.decode().splitlines()[-1])
    assert found["moments"] > 60
    assert found["again"] > 20
    assert found["ran"]["old"] > 50
    assert found["ran"]["new"] >= 1


@pytest.mark.parametrize("seed", range(CUTS))
def test_at_a_random_moment_the_board_comes_back_with_one_of_the_two(updatable, old, new, seed):
    chance = random.Random(seed)
    board = updatable()
    result = []

    def update():
        try:
            result.append(board.sender().run(new))
        except UpdateError as error:
            result.append(str(error))

    sending = threading.Thread(target=update, daemon=True)
    sending.start()
    time.sleep(chance.uniform(0, 6))
    board.cut_power()
    board.switch_on()
    sending.join(60)
    assert not sending.is_alive()
    ran = assert_runs(board, [old, new])
    board.wait_until_it_reads()
    assert result in ([NEW], [OLD]) or "rolled back" in result[0]
    assert ran == (NEW if result == [NEW] else OLD)
