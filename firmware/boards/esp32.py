"""The ESP32: the meter's line on a UART, WiFi, a status LED if there is one."""

import asyncio
import socket
import sys
import time

import esp32

from dsmr.const import const
from firmware import load
from firmware.boards import Clock
from firmware.boards.wifi import Wifi

# What of ESP-IDF's memory is asked for: the chip's own, byte by byte, which the network lives on;
# and PSRAM.
_INTERNAL = const(1 << 11 | 1 << 2)
_PSRAM = const(1 << 10)

# Bytes that the heap has after it has grown once, which a chip without PSRAM bears: on the ESP32,
# where it is told how far, and on its successors, where it doubles. The next time it would take
# all the memory that the network lives on.
_HEAP = const(118_000)
_HEAP_DOUBLED = const(112_000)
_HEAP_OF_OTHERS = const(128_000)


# Milliseconds between two looks whether a connection may be accepted.
_PAUSE = const(5)

# Connections that may wait to be accepted, by profile: each takes 1.8 KB of the network's memory
# as soon as its request has come. Who comes beyond these takes none, and tries again after a
# second, as TCP does by itself.
_WAITING = {"plain": 3, "roomy": 5}

# Seconds without memory for a connection after which there will be none.
_HOPELESS = const(60)

# Bytes that accept() may take.
_ACCEPT = const(640)

# What a client has asked for is read into it, and thrown away, where the client is turned away;
# and how often: some 2 KB are the longest request.
_thrown_away = bytearray(64)
_READS = const(32)

# To be sent as it is: there is no memory for more.
_SHORT = const(b"""\
HTTP/1.0 503 Service Unavailable\r\nContent-Type: application/json\r\nRetry-After: 60\r\n\r\n\
{"error": "Memory is short; ask again in a minute."}
""")


class Esp32:
    """See `firmware.boards`. settings: all of them; problems: gets more sentences."""

    def __init__(self, settings, area=None):
        self._settings = settings
        #: Keeps the heap as large as it is, see `firmware.boards.heap`.
        self._area = area
        self.clock = Clock(time.ticks_ms, time.ticks_diff)
        self.network = self.watchdog = self.resolve = None
        self.problems = []
        #: The folder of the live page's files.
        self.page = __file__.rpartition("/")[0].rpartition("/")[0] + "/http"
        roomy = bool(esp32.idf_heap_info(_PSRAM))
        self.profile = "roomy" if roomy else "plain"
        self.heap_limit = settings["heap_limit"]
        if not roomy and self.heap_limit is None:
            self.heap_limit = _HEAP_OF_OTHERS
            if sys.implementation._machine.endswith("with ESP32"):
                self.heap_limit = _HEAP if area else _HEAP_DOUBLED
        #: Bytes of the meter's line that wait while the program does something else: those of a
        #: telegram and some, which comes once a second.
        self.rxbuf = settings["uart_rxbuf"] or (4096 if roomy else 2048)
        self.overruns = 0
        # The most bytes that have waited to be read.
        self.waited = 0
        # The address of the last name that was looked up, see `firmware.boards.tcp`.
        self._found = {}
        #: The status LED, a `machine.Signal`, or None.
        self.led = None
        if settings["led_pin"] is not None:
            self.led = load("boards.seldom").led(settings, self.problems)

    def listen(self, port, connected, ready):
        """See `firmware.boards`."""
        return listen(port, connected, ready, _WAITING[self.profile])

    def start_network(self, log):
        """Make `network`, if there are settings for it."""
        if self._settings["wifi_name"]:
            self.network = Wifi(self._settings, self.clock, log)
            self.network.begin()

    async def open_port(self):
        return UartPort(self._settings, self)

    async def connect(self, host, port, tls, authority):
        return await load("boards.tcp").connect(
            host, port, tls, authority, self._found, self.resolve
        )

    def network_memory(self):
        free = largest = lowest = 0
        for region in esp32.idf_heap_info(_INTERNAL):
            free += region[1]
            largest = max(largest, region[2])
            lowest += region[3]
        return free, largest, lowest

    def restart(self):
        """Restart the board, which never returns."""
        load("boards.seldom").restart(self)

    def blink(self):
        """The LED changes with each telegram: a slow blinking is a meter that is heard."""
        if self.led:
            self.led.value(not self.led.value())

    def networks(self):
        return self.network.networks() if self.network else []

    def station(self):
        if self.network:
            return self.network.station()
        return "0" * 12, "", None

    def facts(self):
        return load("boards.seldom").facts(self)


