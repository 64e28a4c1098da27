"""Every good telegram, byte for byte, to whoever is connected to a TCP port.

That is what Home Assistant's DSMR integration and DSMR-reader read. Nobody is waited for: a client
that does not keep up is cut off, and none delays the meter or another one.

The sockets are looked at now and then. As streams they would need a task and a place in the loop's
poll each, for as long as they are connected.
"""

import asyncio
import errno
import socket

from dsmr.const import const

#: Seconds between looks: who connects, hangs up, or can take the rest of a telegram?
_LOOK = 0.2

#: The same while a telegram waits for the network's memory.
_SOON = 0.02

#: Seconds to wait before a port that cannot be opened is tried again.
_PAUSE = const(60)

#: Milliseconds between two messages that somebody was refused: most try again at once.
_SELDOM = const(60_000)

#: What a client sends is read and thrown away: so many bytes at once, so many times a look.
_SIZE = const(64)
_TIMES = const(16)

#: Bytes of a packet, see `firmware.http.client`.
_PACKET = const(1440)

# Of each client, a list: its socket; its address; the bytes that its socket has not taken yet; and
# whether these are a copy, and not in the telegram.
_SOCKET = const(0)
_ADDRESS = const(1)
_UNSENT = const(2)
_IS_COPY = const(3)

#: Bytes that the network stack keeps for a client on a PC, where it would keep megabytes of stale
#: telegrams; these are some four minutes. A board's keeps 5.7 KB, and cannot be told.
_KEPT = const(262144)


class RawTcp:
    """A server on the port of the setting `raw_port`, for as many clients as `raw_clients`."""

    deadline = 120

    def __init__(self, context):
        self._settings = context.settings
        self._readout = context.readout
        self._memory = context.memory
        self._log = context.log
        self._admits = context.admits
        self.tasks = (("raw TCP", self),)
        self._clients = []
        # Until when the telegram is held for them, by the clock; None if it is not.
        self._until = None
        self._refused = self._too_slow = 0
        # When it is to be said again that somebody was refused.
        self._next = 0
        #: Looks at the clients.
        self.turns = 0

    def counters(self):
        return {
            "clients": len(self._clients),
            "refused": self._refused,
            "too_slow": self._too_slow,
        }

    async def run(self):
        """Serve until this is cancelled."""
        listener = socket.socket()
        outputs = self._readout.outputs
        write = self._write
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if hasattr(socket, "SO_SNDBUF"):
                # Each client's socket has it from here.
                listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _KEPT)
            port = self._settings["raw_port"]
            while True:
                try:
                    listener.bind(("0.0.0.0", port))
                    listener.listen(2)
                    break
                except OSError as error:
                    self._log.say(
                        "Raw TCP: port %d cannot be opened: %s; trying again." % (port, error)
                    )
                self.turns += 1
                await asyncio.sleep(_PAUSE)
            listener.setblocking(False)
            outputs.append(write)
            while True:
                self.turns += 1
                self._accept(listener)
                for client in tuple(self._clients):
                    if self._memory.low:
                        self._close(client)
                    else:
                        self._look(client)
                self._free()
                await asyncio.sleep(_LOOK if self._until is None else _SOON)
        finally:
            if write in outputs:
                outputs.remove(write)
            listener.close()
            for client in tuple(self._clients):
                self._close(client)
            self._free()

    def _accept(self, listener):
        while True:
            try:
                peer, address = listener.accept()
            except OSError:
                # Nobody waits, or the chip has no socket left: then it has cut the connection.
                return
            address = address[0]
            refusal = None
            if self._memory.low:
                refusal = ""  # which has been said already
            elif self._admits and not self._admits(address):
                refusal = "its address is not in allow_from"
            elif len(self._clients) >= self._settings["raw_clients"]:
                refusal = "all %d places are taken; raise raw_clients" % len(self._clients)
            if refusal is not None:
                self._refused += 1
                peer.close()
                if refusal and self._readout.clock.now() >= self._next:
                    self._next = self._readout.clock.now() + _SELDOM
                    self._log.say("Raw TCP: %s was refused: %s." % (address, refusal))
                continue
            try:
                self._clients.append([peer, address, b"", True])
            except MemoryError:
                # The chip would never get its socket back.
                peer.close()
                return
            peer.setblocking(False)

    def _look(self, client):
        """Notice an end, and send what waits."""
        try:
            for _ in range(_TIMES):
                if not client[_SOCKET].recv(_SIZE):
                    self._close(client)
                    return
        except OSError as error:
            if error.errno != errno.EAGAIN:
                self._close(client)
                return
        if client[_UNSENT]:
            self._send(client)

    def _write(self, telegram):
        """Send a telegram. It is held while some of it waits for the network's memory."""
        if self._until is not None:
            # The one before, whose time is over.
            self._until = 0
            self._free()
        if not self._clients:
            return
        self._until = self._readout.hold()
        for client in tuple(self._clients):
            if client[_UNSENT]:
                # Its socket is full, and a telegram waits beside it: that is enough.
                self._too_slow += 1
                self._log.say("Raw TCP: %s does not keep up and was cut off." % client[_ADDRESS])
                self._close(client)
            else:
                client[_UNSENT] = telegram.raw
                client[_IS_COPY] = False
                self._send(client)
        self._free()

    def _free(self):
        """Let the next telegram come, when all have got this one or its time is over."""
        if self._until is None:
            return
        waiting = [client for client in self._clients if _waits(client)]
        if waiting and self._readout.clock.now() < self._until:
            return
        self._until = None
        for client in waiting:
            self._send(client, True)
        self._readout.free()

    def _send(self, client, is_last=False):
        """Send what its socket takes of what is unsent, in packets.

        What waits for the network's memory stays in the telegram, unless is_last; what waits for
        the socket is copied.
        """
        octets = client[_UNSENT]
        sent = 0
        try:
            while sent < len(octets) and (is_last or self._memory.has_room()):
                size = client[_SOCKET].send(octets[sent : sent + _PACKET])
                sent += size
                if size < _PACKET:
                    is_last = True
                    break
        except OSError as error:
            if error.errno != errno.EAGAIN:
                self._close(client)
                return
            is_last = True
        client[_UNSENT] = octets[sent:]
        if is_last and _waits(client):
            try:
                client[_UNSENT] = memoryview(bytes(client[_UNSENT]))
                client[_IS_COPY] = True
            except MemoryError:
                self._close(client)

    def _close(self, client):
        client[_UNSENT] = b""
        if client in self._clients:
            self._clients.remove(client)
            client[_SOCKET].close()


def _waits(client):
    """Whether some of the telegram that is held is still to be sent to a client."""
    return len(client[_UNSENT]) > 0 and not client[_IS_COPY]


#: The output is made by its class, see `firmware.outputs`.
create = RawTcp
