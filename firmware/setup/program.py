"""The program of the access point: a network of the board's own, and the page that sets it up.

Nothing else runs: no meter is read and there are no outputs, so that their memory is free. Names
have one address, the board's, so that a phone opens the page by itself. Who may ask is decided by
where the connection comes from: only an address of the access point's network is served, and an
answer to such an address never leaves by the station's side.
"""

import asyncio
import socket

import network

from dsmr.const import const
from firmware import VERSION, load
from firmware.http.guard import Guard
from firmware.log import Log
from firmware.renderers import Writer
from firmware.setup import portal
from firmware.setup.names import LONGEST, answer
from firmware.supervisor import Supervisor
from firmware.supervisor.memory import Memory

_DNS = const(53)

#: Seconds between two looks whether somebody asks for a name.
_LOOK = 0.1

#: Questions that are answered at a look.
_MOST = const(16)

#: Names of networks that are shown at most.
_SHOWN = const(12)

#: Seconds for which the result of what has worked is shown.
_SHOW = const(60)

# The access point's address where the router's network is that of its first one.
_OTHER = const("10.77.4.1")

# Of a network that anybody may join, as `scan()` says it.
_OPEN = const(0)


class Hotspot:
    """The program. It stands in for the context of `firmware.launch` too.

    seconds: for which it is open; None: until the board is set up.
    """

    def __init__(self, settings, problems, board, seconds):
        # Foreign names are answered, to send their askers to the page; and the page has no
        # password beside that of the network.
        self.settings = dict(settings, allowed_hosts="*", http_password="", allow_from="")
        self.problems = problems + board.problems
        self.board = board
        self.log = Log(board.clock, settings["log_interval"])
        self.log.summary = self._summary
        self.memory = Memory(board, self.log)
        self.supervisor = Supervisor(board, self.log)
        self.fail = self.supervisor.fail
        self.out = Writer()
        self.hostname = settings["hostname"]
        #: (name, signal in dBm, whether it is open) of the networks in reach.
        self.networks = []
        #: (address, why not) of what was tried, see `firmware.setup.attempt`; None before.
        self.result = None
        self._attempt = None
        self._end = None if seconds is None else seconds * 1000
        self._station = network.WLAN(network.STA_IF)
        self._access_point = network.WLAN(network.AP_IF)
        self.name = "power-readout-%s" % self._station.config("mac").hex()[-4:].upper()

    async def run(self):
        """Open the access point; returns only when it is cancelled."""
        self.log.say("power-readout %s" % VERSION)
        self._open()
        guard = Guard(portal.make(self), self)
        supervisor = self.supervisor
        try:
            supervisor.start("web", guard)
            supervisor.start("names", _Names(self))
            if self.board.led:
                led = load("boards.led")
                supervisor.start("LED", led.Led(self.board.led, lambda: led.HOTSPOT))
            supervisor.turns += [
                ("web", guard.turn),
                ("memory", self.memory.turn),
                ("log", self.log.turn),
                ("hotspot", self._turn),
            ]
            await supervisor.watch()
        finally:
            await supervisor.stop()

    def _summary(self):
        return "The hotspot %s is open." % self.name

    def health(self):
        """What there is to say at the prompt."""
        return {"version": VERSION, "hotspot": self.name, "result": self.result}

    @property
    def address(self):
        return self._access_point.ifconfig()[0]

    @property
    def url(self):
        """Where the page is."""
        return self.url_of(self.address)

    def url_of(self, host):
        """Where the board answers under a name or an address."""
        port = self.settings["http_port"]
        return "http://%s%s/" % (host, "" if port == 80 else ":%d" % port)

    def is_ours(self, host):
        """Whether a Host header means the board itself."""
        return host in ("", self.url[7:-1])

    def admits(self, address):
        """Whether an address is of the access point's network."""
        own, mask = self._access_point.ifconfig()[:2]
        return all(
            a & m == b & m for a, b, m in zip(_numbers(address), _numbers(own), _numbers(mask))
        )

    def is_trying(self):
        return self._attempt is not None and not self._attempt.done()

    def try_settings(self, changes):
        """Try changed settings; `result` has what came of it."""
        if not self.is_trying():
            self.result = None
            self._attempt = asyncio.create_task(self._try(changes))

    def forget(self):
        """Forget what was tried, and look again which networks are in reach."""
        if not self.is_trying():
            self.result = None
            self._scan()

    async def _try(self, changes):
        try:
            attempt = load("setup.attempt").attempt
            self.result = await attempt(changes, self.settings, self.board.clock)
        except Exception as error:
            self.fail("hotspot", error)
            self.result = None, "The board failed at it: %r." % error
        address, why = self.result
        if address:
            if self.admits(address):
                self._move()
            self.hostname = changes.get("hostname", self.hostname)
            self.log.say("WiFi works: %s. The hotspot closes soon." % self.url_of(address))
            self._end = self.board.clock.now() + _SHOW * 1000
        else:
            self.log.say(why)

    def _turn(self, now):
        if self._end is not None and now >= self._end and not self.is_trying():
            self.log.say("The hotspot closes; the board restarts.", True)
            self.board.restart()

    def _open(self):
        point = self._access_point
        self._station.active(True)
        self._scan()
        # Before it is switched on, as it would be open for a moment.
        point.config(
            ssid=self.name, security=network.WLAN.SEC_WPA2, key=self.settings["hotspot_password"]
        )
        point.active(True)
        self.log.say("The hotspot %s is open: join it, and a page opens." % self.name, True)

    def _move(self):
        """Give the access point a network that is not the station's; phones join it again."""
        self._access_point.ifconfig((_OTHER, "255.255.255.0", _OTHER, _OTHER))

    def _scan(self):
        """Look which networks are in reach; the loop stands still for two seconds meanwhile."""
        try:
            found = self._station.scan()
        except OSError as error:
            self.log.say("Networks cannot be looked for: %s." % error)
            return
        strongest = {}
        for ssid, _, _, signal, security, _ in found:
            try:
                name = ssid.decode()
            except ValueError:
                continue  # it can be typed by nobody
            if name and (name not in strongest or signal > strongest[name][1]):
                strongest[name] = (name, signal, security == _OPEN)
        self.networks = sorted(strongest.values(), key=_by_signal)[:_SHOWN]


class _Names:
    """Answers each question for a name with the board's address."""

    deadline = 60

    def __init__(self, program):
        self._program = program
        self.turns = 0

    async def run(self):
        while True:
            asked = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            try:
                asked.setblocking(False)
                asked.bind(("0.0.0.0", _DNS))
                while self._answer(asked):
                    self.turns += 1
                    await asyncio.sleep(_LOOK)
            finally:
                asked.close()

    def _answer(self, asked):
        """Answer what has come; returns whether the socket is of any more use.

        MicroPython takes an empty datagram for the end of a connection, and reads no more.
        """
        program = self._program
        for _ in range(_MOST):
            try:
                question, sender = asked.recvfrom(LONGEST)
            except OSError:
                return True
            if not question:
                return False
            if not program.admits(sender[0]):
                continue
            reply = answer(question, bytes(_numbers(program.address)))
            if reply:
                try:
                    asked.sendto(reply, sender)
                except OSError:
                    pass  # it has gone; a phone asks again
        return True


def _numbers(address):
    return [int(number) for number in address.split(".")]


def _by_signal(entry):
    return -entry[1]
