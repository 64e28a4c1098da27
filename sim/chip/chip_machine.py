"""What of `machine` is needed now and then: loaded for each use, then dropped again."""

import os
import sys

import machine
from micropython import const

_PIECE = const(128)
_INV_RX = const(4)
_P1 = const("115200,8N1,inverted")


def of_machine(name):
    """What `machine` offers under this name. These modules stay, once they are needed."""
    if name in ("Pin", "Signal"):
        import chip_pin as module
    elif name == "WDT":
        import chip_wdt as module
    elif name == "RTC":
        import chip_rtc as module

        # Asked for now and then, so nothing of it is kept.
        del sys.modules["chip_rtc"]
        return module.RTC
    else:
        import chip_more as module
    value = getattr(module, name)
    # From now on `machine` has it.
    setattr(machine, name, value)
    return value


def of_uart(self, name):
    """The method of a UART with this name."""
    function = getattr(_Uart, name)
    return lambda *args, **named: function(self, *args, **named)


def pin(id):
    """Raises ValueError as the port does for what is no pin; returns its number.

    The pins of the flash memory (6 to 11) are refused too: a board that claims one of them stops
    dead, and a test should see why.
    """
    id = getattr(id, "id", id)
    if (
        not isinstance(id, int)
        or not 0 <= id < 40
        or 6 <= id <= 11
        or id in (20, 24, 28, 29, 30, 31)
    ):
        raise ValueError("invalid pin")
    return id


def make_uart(self, id, *settings, tx=-2, rx=-2, rxbuf=256, **named):
    if id not in (0, 1, 2):
        raise ValueError("UART(%s) does not exist" % id)
    if id == 0:
        raise ValueError("UART(0) is disabled (dedicated to REPL)")
    # Left out, a pin is the one that the port chooses; -2 stands for that here.
    default_rx, default_tx = (9, 10) if id == 1 else (16, 17)
    rx = pin(default_rx if rx == -2 else rx)
    tx = pin(default_tx if tx == -2 else tx)
    if tx >= 34:
        raise ValueError("invalid pin")
    if rxbuf <= 128:
        # The driver wants more than the chip's own FIFO.
        raise OSError(-1, "ESP_FAIL")
    self._settings = (id, tx, rx)
    self._line = None
    old = machine._uarts[id]
    if old:
        # The driver behind an older object is taken away from it.
        _Uart.deinit(old)
    self._ring = _ring()
    self._end = 0
    self._size = rxbuf
    self._room = rxbuf if os.getenv("SIM_BACKPRESSURE") == "1" else 1 << 30
    self._piece = bytearray(_PIECE)
    _Uart.init(self, *settings, **named)
    machine._uarts[id] = self
    self._tried = None
    self._where = os.getenv("SIM_UART")


def _ring():
    """What goes in comes out again, in order.

    On the chip the ring is no part of the heap; so here it is a pipe, in the operating system's
    memory, and the UART keeps count of what is in it.
    """
    path = "/tmp/sim-uart-" + os.urandom(8).hex()
    os.system("mkfifo -m 600 " + path)
    # With both its ends in one, opening it waits for nobody.
    pipe = open(path, "r+b")  # noqa: SIM115 (for as long as there is the UART)
    os.remove(path)
    return pipe


def describe(self):
    return "UART(%d, baudrate=%d, bits=%d, parity=%s, stop=%d, tx=%d, rx=%d)" % self._settings


class _Uart:
    def init(
        self,
        baudrate=115200,
        bits=8,
        parity=None,
        stop=1,
        *,
        timeout=0,
        timeout_char=0,
        invert=0,
    ):
        if bits not in (5, 6, 7, 8):
            raise ValueError("invalid data bits")
        if stop not in (1, 2):
            raise ValueError("invalid stop bits")
        if invert & ~(_INV_RX | 8 | 32 | 64):
            raise ValueError("invalid inversion mask")
        line = os.getenv("SIM_LINE") or _P1
        inverted = bool(invert & _INV_RX)
        if (line, baudrate, bits, parity, inverted) == (_P1, 115200, 8, None, True):
            self._spelling = None
        else:
            from chip_line import spelling

            self._spelling = spelling(line, baudrate, bits, parity, inverted)
        id, *_, tx, rx = self._settings
        self._settings = (id, baudrate, bits, parity, stop, tx, rx)
        self._timeout = timeout

    def deinit(self):
        self._where = None
        self._hang_up()

    def readline(self):
        line = b""
        while self._wait() and line[-1:] != b"\n":
            line += self._ring.read(1)
        return line or None

    def write(self, data):
        """Nobody listens: a P1 port has no line towards the meter."""
        return len(data)