class UartPort:
    """The meter's line. It is inverted and open collector; what inverts it back is the UART."""

    def __init__(self, settings, board):
        self._board = board
        self._uart = load("boards.seldom").open_uart(settings, board.rxbuf)
        self._stream = asyncio.StreamReader(self._uart)

    async def readinto(self, buffer):
        """Bytes read into the buffer, or None if there were none after all."""
        size = await self._stream.readinto(buffer)
        if size:
            board = self._board
            waiting = self._uart.any()
            # The driver drops what does not fit and says nothing; all one sees is a full buffer.
            if size == len(buffer) and waiting >= board.rxbuf - 1:
                board.overruns += 1
            board.waited = max(board.waited, min(size + waiting, board.rxbuf))
        return size

    def any(self):
        """Bytes that wait to be read."""
        return self._uart.any()

    def close(self):
        self._uart.deinit()


def listen(port, connected, ready, waiting):
    """Start the coroutine connected(stream) for each connection, until this is cancelled.

    asyncio's own server ends where memory is short for a connection, keeps its port all the same,
    and loses the connection. connected may raise MemoryError: whoever has come is told so, without
    taking any.
    """
    listener = socket.socket()
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("0.0.0.0", port))
        listener.listen(waiting)
        listener.setblocking(False)
        failed = 0
        while True:
            # As asyncio's streams wait.
            yield asyncio.core._io_queue.queue_read(listener)  # type: ignore[attr-defined]
            while not ready():
                # In the network's memory it takes less than here.
                yield from asyncio.sleep_ms(_PAUSE)  # type: ignore[misc]
            try:
                # An ESP32 never gets back the socket that accept() finds no memory for; this is
                # garbage at once, so that there is some.
                bytearray(_ACCEPT)
                peer, address = listener.accept()
                failed = 0
                try:
                    peer.setblocking(False)
                    asyncio.create_task(connected(Stream(peer, address[0])))  # noqa: RUF006 (the loop keeps it)
                except MemoryError:
                    try:
                        # Closed with something unread, the connection is reset, and the sentence
                        # may be lost.
                        for _ in range(_READS):
                            if not peer.readinto(_thrown_away):
                                break
                        peer.send(_SHORT)
                    finally:
                        peer.close()
            except OSError:
                pass  # it has gone, or there is no socket left
            except MemoryError:
                failed += 1
                if failed == _HOPELESS:
                    # The heap is in small pieces. The watchdog restarts a board whose tasks die
                    # again and again.
                    raise
                yield from asyncio.sleep(1)  # type: ignore[misc]
    finally:
        listener.close()


class Stream(asyncio.StreamReader):
    """A connection, both ways."""

    def __init__(self, peer, address):
        super().__init__(peer)
        #: Of the client, as text.
        self.address = address

    def writable(self):
        """Wait until it takes two packets at once. What it does not take, drain() has to keep."""
        # As asyncio's streams wait.
        yield asyncio.core._io_queue.queue_write(self.s)  # type: ignore[attr-defined]

    def ended(self):
        """Whether the client has closed it; what else has come is thrown away."""
        try:
            return self.s.readinto(bytearray(1)) == 0  # type: ignore[attr-defined]
        except OSError:
            return True  # it was broken off

    def close(self):
        """Close it at once. asyncio's own way takes memory."""
        self.s.close()  # type: ignore[attr-defined]
