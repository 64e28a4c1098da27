"""The ESP32: the meter's line on a UART, WiFi, a status LED if there is one."""

import asyncio
import sys
import time

import esp32
import machine

from firmware import load
from firmware.boards.server import listen
from firmware.boards.wifi import Wifi
from firmware.clock import Clock

# What of ESP-IDF's memory is asked for: the chip's own, byte by byte, which the network lives on;
# and PSRAM.
_INTERNAL = 1 << 11 | 1 << 2
_PSRAM = 1 << 10

# Bytes that the heap has after it has doubled once, which a chip without PSRAM bears: on the
# ESP32, and on its successors. It would grow into the network's memory then.
_HEAP = 112_000
_HEAP_OF_OTHERS = 128_000


class Esp32:
    """See `firmware.boards`. settings: all of them; problems: gets more sentences."""

    def __init__(self, settings):
        self._settings = settings
        self.clock = Clock(time.ticks_ms, time.ticks_diff)
        self.network = self.watchdog = None
        self.problems = []
        roomy = bool(esp32.idf_heap_info(_PSRAM))
        self.profile = "roomy" if roomy else "plain"
        self.heap_limit = settings["heap_limit"]
        if not roomy and self.heap_limit is None:
            is_first = sys.implementation._machine.endswith("with ESP32")
            self.heap_limit = _HEAP if is_first else _HEAP_OF_OTHERS
        self.overruns = 0
        # The most bytes that have waited to be read.
        self.waited = 0
        # The address of the last name that was looked up, see `firmware.boards.tcp`.
        self._found = {}
        self._led = None
        if settings["led_pin"] is not None:
            try:
                pin = machine.Pin(settings["led_pin"], machine.Pin.OUT)
                self._led = machine.Signal(pin, invert=settings["led_inverted"])
                self._led.off()
            except ValueError as error:
                self.problems.append(
                    "led_pin: the chip says of %d: %s. The LED stays dark."
                    % (settings["led_pin"], error)
                )

    def start_network(self, log):
        """Make `network`, if there are settings for it."""
        if self._settings["wifi_name"]:
            self.network = Wifi(self._settings, self.clock, log)

    async def open_port(self):
        return UartPort(self._settings, self)

    def listen(self, port, connected):
        return listen(port, connected)

    async def connect(self, host, port, tls, authority):
        return await load("boards.tcp").connect(host, port, tls, authority, self._found)

    def network_memory(self):
        free = largest = lowest = 0
        for region in esp32.idf_heap_info(_INTERNAL):
            free += region[1]
            largest = max(largest, region[2])
            lowest += region[3]
        return free, largest, lowest

    def blink(self):
        """The LED changes with each telegram: a slow blinking is a meter that is heard."""
        if self._led:
            self._led.value(not self._led.value())

    def station(self):
        if self.network:
            return self.network.station()
        return "0" * 12, "", None

    def facts(self):
        free, largest, lowest = self.network_memory()
        facts = {
            "board": "esp32",
            "reset_cause": load("supervisor.starts").cause(),
            "boots": self.watchdog.boots,
            "network_memory": {"free": free, "largest": largest, "lowest": lowest},
            "overruns_suspected": self.overruns,
            "most_waiting": self.waited,
        }
        if self.network:
            facts["wifi"] = self.network.state()
        return facts


class UartPort:
    """The meter's line. It is inverted and open collector; what inverts it back is the UART."""

    def __init__(self, settings, board):
        self._board = board
        self._rxbuf = settings["uart_rxbuf"]
        self._uart = load("boards.uart").open_uart(settings)
        self._stream = asyncio.StreamReader(self._uart)

    async def readinto(self, buffer):
        """Bytes read into the buffer, or None if there were none after all."""
        size = await self._stream.readinto(buffer)
        if size:
            board = self._board
            waiting = self._uart.any()
            # The driver drops what does not fit and says nothing; all one sees is a full buffer.
            if size == len(buffer) and waiting >= self._rxbuf - 1:
                board.overruns += 1
            board.waited = max(board.waited, min(size + waiting, self._rxbuf))
        return size

    def any(self):
        """Bytes that wait to be read."""
        return self._uart.any()

    def close(self):
        self._uart.deinit()
