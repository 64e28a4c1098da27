"""A network that is deaf though WiFi is connected: what is done about it, and when."""

import itertools
import json
import os
import subprocess

import pytest
from changed import copy_repo
from power import DEAFNESS, GUARD, MEMORY, quick
from under_micropython import SCRIPTS

from host import build
from sim import board as sim_board
from sim.chip_build import build_chip
from sim.ports import free_port

MINUTE, HOUR = 60, 3600

# The script is run once for each MicroPython.
pytestmark = pytest.mark.xdist_group("deafness")


@pytest.fixture(scope="module")
def stories(tmp_path_factory):
    """A function that gives what the script tells under a MicroPython: {story: what was done}."""
    found = {}

    def told(interpreter):
        if interpreter.name not in found:
            found[interpreter.name] = tell(interpreter, tmp_path_factory.mktemp("stories"))
        return found[interpreter.name]

    return told


def tell(interpreter, folder):
    port = free_port()
    copy_repo(folder / "repo", {DEAFNESS: {"_DNS": port}})
    chip = build_chip(folder / "chip", build.arch_of(interpreter.command))
    path = [chip, folder / "repo", folder / "repo" / "lib", ".frozen"]
    done = subprocess.run(
        [*interpreter.command, "-X", "heapsize=4m", str(SCRIPTS / "deaf_network.py"), str(port)],
        env={**os.environ, "MICROPYPATH": ":".join(map(str, path))},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr + done.stdout[-2000:]
    return {line["story"]: line["done"] for line in map(json.loads, done.stdout.splitlines())}


@pytest.fixture
def done(stories, interpreter):
    """What was done in a story: done(name) -> [(second, what), …]."""
    return lambda name: [tuple(pair) for pair in stories(interpreter)[name]]


def remedies(events):
    return [what for _, what in events]


def waits(events):
    """Seconds between one event and the next."""
    return [later - earlier for (earlier, _), (later, _) in itertools.pairwise(events)]


@pytest.mark.parametrize(
    "name",
    [
        "healthy",
        "healthy, and the gateway answers",
        "WiFi is gone",
        "the gateway is silent for a moment",
    ],
)
def test_a_network_that_is_well_or_not_connected_is_left_alone(done, name):
    assert done(name) == []


@pytest.mark.parametrize("name", ["sending fails", "no memory"])
def test_first_clients_are_cut_off_then_wifi_is_begun_anew_then_the_board_restarts(done, name):
    first = done(name)[:3]
    assert remedies(first) == ["clients", "WiFi", "board"]
    cut, begun = waits(first)
    assert 30 <= cut <= MINUTE and 30 <= begun <= 2 * MINUTE
    # Sending has failed since second 100; that nothing comes in is seen at the next look.
    assert 100 + MINUTE <= first[0][0] <= {"sending fails": 180, "no memory": 480}[name]


@pytest.mark.parametrize("name", ["sending fails", "no memory"])
def test_the_board_restarts_at_most_once_an_hour(done, name):
    restarts = [second for second, what in done(name) if what == "board"]
    assert len(restarts) == 3
    assert all(HOUR <= later - earlier < HOUR + 5 * MINUTE for earlier, later in
               itertools.pairwise(restarts))  # fmt: skip


def test_what_was_failing_for_a_minute_and_is_no_more_costs_the_clients_only(done):
    """Nothing is sent any more when they have gone, so that nothing says that it would work."""
    assert remedies(done("sending failed once")) == ["clients"]


@pytest.mark.parametrize("helped", ["clients are cut off", "WiFi is begun anew"])
def test_when_a_remedy_has_helped_there_is_no_other(done, helped):
    found = remedies(done(f"no memory, till {helped}"))
    assert found == ["clients", "WiFi"][: 1 + helped.startswith("WiFi")]


def test_wifi_that_takes_its_time_to_come_back_and_is_still_deaf_ends_in_a_restart(done):
    first = done("no memory, and WiFi takes its time")[:3]
    assert remedies(first) == ["clients", "WiFi", "board"]
    assert waits(first)[1] <= 4 * MINUTE


def test_a_gateway_that_has_answered_and_does_not_any_more_is_a_sign(done):
    found = done("the gateway falls silent")
    assert remedies(found) == ["clients", "WiFi", "board"]
    # It is asked every five minutes, and fell silent at second 1000. After the restart it is not
    # known to answer.
    assert found[0][0] <= 1000 + 5 * MINUTE + MINUTE + 20


def test_a_guard_that_does_not_accept_connections_is_a_sign(done):
    assert remedies(done("nobody accepts"))[:3] == ["clients", "WiFi", "board"]


# On the running board


#: Takes all of ESP-IDF's memory that is left, second by second, while there is a file "plug".
PLUG = """
import os
import chip_idf
from firmware.supervisor import Supervisor
def plug(now):
    try:
        os.stat("plug")
    except OSError:
        return
    rest = chip_idf.idf_heap_info(4)[0][2] - 500
    if rest > 0:
        chip_idf.take(rest)
watch = Supervisor.watch
async def plugged(self):
    self.turns.append(("plug", plug))
    await watch(self)
Supervisor.watch = plugged
"""


def test_a_deaf_board_restarts_and_answers_again(power, meter_line):
    numbers = {
        **quick(),
        GUARD: {"deadline": 60},
        DEAFNESS: {"_ANSWER": 10, "_SIGN": 2, "_LOOK": 1, "_NEXT": 1},
    }
    # Memory that is short is another reason to restart; here it is none.
    numbers[MEMORY]["_LAST_RESORT"] = 3600
    board = power(meter_line("t211", speed=5), code=PLUG, numbers=numbers)
    board.wait_until(lambda: board.health()["telegrams"] > 3, "reading")
    (board.flash / "plug").touch()
    board.wait_until(lambda: "clients are cut off" in board.firmware.printed, "noticed", 60)
    board.wait_until(lambda: "WiFi is begun anew" in board.firmware.printed, "deaf", 60)
    (board.flash / "plug").unlink()
    board.wait_until(lambda: board.resets, "restarted", 60)
    assert board.resets == [sim_board.RESET]
    board.wait_until(lambda: board.health()["boots"] == 2, "back")
    errors = {error["error"] for error in board.health()["errors"] if error["task"] == "network"}
    assert errors == {"was deaf though WiFi was connected", "stayed deaf"}
    board.wait_until(lambda: board.health()["telegrams"] > 3, "reading")
