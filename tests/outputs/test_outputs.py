"""A stranger's output: one module and one row of the table of settings, under both Pythons.

Whatever goes wrong in an output costs nobody else anything.
"""

import socket
import textwrap

import pytest
from added_output import OnBoard, OnPc, add, ask, copy_with_page, wait_until
from changed import changed
from power import SUPERVISOR, WATCHDOG

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


@pytest.fixture(params=[OnBoard, OnPc], ids=["board", "pc"])
def run(request, tmp_path, board_interpreter):
    """A function that runs a changed copy of the repository: run(repo, line, **settings)."""
    return lambda repo, line, **settings: request.param(
        repo, tmp_path, line, board_interpreter, settings
    )


@pytest.fixture
def repo(tmp_path):
    """A copy of what a board's tree is made from."""
    return copy_with_page(tmp_path / "repo")


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
