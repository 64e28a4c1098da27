"""The ESP32's `machine`, simulated: what the firmware's board code needs of it.

For MicroPython's unix port, in place of its own module: MICROPYPATH=sim/chip:.frozen. It behaves
as the ESP32 port does, errors included; what the pins and lines connect to comes from the
environment (`SIM_...`), for a chip cannot see more of the world either. What takes ESP-IDF's
memory on a chip takes it in `chip_idf`.

The ESP32's module takes no heap, and this one does: `sim.firmware` measures how much, and gives
the program's heap as much more. What hardly a program uses is in `chip_pin`, `chip_timer` and
`chip_more`.
"""

import io
import os
import time

import chip_idf
from chip_pads import INPUTS, pin_number
from chip_poll import make_room
from micropython import const

# The module's constants, see `network`.
_CAUSES = const(" PWRON_RESET=1 HARD_RESET=2 WDT_RESET=3 DEEPSLEEP_RESET=4 SOFT_RESET=5 ")

_POLL = const(3)  # MP_STREAM_POLL
_CLOSE = const(4)  # MP_STREAM_CLOSE
_GET_FILENO = const(10)  # MP_STREAM_GET_FILENO
_READABLE = const(1)
_WRITABLE = const(4)
_RETRY_MS = const(200)
_PIECE = const(64)
_P1 = const("115200,8N1,inverted")

# Bytes of ESP-IDF's memory that a UART's driver takes beside its ring.
_DRIVER = const(2_030)

# How many UARTs there are, see `chip_pads`.
_number_of_uarts = 2 if os.getenv("SIM_CHIP") == "C3" else 3

# By number, the UART that has the driver.
_uarts = {}


def __getattr__(name):
    number = chip_idf.constant(_CAUSES, name)
    if number is not None:
        return number
    if name in ("Pin", "Signal"):
        import chip_pin as module
    elif name == "Timer":
        import chip_timer as module
    else:
        import chip_more as module
    return getattr(module, name)


def reset_cause():
    """SIM_RESET_CAUSE, as a number or a name such as WDT_RESET; power-on if it is not set."""
    cause = os.getenv("SIM_RESET_CAUSE") or "1"
    return int(cause) if cause.isdigit() else chip_idf.constant(_CAUSES, cause)


def reset():
    """Never returns: no `finally` and no `except` runs on a chip that restarts, see `chip_wdt`."""
    os.system("kill -USR1 $PPID")
    while True:
        time.sleep_ms(1000)


def WDT(id=0, timeout=5000):
    """The watchdog, which cannot be stopped; making it again sets a new timeout."""
    if id != 0:
        raise ValueError
    if timeout <= 0:
        raise ValueError("WDT timeout too short")
    import chip_wdt

    return chip_wdt.watch(timeout)


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


