"""A stranger's output: one module and one row of the table of settings, under both Pythons.

Whatever goes wrong in an output costs nobody else anything.
"""

import json
import shutil
import socket
import subprocess
import sys
import textwrap
import time
import urllib.request

import pytest
from changed import changed, copy_repo
from pc_program import environment
from power import SUPERVISOR, WATCHDOG

from host import build, tree
from sim.firmware import Firmware
from sim.ports import free_port

SETTINGS = "firmware/settings.py"

#: Says at /tally how many telegrams have come, and every so many seconds in the log.
TALLY = '''
"""Tells how many telegrams have come."""

import asyncio


def create(context):
    return Tally(context)


class Tally:
    deadline = 60

    def __init__(self, context):
        self.turns = self._telegrams = 0
        self.tasks = (("tally", self),)
        self._context = context
        context.readout.outputs.append(self._count)

    def _count(self, telegram):
        self._telegrams += 1

    def counters(self):
        return {"telegrams": self._telegrams}

    def routes(self, app):
        @app.get("/tally")
        async def tally(request):
            return self.counters()

    async def run(self):
        while True:
            await asyncio.sleep(self._context.settings["tally_every"])
            self.turns += 1
            self._context.log.say("%d telegrams so far" % self._telegrams)
'''

#: It is on where it says something every so many seconds, and takes some KB.
TALLY_ROW = "tally_every number 0 60 0 tally 2"

#: Outputs each of which fails in its own way, and the errors that are counted of each: the task
#: that they are of, and what they say.
FAULTY = {
    "no_module": (
        """
        raise ValueError("no module")
        """,
        "no_module",
        "no module",
    ),
    "no_create": ("", "no_create", "create"),
    "no_output": (
        """
        def create(context):
            pass
        """,
        "no_output",
        "counters",
    ),
    "bad_create": (
        """
        def create(context):
            raise ValueError("bad create")
        """,
        "bad_create",
        "bad create",
    ),
    "bad_routes": (
        """
        def create(context):
            return Output()
        class Output:
            tasks = ()
            def routes(self, app):
                app.no_such_method("/")
            def counters(self):
                return {}
        """,
        "bad_routes",
        "no_such_method",
    ),
    "bad_counters": (
        """
        def create(context):
            return Output()
        class Output:
            tasks = ()
            asked = 0
            def counters(self):
                self.asked += 1
                if self.asked > 1:
                    raise ValueError("bad counters")
        """,
        "bad_counters",
        "bad counters",
    ),
    "bad_task": (
        """
        def create(context):
            return Output()
        class Output:
            deadline = 1
            turns = 0
            def __init__(self):
                self.tasks = (("a task", self),)
            async def run(self):
                raise ValueError("bad task")
            def counters(self):
                return {"tasks": 1}
        """,
        "a task",
        "bad task",
    ),
    "bad_callback": (
        """
        def create(context):
            context.readout.outputs.append(fail)
            return Output()
        def fail(telegram):
            raise ValueError("bad callback")
        class Output:
            tasks = ()
            def counters(self):
                return {"callbacks": 1}
        """,
        "output",
        "bad callback",
    ),
    "bad_page": (
        """
        def create(context):
            return Output()
        class Output:
            tasks = ()
            def routes(self, app):
                @app.get("/bad")
                async def bad(request):
                    raise ValueError("bad page")
            def counters(self):
                return {"pages": 1}
        """,
        "web",
        "bad page",
    ),
}


def add(repo, name, text, row):
    """Add an output to a copy of the repository: a module, and a row of the table of settings."""
    (repo / "firmware" / "outputs" / f"{name}.py").write_text(text)
    path = repo / SETTINGS
    table = path.read_text(encoding="utf-8")
    last = 'mqtt_discovery topic 0 64 "homeassistant"\n'
    assert table.count(last) == 1
    path.write_text(table.replace(last, last + row + "\n"), encoding="utf-8")


class OnBoard:
    """A copy of the repository on a simulated board."""

    def __init__(self, repo, folder, line, interpreter, settings):
        arch = build.arch_of(interpreter.command)
        heap = "320k" if interpreter.bits == 64 else "200k"
        self.settings = {"http_port": free_port(), "raw_port": free_port(), **settings}
        self._firmware = Firmware(
            folder / "flash", line.port, self.settings, heap=heap, interpreter=interpreter
        )
        build.build(repo, folder / "tree", arch)
        (folder / "flash" / "app").unlink()
        shutil.copytree(folder / "tree" / "app", folder / "flash" / "app")

    def __enter__(self):
        self._firmware.start()
        return self

    def __exit__(self, *_):
        #: Whether it ran till now: a reset ends it.
        self.ran = self._firmware.process.poll() is None
        self._firmware.stop()

    def printed(self):
        return self._firmware.printed


