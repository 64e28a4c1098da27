"""A board that comes back by itself: its watchdog, its errors, its memory and its failed starts.

The firmware is the real one, compiled, under the real MicroPython; what takes minutes is made to
take seconds by a line or two that main.py is given before it runs.
"""

import contextlib
import json
import os
import re
import shutil
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from changed import tree_with
from conftest import free_port
from pty_board import PtyBoard
from test_firmware_console import stop

from firmware.outputs import web
from host import tree
from sim import board as sim_board
from sim.firmware import Firmware
from sim.world import World

GUARD = "firmware/boards/guard.py"
TASKS = "firmware/tasks.py"


def quick(**more):
    """A watchdog that begins after a second and bites after one and a half.

    more: other numbers of the guard's.
    """
    guard = {"_LATE": 1, "_BITE": 1500, "_KNOCK": 1, "_LOOK": 1, **more}
    return {GUARD: guard, TASKS: {"_PAUSE": 0.2}}


#: Tasks that must turn within a second or three.
QUICK = """
from firmware.boards import wifi
from firmware.outputs import mqtt, web
from firmware import meter
meter.Meter.deadline = 1
wifi.Wifi.deadline = web.Web.deadline = mqtt.Mqtt.deadline = 3
"""


def change(flash, code="", numbers=None):
    """Give the board a tree of its own, whose main.py runs this code before the program.

    numbers: those of the tree that are changed, see `changed.tree_with`.
    """
    for name in ("app", "main.py"):
        (flash / name).unlink()
    root = tree_with(numbers or {})
    shutil.copytree(root / "app", flash / "app")
    text = (root / "main.py").read_text(encoding="utf-8")
    run = "\n        run()\n"
    assert text.count(run) == 1
    text = text.replace(run, code.replace("\n", "\n        ") + run)
    text = text.replace("time.sleep(60)", "time.sleep(0.1)")
    (flash / "main.py").write_text(text, encoding="utf-8")


class Power:
    """A board with changed code that starts again after each reset, until the power is cut."""

    def __init__(
        self,
        folder,
        line=None,
        code="",
        numbers=None,
        environment=None,
        heap="224k",
        **settings,
    ):
        self.flash = folder / "flash"
        settings = {"http_port": free_port(), **settings}
        firmware = Firmware(
            self.flash, line.port if line else 0, settings, heap=heap, environment=environment
        )
        self.firmware = firmware
        change(self.flash, code, numbers)
        self._printed = open(self.flash / "console.txt", "ab")  # noqa: SIM115 (until the end)
        self.board = firmware.board(stdout=self._printed, stderr=self._printed)
        self._thread = threading.Thread(target=self.board.run)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self.board.switch_off()
        self._thread.join(10)
        self._printed.close()

    @property
    def resets(self):
        return list(self.board.codes)

    def health(self):
        return self.firmware.json("/healthz")

    def wait_until(self, done, what, seconds=20):
        return self.firmware.wait_until(done, what, seconds)

    def errors(self):
        """What the flash has."""
        path = self.flash / "errors.json"
        return json.loads(path.read_text()) if path.exists() else []


@pytest.fixture
def power(tmp_path):
    with contextlib.ExitStack() as stack:
        yield lambda *given, **named: stack.enter_context(Power(tmp_path, *given, **named))


# The watchdog


def test_the_watchdog_lets_a_board_live_that_has_neither_meter_nor_wifi_nor_visitors(
    power, tmp_path
):
    world = World(tmp_path / "world.json")
    world.set(access_point=False)
    board = power(
        code=QUICK,
        numbers=quick(_GOOD=6),
        environment={"SIM_WORLD": str(world.path)},
        log_interval=0,
    )
    # A start has lasted when the copy of the settings is there: twice each deadline.
    copy = board.flash / "config.json.bak"
    board.wait_until(copy.exists, "settled")
    time.sleep(2)
    assert board.resets == []
    health = board.health()
    assert health["errors"] == []
    assert health["boots"] == 1
    assert not health["wifi"]["connected"]


HUNG = """
import asyncio, machine
async def hang(self):
    while True:
        await asyncio.sleep(3600)
if machine.reset_cause() == machine.PWRON_RESET:
    %s.run = hang
"""


