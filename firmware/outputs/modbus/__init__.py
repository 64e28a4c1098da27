"""Modbus TCP: the meter's values in registers, for chargers and inverters that ask for them.

There are two meters, whatever the unit: `sdm630` and `sunspec`, each of which is loaded when it is
first asked for. docs/batteries.md says who reads which.
"""

import asyncio

import modbus
from dsmr.const import const
from firmware import load
from grid import Grid

# The first register of a SunSpec meter.
_SUNSPEC = const(40000)

#: Milliseconds that a client may take for an answer, and may be silent between two requests: one
#: that was switched off never says that it has gone.
_SLOW = const(10_000)
_IDLE = const(120_000)

#: Seconds to wait before a port that cannot be opened is tried again.
_PAUSE = const(60)

# What requests are read into, by all in turn: no task pauses while it holds something.
_buffer = bytearray(modbus.LONGEST)
_view = memoryview(_buffer)


def create(context):
    """The output, see `firmware.outputs`."""
    return Modbus(context)


class Modbus:
    """A server on the port of the setting `modbus_port`, for `modbus_clients` at once."""

    deadline = 120

    def __init__(self, context):
        self._context = context
        self.tasks = (("Modbus", self),)
        self._grid = Grid()
        # By its name, each meter that was asked for: [its module, the bytes of its registers, the
        # telegram that they hold].
        self._meters = {}
        # Of each client: its task, and when that is cut off, in the clock's milliseconds.
        self._clients = []
        self._answered = self._exceptions = self._refused = self._cut = 0
        #: Looks at the clients.
        self.turns = 0

    def counters(self):
        """Clients, and numbers of requests answered, exceptions, clients refused and cut off."""
        return {
            "clients": len(self._clients),
            "answered": self._answered,
            "exceptions": self._exceptions,
            "refused": self._refused,
            "cut_off": self._cut,
        }

    async def run(self):
        """Serve until this is cancelled."""
        self._clients.clear()
        server = asyncio.create_task(self._listen())
        try:
            while not server.done():
                self.turns += 1
                await asyncio.sleep(1)
                self._cut_off()
        finally:
            server.cancel()
            for client in self._clients:
                client[0].cancel()

    async def _listen(self):
        port = self._context.settings["modbus_port"]
        while True:
            try:
                # Who finds no place is told so by being closed.
                await self._context.board.listen(port, self._serve, lambda: True)
            except OSError as error:
                self._context.log.say(
                    "Modbus: port %d cannot be opened: %s; trying again." % (port, error)
                )
            await asyncio.sleep(_PAUSE)

    def _cut_off(self):
        """Cut off whoever takes too long, and everybody where memory is short."""
        now = self._context.board.clock.now()
        for client in self._clients:
            if now > client[1] or self._context.memory.low:
                self._cut += 1
                client[0].cancel()

    async def _serve(self, stream):
        """Answer to one client's requests, one after the other, for as long as it is there."""
        context = self._context
        now = context.board.clock.now
        if (
            context.memory.low
            or len(self._clients) >= context.settings["modbus_clients"]
            or (context.admits and not context.admits(stream.address))
        ):
            self._refused += 1
            context.log.say(
                "Modbus: %s was refused: all places are taken, or allow_from." % stream.address
            )
            stream.close()
            return
        client = [asyncio.current_task(), now() + _IDLE]
        self._clients.append(client)
        received = b""
        try:
            while True:
                size = modbus.size_of(received)
                if size < 0:
                    context.log.say("Modbus: what %s sends is no Modbus." % stream.address)
                    return
                if size:
                    stream.write(self._reply(received[:size]))
                    client[1] = now() + _SLOW
                    await stream.drain()
                    client[1] = now() + _IDLE
                    received = received[size:]
                else:
                    count = await stream.readinto(_buffer)
                    if count == 0:
                        return
                    if count:
                        received += _view[:count]
        except (OSError, MemoryError, asyncio.CancelledError):
            pass  # it has gone, or is cut off
        finally:
            stream.close()
            if client in self._clients:
                self._clients.remove(client)

    def _reply(self, request):
        """The answer to a whole frame."""
        found = modbus.parse(request)
        if isinstance(found, tuple):
            found = self._registers(*found)
        if isinstance(found, int):
            self._exceptions += 1
            return modbus.refusal(request, found)
        self._answered += 1
        return modbus.answer(request, found)

    def _registers(self, function, first, count):
        """The bytes of the registers that are asked for, or the number of an exception."""
        name = "sunspec" if function == modbus.HOLDING and first >= _SUNSPEC else "sdm630"
        if name not in self._meters:
            meter = load("outputs.modbus." + name)
            self._meters[name] = [meter, bytearray(2 * meter.COUNT), None]
        meter, registers, sequence = self._meters[name]
        first -= meter.FIRST
        if first + count > meter.COUNT:
            return modbus.WRONG_ADDRESS
        readout = self._context.readout
        if not readout.fresh:
            return modbus.FAILURE
        if sequence != readout.sequence:
            if not self._grid.read(readout.telegram):
                return modbus.FAILURE
            serial = self._context.board.station()[0].encode()
            meter.fill(registers, self._grid, serial)
            self._meters[name][2] = readout.sequence
        return bytes(memoryview(registers)[2 * first : 2 * (first + count)])
