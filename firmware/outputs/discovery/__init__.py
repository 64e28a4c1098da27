"""Announces the program's services by multicast DNS, and finds other hosts by it.

It has UDP port 5353 for itself. On a board the chip's own responder takes that port with the first
address, so it is opened before WiFi connects, and kept for as long as the program runs.

What the context has beside the usual: `services`, a list of tuples as `mdns.builder` takes them,
to which pages and the other outputs append before the tasks start. The board's `network` has
`address` as text, None while there is no connection.
"""

import asyncio
from random import randrange

from dsmr.const import const
from firmware import load
from mdns import GROUP

#: Seconds between attempts to have a socket and an address.
_PAUSE = const(2)

#: Looks at the socket between two at the own address, each of which makes a text.
_SELDOM = const(20)

#: Datagrams that are read in a look, so that the rest of the program has its turn; bytes that are
#: read of each, which is what Ethernet carries.
_AT_ONCE = const(8)
_LONGEST = const(1472)

#: Milliseconds that the responder stays in memory after its last use.
_KEPT = const(10_000)

_START = const("outputs.discovery.start")


class Discovery:
    """The task that has the socket, and the way to find other hosts.

    What has no underscore is also for the modules beside this one, which are loaded when they are
    needed.
    """

    #: Seconds.
    deadline = 60
    #: Seconds between looks at the socket.
    look = 0.05

    def __init__(self, context):
        self.context = context
        self.clock = context.board.clock
        self.socket = self.poll = self.gate = self.zone = self.resolver = None
        #: By name that another host has too, the number that this host's has instead.
        self.numbers = {}
        self.counts = {"received": 0, "refused": 0, "sent": 0, "unsent": 0}
        #: Whether the socket hears nothing any more: an ESP32's does not after an empty datagram.
        self.deaf = False
        #: What was said last on the console.
        self.said = ""
        self._responder = None
        self._used = 0
        #: Looks at the socket.
        self.turns = 0
        self.tasks = (("mDNS", self),)
        load(_START).open_socket(self)

    def counters(self):
        """What `/healthz` says of it."""
        return dict(self.counts, name=self.zone and self.zone.host)

    async def resolve(self, host, timeout):
        """The address of a host such as "homeassistant.local"; None if there is no answer in time.

        timeout: seconds.
        """
        return await load("outputs.discovery.lookup").resolve(self, host, timeout)

    async def run(self):
        """Never returns."""
        network = self.context.board.network
        try:
            while True:
                self.turns += 1
                address = network.address
                if address and await load(_START).claim(self, address):
                    await self._serve(address)
                await asyncio.sleep(_PAUSE)
        except asyncio.CancelledError:
            load(_START).leave(self)
            raise

    async def _serve(self, address):
        """Announce the zone and answer for it, until address or names are to be others."""
        self._responder = None
        self.responder(self.clock.now()).announce(self.clock.now())
        while not self.zone.conflict:
            self.turns += 1
            try:
                self._turn(self.clock.now())
            except MemoryError:
                pass  # who asked will ask again
            if not self.turns % _SELDOM:
                if self.context.board.network.address != address:
                    break
                if self.deaf and not load(_START).reopen(self, address):
                    break
            await asyncio.sleep(self.look)
        self.zone = None

    def _turn(self, now):
        """Answer to what has come, and send what is due."""
        zone = self.zone
        for message, sender in self.datagrams(now):
            if zone.concerns(message):
                self.gate.tokens -= len(message)
                for reply in self.responder(now).receive(message, sender[0], sender[1], now):
                    self.send(reply, sender)
        if zone.due is not None and now >= zone.due:
            for message in self.responder(now).messages(now):
                self.send(message, GROUP)
        if self._responder and now - self._used > _KEPT:
            self._responder = None
        if self.resolver and self.resolver.is_idle(now):
            self.resolver = None

    def responder(self, now):
        """The zone's responder: loaded when it is needed, and kept for some seconds."""
        self._used = now
        if not self._responder:
            module = load("outputs.discovery.loader").load_mdns("responder")
            self._responder = module.Responder(self.zone, randrange)
        return self._responder

    def datagrams(self, now):
        """What has come and is to be worked on: pairs of a message and its sender."""
        self.gate.fill(now)
        for _ in range(_AT_ONCE):
            if self.deaf or not self.poll.poll(0):
                return
            # What is too much is thrown away: with its first byte all of a datagram is read.
            size = _LONGEST if self.gate.tokens > 0 else 1
            try:
                message, sender = self.socket.recvfrom(size)
            except OSError:
                return
            if not message:
                self.deaf = True
                return
            self.counts["received"] += 1
            if size == 1 or not self.gate.lets_in(message, sender[0], sender[1]):
                self.counts["refused"] += 1
                continue
            if self.resolver:
                self.resolver.receive(message, sender[0], now)
            yield message, sender

    def send(self, message, receiver):
        """Send a datagram."""
        try:
            self.socket.sendto(message, receiver)
            self.counts["sent"] += 1
        except OSError:
            # Nobody is reached, or the network is short of memory: who asked will ask again.
            self.counts["unsent"] += 1


#: See `firmware.outputs`.
create = Discovery