@pytest.mark.parametrize(
    "name, task, deadline",
    [("web", "web.Web", 3), ("network", "wifi.Wifi", 3), ("MQTT", "mqtt.Mqtt", 3)],
)
def test_a_task_that_hangs_is_named_and_the_watchdog_restarts_the_board(
    power, name, task, deadline
):
    board = power(numbers=quick(), code=QUICK + HUNG % task, mqtt_host="127.0.0.1")
    board.wait_until(lambda: board.resets, "bitten")
    assert board.resets == [sim_board.WATCHDOG]
    board.wait_until(lambda: board.health()["reset_cause"] == "watchdog", "back")
    health = board.health()
    assert health["boots"] == 2
    assert [(error["task"], error["error"], error["boot"]) for error in health["errors"]] == [
        (name, "has hung for %d seconds" % deadline, 1)
    ]
    assert board.errors() == health["errors"]


def test_a_meter_task_that_leaves_bytes_unread_is_bitten_and_a_silent_line_is_not(
    power, meter_line
):
    line = meter_line("t211", speed=5)
    code = """
import asyncio, machine
async def hang(self, buffer):
    await asyncio.sleep(3600)
if machine.reset_cause() == machine.PWRON_RESET:
    from firmware.boards.esp32 import UartPort
    UartPort.readinto = hang
"""
    board = power(line, code=QUICK + code, numbers=quick())
    board.wait_until(lambda: board.resets == [sim_board.WATCHDOG], "bitten")
    board.wait_until(lambda: board.health()["telegrams"] > 3, "reading")
    line.pause()
    telegrams = board.health()["telegrams"]
    time.sleep(4)
    assert board.resets == [sim_board.WATCHDOG]
    assert board.health()["telegrams"] - telegrams <= 1
    assert board.health()["errors"][0]["task"] == "meter"


def test_a_loop_that_never_ends_is_bitten(power, meter_line):
    code = """
import machine
def endless(self, size):
    while True:
        pass
if machine.reset_cause() == machine.PWRON_RESET:
    meter.Meter._parse = endless
"""
    line = meter_line("t211", speed=5)
    line.pause()
    board = power(line, code=QUICK + code, numbers=quick())
    board.wait_until(lambda: board.health()["uptime"] >= 3, "guarded")
    line.resume()
    board.wait_until(lambda: board.resets == [sim_board.WATCHDOG], "bitten")
    board.wait_until(lambda: board.health()["telegrams"] > 0, "reading")


def test_without_the_watchdog_nothing_bites(power):
    board = power(numbers=quick(), code=QUICK + HUNG % "wifi.Wifi", watchdog=False)
    board.wait_until(lambda: board.health()["uptime"] >= 8, "old enough")
    assert board.resets == []


def test_the_watchdog_waits_while_a_person_is_at_the_prompt(tmp_path):
    firmware = Firmware(tmp_path / "flash", 0, {"http_port": free_port()})
    change(tmp_path / "flash", QUICK, quick())
    with PtyBoard(
        tmp_path / "flash",
        "main.py",
        options=("-X", "heapsize=224k"),
        modules=firmware.chip,
    ) as console:
        firmware.wait_until(lambda: firmware.json("/healthz")["uptime"] >= 2, "guarded")
        stop(console)
        console.wait_for(b">>> ")
        time.sleep(4)  # more than twice what the watchdog bites after
        console.output = b""
        console.type("status()\r")
        console.wait_for(b"boots: 1")
        # And it goes on, watched as before.
        console.type("run()\r")
        firmware.wait_until(lambda: firmware.json("/healthz"), "going on")
        console.type("\x03")
        console.wait_for(b"run() goes on")
        assert b"was not fed" not in console.output


# Errors


def test_a_task_that_dies_is_started_again_and_its_error_kept(power, meter_line):
    code = """
parse = meter.Meter._parse
calls = [0]
def fail(self, size):
    calls[0] += 1
    if calls[0] < 13:
        raise ValueError("no parser")
    parse(self, size)
meter.Meter._parse = fail
"""
    board = power(meter_line("t211", speed=5), code=QUICK + code, numbers=quick())
    board.wait_until(lambda: board.health()["telegrams"] > 0, "reading again")
    (error,) = board.health()["errors"]
    assert error["task"] == "meter"
    assert error["error"].startswith("ValueError('no parser'")
    assert error["times"] == 12
    assert error["boot"] == 1
    # As the lines are counted in the module, which on the board is part of another.
    (line,) = re.findall(r'File "firmware\.meter", line (\d+), in run', error["traceback"])
    source = (tree.REPO / "firmware" / "meter.py").read_text().splitlines()
    assert "self._read(port)" in source[int(line) - 1]
    assert "ValueError: no parser" in error["traceback"]
    # The flash was written once for all of them.
    (written,) = board.errors()
    assert written["times"] < 12
    assert {**written, "times": 0, "uptime": 0} == {**error, "times": 0, "uptime": 0}
    assert "The task meter failed: ValueError" in board.firmware.get("/log")[2].decode()


