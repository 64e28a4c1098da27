"""The ESP32: the meter's line on a UART, WiFi, a status LED if there is one."""

import asyncio
import gc
import time

import machine

from firmware.boards.wifi import Wifi
from firmware.clock import Clock

_CAUSES = (
    ("PWRON_RESET", "power on"),
    ("HARD_RESET", "reset"),
    ("WDT_RESET", "watchdog"),
    ("DEEPSLEEP_RESET", "deep sleep"),
    ("SOFT_RESET", "soft reset"),
)


class Esp32:
    """See `firmware.boards`."""

    def __init__(self, settings):
        self._settings = settings
        self.clock = Clock(time.ticks_ms, time.ticks_diff)
        self.network = None
        self.problems = []
        self.overruns = 0
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

    def blink(self):
        """The LED changes with each telegram: a slow blinking is a meter that is heard."""
        if self._led:
            self._led.value(not self._led.value())

    def station(self):
        if self.network:
            return self.network.station()
        return "0" * 12, "", None

    def facts(self):
        # Without this the number says how long ago the last collection was.
        gc.collect()
        facts = {
            "board": "esp32",
            "reset_cause": self._reset_cause(),
            "free_heap": gc.mem_free(),
            "overruns_suspected": self.overruns,
        }
        if self.network:
            facts["wifi"] = self.network.state()
        return facts

    def _reset_cause(self):
        cause = machine.reset_cause()
        for name, words in _CAUSES:
            if cause == getattr(machine, name, None):
                return words
        return "unknown (%d)" % cause


class UartPort:
    """The meter's line. It is inverted and open collector; what inverts it back is the UART."""

    def __init__(self, settings, board):
        self._board = board
        self._rxbuf = settings["uart_rxbuf"]
        seven_bits = settings["uart_format"] == "7E1"
        try:
            self._uart = machine.UART(
                settings["uart_id"],
                baudrate=settings["uart_baudrate"],
                bits=7 if seven_bits else 8,
                parity=0 if seven_bits else None,
                stop=1,
                # Both pins by name: left out, tx would claim a pin of the UART's own choice, which
                # may be one of the flash's.
                rx=settings["uart_rx_pin"],
                tx=settings["uart_tx_pin"],
                invert=machine.UART.INV_RX if settings["uart_invert"] else 0,
                rxbuf=self._rxbuf,
                timeout=0,
                # Lets the FIFO collect bytes, instead of an interrupt for each.
                timeout_char=1,
            )
        except ValueError as error:
            raise OSError(
                "uart_id %d with uart_rx_pin %d and uart_tx_pin %d: %s"
                % (
                    settings["uart_id"],
                    settings["uart_rx_pin"],
                    settings["uart_tx_pin"],
                    error,
                )
            ) from None
        self._stream = asyncio.StreamReader(self._uart)

    async def readinto(self, buffer):
        """Bytes read into the buffer, or None if there were none after all."""
        size = await self._stream.readinto(buffer)
        # The driver drops what does not fit and says nothing; all one sees is a full buffer.
        if size == len(buffer) and self._uart.any() >= self._rxbuf - 1:
            self._board.overruns += 1
        return size

    def close(self):
        self._uart.deinit()
