"""The UART of the simulated ESP32, at the end of the simulated meter's line.

SIM_UART says where the line is: HOST:PORT of `python -m sim`, or a device such as a
pseudo-terminal. A receive ring of `rxbuf` bytes, fixed when the UART is made, takes what comes;
what comes while it is full is lost without a word, as on the chip. Where the line is cut or its
other end is gone, no bytes come, and they come again when it is back.

SIM_BACKPRESSURE=1 takes no more from the line than the ring has room for: for runs faster than
time, in which being late means nothing.

SIM_LINE says how the line sends (default "115200,8N1,inverted"). Set otherwise, the UART reads
what a real one would: rubbish, at a wrong speed or inversion.
"""

import io
import os
import sys
import time

import usocket as socket
from chip_pin import check
from micropython import RingIO

_POLL = 3  # MP_STREAM_POLL
_CLOSE = 4  # MP_STREAM_CLOSE
_GET_FILENO = 10  # MP_STREAM_GET_FILENO
_READABLE = 1
_WRITABLE = 4
_RETRY_MS = 200
_PIECE = 512

_in_use = {}
_ready = open("/dev/zero", "rb")  # noqa: SIM115 (for as long as the chip lives)


class UART(io.IOBase):
    INV_RX = 4
    INV_CTS = 8
    INV_TX = 32
    INV_RTS = 64
    RTS = 1
    CTS = 2

    def __init__(
        self,
        id,
        baudrate=115200,
        bits=8,
        parity=None,
        stop=1,
        *,
        tx=-2,
        rx=-2,
        rts=-2,
        cts=-2,
        txbuf=256,
        rxbuf=256,
        timeout=0,
        timeout_char=0,
        invert=0,
        flow=0,
    ):
        if id not in (0, 1, 2):
            raise ValueError("UART(%s) does not exist" % id)
        if id == 0:
            raise ValueError("UART(0) is disabled (dedicated to REPL)")
        # Left out, a pin is the one that the port chooses; -2 stands for that here.
        default_rx, default_tx = (9, 10) if id == 1 else (16, 17)
        self._rx = check(default_rx if rx == -2 else rx)
        self._tx = check(default_tx if tx == -2 else tx)
        if self._tx >= 34:
            raise ValueError("invalid pin")
        if rxbuf <= 128:
            # The driver wants more than the chip's own FIFO.
            raise OSError(-1, "ESP_FAIL")
        if id in _in_use:
            # The driver behind an older object is taken away from it.
            _in_use[id].deinit()
        _in_use[id] = self
        self._id = id
        self._ring = RingIO(rxbuf)
        self._rxbuf = rxbuf
        self._piece = memoryview(bytearray(_PIECE))
        self._source = None
        self._tried = None
        self._backpressure = os.getenv("SIM_BACKPRESSURE") == "1"
        self._alive = True
        self.init(
            baudrate, bits, parity, stop, timeout=timeout, timeout_char=timeout_char, invert=invert
        )

    def init(
        self, baudrate=115200, bits=8, parity=None, stop=1, *, timeout=0, timeout_char=0, invert=0
    ):
        if bits not in (5, 6, 7, 8):
            raise ValueError("invalid data bits")
        if stop not in (1, 2):
            raise ValueError("invalid stop bits")
        if invert & ~(UART.INV_RX | UART.INV_TX | UART.INV_RTS | UART.INV_CTS):
            raise ValueError("invalid inversion mask")
        self._timeout = timeout
        self._spelling = _spelling(baudrate, bits, parity, bool(invert & UART.INV_RX))
        self._name = "UART(%d, baudrate=%d, bits=%d, parity=%s, stop=%d, tx=%d, rx=%d)" % (
            self._id,
            baudrate,
            bits,
            parity,
            stop,
            self._tx,
            self._rx,
        )

    def __repr__(self):
        return self._name

    def deinit(self):
        self._alive = False
        self._hang_up()

    def any(self):
        self._receive()
        return self._ring.any()

    def readinto(self, buffer, size=-1):
        if size < 0 or size > len(buffer):
            size = len(buffer)
        self._wait()
        if not self._ring.any():
            return None
        return self._ring.readinto(buffer, size)

    def read(self, size=-1):
        self._wait()
        waiting = self._ring.any()
        if not waiting:
            return None
        return self._ring.read(waiting if size < 0 else min(size, waiting))

    def readline(self):
        line = bytearray()
        self._wait()
        while self._ring.any() and not line.endswith(b"\n"):
            line += self._ring.read(1)
        return bytes(line) or None

    def write(self, data):
        """Nobody listens: a P1 port has no line towards the meter."""
        return len(data)

    def ioctl(self, request, flags):
        if request == _POLL:
            self._receive()
            ready = _WRITABLE & flags
            if self._ring.any():
                ready |= _READABLE & flags
            return ready
        if request == _CLOSE:
            self.deinit()
            return 0
        if request == _GET_FILENO:
            return self._descriptor()
        # An answer of 0 would mean a descriptor to poll(), or success.
        return -1

    def _descriptor(self):
        """What poll() may wait for in the operating system, asked each time a task begins to wait.

        Without one it would come round every millisecond, and wait that millisecond before it
        looks. A ring that holds something is ready at once, which /dev/zero always is.
        """
        self._receive()
        if self._ring.any():
            return _ready.fileno()
        return self._source.fileno() if self._source else -1

    def _wait(self):
        """`timeout` ms for a first byte, as the driver waits."""
        self._receive()
        if self._timeout and not self._ring.any():
            begin = time.ticks_ms()
            while not self._ring.any():
                if time.ticks_diff(time.ticks_ms(), begin) >= self._timeout:
                    return
                time.sleep_ms(1)
                self._receive()

    def _receive(self):
        """Moves what has come down the line into the ring."""
        if self._source is None and not self._plug_in():
            return
        while True:
            size = _PIECE
            if self._backpressure:
                size = min(size, self._rxbuf - self._ring.any())
                if not size:
                    return
            piece = self._piece if size == _PIECE else self._piece[:size]
            try:
                count = self._source.readinto(piece)
            except OSError:
                count = 0
            if count is None:
                return
            if not count:
                self._hang_up()
                return
            if self._spelling:
                self._spelling(self._piece, count)
            # The ring takes what fits; nobody is told of the rest.
            self._ring.write(piece if count == size else piece[:count])

    def _plug_in(self):
        """Finds the line; at most every 200 ms, for it may not be there."""
        where = os.getenv("SIM_UART")
        now = time.ticks_ms()
        if not where or not self._alive:
            return False
        if self._tried is not None and time.ticks_diff(now, self._tried) < _RETRY_MS:
            return False
        self._tried = now
        try:
            self._source = _Device(where) if where[0] == "/" else _connect(where)
        except OSError:
            return False
        return True

    def _hang_up(self):
        if self._source is not None:
            self._source.close()
            self._source = None