def test_an_answer_that_fails_is_counted_and_the_next_one_comes(power):
    code = """
async def fail(self, request):
    raise ValueError("no log")
async def swell(self, request):
    return bytearray(1 << 20)
def half(*given):
    yield "x" * 600
    raise KeyError("rest")
def full(*given):
    yield "x" * 600
    bytearray(1 << 20)
web.Web._get_log, web.Web._get_ready, web._file = fail, swell, half
web.Web._unless_fresh = lambda self: web.Answer(full())
"""
    board = power(code=QUICK + code, log_interval=0)
    board.wait_until(board.health, "up")

    def task_web_met(kind, times=1):
        (error,) = [one for one in board.health()["errors"] if one["error"].startswith(kind)]
        assert (error["task"], error["times"], error["boot"]) == ("web", times, 1)
        assert kind in error["traceback"]

    for times in (1, 2):
        # Before anything was sent, the answer is an error.
        status, _, body = board.firmware.get("/log")
        assert status == 500 and "errors in /healthz" in json.loads(body)["error"]
        task_web_met("ValueError", times)
    assert board.firmware.get("/readyz")[0] == 500
    task_web_met("MemoryError")
    # Amid an answer it is told apart from a whole one.
    assert b"x" * 600 + b"HTTP/1.0 500 " in board.firmware.get("/")[2]
    task_web_met("KeyError")
    assert b"x" * 600 + b"HTTP/1.0 503 " in board.firmware.get("/metrics")[2]
    task_web_met("MemoryError", 2)
    assert board.wait_until(board.errors, "on the flash")[0]["task"] == "web"
    assert "The task web failed: KeyError" in board.firmware.printed
    assert board.resets == []


def test_the_flash_is_written_once_in_ten_minutes_however_many_errors_there_are(power, meter_line):
    code = """
def fail(self, size):
    raise ValueError("number %d" % self.turns)
meter.Meter._parse = fail
"""
    board = power(meter_line("t211", speed=5), code=QUICK + code, numbers=quick())
    board.wait_until(lambda: len(board.health()["errors"]) == 4, "full")
    first = board.errors()
    assert len(first) < 4
    time.sleep(1.5)
    assert board.errors() == first
    # The last few stay, the newest at the end.
    numbers = [int(error["error"].split()[1].split("'")[0]) for error in board.health()["errors"]]
    assert numbers == sorted(numbers) and len(numbers) == 4


@pytest.mark.parametrize("damage", ["", '[{"task": "web", "er', "7", '["web"]', "\x00\xff"])
def test_damaged_errors_on_the_flash_are_none(board, damage, tmp_path):
    (tmp_path / "flash").mkdir()
    (tmp_path / "flash" / "errors.json").write_bytes(damage.encode("latin-1"))
    assert board(None).json("/healthz")["errors"] == []


def test_long_errors_are_told_one_by_one():
    """Their text in one piece took more memory than there may be when they tell of that."""
    error = {"task": "web", "error": "MemoryError()", "times": 9, "traceback": "x" * 480}
    members = {"version": "1", "errors": [error] * 4, "settings_problems": [], "age": None}
    pieces = list(web._object(members))
    assert json.loads("".join(pieces)) == members
    assert max(map(len, pieces)) < len(json.dumps(error)) + 10


# Memory

BALLAST = """
import asyncio, gc, os
from firmware import app
class Ballast:
    async def run(self):
        held = []
        while True:
            await asyncio.sleep(0.2)
            try:
                os.stat("ballast")
                gc.collect()
                while gc.mem_free() > 3500:
                    held.append(bytearray(64))
            except OSError:
                held = []
            except MemoryError:
                pass
outputs = app.App.parts
def more(self):
    yield from outputs(self)
    yield "ballast", Ballast()
app.App.parts = more
"""


def load(board):
    """Take the memory, once the start is over: then the log has grown, by KB at once.

    And there is the watchdog, a second after the start. What the simulated one takes of the heap
    a board's does not.
    """
    board.wait_until(lambda: "WiFi is connected" in board.firmware.printed, "connected")
    board.wait_until(lambda: board.health()["uptime"] >= 3, "past its start")
    (board.flash / "ballast").touch()


