"""What stands between the network and the handlers: the one place where clients are not trusted.

microdot makes requests of what has been read, with the arguments of their queries. By itself it
reads without an end and without limits, and writes for as long as a client likes; so all that is
done here instead, each with a limit.
"""

import asyncio
import socket

from microdot import Request

from dsmr.const import const
from firmware import borrow
from firmware.outputs.head import parse

# Bytes that accept() may take: 608 on the simulated chip, whose sockets are Python's objects, and
# fewer on a board.
_ACCEPT = const(640)

# To be sent as it is: there is no memory for more.
_SHORT = b"""\
HTTP/1.0 503 Service Unavailable\r\nContent-Type: application/json\r\nRetry-After: 60\r\n\r\n\
{"error": "Memory is short; ask again in a minute."}
"""

try:
    from micropython import mem_info  # noqa: F401

    def listen(port, connected):
        """Start the coroutine connected(stream) for each connection, until this is cancelled.

        asyncio's own server ends where memory is short for a connection, keeps its port all the
        same, and loses the connection.
        """
        listener = socket.socket()
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(("0.0.0.0", port))
            listener.listen(5)
            listener.setblocking(False)
            while True:
                # As asyncio's streams wait.
                yield asyncio.core._io_queue.queue_read(listener)  # type: ignore[attr-defined]
                try:
                    # An ESP32 never gets back the socket that accept() finds no memory for; this
                    # is garbage at once, so that there is some.
                    bytearray(_ACCEPT)
                    peer, address = listener.accept()
                    try:
                        peer.setblocking(False)
                        stream = asyncio.StreamReader(peer, {"peername": address})  # type: ignore[arg-type]
                        asyncio.create_task(connected(stream))  # noqa: RUF006 (the loop keeps it)
                    except MemoryError:
                        try:
                            peer.send(_SHORT)
                        finally:
                            peer.close()
                except OSError:
                    pass  # it has gone, or there is no socket left
                except MemoryError:
                    yield from asyncio.sleep(1)  # type: ignore[misc]
        finally:
            listener.close()

    def close(stream):
        # Its own way takes memory.
        stream.s.close()

except ImportError:
    from firmware.outputs.pc_stream import close, listen

# Milliseconds in which nobody has to give way whose request has not come: on a network at home it
# comes with the connection, or some milliseconds later.
_GRACE = const(100)

# Milliseconds for which the rest of a request is taken in when it has been answered. A connection
# that is closed while there is something to read is reset, and the client may lose the answer.
_LINGER = const(1000)

# What requests are read into, by all in turn: no task pauses while it holds something.
_buffer = bytearray(512)
_view = memoryview(_buffer)


def error(status, sentence=None):
    """The answer to a request that is refused, see `firmware.outputs.refusal`."""
    return borrow("outputs.refusal").refusal(status, sentence)


class Client:
    """A connection."""

    def __init__(self, stream, now):
        self.stream = stream
        #: When it began to do what it has a deadline for; None: just now.
        self.since = now
        #: Whether its request has come.
        self.asked = False
        #: Whether it is being cut off.
        self.late = False
        self.task = None

    def cut(self):
        """Let its task end."""
        self.late = True
        if self.task:
            self.task.cancel()