class OnPc:
    """A copy of the repository on a PC."""

    def __init__(self, repo, folder, line, interpreter, settings):
        for name in ("host", "lib"):
            shutil.copytree(tree.REPO / name, repo / name, dirs_exist_ok=True)
        self.settings = {"http_port": free_port(), "raw_port": free_port(), **settings}
        self._said = folder / "said.txt"
        self._command = [sys.executable, "main.py", "--source", f"tcp://127.0.0.1:{line.port}"]
        for name, value in self.settings.items():
            self._command += ["--" + name.replace("_", "-"), json.dumps(value)]
        self._repo = repo

    def __enter__(self):
        with open(self._said, "wb") as said:
            self._process = subprocess.Popen(
                [*self._command, "--mdns", "false"],
                cwd=self._repo,
                env=environment(),
                stderr=said,
            )
        return self

    def __exit__(self, *_):
        self.ran = self._process.poll() is None
        self._process.terminate()
        self._process.wait(10)

    def printed(self):
        return self._said.read_text()


@pytest.fixture(params=[OnBoard, OnPc], ids=["board", "pc"])
def run(request, tmp_path, board_interpreter):
    """A function that runs a changed copy of the repository: run(repo, line, **settings)."""
    return lambda repo, line, **settings: request.param(
        repo, tmp_path, line, board_interpreter, settings
    )


@pytest.fixture
def repo(tmp_path):
    """A copy of what a board's tree is made from."""
    copy_repo(tmp_path / "repo")
    shutil.copytree(
        tree.REPO / tree.PAGE_FOLDER, tmp_path / "repo" / tree.PAGE_FOLDER, dirs_exist_ok=True
    )
    return tmp_path / "repo"


def ask(running, path):
    """(status, what the JSON there says)."""
    url = f"http://127.0.0.1:{running.settings['http_port']}{path}"
    try:
        with urllib.request.urlopen(url, timeout=5) as response:
            return response.status, json.loads(response.read())
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read())


def wait_until(running, done, seconds=30):
    """Wait until `done()` is true; returns what it returned."""
    end = time.monotonic() + seconds
    while True:
        try:
            found = done()
            if found:
                return found
        except OSError:
            pass
        assert time.monotonic() < end, running.printed()
        time.sleep(0.05)


def test_one_module_and_one_row_make_an_output(run, repo, meter_line):
    add(repo, "tally", TALLY.lstrip(), TALLY_ROW)
    with run(repo, meter_line("t211", speed=10), tally_every=1, log_interval=0) as running:
        wait_until(running, lambda: ask(running, "/readyz")[0] == 200)
        told = wait_until(running, lambda: ask(running, "/tally")[1]["telegrams"])
        assert ask(running, "/healthz")[1]["tally"]["telegrams"] >= told
        wait_until(running, lambda: "telegrams so far" in running.printed())
        assert ask(running, "/healthz")[1]["errors"] == []
        assert ask(running, "/healthz")[1]["settings_problems"] == []
    assert running.ran


def test_an_output_that_is_off_is_not_imported(run, repo, meter_line):
    add(repo, "tally", "raise ValueError('imported')\n", TALLY_ROW)
    with run(repo, meter_line("t211", speed=10)) as running:
        wait_until(running, lambda: ask(running, "/readyz")[0] == 200)
        health = ask(running, "/healthz")[1]
        assert health["errors"] == [] and "tally" not in health
        assert ask(running, "/tally")[0] == 404


@pytest.mark.parametrize("name", FAULTY)
def test_an_output_that_fails_costs_nobody_else_anything(run, repo, meter_line, name):
    text, task, words = FAULTY[name]
    # By the rows of the table others are made before it and after it.
    add(repo, "tally", TALLY.lstrip(), TALLY_ROW)
    add(repo, name, textwrap.dedent(text), f"{name} flag - - false {name} 2")
    for path, numbers in (
        (WATCHDOG, {"_LATE": 1, "_BITE": 1500}),
        (SUPERVISOR, {"_PAUSE": 0.2}),
    ):
        (repo / path).write_text(changed(path, (repo / path).read_text("utf-8"), numbers))
    with run(repo, meter_line("t211", speed=10), tally_every=1, **{name: True}) as running:
        wait_until(running, lambda: ask(running, "/readyz")[0] == 200)
        if name == "bad_page":
            assert ask(running, "/bad")[0] == 500
        # For longer than the watchdog waits for a task that dies.
        uptime = 5 if name == "bad_task" else 1
        health = wait_until(
            running, lambda: (found := ask(running, "/healthz")[1])["uptime"] >= uptime and found
        )
        told = ask(running, "/tally")[1]["telegrams"]
        wait_until(running, lambda: ask(running, "/tally")[1]["telegrams"] > told)
        with socket.create_connection(("127.0.0.1", running.settings["raw_port"]), 10) as raw:
            assert raw.recv(1) == b"/"
        assert ask(running, "/metrics")[0] == 200
    assert running.ran
    (error,) = health["errors"]
    assert error["task"] == task and words in error["error"]
    assert error["times"] == 1 or name in ("bad_task", "bad_callback", "bad_counters")
