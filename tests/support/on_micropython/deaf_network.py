"""A network that is deaf though WiFi is connected, on a clock that is as fast as one likes.

WiFi, sockets and ESP-IDF's memory are the simulated chip's; the program's look at the network is
the real one, and so are its memory, its WiFi and what listens. What it does to a board is written
down: prints a line of JSON a story, {"story": …, "done": [[second, what], …]}.

Argument: a port that is free, and that `firmware.supervisor.deafness` asks the gateway at.
"""

import asyncio
import errno
import json
import sys

import usocket


class Time:
    """Stands in for the module `time`, but for asyncio, which has its own already."""

    ms = 0

    def ticks_ms(self):
        return self.ms

    def ticks_diff(self, later, earlier):
        return later - earlier

    def sleep_ms(self, ms):
        pass


time = sys.modules["time"] = Time()
turn = asyncio.sleep_ms


async def sleep(seconds):
    """Wait on the story's clock."""
    end = time.ms + int(seconds * 1000)
    while time.ms < end:
        await turn(0)


asyncio.sleep = sleep

import chip_idf  # noqa: E402
import chip_world  # noqa: E402
import network  # noqa: E402

from firmware.app import App  # noqa: E402
from firmware.boards import Clock  # noqa: E402
from firmware.boards.esp32 import listen  # noqa: E402
from firmware.boards.wifi import Wifi  # noqa: E402
from firmware.supervisor.memory import Memory  # noqa: E402

PORT = int(sys.argv[1])

SETTINGS = {
    "wifi_name": "home",
    "wifi_password": "a password",
    "hostname": "p1",
    "wifi_txpower": None,
    "http_port": PORT,
    "ip": "",
    "netmask": "255.255.255.0",
    "gateway": "",
    "dns": "",
}


class Gateway:
    """What answers questions of DNS."""

    def __init__(self):
        self.answers = False
        self._socket = usocket.socket(usocket.AF_INET, usocket.SOCK_DGRAM)
        self._socket.bind(usocket.getaddrinfo("127.0.0.1", PORT)[0][-1])
        self._socket.setblocking(False)

    def turn(self):
        try:
            question, sender = self._socket.recvfrom(64)
        except OSError:
            return
        # Its flags ask for what the gateway need not know itself, and there is one question.
        assert question[2:6] == b"\1\0\0\1", question
        if self.answers:
            self._socket.sendto(question[:2] + b"\x81\x80" + question[4:], sender)


class Guard:
    """What listens for HTTP, and counts who comes."""

    port = PORT

    def __init__(self, accepts):
        self.turns = 0
        self.accepts = accepts

    async def connected(self, stream):
        self.turns += 1
        stream.close()

    async def run(self):
        if self.accepts:
            await listen(PORT, self.connected, lambda: True, 5)
        # The system takes what comes in, and nobody else does.
        listener = usocket.socket()
        listener.setsockopt(usocket.SOL_SOCKET, usocket.SO_REUSEADDR, 1)
        listener.bind(usocket.getaddrinfo("0.0.0.0", PORT)[0][-1])
        listener.listen(5)
        try:
            await sleep(1 << 28)
        finally:
            listener.close()


class Board:
    """As much of a board as the look needs, which writes down what becomes of it."""

    heap_limit = None
    profile = "plain"

    def __init__(self, story, was_deaf):
        self._story = story
        self.was_deaf = was_deaf
        self.restarts = False
        self.clock = Clock(time.ticks_ms, time.ticks_diff)
        self.watchdog = self
        self.network = Wifi(SETTINGS, self.clock, self)
        begin = self.network.restart

        def restart():
            story.did("WiFi")
            begin()

        self.network.restart = restart
        self.app = app = App()
        app.board = app.log = app.supervisor = self
        app.memory = Memory(self, self)
        app.guard = Guard(story.accepts)

    def say(self, sentence):
        if "clients are cut off" in sentence:
            self._story.did("clients")

    def fail(self, name, error):
        assert (name, error) == ("network", "was deaf though WiFi was connected")

    def restart(self, name, why, deaf):
        assert (name, why, deaf) == ("network", "stayed deaf", True)
        self._story.did("board")
        self.restarts = True

    async def live(self, seconds):
        """Let time pass until then, or until the board restarts."""
        story, app = self._story, self.app
        serving = asyncio.create_task(app.guard.run())
        self.network.begin()
        while time.ms < seconds * 1000 and not self.restarts:
            time.ms += 100
            gateway.turn()
            if time.ms % 1000 == 0:
                story.turn(self)
                now = self.clock.now()
                self.network.turn(now)
                app.turn(now)
            await turn(0)
        serving.cancel()
        if app.look:
            app.look.cancel()
        await turn(0)


