"""Errors: counted by their cause, kept on the flash, and told in /healthz."""

import asyncio
import json
import logging
import re
from types import SimpleNamespace

import pytest
from guards import ask, listens
from microdot import Response
from power import quick

from firmware import assembly
from firmware.http import pages
from firmware.http.status import status as status_page
from firmware.supervisor.errors import note
from host import settings as pc
from host.failures import Failures
from host.pc import Pc
from sim.ports import free_port

#: Pages that go wrong at once, amid their answer, and for want of memory.
PAGES = """
from microdot import Response
from firmware.http import pages
make = pages.make
def half():
    yield "x" * 2000
    raise KeyError("rest")
def full():
    yield "x" * 2000
    bytearray(1 << 20)
def with_more(context, health):
    app = make(context, health)
    @app.get("/fails")
    async def fails(request):
        raise ValueError("no page")
    @app.get("/swells")
    async def swells(request):
        return Response(bytearray(1 << 20))
    @app.get("/half")
    async def begins(request):
        return Response(half())
    @app.get("/full")
    async def fills(request):
        return Response(full())
    return app
pages.make = with_more
"""


def test_a_task_that_dies_is_started_again_and_its_error_kept(power, meter_line):
    code = """
from firmware.meter import Meter
parse = Meter._parse
calls = [0]
def fail(self, size):
    calls[0] += 1
    if calls[0] < 5:
        raise ValueError("no parser")
    parse(self, size)
Meter._parse = fail
"""
    board = power(meter_line("t211", speed=5), code=code, numbers=quick())
    board.wait_until(lambda: board.health()["telegrams"] > 0, "reading again")
    (error,) = board.health()["errors"]
    assert error["task"] == "meter"
    assert error["error"].startswith("ValueError('no parser'")
    assert error["times"] == 4
    assert error["boot"] == 1
    functions = re.findall(r'File "firmware\.meter", line 1, in (\w+)', error["traceback"])
    assert functions == ["run", "_read"]
    assert "ValueError: no parser" in error["traceback"]
    # The flash was written once for all of them.
    (written,) = board.errors()
    assert written["times"] < 4
    assert {**written, "times": 0, "uptime": 0} == {**error, "times": 0, "uptime": 0}
    assert "The task meter failed: ValueError" in board.firmware.get("/log")[2].decode()


def test_an_answer_that_fails_is_counted_and_the_next_one_comes(power):
    board = power(code=PAGES, numbers=quick(), log_interval=0)
    board.wait_until(board.health, "up")

    def task_web_met(kind, times=1):
        (error,) = [one for one in board.health()["errors"] if one["error"].startswith(kind)]
        assert (error["task"], error["times"], error["boot"]) == ("web", times, 1)
        assert kind in error["traceback"]

    for times in (1, 2):
        # Before anything was sent, the answer is an error.
        status, _, body = board.firmware.get("/fails")
        assert status == 500 and "errors in /healthz" in json.loads(body)["error"]
        task_web_met("ValueError", times)
    status, _, body = board.firmware.get("/swells")
    assert status == 503 and "no memory" in json.loads(body)["error"]
    task_web_met("MemoryError")
    # Amid an answer, of which a packet has been sent, it is told apart from a whole one.
    for path, code, kind, times in (
        ("/half", b"500", "KeyError", 1),
        ("/full", b"503", "MemoryError", 2),
    ):
        status, _, body = board.firmware.get(path)
        assert status == 200 and body.startswith(b"x" * 1000)
        assert b"xHTTP/1.0 %s " % code in body
        task_web_met(kind, times)
    assert board.wait_until(board.errors, "on the flash")[0]["task"] == "web"
    assert "The task web failed: KeyError" in board.firmware.printed
    assert board.resets == []


def test_the_flash_is_written_once_in_ten_minutes_however_many_errors_there_are(power, meter_line):
    code = """
from firmware.meter import Meter
def fail(self, size):
    raise ValueError("number %d" % self.turns)
Meter._parse = fail
"""
    board = power(meter_line("t211", speed=5), code=code, numbers=quick(), watchdog=False)
    board.wait_until(lambda: len(board.health()["errors"]) == 4, "full")
    first = board.errors()
    assert len(first) < 4
    newest = board.health()["errors"][-1]
    board.wait_until(lambda: newest not in board.health()["errors"], "another four")
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
    context = SimpleNamespace(readout=SimpleNamespace(telegram=None))
    pieces = list(status_page(None, "healthz", context, lambda: members).body)
    assert json.loads("".join(pieces)) == members
    assert max(map(len, pieces)) < 480 + 10


def test_errors_for_want_of_memory_are_one_of_a_task():
    """The sizes differ, and four of them took 2.5 KB more of it."""
    errors = []
    for size, task in ((653, "web"), (24, "meter"), (397, "web"), (1024, "web")):
        note(errors, task, MemoryError("allocating %d bytes" % size), 0, None, printed=True)
    assert [(entry["task"], entry["times"]) for entry in errors] == [("meter", 1), ("web", 3)]
    assert "1024" in errors[-1]["error"]


def test_on_a_pc_too_an_answer_that_fails_is_counted(monkeypatch):
    async def fail(request):
        raise ValueError("no page")

    def half():
        yield "x" * 5000
        raise KeyError("rest")

    async def begin(request):
        return Response(half())

    def with_more(context, health):
        app = make(context, health)
        app.get("/fails")(fail)
        app.get("/half")(begin)
        return app

    make = pages.make
    monkeypatch.setattr(pages, "make", with_more)
    settings = {**pc.defaults(), "http_port": free_port(), "raw_port": 0}
    board = Pc({**settings, "source": "tcp://127.0.0.1:9"}, Failures(logging.getLogger("test")))
    said = []
    app = assembly.make(settings, [], board, said.append)

    async def main():
        running = asyncio.create_task(app.run())
        while app.guard is None or not await listens(app.guard.port):
            await asyncio.sleep(0.01)

        async def get(path):
            return await ask(app.guard.port, b"GET %s HTTP/1.0\r\n\r\n" % path)

        for _ in range(3):
            assert (await get(b"/fails")).startswith(b"HTTP/1.0 500 ")
        assert b"xHTTP/1.0 500 " in await get(b"/half")
        errors = json.loads((await get(b"/healthz")).partition(b"\r\n\r\n")[2])["errors"]
        running.cancel()
        await asyncio.wait([running])
        return errors

    first, second = asyncio.run(main())
    assert (first["task"], first["error"], first["times"]) == ("web", "ValueError('no page')", 3)
    assert (second["task"], second["error"], second["times"]) == ("web", "KeyError('rest')", 1)
    assert "in fail" in first["traceback"] and "in half" in second["traceback"]
    assert "The task web failed: ValueError('no page'); it goes on." in said


def test_a_network_that_cannot_be_looked_after_for_a_moment_ends_no_task(board, meter_line):
    firmware = board(meter_line("t211", speed=5), environment={"SIM_POLL_FAILS": "3"})
    firmware.wait_until_ready()
    health = firmware.json("/healthz")
    assert (health["errors"], health["boots"]) == ([], 1)
    assert firmware.printed.count("The network fails: [Errno 5] EIO; trying again.") == 3
    assert "Traceback" not in firmware.printed
