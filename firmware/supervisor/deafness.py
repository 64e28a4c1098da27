"""Notices a network that is deaf though WiFi says "connected", and brings it back.

Where the network has no memory left, nothing comes in or goes out, and nobody is told. Signs of it
are: what is sent fails for want of memory, or a connection to ourselves is not accepted, or the
gateway, which did answer a question, answers none. What is done goes from the mild to the harsh:
clients are cut off, then WiFi is begun anew, then the board restarts, for this at most once in an
hour.
"""

import asyncio
import socket

from firmware import load

#: Seconds between two looks; after which a sign counts; and between one remedy and the next.
_LOOK = 10
_SIGN = 60
_NEXT = 30

#: Seconds between two questions, while all is well, and in which they are to be answered.
_ASK = 300
_ANSWER = 4

#: Milliseconds of uptime before which a board that was restarted for this is not again.
_HOUR = 3_600_000

#: A question of DNS (RFC 1035) that any resolver answers: for the root's name servers.
_QUESTION = b"p1\x01\0\0\1\0\0\0\0\0\0\0\0\2\0\1"
_DNS = 53


class Deafness:
    """The task that looks. server: the task that listens for HTTP, which counts connections."""

    deadline = 180

    def __init__(self, supervisor, memory, server):
        self._supervisor = supervisor
        self._board = supervisor.board
        self._memory = memory
        self._server = server
        #: Looks at the network.
        self.turns = 0
        self._answers = False

    async def run(self):
        """Never returns."""
        now = self._board.clock.now
        asked = now()
        # Since when there are signs, None without any; and how many remedies were tried.
        since = None
        tried = 0
        while True:
            await asyncio.sleep(_LOOK)
            self.turns += 1
            network = self._board.network
            failing = self._memory.failing_since
            is_sure = failing is not None and now() - failing >= _SIGN * 1000
            if not network.address:
                since = self._memory.failing_since = None
            elif is_sure or since is not None or now() - asked >= _ASK * 1000:
                asked = now()
                if not is_sure and await self._hears(network):
                    since = None
                elif since is None:
                    since = failing if is_sure else asked
            if since is None:
                tried = 0
                self._memory.shed = False
            elif now() - since >= (_SIGN + tried * _NEXT) * 1000:
                tried += 1
                self._remedy(tried, network)

    def _remedy(self, number, network):
        supervisor = self._supervisor
        if number == 1:
            supervisor.log.say(
                "The network is deaf though WiFi is connected: clients are cut off."
            )
            supervisor.fail("network", "was deaf though WiFi was connected")
            self._memory.shed = True
        elif number == 2:
            supervisor.log.say("The network is still deaf: WiFi is begun anew.")
            network.restart()
        elif number >= 4:
            watchdog = self._board.watchdog
            if not watchdog.was_deaf or self._board.clock.now() >= _HOUR:
                watchdog.restart(supervisor, "network", "stayed deaf", True)

    async def _hears(self, network):
        """Whether our own connection is accepted, and the gateway answers if it ever did."""
        turns = self._server.turns
        try:
            door = load("boards.tcp").knock(self._server.port)
        except OSError:
            return False
        try:
            if not await self._until(lambda: self._server.turns != turns):
                return False
        finally:
            door.close()
        answers = await self._gateway(network.gateway)
        if answers:
            self._answers = True
        return answers or not self._answers

    async def _gateway(self, address):
        """Whether the gateway answers a small question."""
        try:
            asking = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        except OSError:
            return False
        try:
            asking.setblocking(False)
            asking.sendto(_QUESTION, (address, _DNS))
            return await self._until(lambda: _received(asking))
        except OSError:
            return False
        finally:
            asking.close()

    async def _until(self, done):
        for _ in range(_ANSWER * 10):
            if done():
                return True
            await asyncio.sleep(0.1)
        return False


def _received(asking):
    try:
        return len(asking.recv(64)) > 0
    except OSError:
        return False
