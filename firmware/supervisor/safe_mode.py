"""Safe mode: after several starts that failed, only WiFi and a page that says so.

No meter and no outputs, nor the modules that they need: the reason is mostly one of them. What is
here needs little, so that the board can be reached and mended: a board with an update key takes a
new version in, for which it restarts once more, and the button opens the access point. In an hour
it tries again.
"""

import asyncio
import json
import os

import machine

from dsmr.const import const
from firmware import VERSION, load
from firmware.log import Log
from firmware.supervisor import Supervisor
from firmware.supervisor.memory import Memory
from firmware.supervisor.watchdog import FAILURES

#: Seconds after which a normal start is tried, and seconds between two looks whether it is time.
_PATIENCE = const(3600)
_LOOK = const(10)

#: Seconds that a client has for its request, how many may ask at once, and bytes that are read.
_TIME = const(5)
_CLIENTS = const(2)
_REQUEST = const(2048)

_WHY = """\
Safe mode: the last starts failed, one after the other, so the meter is not read; errors in \
/healthz says why. A normal start is tried every hour; at once with make reset, or with Ctrl-C \
and run() at the prompt."""

_UPDATE = "The board is in safe mode; it restarts to take in an update: ask again."

_HEAD = const("""\
HTTP/1.0 %s\r\nContent-Type: application/json\r\nCache-Control: no-store\r\nContent-Length: \
%d\r\n\r\n""")


class SafeMode:
    """The program of safe mode."""

    def __init__(self, settings, problems, board, write=print):
        self.settings = settings
        self.problems = problems + board.problems
        self.board = board
        self.log = Log(board.clock, settings["log_interval"], write)
        self.log.summary = lambda: _WHY
        self.memory = Memory(board, self.log)
        self.supervisor = Supervisor(board, self.log)

    async def run(self):
        """Start everything; returns only when it is cancelled."""
        self.log.say("power-readout %s" % VERSION)
        self.log.say(_WHY)
        board, supervisor = self.board, self.supervisor
        try:
            board.start_network(self.log)
            if board.network:
                supervisor.turns.append(("network", board.network.turn))
            supervisor.turns.append(("memory", self.memory.turn))
            supervisor.turns.append(("log", self.log.turn))
            if self.settings["hotspot_password"]:
                load("setup.door").watch(self)
            supervisor.start("web", _Page(self))
            await supervisor.watch()
        finally:
            await supervisor.stop()

    def health(self):
        """What there is to say."""
        health = {
            "version": VERSION,
            "safe_mode": _WHY,
            "uptime": self.board.clock.now() // 1000,
            "settings_problems": self.problems,
            "errors": self.supervisor.errors,
        }
        health.update(self.board.facts())
        return health


class _Page:
    """Answers everything with the state, until it is time for a normal start."""

    deadline = 300

    def __init__(self, program):
        self._program = program
        self._clients = 0
        self.port = program.settings["http_port"]
        self.turns = 0

    async def run(self):
        program = self._program
        server = await asyncio.start_server(self._serve, "0.0.0.0", self.port)
        try:
            while program.board.clock.now() < _PATIENCE * 1000:
                await asyncio.sleep(_LOOK)
        finally:
            server.close()
        program.log.say("Safe mode has lasted an hour: a normal start is tried.")
        # If it fails, the next one is in safe mode again.
        load("supervisor.starts").note(program.board.watchdog.boots, FAILURES - 1)
        machine.reset()

    async def _serve(self, reader, writer):
        self.turns += 1
        self._clients += 1
        try:
            if self._clients <= _CLIENTS and not self._program.memory.low:
                request = await asyncio.wait_for(reader.read(_REQUEST), _TIME)
                writer.write(self._answer(request))
                await writer.drain()
        except (OSError, asyncio.TimeoutError):
            pass  # it has gone, or says nothing
        finally:
            self._clients -= 1
            writer.close()
            await writer.wait_closed()

    def _answer(self, request):
        words = request.split(b" ", 2)
        found = len(words) == 3 and words[0] in (b"GET", b"HEAD")
        if found and words[1] == b"/update" and "update_key" in os.listdir():
            status = "503 Service Unavailable"
            answer = {"error": _UPDATE}
            load("alone").begin("/update", False, self._program.board)
        elif not found or words[1] not in (b"/", b"/healthz", b"/livez"):
            status = "503 Service Unavailable"
            answer = {"error": _WHY}
        else:
            status = "200 OK"
            settings = self._program.settings
            # Who has set one of these does not want everybody to read it all.
            # (A password that is no text lets nobody in.)
            if settings["http_password"] != "" or settings["allow_from"] != "":
                answer = {"version": VERSION, "safe_mode": _WHY}
            else:
                answer = self._program.health()
        body = (json.dumps(answer) + "\n").encode()
        head = (_HEAD % (status, len(body))).encode()
        return head if words[0] == b"HEAD" else head + body
