"""A network that is deaf though WiFi is connected, on a clock that is as fast as one likes.

WiFi, sockets and ESP-IDF's memory are the simulated chip's; `firmware.supervisor.deafness`, what
it asks of memory and WiFi, and the listener are the real ones. What they would do to a board is
written down: prints a line of JSON a story, {"story": …, "done": [[second, what], …]}.

Argument: a port that is free.
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

import chip_idf  # noqa: E402
import chip_world  # noqa: E402
import network  # noqa: E402

from firmware.boards import Clock  # noqa: E402
from firmware.boards.esp32 import listen  # noqa: E402
from firmware.boards.wifi import Wifi  # noqa: E402
from firmware.supervisor import deafness  # noqa: E402
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


def world(**facts):
    """What the chip's radio finds around it from now on."""
    chip_world.look().update(facts)


class Restart(Exception):
    """The board restarts."""


class Gateway:
    """What answers questions of DNS, at a port of its own."""

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
        # An answer has the question's number, and a flag that says that it is one.
        assert question[2:6] == b"\1\0\0\1", question
        if self.answers:
            self._socket.sendto(question[:2] + b"\x81\x80" + question[4:], sender)


class Board:
    """As much of a board as the task needs, with what becomes of it written down."""

    heap_limit = None

    def __init__(self, done, was_deaf):
        self.clock = Clock(time.ticks_ms, time.ticks_diff)
        self.board = self.watchdog = self.log = self
        self.was_deaf = was_deaf
        self.done = done
        self.memory = Memory(self, self)
        self.network = Wifi(SETTINGS, self.clock, self)
        begin = self.network.restart

        def restart():
            self.write("WiFi")
            begin()

        self.network.restart = restart

    def write(self, what):
        self.done.append([time.ms // 1000, what])

    def say(self, sentence):
        if "clients are cut off" in sentence:
            self.write("clients")

    def fail(self, name, error):
        assert (name, error) == ("network", "was deaf though WiFi was connected")

    def restart(self, supervisor, name, why, deaf):
        assert (name, why, deaf) == ("network", "stayed deaf", True)
        self.write("board")
        raise Restart


class Server:
    """What listens for HTTP."""

    def __init__(self):
        self.port = PORT
        self.turns = 0

    async def connected(self, stream):
        self.turns += 1
        stream.close()

    async def run(self):
        await listen(PORT, self.connected)


gateway = Gateway()
deafness._DNS = PORT


async def live(board, server, plan, seconds):
    """Let time pass until then, or until the board restarts; whether it does."""
    serving = asyncio.create_task(server.run())
    wifi = asyncio.create_task(board.network.run())
    task = deafness.Deafness(board, board.memory, server)
    looking = asyncio.create_task(task.run())
    restarts = False
    while time.ms < seconds * 1000 and not looking.done():
        # One turn of the loop a tenth of a second, which is the step of what waits here.
        time.ms += 100
        gateway.turn()
        second = time.ms // 1000
        if second in plan:
            plan.pop(second)(board)
        await turn(0)
    if looking.done():
        try:
            await looking
        except Restart:
            restarts = True
    for one in (serving, wifi, looking):
        one.cancel()
    await turn(0)
    return restarts


async def sleep(seconds):
    """Wait on the story's clock."""
    end = time.ms + int(seconds * 1000)
    while time.ms < end:
        await turn(0)


def sleep_ms(ms):
    return sleep(ms / 1000)


asyncio.sleep, asyncio.sleep_ms = sleep, sleep_ms


def story(name, plan, seconds, answers=False):
    """plan: {second: what is done then with the board}; runs for so many seconds."""
    time.ms = 0
    world(access_point=True, connect_ms=100, gateway="127.0.0.1")
    gateway.answers = answers
    done = []
    was_deaf = False
    while True:
        begin = time.ms
        board = Board(done, was_deaf)
        # The clock counts from the start of the program on.
        board.clock = Clock(lambda begin=begin: time.ms - begin, time.ticks_diff)
        was_deaf = asyncio.run(live(board, Server(), plan, seconds))
        network.WLAN.active(False)
        if not was_deaf:
            break
    give_back()
    assert not plan, plan
    print(json.dumps({"story": name, "done": done}))


taken = [0]


def take(board=None):
    """All of the network's memory is gone."""
    taken[0] = chip_idf.info(4)[0][2] - 500
    assert chip_idf.take(taken[0]) and not chip_idf.passes()


def give_back(board=None):
    if taken[0]:
        chip_idf.give(taken[0])
        taken[0] = 0


def sends_fail(board):
    board.memory.sent(OSError(errno.ENOMEM))


story("healthy", {}, 7200)
story("healthy, with a gateway that answers", {}, 7200, answers=True)
