"""What stands between the network and microdot: the one place where clients are not trusted.

microdot reads without an end and without limits, and writes for as long as a client likes. So
requests are read here, and answers are sent from here, each with a limit: of connections, bytes,
seconds, and of the memory that the network has. What has passed is microdot's `Request`, and what
its app makes of it is microdot's `Response`, which is sent from here.
"""

import asyncio

from microdot import Request

import firmware
from dsmr.const import const
from firmware.http import refusal
from firmware.http.head import parse

# Milliseconds in which nobody has to give way whose request has not come: on a network at home it
# comes with the connection, or some milliseconds later.
_GRACE = const(100)

# Milliseconds for which the rest of a request is taken in when it has been answered. A connection
# that is closed while there is something to read is reset, and the client may lose the answer.
_LINGER = const(1000)

# Seconds in which the client may close the connection, if it sees by its length that the answer is
# whole. Who closes first keeps memory for the connection for two minutes more, and a board without
# PSRAM has little of that.
_CLOSES = 0.05

# Bytes of a packet, which takes 1.5 KB of the network's memory until it is confirmed, however full
# it is.
_PACKET = const(1440)

# Bytes that a renderer may leave in the buffer when it goes on: beside them there is room for its
# longest value.
_LEFT = const(400)

# What does not need http_password: a sign of life; and updates and settings, which ask for a key
# and a password of their own.
_OPEN = ("/livez", "/update", "/settings")

# Milliseconds that somebody waits for a place before being refused.
_PATIENT = const(3_000)

# Bytes of the longest body that a request may have, where it may have one.
_MAX_BODY = const(2048)

# Seconds between two looks whether there is memory again.
_PAUSE = 0.02

# What requests are read into, by all in turn: no task pauses while it holds something.
_buffer = bytearray(256)
_view = memoryview(_buffer)


class Client:
    """A connection, which answers are sent to. Pages have it as their request's `sock`."""

    def __init__(self, guard, stream, now):
        self._guard = guard
        self.stream = stream
        #: When it began to do what it has a deadline for; None: just now.
        self.since = now
        #: Whether some of its request has come, all of it, and some of its answer has gone; and
        #: whether it has a deadline for each piece of its answer instead of one for all.
        self.begun = self.asked = self.answered = False
        self.endless = False
        #: Whether it has its turn: its answer is being made or sent.
        self.working = False
        #: Whether it is being cut off.
        self.late = False
        self.task = None
        # The readout whose telegram its answer is made of, and until when that may take a pause.
        self._held = self._until = None

    def cut(self):
        """Let its task end."""
        self.late = True
        if self.task:
            self.task.cancel()

    def stop_working(self):
        """Let others have their turn, see `Memory.begin`."""
        self.free()
        if self.working:
            self.working = False
            self._guard.memory.end()

    def hold(self, readout):
        """Make what follows of its last telegram: the next one waits, see `Readout.hold`."""
        self._held = readout
        self._until = readout.hold()
        self._sequence = readout.sequence

    def free(self):
        """What follows is not of that telegram any more."""
        if self._held:
            self._held.free()
        self._held = self._until = None

    def endless_clients(self):
        """How many connections are endless, see `endless`."""
        return sum(client.endless for client in self._guard.clients)

    async def room(self):
        """Wait until the network has memory for a packet; no longer than a telegram is held."""
        memory = self._guard.memory
        while not memory.has_room(_PACKET):
            if self._held and self._guard.clock.now() >= self._until:
                return
            await asyncio.sleep(_PAUSE)

    async def send(self, response):
        """Send microdot's response.

        Its pieces are put together in the buffer that all outputs share, which is empty in each
        pause. A piece that is None is what the body itself has written there.
        """
        body = response.body
        headers = response.headers
        if isinstance(body, bytes):
            headers["Content-Length"] = str(len(body))
            body = (body,)
        if "Content-Type" not in headers:
            headers["Content-Type"] = "text/plain; charset=UTF-8"
        reason = response.reason or ("OK" if response.status_code == 200 else "N/A")
        await self.room()
        out = self._guard.out
        out.clear()
        out.write("HTTP/1.0 %d %s\r\n" % (response.status_code, reason))
        for name, value in headers.items():
            out.write("%s: %s\r\n" % (name, value))
        out.write(b"\r\n")
        if response.is_head:
            body = ()
        if hasattr(body, "__anext__"):
            # Nobody knows when the next piece comes.
            await self._flush()
            async for piece in body:
                await self._add(piece)
                await self._flush()
        else:
            for piece in body:
                await self._add(piece)
        await self._flush(False)

    async def _add(self, piece):
        out = self._guard.out
        if piece is None:
            if out.size > _LEFT:
                await self._flush()
            return
        if isinstance(piece, str):
            piece = piece.encode()
        at = 0
        while at < len(piece):
            end = min(len(piece), at + _PACKET - out.size)
            out.write(piece, at, end)
            at = end
            if out.size >= _PACKET:
                await self._flush()

    async def _flush(self, is_next=True):
        """Send what is in the buffer; if a packet is next, wait until there is memory for it."""
        out = self._guard.out
        memory = self._guard.memory
        if self.endless:
            self.since = None
        try:
            if out.size:
                self.answered = True
                self.stream.write(memoryview(out.buffer)[: out.size])
                out.clear()
            if not self._held:
                await self.stream.drain()
        except OSError as error:
            memory.sent(error)
            raise
        memory.sent()
        if is_next:
            await self.room()
            if self._held and self._held.sequence != self._sequence:
                raise OSError("there is a new telegram")