class Story:
    """What happens when, and what was done.

    plan: {second: what is done then with the story}; on: {what was done: what is done then};
    accepts: whether the guard does.
    """

    def __init__(self, plan, on, accepts):
        self.done = []
        self._plan = plan
        self._on = on
        self.accepts = accepts
        self._taken = 0
        #: Whether sending fails for want of memory, whenever it is tried.
        self.sends_fail = False

    def did(self, what):
        self.done.append([time.ms // 1000, what])
        if what in self._on:
            self._on[what](self)

    def turn(self, board):
        action = self._plan.pop(time.ms // 1000, None)
        if action:
            action(self)
        if self.sends_fail:
            board.app.memory.sent(OSError(errno.ENOMEM))

    def take(self):
        """All of the network's memory is gone."""
        self._taken = chip_idf.idf_heap_info(4)[0][2] - 500
        assert chip_idf.take(self._taken) and not chip_idf.ready()

    def give_back(self):
        chip_idf.give(self._taken)
        self._taken = 0

    def end(self):
        self.give_back()
        assert not self._plan, self._plan


def story(name, plan, seconds, on=None, accepts=True, answers=False, **world):
    """Tell what was done in so many seconds.

    answers: whether the gateway does; world: what the chip's radio finds around it; for the rest
    see `Story`.
    """
    time.ms = 0
    chip_world.look().update({"access_point": True, "connect_ms": 100})
    chip_world.look().update(world)
    gateway.answers = answers
    one = Story(plan, on or {}, accepts)
    was_deaf = False
    while time.ms < seconds * 1000:
        board = Board(one, was_deaf)
        asyncio.run(board.live(seconds))
        was_deaf = board.restarts
        network.WLAN.active(False)
        network.WLAN.__init__()
    one.end()
    print(json.dumps({"story": name, "done": one.done}))


def sends_fail(one):
    one.sends_fail = True


def sends_fail_once(one):
    one.sends_fail = True
    one._plan[time.ms // 1000 + 1] = sends_go_out


def sends_go_out(one):
    one.sends_fail = False


def no_answer(one):
    gateway.answers = False


def answer(one):
    gateway.answers = True


def no_access_point(one):
    chip_world.look()["access_point"] = False


gateway = Gateway()

HOUR = 3600
story("healthy", {}, HOUR)
story("healthy, and the gateway answers", {}, HOUR, answers=True)
story("WiFi is gone", {100: no_access_point}, HOUR, answers=True)
story("sending failed once", {100: sends_fail_once}, HOUR)
story("sending fails", {100: sends_fail}, 2.2 * HOUR)
story("no memory", {100: Story.take}, 2.2 * HOUR)
story("no memory, till clients are cut off", {100: Story.take}, HOUR, {"clients": Story.give_back})
story("no memory, till WiFi is begun anew", {100: Story.take}, HOUR, {"WiFi": Story.give_back})
story("no memory, and WiFi takes its time", {100: Story.take}, HOUR, connect_ms=25_000)
story("the gateway falls silent", {1000: no_answer}, HOUR, answers=True)
story("the gateway is silent for a moment", {1190: no_answer, 1230: answer}, HOUR, answers=True)
story("nobody accepts", {}, HOUR, accepts=False)