def test_when_memory_is_short_clients_are_turned_away_until_there_is_some_again(power, meter_line):
    board = power(
        meter_line("t211", speed=2),
        code=QUICK + BALLAST,
        numbers=quick(_LAST_RESORT=3600),
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
    board = power(numbers=quick(_LOW=1 << 30), log_interval=0)
    board.wait_until(lambda: "Memory is short" in board.firmware.printed, "short")
    for _ in range(24):
        with socket.create_connection(("127.0.0.1", board.firmware.settings["http_port"])) as one:
            one.settimeout(5)
            answer = b"".join(iter(lambda: one.recv(1000), b""))
        head, _, body = answer.partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.0 503 ") and b"\r\nRetry-After: 60" in head
        assert "Memory is short" in json.loads(body)["error"]


def test_when_memory_stays_short_the_board_restarts_and_says_why(power):
    code = "import machine\nif machine.reset_cause() == machine.PWRON_RESET:"
    ballast = BALLAST.strip().replace("\n", "\n    ")
    board = power(code=QUICK + code + "\n    " + ballast, numbers=quick(_LAST_RESORT=2))
    board.wait_until(lambda: board.health()["boots"] == 1, "up")
    load(board)
    board.wait_until(lambda: board.resets == [sim_board.RESET], "reset")
    board.wait_until(lambda: board.health()["boots"] == 2, "back")
    assert board.health()["errors"][-1]["task"] == "memory"


# Starts that fail


def broken(flash):
    """A program that cannot be started, as one that was half deployed."""
    (flash / "app" / "firmware" / "app.py").write_text("raise RuntimeError('half a program')\n")


def test_after_four_starts_that_failed_there_is_a_page_that_says_why(tmp_path):
    board = Power(tmp_path)
    broken(board.flash)
    with board:
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


def test_safe_mode_tells_less_where_there_is_a_password(tmp_path):
    code = """
from firmware import safe
make = safe.Safe.__init__
def with_password(self, settings, *rest):
    make(self, dict(settings, http_password="a secret"), *rest)
safe.Safe.__init__ = with_password
"""
    board = Power(tmp_path, code=code)
    broken(board.flash)
    with board:
        page = board.wait_until(lambda: board.firmware.json("/"), "safe")
        assert set(page) == {"version", "safe_mode"}


def test_safe_mode_ends_after_an_hour_with_a_normal_start(tmp_path):
    code = """
from firmware import safe
safe._PATIENCE, safe._LOOK = 3, 0.2
"""
    board = Power(tmp_path, code=code)
    broken(board.flash)
    with board:
        # Four that failed, the hour's end, and one more that failed.
        board.wait_until(lambda: len(board.resets) == 6, "safe again")
        board.wait_until(lambda: "safe_mode" in board.health(), "safe again")
        (board.flash / "app" / "firmware" / "app.py").unlink()
        board.wait_until(lambda: "fresh" in board.health(), "normal")


def test_run_at_the_prompt_leaves_safe_mode(tmp_path):
    firmware = Firmware(tmp_path / "flash", 0, {"http_port": free_port()})
    (tmp_path / "rtc").write_bytes(b"p1\x04\x00\x04")  # four starts, all failed
    with PtyBoard(
        tmp_path / "flash",
        "main.py",
        options=("-X", "heapsize=224k"),
        modules=firmware.chip,
        environment={"SIM_RTC": str(tmp_path / "rtc"), "SIM_RESET_CAUSE": "HARD_RESET"},
    ) as console:
        console.wait_for(b"Safe mode: the last starts failed")
        firmware.wait_until(lambda: firmware.json("/")["boots"] == 5, "safe")
        stop(console)
        console.type("status()\r")
        console.wait_for(b"safe_mode: ")
        console.type("run()\r")
        firmware.wait_until(lambda: firmware.json("/healthz")["telegrams"] == 0, "normal")
        # What a person has started has not failed.
        assert (tmp_path / "rtc").read_bytes()[4] == 0


# Settings


def test_the_settings_that_worked_last_are_used_when_the_file_is_cut(power, meter_line):
    board = power(meter_line("t211", speed=5), code=QUICK, numbers=quick(_GOOD=1), uart_rxbuf=2048)
    copy = board.flash / "config.json.bak"
    board.wait_until(copy.exists, "kept")
    path = board.flash / "config.json"
    assert copy.read_text() == path.read_text()
    path.write_text(path.read_text()[:40])
    os.kill(board.board._process.pid, 10)  # SIGUSR1: as machine.reset() ends it
    board.wait_until(lambda: board.health()["boots"] == 2, "back")
    assert board.health()["settings_problems"] == [
        "config.json is not valid JSON; the last settings that worked are used, "
        "from config.json.bak."
    ]
    board.wait_until(lambda: board.health()["telegrams"] > 0, "reading")
    assert json.loads(copy.read_text())["uart_rxbuf"] == 2048
