"""The heap of a running board: when it is short clients wait, and at last the board restarts."""

import contextlib
import json
import socket
import textwrap
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import pytest
from power import MEMORY, quick

from firmware.supervisor import memory as memory_module
from firmware.supervisor.memory import Memory
from sim import board as sim_board

#: A task that takes the memory, but for some KB, while there is a file "ballast".
BALLAST = """
import asyncio, gc, os, sys
# Too little for clients, and enough to note an error, on words of 64 bits and of 32.
LEFT = 7000 if sys.maxsize >> 32 else 5000
from firmware.supervisor import Supervisor
class Ballast:
    async def run(self):
        held = []
        while True:
            await asyncio.sleep(0.2)
            try:
                os.stat("ballast")
                gc.collect()
                while gc.mem_free() > LEFT:
                    held.append(bytearray(64))
            except OSError:
                held = []
            except MemoryError:
                pass
watch = Supervisor.watch
async def with_ballast(self):
    self.start("ballast", Ballast())
    await watch(self)
Supervisor.watch = with_ballast
"""


def shortage(**numbers):
    """The numbers of a quick board whose memory has these."""
    changed = quick()
    # More than the ballast leaves, also where words have 64 bits and objects twice the size.
    changed[MEMORY].update({"_LOW": 9_000, "_ENOUGH": 10_000, **numbers})
    return changed


def load(board):
    """Take the memory, once the start is over: then the log has grown, by KB at once.

    And there is the watchdog, a second after the start. What the simulated one takes of the heap
    a board's does not.
    """
    board.wait_until(lambda: "WiFi is connected" in board.firmware.printed, "connected")
    board.wait_until(lambda: board.health()["uptime"] >= 3, "past its start")
    (board.flash / "ballast").touch()


@pytest.mark.parametrize(
    "free, low",
    [
        ([4_000, 9_000, 4_000, 9_000], [False, False, False, False]),
        ([4_000, 4_400, 5_000, 6_000], [False, True, True, False]),
        ([2_900, 5_900, 6_000], [True, True, False]),
    ],
    ids=["for one page", "for longer", "very low"],
)
def test_memory_is_short_when_the_heap_is_low_at_two_looks_or_very_low(monkeypatch, free, low):
    """Where clients went at each page that took much, most of their requests got 503."""
    left = list(free)
    heap = SimpleNamespace(collect=lambda: None, mem_alloc=lambda: 118_000 - left[0])
    monkeypatch.setattr(memory_module, "gc", heap)
    board = SimpleNamespace(profile="plain", heap_limit=118_000, network_memory=lambda: None)
    memory = Memory(board, SimpleNamespace(say=lambda text: None))
    found = []
    for look in range(len(free)):
        memory.turn(5_000 * (look + 1))
        found.append(memory.low)
        left.pop(0)
    assert found == low


def test_when_memory_is_short_clients_are_turned_away_until_there_is_some_again(power, meter_line):
    board = power(
        meter_line("t211", speed=2),
        code=BALLAST,
        numbers=shortage(_LAST_RESORT=3600),
        log_interval=0,
    )
    board.wait_until(lambda: board.health()["telegrams"] > 0, "reading")
    load(board)

    def turned_away():
        with contextlib.suppress(OSError):
            return "Memory is short" in board.firmware.printed

    board.wait_until(turned_away, "short")
    # More than there are sockets: whoever is turned away has to let go of his.
    with ThreadPoolExecutor(12) as pool:
        assert set(pool.map(answers, [board] * 12)) <= {503, None}
    (board.flash / "ballast").unlink()
    board.wait_until(lambda: "There is memory again" in board.firmware.printed, "enough")
    telegrams = board.health()["telegrams"]
    board.wait_until(lambda: board.health()["telegrams"] > telegrams, "reading")
    assert board.health()["errors"] == []
    assert board.health()["rejected"] == {}
    assert board.resets == []


def answers(board):
    """The status that a client gets, or None where there is none."""
    try:
        return board.firmware.get("/metrics", timeout=2)[0]
    except OSError:
        return None


def test_whoever_is_turned_away_is_told_and_leaves_nothing(power):
    board = power(numbers=shortage(_LOW=1 << 30), log_interval=0)
    board.wait_until(lambda: "Memory is short" in board.firmware.printed, "short")
    for _ in range(24):
        with socket.create_connection(("127.0.0.1", board.firmware.settings["http_port"])) as one:
            one.settimeout(5)
            answer = b"".join(iter(lambda: one.recv(1000), b""))
        head, _, body = answer.partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.0 503 ") and b"\r\nRetry-After: 60" in head
        assert "Memory is short" in json.loads(body)["error"]


def test_when_memory_stays_short_the_board_restarts_and_says_why(power):
    code = "import machine\nif machine.reset_cause() == machine.PWRON_RESET:\n"
    code += textwrap.indent(BALLAST, "    ")
    board = power(code=code, numbers=shortage(_LAST_RESORT=2))
    board.wait_until(lambda: board.health()["boots"] == 1, "up")
    load(board)
    board.wait_until(lambda: board.resets == [sim_board.RESET], "reset")
    board.wait_until(lambda: board.health()["boots"] == 2, "back")
    assert board.health()["errors"][-1]["task"] == "memory"