class Guard:
    """Serves a microdot app on the port of the setting `http_port`.

    context: see `firmware.outputs.Context`.
    """

    #: Seconds: more than twice the time between two looks of `firmware.supervisor.deafness`, which
    #: connects to it.
    deadline = 700

    def __init__(self, app, context):
        settings = context.settings
        self.port = settings["http_port"]
        #: Connections that have come, and requests that were passed on to the app.
        self.turns = 0
        self.requests = 0
        self.memory = context.memory
        self.out = context.out
        self.clock = context.board.clock
        self._app = app
        self._board = context.board
        self._fail = context.fail
        self._most = settings["http_clients"]
        self._patience = settings["http_timeout"] * 1000
        self._admits = context.admits
        self._hosts = settings["allowed_hosts"].lower().replace(" ", "").split(",")
        self._password = None
        if settings["http_password"] != "":
            from firmware.http.password import Password

            self._password = Password(settings["http_password"], self.clock)
        #: Those whose request is being read or answered.
        self.clients: list = []
        self._refused: Client | None = None
        # Since when all places have been taken while somebody waits; when that was looked at.
        self._full_since = None
        self._looked = 0

    async def run(self):
        """Serve until this is cancelled."""
        # Whoever was there when the program was stopped has no task any more.
        self.clients.clear()
        self._refused = None
        try:
            await self._board.listen(self.port, self._connected, self._ready)
        finally:
            for client in self.clients:
                client.cut()
            # So that all of them may close what they have open.
            await asyncio.sleep(0)

    def idle(self):
        """Whether nobody can connect, and so `deafness` does not either."""
        network = self._board.network
        return not (network and network.address)

    def turn(self, now):
        """To be called every second: cut off those whose time is over, and all where told so."""
        for client in self.clients + [self._refused]:
            if client is None:
                continue
            if client.late and not client.task:
                # Memory was too short for its task.
                self.clients.remove(client)
            elif client.since is None:
                client.since = now
            elif now - client.since > self._patience or self.memory.shed:
                client.cut()

    def _ready(self):
        """Whether a connection that waits may be accepted: to be served, or to be refused."""
        now = self.clock.now()
        # If others have held the loop up, what has come may not have been read yet.
        was_held_up = now - self._looked >= _GRACE
        self._looked = now
        if self.memory.low or not self._is_full():
            self._full_since = None
            return True
        if not was_held_up and self._give_way(now):
            return False
        if self._full_since is None:
            self._full_since = now
        return now - self._full_since >= _PATIENT

    def _connected(self, stream):
        """What is to be done with a connection that has come in, as a coroutine.

        Raises MemoryError where memory is short: then it is turned away without taking any.
        """
        self.turns += 1
        if self.memory.low:
            raise MemoryError
        now = self.clock.now()
        client = Client(self, stream, now)
        if self._admits and not self._admits(stream.address):
            return self._refuse(client, 403)
        if self._is_full() and not self._give_way(now):
            return self._refuse(client, 503)
        self.clients.append(client)
        return self._serve(client)

    def _is_full(self):
        """Whether all places are taken, or the memory for one more beside others."""
        if len(self.clients) >= self._most:
            return True
        for client in self.clients:
            if not client.endless:
                return not self.memory.has_heap()
        return False

    def _give_way(self, now):
        """Cut off whoever has waited longest with a request; whether there is somebody."""
        for client in self.clients:
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
            await client.send(refusal(status))
            await self._linger(client, True)
        except (OSError, MemoryError, asyncio.CancelledError):
            pass
        finally:
            if self._refused is client:
                self._refused = None
            client.stream.close()

    async def _serve(self, client):
        client.task = asyncio.current_task()
        try:
            try:
                data, is_whole = await self._read(client)
                if is_whole:
                    client.asked = True
                    client.since = None
                    # Until then it takes as little as can be.
                    client.working = await self.memory.begin()
                    head = parse(data)
                    response = self._check(head, client) if client.working else refusal(503)
                    is_refused = response is not None
                    if not is_refused:
                        request = await self._request(client, head, data)
                        response = await self._app.dispatch_request(request)
                    more = is_refused or head[4] or not data.endswith(b"\n")
                    # Nobody needs them while the answer is sent.
                    data = head = request = None
                    await client.send(response)
                    closes = firmware.is_tight and "Content-Length" in response.headers
                    response = None
                    client.stop_working()
                    if more or closes:
                        await self._linger(client, more)
            except asyncio.CancelledError:
                if client.asked and not client.answered:
                    await client.send(refusal(503))  # there was no memory for it in time
                elif client.begun and not client.asked:
                    await client.send(refusal(408))
            except OSError:
                pass  # it has gone; there is nobody to tell
            except Exception as fault:
                self._fail("web", fault)
                # Also amid an answer: so nobody takes for whole what is not.
                await client.send(refusal(500))
        except (OSError, MemoryError, asyncio.CancelledError):
            pass
        finally:
            client.stop_working()
            client.stream.close()
            if client in self.clients:
                self.clients.remove(client)

    async def _read(self, client):
        """(what has come, whether a head is in it that is whole or cannot be one)."""
        data: bytes | bytearray = b""
        while not client.late:
            size = await client.stream.readinto(_buffer)
            if size:
                client.begun = True
                if not data:
                    data = bytes(_view[:size])
                else:
                    # It grows in its place where it can.
                    data = data if isinstance(data, bytearray) else bytearray(data)
                    data.extend(_view[:size])
                if parse(data) is not None:
                    return data, True
            elif size is not None:
                break
        return data, False

    def _check(self, head, client):
        """The response to a request that is refused, or None."""
        status = 0
        if isinstance(head, int):
            status = head
        else:
            method, target, _, headers, body = head
            if not self._is_ours(headers.get("Host", "")):
                status = 421
            elif self._password and target.partition("?")[0] not in _OPEN:
                status = self._password.check(headers.get("Authorization"), client.stream.address)
            if not status and body:
                length = headers.get("Content-Length")
                if method in ("GET", "HEAD") or length is None or int(length) > _MAX_BODY:
                    status = 413
        if not status:
            return None
        response = refusal(status)
        response.is_head = not isinstance(head, int) and head[0] == "HEAD"
        return response

    async def _request(self, client, head, data):
        """microdot's request, with its body if it has one."""
        method, target, version, headers, has_body = head
        body = b""
        if has_body:
            length = int(headers["Content-Length"])
            body = bytes(data).partition(b"\r\n\r\n")[2]
            missing = length - len(body)
            while missing > 0:
                size = await client.stream.readinto(_buffer)
                if size == 0:
                    raise OSError("the client has gone")
                if size:
                    body += _view[:size]
                    missing -= size
            body = body[:length]
        self.requests += 1
        try:
            return Request(
                self._app,
                (client.stream.address, 0),
                method,
                target,
                version[5:],
                headers,
                body=body,
                sock=client,
            )
        except ValueError:
            # A query with escapes that are none: microdot makes of no request a "bad request".
            return None

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

    async def _linger(self, client, more):
        """Let the client close first. If more comes, it is read and forgotten."""
        client.begun = client.asked = False
        client.since = self.clock.now() - self._patience + _LINGER
        if not more:
            await asyncio.sleep(_CLOSES)
        while more and await client.stream.readinto(_buffer) != 0:
            pass
