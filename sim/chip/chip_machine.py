"""What of `machine` is needed now and then: loaded for each use, then dropped again."""

import os
import sys
import time

import machine
from micropython import const

_PIECE = const(64)
_INV_RX = const(4)
_P1 = const("115200,8N1,inverted")

# In one text, for a name in a program stays in memory for good. They count from 1.
_CAUSES = const("PWRON_RESET HARD_RESET WDT_RESET DEEPSLEEP_RESET SOFT_RESET")


def find(what, name=None):
    """What `machine` offers under the name `what`, or the UART `what` under this name.

    Without a name, what `repr` shows of that UART.
    """
    if isinstance(what, str):
        return _of_machine(what)
    if name is None:
        shown = "UART(%d, baudrate=%d, bits=%d, parity=%s, stop=%d, tx=%d, rx=%d)"
        return shown % what._settings
    method = getattr(_Uart, name)
    return lambda *args, **named: method(what, *args, **named)


def _of_machine(name):
    if name in _CAUSES.split():
        return _cause(name)
    if name in ("Pin", "Signal"):
        # It stays, once it is needed.
        import chip_pin as module
    elif name in globals():
        return globals()[name]
    else:
        import chip_more as module

        del sys.modules["chip_more"]
    return getattr(module, name)


def _cause(name):
    return _CAUSES.split().index(name) + 1


def reset_cause():
    """SIM_RESET_CAUSE, as a number or a name such as WDT_RESET; power-on if it is not set."""
    cause = os.getenv("SIM_RESET_CAUSE") or "1"
    return int(cause) if cause.isdigit() else _cause(cause)


def WDT(id=0, timeout=5000):
    """The watchdog, which cannot be stopped; making it again sets a new timeout."""
    if id != 0:
        raise ValueError
    if timeout <= 0:
        raise ValueError("WDT timeout too short")
    # What becomes of a board that it bites; ready made, for then there may be no memory left.
    bite = "echo 'sim: the board is reset: the watchdog was not fed for %d ms' >&2" % timeout
    os.putenv("SIM_WATCHDOG_BITE", bite + "; kill -ALRM $PPID")
    import chip_wdt

    chip_wdt.feed()
    chip_wdt._limit = timeout
    return chip_wdt


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


class UART:
    """In the place of the port's class: calling it gives a UART, see `machine`."""

    INV_RX = _INV_RX

    def __new__(cls, id, *settings, tx=-2, rx=-2, rxbuf=256, **named):
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
        uart = machine._Uart()
        uart._settings = (id, tx, rx)
        # None is looked for; without SIM_UART there is none, for ever.
        uart._line = None if os.getenv("SIM_UART") else False
        _Uart.init(uart, *settings, **named)
        last = "_uart%d" % id
        if last in machine.__dict__:
            # The driver behind an older object is taken away from it.
            _Uart.deinit(machine.__dict__[last])
        setattr(machine, last, uart)
        uart._stream = _ring()
        uart._waiting = 0
        uart._rxbuf = rxbuf
        uart._most = rxbuf if os.getenv("SIM_BACKPRESSURE") == "1" else 1 << 30
        uart._buffer = bytearray(_PIECE)
        uart._next = time.ticks_ms()
        return uart


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
            self._frame = None
        else:
            from chip_line import spelling

            self._frame = spelling(line, baudrate, bits, parity, inverted)
        id, *_, tx, rx = self._settings
        self._settings = (id, baudrate, bits, parity, stop, tx, rx)
        self._patience = timeout

    def deinit(self):
        if self._line:
            self._line.close()
        self._line = False

    def read(self, size=-1):
        waiting = self.any() or _Uart._wait(self)
        if waiting:
            if size < 0 or size > waiting:
                size = waiting
            self._waiting = waiting - size
            return self._stream.read(size)

    def readline(self):
        line = b""
        while line[-1:] != b"\n":
            octet = _Uart.read(self, 1)
            if not octet:
                break
            line += octet
        return line or None

    def write(self, data):
        """Nobody listens: a P1 port has no line towards the meter."""
        return len(data)

    def _wait(self):
        """`timeout` ms for a first byte, as the driver waits; returns how many there are."""
        begin = time.ticks_ms()
        while not self.any() and time.ticks_diff(time.ticks_ms(), begin) < self._patience:
            time.sleep_ms(1)
        return self._waiting

    def _open(self):
        """Finds the line, if it is there."""
        where = os.getenv("SIM_UART")
        line = None
        try:
            if where[0] == "/":
                from chip_line import Device

                line = Device(where)
            else:
                import usocket

                host, port = where.rsplit(":", 1)
                line = usocket.socket()
                line.connect(usocket.getaddrinfo(host, int(port))[0][-1])
                line.setblocking(False)
            self._line = line
        except OSError:
            if line:
                line.close()