class Front:
    """A server for requests that only read.

    fail(name, error): counts an error of ours, see `firmware.tasks`; admits(address): whether a
    client may connect, None: everybody may.
    """

    def __init__(self, settings, readout, fail, admits=None):
        self.port = settings["http_port"]
        #: By path what answers there: coroutine functions that make a response of a request.
        self.handlers: dict = {}
        #: Connections that have come.
        self.turns = 0
        self._readout = readout
        self._fail = fail
        self._most = settings["http_clients"]
        self._patience = settings["http_timeout"] * 1000
        self._admits = admits
        self._hosts = settings["allowed_hosts"].lower().replace(" ", "").split(",")
        self._password = None
        if settings["http_password"] != "":
            from firmware.outputs.password import Password

            self._password = Password(settings["http_password"], readout.clock)
        self._clients: list = []
        self._refused: Client | None = None

    async def run(self):
        """Serve until this is cancelled."""
        # Whoever was there when the program was stopped has no task any more.
        self._clients.clear()
        self._refused = None
        watch = asyncio.create_task(self._watch())
        try:
            await listen(self.port, self._connected)
        finally:
            watch.cancel()
            for client in self._clients:
                client.cut()
            # So that all of them may close what they have open.
            await asyncio.sleep(0)

    async def _watch(self):
        while True:
            await asyncio.sleep(1)
            try:
                self._look(self._readout.clock.now())
            except MemoryError:
                pass  # the next look is in a second

    def _look(self, now):
        """Cut those off whose time is over."""
        for client in self._clients + [self._refused]:
            if client is None:
                continue
            if client.late and not client.task:
                # Memory was too short for its task.
                self._clients.remove(client)
            elif client.since is None:
                client.since = now
            elif now - client.since > self._patience:
                client.cut()

    def _connected(self, stream):
        """What is to be done with a connection that has come in, as a coroutine.

        Raises MemoryError where memory is short: then it is turned away without taking any.
        """
        self.turns += 1
        if self._readout.low:
            raise MemoryError
        now = self._readout.clock.now()
        client = Client(stream, now)
        if self._admits and not self._admits(stream.get_extra_info("peername")[0]):
            return self._refuse(client, 403)
        if len(self._clients) >= self._most and not self._shed(now):
            return self._refuse(client, 503)
        self._clients.append(client)
        return self._serve(client)

    def _shed(self, now):
        """Cut off whoever has waited longest with a request; whether there is somebody."""
        for client in self._clients:
            if not client.asked and not client.late and now - client.since >= _GRACE:
                client.cut()
                return True
        return False

    async def _refuse(self, client, status):
        """Answer without having read anything. The next one that is refused ends it."""
        if self._refused:
            self._refused.cut()
        self._refused = client
        client.task = asyncio.current_task()
        try:
            await error(status).write(client.stream)
            await self._linger(client)
        except (OSError, MemoryError, asyncio.CancelledError):
            pass
        finally:
            if self._refused is client:
                self._refused = None
            close(client.stream)

    async def _serve(self, client):
        client.task = asyncio.current_task()
        data: bytes | bytearray = b""
        head = None
        try:
            try:
                while head is None and not client.late:
                    size = await client.stream.readinto(_buffer)
                    if size:
                        if not data:
                            data = bytes(_view[:size])
                        else:
                            # It grows in its place where it can.
                            data = data if isinstance(data, bytearray) else bytearray(data)
                            data.extend(_view[:size])
                        head = parse(data)
                    elif size is not None:
                        return
                if head is None:
                    return
                client.asked = True
                client.since = None
                response = self._request(head, client)
                is_refused = isinstance(head, int)
                is_head = not is_refused and head[0] == "HEAD"
                more = is_refused or head[4] or not data.endswith(b"\n")
                # Nobody needs them while the answer is sent.
                data = b""
                head = None
                if isinstance(response, Request):
                    response = await self._answer(response)
                await response.write(client.stream, is_head)
                if more:
                    await self._linger(client)
            except asyncio.CancelledError:
                if data:
                    await error(408).write(client.stream)
            except OSError:
                pass  # it has gone; there is nobody to tell
            except MemoryError as fault:
                # Also amid an answer: so nobody takes for whole what is not.
                client.stream.write(_SHORT)
                await client.stream.drain()
                self._fail("web", fault)
            except Exception as fault:
                await self._failed(fault).write(client.stream)
        except (OSError, MemoryError, asyncio.CancelledError):
            pass
        finally:
            close(client.stream)
            if client in self._clients:
                self._clients.remove(client)

    def _request(self, head, client):
        """microdot's request, or the response to one that is refused."""
        if isinstance(head, int):
            return error(head)
        method, target, version, headers, body = head
        address = client.stream.get_extra_info("peername")
        status = 0
        if not self._is_ours(headers.get("Host", "")):
            status = 421
        elif self._password and target.partition("?")[0] != "/livez":
            status = self._password.check(headers.get("Authorization"), address[0])
        if not status and body and method in ("GET", "HEAD"):
            status = 413
        if not status:
            try:
                return Request(self, address, method, target, version[5:], headers)
            except ValueError:
                # A query with escapes that are none.
                status = 400
        return error(status)

    async def _answer(self, request):
        """The response of what answers at the request's path."""
        self._readout.http_requests += 1
        handler = self.handlers.get(request.path)
        if not handler:
            return error(404)
        if request.method not in ("GET", "HEAD"):
            return error(405)
        try:
            return await handler(request)
        except Exception as fault:
            return self._failed(fault)

    def _failed(self, fault):
        """Count an error of ours; returns the response to it."""
        self._fail("web", fault)
        return error(500)

    def _is_ours(self, host):
        """Whether a Host header can mean this reader.

        A page from elsewhere may let its own name point here, and its scripts then read what they
        find (DNS rebinding). It cannot do so with an address, or a name that no public server
        gives out. Who sends no name is no browser.
        """
        name = host.lower()
        if name[:1] != "[":
            name = name.partition(":")[0].rstrip(".")
            last = name.rpartition(".")[2]
            if "." in name and not last.isdigit() and last not in ("local", "lan"):
                hosts = self._hosts
                return name.endswith(".home.arpa") or name in hosts or "*" in hosts
        return True

    async def _linger(self, client):
        """Take in what else comes, and forget it."""
        client.asked = False
        client.since = self._readout.clock.now() - self._patience + _LINGER
        while await client.stream.readinto(_buffer) != 0:
            pass
