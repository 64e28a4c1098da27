"""Looks after memory: MicroPython's heap, and on a board ESP-IDF's, which the network lives on.

A board's heap grows into the network's memory where it is too small, and never gives it back; so
it must not. Clients go before either is short, and are let in again when there is room.
"""

import asyncio
import gc

from dsmr.const import const

#: Bytes of the heap: with fewer free at two looks in a row, or with very few at one, no client is
#: let in, as a page in the making may take some for a moment; and from how many on they are again.
_LOW = const(4_500)
_LOWEST = const(3_000)
_ENOUGH = const(6_000)

#: Bytes of ESP-IDF's memory that are free where a packet is sent, and in one piece: the packet and
#: the radio's copy of it take 3.2 KB, and what comes in meanwhile 1.7 KB each; and those below
#: which clients are cut off.
_ROOM = const(12_500)
_BLOCK = const(2_000)
_NETWORK_LOW = const(3_000)

#: Bytes of the heap that are free where one more client is let in: what it takes while it waits,
#: and the largest answer, which another may be about to get. Two answers at once take more.
_CLIENT = const(8_000)
_TWO = const(16_000)

#: Milliseconds between two collections that find out whether there are so many.
_AGAIN = const(200)

# What sending fails with for want of memory.
_ENOMEM = const(12)
_ENOBUFS = const(105)

#: Seconds between two looks, and after which nothing but a restart is left.
_LOOK = const(5)
_LAST_RESORT = const(60)

#: Seconds between two looks whether it is one's turn, or there is room; and after how many looks,
#: six seconds, nobody waits for a turn any longer.
_PAUSE = 0.02
_TURN = const(300)


class Memory:
    """The state of both.

    board: has `profile`, `heap_limit`, the bytes that the heap may have, or None for any, and
    `network_memory()`: (free, largest block, lowest ever) of ESP-IDF's, or None where there is
    none.
    """

    def __init__(self, board, log):
        self._board = board
        self._working = 0
        self._at_once = 1 if board.profile == "plain" else 64
        self._log = log
        self._looked = self._low_since = self._collected = 0
        self._short = self._was_low = False
        #: When sending began to fail for want of memory; None since it was possible.
        self.failing_since = None
        #: Whether clients are to go for another reason.
        self.shed = False

    @property
    def low(self):
        """Whether outputs are to take no further client, and to cut off those that they have."""
        return self._short or self.shed

    async def begin(self):
        """Wait for one's turn to do what takes some KB for a while; returns whether it has come.

        If so, `end` must be called after it. On a plain board one may at a time; who is too slow
        holds the others up for some seconds, or for as long as there is no memory for two.
        """
        for _ in range(_TURN):
            if self._working < self._at_once:
                break
            await asyncio.sleep(_PAUSE)
        else:
            if not self.fits(_TWO):
                return False
        self._working += 1
        return True

    def end(self):
        """What has begun is done."""
        self._working -= 1

    def heap(self):
        """(bytes in use after a collection, bytes that there may be); None without a limit."""
        if self._board.heap_limit is None:
            return None
        gc.collect()
        return gc.mem_alloc(), self._board.heap_limit  # type: ignore[attr-defined]

    def fits(self, size):
        """Whether so many bytes of the heap are free, once the garbage is gone."""
        heap = self.heap()
        return heap is None or heap[1] - heap[0] >= size

    def has_heap(self):
        """Whether the heap has room for one more client beside those that are served."""
        limit = self._board.heap_limit
        if limit is None or limit - gc.mem_alloc() >= _CLIENT:  # type: ignore[attr-defined]
            return True
        now = self._board.clock.now()
        if now - self._collected < _AGAIN:
            return False
        self._collected = now
        used, limit = self.heap()
        return limit - used >= _CLIENT

    def has_room(self):
        """Whether the network has memory for a packet."""
        network = self._board.network_memory()
        return network is None or (network[0] >= _ROOM and network[1] >= _BLOCK)

    async def room(self, end=None):
        """Wait until the network has memory for a packet, or the clock has come to `end`."""
        while not self.has_room() and (end is None or self._board.clock.now() < end):
            await asyncio.sleep(_PAUSE)

    def sent(self, error=None):
        """Something was sent, or could not be, which may be for want of memory."""
        if error is None:
            self.failing_since = None
        elif self.failing_since is None and error.errno in (_ENOMEM, _ENOBUFS):
            self.failing_since = self._board.clock.now()

    def turn(self, now):
        """To be called every second."""
        if self._board.heap_limit is None or now - self._looked < _LOOK * 1000:
            return
        self._looked = now
        free = self._board.heap_limit - gc.mem_alloc()  # type: ignore[attr-defined]
        if free < _ENOUGH:
            # Without this the number says how long ago the last collection was.
            used, limit = self.heap()
            free = limit - used
        if not self._short:
            network = self._board.network_memory()
            least = _LOW if self._was_low else _LOWEST
            self._was_low = free < _LOW
            if free < least or (network and network[0] < _NETWORK_LOW):
                self._short = True
                self._low_since = now
                self._log.say(
                    "Memory is short: the heap has %d bytes left, the network %s; "
                    "no more clients." % (free, network[0] if network else "enough")
                )
        elif free >= _ENOUGH and self.has_room():
            self._short = False
            self._log.say("There is memory again: clients are served.")
        elif now - self._low_since >= _LAST_RESORT * 1000:
            self._board.watchdog.restart("memory", "is short for good")
