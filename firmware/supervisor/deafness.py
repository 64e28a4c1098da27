"""Looks whether the network is deaf though WiFi says "connected", and brings it back.

Where the network has no memory left, nothing comes in or goes out, and nobody is told. Signs of it
are: what is sent fails for want of memory, or a connection to ourselves is not accepted, or the
gateway, which did answer a question, answers none. What is done goes from the mild to the harsh:
clients are cut off, then WiFi is begun anew, then the board restarts, for this at most once in an
hour. Loaded for each look, then dropped again.
"""

import asyncio
import socket

from dsmr.const import const
from firmware import load

#: Seconds for which there must be signs, between two looks then, and between two remedies.
_SIGN = const(60)
_LOOK = const(10)
_NEXT = const(30)

#: The remedies, by how many were tried with this one; WiFi has twice as long to come back.
_WIFI = const(2)
_RESTART = const(4)

#: Tenths of a second in which a question is to be answered.
_ANSWER = const(40)

#: Milliseconds of uptime before which a board that was restarted for this is not again.
_HOUR = const(3_600_000)

#: A question of DNS (RFC 1035) that any resolver answers: for the root's name servers.
_QUESTION = const(b"p1\x01\0\0\1\0\0\0\0\0\0\0\0\2\0\1")
_DNS = const(53)


async def look(app):
    """Look once; where there are signs, go on until there are none."""
    memory, network, now = app.memory, app.board.network, app.board.clock.now
    since = now()
    tried = 0
    try:
        while network.address or tried >= _WIFI:
            failing = memory.failing_since
            if not network.address:
                # WiFi, which was begun anew from here, is not there yet.
                since = now()
            elif failing is not None:
                since = min(since, failing)
            elif await _hears(app.guard, network):
                break
            if now() - since >= (_SIGN + tried * _NEXT) * 1000:
                tried = min(tried + 1, _RESTART)
                # Whether it has helped, only what is sent from now on shows.
                memory.failing_since = None
                _remedy(tried, app)
            await asyncio.sleep(_LOOK)
    finally:
        memory.shed = False


def _remedy(number, app):
    if number == 1:
        app.log.say("The network is deaf though WiFi is connected: clients are cut off.")
        app.supervisor.fail("network", "was deaf though WiFi was connected")
        app.memory.shed = True
    elif number == _WIFI:
        app.log.say("The network is still deaf: WiFi is begun anew.")
        app.board.network.restart()
    elif number == _RESTART:
        watchdog = app.board.watchdog
        if not watchdog.was_deaf or app.board.clock.now() >= _HOUR:
            watchdog.restart("network", "stayed deaf", True)


async def _hears(guard, network):
    """Whether our own connection is accepted, and the gateway answers if it ever did."""
    turns = guard.turns
    try:
        door = load("boards.tcp").knock(guard.port)
    except (OSError, MemoryError):
        return False
    try:
        if not await _until(lambda: guard.turns != turns):
            return False
    finally:
        door.close()
    answers = await _ask(network.gateway)
    network.gateway_answers = network.gateway_answers or answers
    return answers or not network.gateway_answers


async def _ask(gateway):
    """Whether the gateway answers a small question."""
    try:
        asking = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    except OSError:
        return False
    try:
        asking.setblocking(False)
        asking.sendto(_QUESTION, (gateway, _DNS))
        return await _until(lambda: _received(asking))
    except OSError:
        return False
    finally:
        asking.close()


async def _until(done):
    for _ in range(_ANSWER):
        if done():
            return True
        await asyncio.sleep(0.1)
    return False


def _received(asking):
    try:
        return len(asking.recv(64)) > 0
    except OSError:
        return False