class UART(io.IOBase):
    """At the end of the simulated meter's line.

    SIM_UART says where the line is: HOST:PORT of `python -m sim`, or a device such as a
    pseudo-terminal. A receive ring of `rxbuf` bytes, fixed when the UART is made, takes what
    comes; what comes while it is full is lost without a word, as on the chip. Where the line is
    cut or its other end is gone, no bytes come, and they come again when it is back.
    """

    INV_RX = 4
    INV_TX = 32

    def __init__(self, id, *settings, tx=-2, rx=-2, rxbuf=256, **named):
        if not 0 <= id < _number_of_uarts:
            raise ValueError("UART(%s) does not exist" % id)
        if id == 0:
            raise ValueError("UART(0) is disabled (dedicated to REPL)")
        # Left out, a pin is the one that the port chooses; -2 stands for that here.
        default_rx, default_tx = (9, 10) if id == 1 else (16, 17)
        rx = pin_number(default_rx if rx == -2 else rx)
        tx = pin_number(default_tx if tx == -2 else tx)
        if tx >= INPUTS:
            raise ValueError("invalid pin")
        if rxbuf <= 128:
            # The driver wants more than the chip's own FIFO.
            raise OSError(-1, "ESP_FAIL")
        self._rxbuf = 0
        self._place = (id, tx, rx)
        # None is looked for; without SIM_UART there is none, for ever.
        self._line = None if os.getenv("SIM_UART") else False
        self.init(*settings, **named)
        if id in _uarts:
            # The driver behind an older object is taken away from it.
            _uarts[id].deinit()
        if not chip_idf.take(rxbuf + _DRIVER):
            raise OSError(-1, "ESP_ERR_NO_MEM")
        _uarts[id] = self
        make_room()
        self._rxbuf = rxbuf
        self._stream = _ring()
        self._waiting = 0
        self._most = rxbuf if os.getenv("SIM_BACKPRESSURE") == "1" else 1 << 29
        self._buffer = bytearray(_PIECE)
        self._next = time.ticks_ms()

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
        if invert & ~(4 | 8 | 32 | 64):
            raise ValueError("invalid inversion mask")
        line = os.getenv("SIM_LINE") or _P1
        inverted = bool(invert & 4)
        self._frame = None
        if (line, baudrate, bits, parity, inverted) != (_P1, 115200, 8, None, True):
            from chip_line import spelling

            self._frame = spelling(line, baudrate, bits, parity, inverted)
        self._shown = (baudrate, bits, parity, stop)
        self._patience = timeout

    def __repr__(self):
        id, tx, rx = self._place
        shown = (id,) + self._shown + (tx, rx)
        return "UART(%d, baudrate=%d, bits=%d, parity=%s, stop=%d, tx=%d, rx=%d)" % shown

    def deinit(self):
        if self._line:
            self._line.close()
        self._line = False
        if self._rxbuf:
            chip_idf.give(self._rxbuf + _DRIVER)
            self._rxbuf = 0

    def any(self):
        """Moves what has come down the line into the ring."""
        now = time.ticks_ms()
        if self._line is None and time.ticks_diff(now, self._next) >= 0:
            # Not more often, for it may not be there.
            self._next = now + _RETRY_MS
            self._open()
        while self._line:
            # With SIM_BACKPRESSURE there is no more room than the ring's.
            size = min(len(self._buffer), self._most - self._waiting)
            if not size:
                break
            try:
                size = self._line.readinto(self._buffer, size)
            except OSError:
                size = 0
            if size is None:
                break
            if not size:
                self._line.close()
                self._line = None
            elif self._frame:
                self._frame(self._buffer, size)
            # The ring takes what fits; nobody is told of the rest.
            size = min(size, self._rxbuf - self._waiting)
            self._waiting += size
            self._stream.write(self._buffer, size)
        chip_idf.watch()
        return self._waiting

    def readinto(self, buffer, size=-1):
        waiting = self.any() or self._wait()
        if not waiting:
            return None
        if size < 0 or size > len(buffer):
            size = len(buffer)
        size = min(size, waiting)
        self._waiting -= size
        return self._stream.readinto(buffer, size)

    def read(self, size=-1):
        waiting = self.any() or self._wait()
        if waiting:
            if size < 0 or size > waiting:
                size = waiting
            self._waiting = waiting - size
            return self._stream.read(size)

    def readline(self):
        line = b""
        while line[-1:] != b"\n":
            octet = self.read(1)
            if not octet:
                break
            line += octet
        return line or None

    def write(self, data):
        """Nobody listens: a P1 port has no line towards the meter."""
        return len(data)

    def ioctl(self, request, flags):
        if request == _POLL:
            return flags & (_READABLE | _WRITABLE if self.any() else _WRITABLE)
        if request == _GET_FILENO:
            # What poll() may wait for in the operating system, asked each time a task begins to
            # wait. Without one it would come round every millisecond, and wait that millisecond
            # before it looks. A ring that holds something is ready at once.
            line = self._stream if self.any() else self._line
            if line:
                return line.fileno()
        if request == _CLOSE:
            self.deinit()
            return 0
        # An answer of 0 would mean a descriptor to poll(), or success.
        return -1

    def _wait(self):
        """`timeout` ms for a first byte, as the driver waits; returns how many there are."""
        begin = time.ticks_ms()
        while time.ticks_diff(time.ticks_ms(), begin) < self._patience and not self.any():
            time.sleep_ms(1)
        return self._waiting

    def _open(self):
        """Find the line, if it is there."""
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
