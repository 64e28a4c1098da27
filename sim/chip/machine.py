"""The ESP32's `machine`, simulated: what the firmware's board code needs of it.

For MicroPython's unix port, in place of its own module: MICROPYPATH=sim/chip:.frozen. It behaves
as the ESP32 port does, errors included; what the pins and lines connect to comes from the
environment (`SIM_...`), for a chip cannot see more of the world either.

The ESP32's module takes no heap. So only what is called all the time, and what must work when
memory has run out, stays in memory here; the rest is in `chip_machine`, which is loaded for each
use and dropped again. For the same reason what is private here has names that the firmware uses.
"""

import io
import os
import sys
import time

from micropython import const

_POLL = const(3)  # MP_STREAM_POLL
_CLOSE = const(4)  # MP_STREAM_CLOSE
_GET_FILENO = const(10)  # MP_STREAM_GET_FILENO
_READABLE = const(1)
_WRITABLE = const(4)
_RETRY_MS = const(200)


def __getattr__(*what):
    import chip_machine

    del sys.modules["chip_machine"]
    return chip_machine.find(*what)


def reset():
    """Never returns: no `finally` and no `except` runs on a chip that restarts, see `chip_wdt`."""
    os.system("kill -USR1 $PPID")
    while True:
        time.sleep_ms(1000)


class _Uart(io.IOBase):
    """At the end of the simulated meter's line; `chip_machine` makes it, and has what is rare.

    SIM_UART says where the line is: HOST:PORT of `python -m sim`, or a device such as a
    pseudo-terminal. A receive ring of `rxbuf` bytes, fixed when the UART is made, takes what
    comes; what comes while it is full is lost without a word, as on the chip. Where the line is
    cut or its other end is gone, no bytes come, and they come again when it is back.
    """

    __getattr__ = __repr__ = __getattr__

    def any(self):
        """Moves what has come down the line into the ring."""
        now = time.ticks_ms()
        if self._line is None and time.ticks_diff(now, self._next) >= 0:
            # Not more often, for it may not be there.
            self._next = now + _RETRY_MS
            try:
                self._open()
            except MemoryError:
                pass  # for the heap is not the chip's
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
        return self._waiting

    def readinto(self, buffer, size=-1):
        waiting = self.any() or (self._patience and self._wait())
        if not waiting:
            return None
        if size < 0 or size > len(buffer):
            size = len(buffer)
        size = min(size, waiting)
        self._waiting -= size
        return self._stream.readinto(buffer, size)

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
