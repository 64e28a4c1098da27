"""The ESP32's `machine`, simulated: what the firmware's board code needs of it.

For MicroPython's unix port, in place of its own module: MICROPYPATH=sim/chip:.frozen. It behaves
as the ESP32 port does, errors included; what the pins and lines connect to comes from the
environment (`SIM_...`), for a chip cannot see more of the world either.

The ESP32's module takes no heap. So only what is called all the time stays in memory here; the
rest is in `chip_machine`, which is loaded for each use and dropped again.
"""

import io
import os
import sys
import time

import usocket
from micropython import const

_POLL = const(3)  # MP_STREAM_POLL
_CLOSE = const(4)  # MP_STREAM_CLOSE
_GET_FILENO = const(10)  # MP_STREAM_GET_FILENO
_READABLE = const(1)
_WRITABLE = const(4)
_RETRY_MS = const(200)

PWRON_RESET = 1
HARD_RESET = 2
WDT_RESET = 3
DEEPSLEEP_RESET = 4
SOFT_RESET = 5


def __getattr__(name):
    return _rare().of_machine(name)


def _rare():
    import chip_machine

    del sys.modules["chip_machine"]
    return chip_machine


def reset_cause():
    """SIM_RESET_CAUSE, as a number or a name such as WDT_RESET; power-on if it is not set."""
    cause = os.getenv("SIM_RESET_CAUSE")
    if not cause:
        return PWRON_RESET
    return int(cause) if cause.isdigit() else globals()[cause]


def reset():
    """Never returns: no `finally` and no `except` runs on a chip that restarts."""
    _end("USR1")


def _end(signal):
    """End the process by a signal, see `chip_wdt`; it takes next to no memory to do so."""
    os.system("kill -%s $PPID" % signal)
    while True:
        time.sleep_ms(1000)


_uarts = [None, None, None]
_rtc = b""
_always = open("/dev/zero", "rb")  # noqa: SIM115 (for as long as the chip lives)


class UART(io.IOBase):
    """At the end of the simulated meter's line.

    SIM_UART says where the line is: HOST:PORT of `python -m sim`, or a device such as a
    pseudo-terminal. A receive ring of `rxbuf` bytes, fixed when the UART is made, takes what
    comes; what comes while it is full is lost without a word, as on the chip. Where the line is
    cut or its other end is gone, no bytes come, and they come again when it is back.
    """

    INV_RX = 4

    def __init__(self, *settings, **named):
        _rare().make_uart(self, *settings, **named)

    def __repr__(self):
        return _rare().describe(self)

    def __getattr__(self, name):
        return _rare().of_uart(self, name)

    def any(self):
        self._receive()
        return self._end

    def readinto(self, buffer, size=-1):
        waiting = self._wait()
        if not waiting:
            return None
        if size < 0 or size > len(buffer):
            size = len(buffer)
        size = min(size, waiting)
        self._end = waiting - size
        return self._ring.readinto(buffer, size)

    def read(self, size=-1):
        waiting = self._wait()
        if waiting:
            if size < 0 or size > waiting:
                size = waiting
            self._end = waiting - size
            return self._ring.read(size)

    def ioctl(self, request, flags):
        if request == _POLL:
            return flags & (_READABLE | _WRITABLE if self.any() else _WRITABLE)
        if request == _CLOSE:
            self.deinit()
            return 0
        if request == _GET_FILENO:
            # What poll() may wait for in the operating system, asked each time a task begins to
            # wait. Without one it would come round every millisecond, and wait that millisecond
            # before it looks. A ring that holds something is ready at once, as /dev/zero always
            # is.
            if self.any():
                return _always.fileno()
            if self._line:
                return self._line.fileno()
        # An answer of 0 would mean a descriptor to poll(), or success.
        return -1

    def _wait(self):
        """`timeout` ms for a first byte, as the driver waits; returns how many there are."""
        begin = time.ticks_ms()
        while not self.any() and time.ticks_diff(time.ticks_ms(), begin) < self._timeout:
            time.sleep_ms(1)
        return self._end

    def _receive(self):
        """Moves what has come down the line into the ring."""
        if not self._line:
            self._plug_in()
        while self._line:
            # With SIM_BACKPRESSURE there is no more room than the ring's.
            size = min(len(self._piece), self._room - self._end)
            if not size:
                return
            try:
                size = self._line.readinto(self._piece, size)
            except OSError:
                size = 0
            if size is None:
                return
            if not size:
                self._hang_up()
            if self._spelling:
                self._spelling(self._piece, size)
            # The ring takes what fits; nobody is told of the rest.
            size = min(size, self._size - self._end)
            self._end += size
            self._ring.write(self._piece, size)

    def _plug_in(self):
        """Finds the line; at most every 200 ms, for it may not be there."""
        now = time.ticks_ms()
        if not self._where or (
            self._tried is not None and time.ticks_diff(now, self._tried) < _RETRY_MS
        ):
            return
        self._tried = now
        try:
            if self._where[0] == "/":
                from chip_line import Device

                self._line = Device(self._where)
            else:
                host, port = self._where.rsplit(":", 1)
                self._line = usocket.socket()
                self._line.connect(usocket.getaddrinfo(host, int(port))[0][-1])
                self._line.setblocking(False)
        except OSError:
            self._hang_up()

    def _hang_up(self):
        if self._line:
            self._line.close()
        self._line = None
