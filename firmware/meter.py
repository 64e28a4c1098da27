"""The task that reads the meter: bytes from the port into the parser, events into the readout."""

import asyncio

from dsmr import Telegram

#: Bytes read at once; they come in 22 ms.
_CHUNK = 256

#: Seconds to wait before a port that failed is opened again.
_PAUSE = 2


class Meter:
    """Reads the board's port for ever.

    open_port: a coroutine function that returns a port, with `async readinto(buffer)` and
    `close()`; both raise OSError when it fails. readinto returns the number of bytes read, None if
    there were none for now, 0 when the port is gone, or -1 when what came before has broken off.
    """

    deadline = 30

    def __init__(self, open_port, parser, readout, log, on_telegram):
        self._open_port = open_port
        self._parser = parser
        self._readout = readout
        self._log = log
        self._on_telegram = on_telegram
        self._buffer = bytearray(_CHUNK)
        #: Turns of the loop that reads, whether the meter sent anything or not, or of the one
        #: that opens the port.
        self.turns = 0
        self._port = None

    async def run(self):
        """Never returns; a port that fails is opened again."""
        # A task that was ended amid a chunk has left the rest of it behind.
        self._abandon()
        readout = self._readout
        while True:
            self.turns += 1
            try:
                self._port = port = await self._open_port()
                readout.port_problem = None
                try:
                    await self._read(port)
                finally:
                    self._port = None
                    port.close()
                self._log.say("The meter's port was closed; opening it again.")
            except OSError as error:
                readout.port_problem = "%s" % error
                self._log.say("The meter's port: %s; trying again." % error)
            await asyncio.sleep(_PAUSE)

    def idle(self):
        """Whether a board's line is silent, so that there is nothing to do."""
        return self._port is not None and not self._port.any()

    async def _read(self, port):
        buffer = self._buffer
        while True:
            size = await port.readinto(buffer)
            self.turns += 1
            if size:
                try:
                    # No bytes end what is pending.
                    self._parse(max(size, 0))
                except MemoryError:
                    # It costs a telegram, and not the port, which would take memory to open.
                    self._abandon()
            elif size is not None:
                return

    def _abandon(self):
        rejected = self._parser.abandon()
        if rejected:
            self._readout.reject(rejected)

    def _parse(self, size):
        parser = self._parser
        parser.receive_data(self._buffer, size)
        event = parser.next_event()
        while event is not None:
            if isinstance(event, Telegram):
                self._readout.accept(event)
                self._on_telegram()
            else:
                self._readout.reject(event)
            event = parser.next_event()
