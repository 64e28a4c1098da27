"""A Shelly Pro 3EM, the energy meter that most batteries know: by UDP here, by HTTP in `pages`.

What batteries ask for, and what each needs, is in docs/batteries.md. By UDP a battery asks as
often as it likes, some by a broadcast to the whole network. It gets each telegram's values once,
as one that gets them twice corrects twice and then swings; and nothing while there is no telegram
that counts: silence lets it fall back, where 0 W would let it go on as it is.

A board without PSRAM has no room for the pages, and answers by UDP only.
"""

import asyncio
import select
import socket

import firmware
from dsmr.const import const
from firmware import load
from firmware.outputs.shelly import messages
from grid import Grid

#: Seconds between two looks at the sockets: an answer is so much later at most.
_LOOK = 0.05

#: Datagrams that are read from a socket in one look. An ESP32 keeps six until they are read.
_AT_ONCE = const(8)

#: For each telegram: addresses that may ask, and datagrams of each that are looked at, of which a
#: battery needs one. Others may be on the network too, and send anything to anybody.
_ASKERS = const(32)
_TRIES = const(4)

#: Milliseconds after which a port that could not be opened is tried again.
_PAUSE = const(60_000)

_NO_PAGES = "shelly: a board without PSRAM answers by UDP only, and not by HTTP."


def create(context):
    """The output, see `firmware.outputs`."""
    return Shelly(context)


class Shelly:
    """The meter: its UDP ports `shelly_port` and `shelly_port_2`, and what its pages need."""

    deadline = 60

    def __init__(self, context):
        self.context = context
        #: Its name on the network: the model, and the MAC address.
        self.name = "shellypro3em-" + context.board.station()[0]
        #: The values of the last telegram that was asked for.
        self.grid = Grid()
        self._sequence = 0
        self._status = None
        #: What the EcoTracker's page keeps of its mean, and when it was made.
        self.mean = self.mean_at = 0
        self.tasks = (("Shelly", self),)
        self._poll = select.poll()
        # By port that is open, its socket; and when the others are tried again.
        self._sockets = {}
        self._due = 0
        # By address, how many of its datagrams were looked at for this telegram; _TRIES where one
        # was answered.
        self._askers = {}
        # How many were answered for this telegram, and for the one before.
        self._batteries = self._before = 0
        self._counts = {"answered": 0, "silent": 0, "refused": 0, "dropped": 0}
        #: Looks at the sockets.
        self.turns = 0
        if firmware.is_tight:
            context.log.say(_NO_PAGES)
        else:
            load("outputs.shelly.device").announce(self)

    def counters(self):
        """Of UDP: how many addresses get answers, and what became of the datagrams.

        silent: the asker has had the telegram's values, or there are none; refused: it is not of
        our network, or not of `allow_from`; dropped: it is no request for power, or one too many.
        """
        return dict(self._counts, askers=max(self._batteries, self._before))

    def routes(self, app):
        """Add the pages to microdot's app, where there is room for them."""
        if firmware.is_tight:
            return

        async def page(request, method=None):
            return load("outputs.shelly.pages").respond(self, request, method)

        app.get("/shelly")(page)
        app.get("/v1/json")(page)
        for path in ("/rpc", "/rpc/<method>"):
            app.route(path, ("GET", "POST"))(page)

    def status(self):
        """The result of EM.GetStatus as bytes; None while no telegram with power counts.

        It is made once for each telegram; `grid` has the same values.
        """
        readout = self.context.readout
        if self._sequence != readout.sequence:
            self._sequence = readout.sequence
            self._askers.clear()
            self._before = self._batteries
            self._batteries = 0
            self._status = None
            if self.grid.read(readout.telegram):
                self._status = messages.status(self.grid)
        return self._status if readout.fresh else None

    async def run(self):
        """Serve until this is cancelled."""
        self._due = 0
        try:
            while True:
                self.turns += 1
                self.look(self.context.board.clock.now())
                await asyncio.sleep(_LOOK)
        finally:
            self.close()

    def close(self):
        """Close the sockets."""
        while self._sockets:
            _, udp = self._sockets.popitem()
            self._poll.unregister(udp)
            udp.close()

    def look(self, now):
        """Look at the sockets, and answer to what has come; now: the clock's milliseconds."""
        if now >= self._due:
            self._due = now + _PAUSE
            self._open()
        if self._poll.poll(0):
            for udp in tuple(self._sockets.values()):
                if not self._read(udp):
                    # An ESP32's socket that got an empty datagram reads nothing more: all are
                    # opened anew in the next look.
                    self.close()
                    self._due = now

    def _open(self):
        """Open the ports that are not open."""
        for setting in ("shelly_port", "shelly_port_2"):
            port = self.context.settings[setting]
            if not port or port in self._sockets:
                continue
            udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            try:
                udp.setblocking(False)
                udp.bind(("0.0.0.0", port))
            except OSError as error:
                udp.close()
                self.context.log.say(
                    "%s: UDP port %d cannot be opened: %s; trying again." % (setting, port, error)
                )
                continue
            self._poll.register(udp, select.POLLIN)
            self._sockets[port] = udp

    def _read(self, udp):
        """Read what has come to a socket, and answer to it; False if it was an empty datagram."""
        for _ in range(_AT_ONCE):
            try:
                data, address = udp.recvfrom(messages.LONGEST + 1)
                if not data:
                    return False
                answer = self._answer(data, address[0])
                if answer:
                    udp.sendto(answer, address)
            except (OSError, MemoryError):
                # Nothing is left to be read, or memory is short: who asked will ask again.
                break
        return True

    def _answer(self, data, address):
        """The answer to a datagram; None where there is none. Counts what became of it."""
        status = self.status()
        tries = self._askers.get(address, 0)
        outcome = "dropped"
        answer = None
        if status is None or tries == _TRIES:
            outcome = "silent"
        elif not tries and not self._is_let_in(address):
            outcome = "refused"
        elif tries or len(self._askers) < _ASKERS:
            self._askers[address] = tries + 1
            call = messages.parse(data)
            # EM1 is a meter of one phase.
            if call and call[0] == "EM1.GetStatus":
                status = messages.one_phase_status(self.grid)
            if call and call[0] in ("EM.GetStatus", "EM1.GetStatus") and call[1] is not None:
                answer = messages.datagram(call, self.name, status)
                self._askers[address] = _TRIES
                self._batteries += 1
                outcome = "answered"
        self._counts[outcome] += 1
        return answer

    def _is_let_in(self, address):
        """Whether an address may ask: it is one of `allow_from`, or on one of our networks.

        Who may ask from anywhere can also do so in another's name, and the answers, which are
        longer than the questions, would flood that one (a reflector).
        """
        if self.context.admits:
            return self.context.admits(address)
        for own, mask in self.context.board.networks():
            if not (_number(own) ^ _number(address)) & _number(mask):
                return True
        return False


def _number(address):
    """An IPv4 address as a number."""
    number = 0
    for part in address.split("."):
        number = number << 8 | int(part)
    return number