def _connect(where):
    host, port = where.rsplit(":", 1)
    line = socket.socket()
    try:
        line.connect(socket.getaddrinfo(host, int(port))[0][-1])
    except OSError:
        line.close()
        raise
    line.setblocking(False)
    return line


class _Device:
    """A terminal, read without waiting for it."""

    def __init__(self, path):
        import termios

        self._file = open(path, "r+b")  # noqa: SIM115 (closed by close())
        settings = termios.tcgetattr(self._file.fileno())
        # VTIME and VMIN at 0: a read takes what is there and comes back.
        first = 5 if sys.platform == "linux" else 16
        settings[6][first] = settings[6][first + 1] = 0
        termios.tcsetattr(self._file.fileno(), termios.TCSANOW, settings)

    def fileno(self):
        return self._file.fileno()

    def readinto(self, buffer):
        return self._file.readinto(buffer) or None

    def close(self):
        self._file.close()


def _spelling(baudrate, bits, parity, inverted):
    """What turns the line's bytes into those that a UART with these settings reads, or None."""
    speed, frame, *inversion = (os.getenv("SIM_LINE") or "115200,8N1,inverted").split(",")
    # A UART tolerates a few per cent.
    if abs(baudrate - int(speed)) * 50 > int(speed) or inverted != ("inverted" in inversion):
        return _rubbish
    sent_parity = {"N": None, "E": 0, "O": 1}[frame[1]]
    if (bits, parity) == (int(frame[0]), sent_parity):
        return None
    if (bits, parity, frame) == (8, None, "7E1"):
        return _parity_as_bit
    if bits == 7 and parity is not None and frame == "8N1":
        # The eighth bit is taken for the parity; errors of it are swallowed.
        return _seven_bits
    return _rubbish


def _rubbish(data, count):
    for place in range(count):
        data[place] = (data[place] * 151 ^ 0xB6 ^ place * 29) & 0xFF


def _parity_as_bit(data, count):
    for place in range(count):
        bits = data[place]
        bits ^= bits >> 4
        bits ^= bits >> 2
        if (bits ^ bits >> 1) & 1:
            data[place] |= 0x80


def _seven_bits(data, count):
    for place in range(count):
        data[place] &= 0x7F
