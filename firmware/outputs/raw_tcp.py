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

#: Seconds to wait before a port that cannot be opened is tried again.
_PAUSE = const(60)

#: Milliseconds between two messages that somebody was refused: most try again at once.
_SELDOM = const(60_000)

#: What a client sends is read and thrown away: so many bytes at once, so many times a look.
_SIZE = const(64)
_TIMES = const(16)

#: Bytes of a packet, see `firmware.http.client`.
_PACKET = const(1440)

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
        # Of each client: its socket, its address, and the bytes that its socket has not taken yet.
        self._clients = []
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
                await asyncio.sleep(_LOOK)
        finally:
            if write in outputs:
                outputs.remove(write)
            listener.close()
            for client in tuple(self._clients):
                self._close(client)

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
                self._clients.append([peer, address, b""])
            except MemoryError:
                # The chip would never get its socket back.
                peer.close()
                return
            peer.setblocking(False)

    def _look(self, client):
        """Notice an end, and send what waits."""
        try:
            for _ in range(_TIMES):
                if not client[0].recv(_SIZE):
                    self._close(client)
                    return
        except OSError as error:
            if error.errno != errno.EAGAIN:
                self._close(client)
                return
        if client[2]:
            client[2] = client[2][self._send(client, client[2]) :]

    def _write(self, telegram):
        """Send a telegram, which lasts until this returns; what is left of it is kept for all."""
        octets = telegram.raw
        kept = None
        for client in tuple(self._clients):
            if client[2]:
                # The network may have had no memory for it until now.
                client[2] = client[2][self._send(client, client[2], True) :]
                if client[2]:
                    # Its socket is full, and a telegram waits beside it: that is enough.
                    if client in self._clients:
                        self._too_slow += 1
                        self._log.say("Raw TCP: %s does not keep up and was cut off." % client[1])
                        self._close(client)
                    continue
            sent = self._send(client, octets)
            if sent < len(octets):
                try:
                    if kept is None:
                        kept = memoryview(bytes(octets))
                    client[2] = kept[sent:]
                except MemoryError:
                    self._close(client)

    def _send(self, client, octets, is_last=False):
        """Send what its socket takes, in packets; returns how many bytes that was.

        is_last: also where the network has little memory.
        """
        sent = 0
        try:
            while sent < len(octets) and (is_last or self._memory.has_room()):
                size = client[0].send(octets[sent : sent + _PACKET])
                sent += size
                if size < _PACKET:
                    break
        except OSError as error:
            if error.errno != errno.EAGAIN:
                self._close(client)
        return sent

    def _close(self, client):
        if client in self._clients:
            self._clients.remove(client)
            client[0].close()


#: The output is made by its class, see `firmware.outputs`.
create = RawTcp
