"""What stands between the network and microdot: the one place where clients are not trusted.

microdot reads without an end and without limits. So requests are read here, each with a limit: of
connections, bytes, and seconds. What has passed is microdot's `Request`, and what its app makes of
it is microdot's `Response`, which `firmware.http.client` sends.
"""

import asyncio

from microdot import Request

import firmware
from dsmr.const import const
from firmware.http import failure, refusal
from firmware.http.client import Client
from firmware.http.head import is_over, parse

# Milliseconds in which nobody has to give way whose request has not come: on a network at home it
# comes with the connection, or some milliseconds later.
_GRACE = const(100)

# Milliseconds for which the rest of a request is taken in when it has been answered. A connection
# that is closed while there is something to read is reset, and the client may lose the answer.
_LINGER = const(1000)

# Looks whether the client has closed the connection, and seconds before each, if it sees by its
# length that the answer is whole. Who closes first keeps memory for the connection for two minutes
# more, and a board without PSRAM has little of that.
_LOOKS = const(10)
_LOOK = 0.005

# What does not need http_password: a sign of life; and updates and settings, which ask for a key
# and a password of their own.
_OPEN = ("/livez", "/update", "/settings")

# Milliseconds that somebody waits for a place before being refused: Prometheus waits for ten
# seconds. And milliseconds between two refusals, as many who are refused ask again at once.
_PATIENT = const(8_000)
_NEXT = const(1_000)

# Bytes of the longest body that a request may have, where it may have one.
_MAX_BODY = const(2048)

# What requests are read into, by all in turn: no task pauses while it holds something.
_buffer = bytearray(256)
_view = memoryview(_buffer)


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
        # Since when all places have been taken while somebody waits; when that was looked at; and
        # whether who is accepted next has waited for too long.
        self._full_since = None
        self._looked = 0
        self._refuses = False

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
        self._refuses = False
        if self.memory.low or not self._is_full():
            self._full_since = None
            return True
        if not was_held_up and self._give_way(now):
            return False
        if self._full_since is None:
            self._full_since = now
        if now - self._full_since < _PATIENT:
            return False
        self._full_since = now - _PATIENT + _NEXT
        self._refuses = True
        return True

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
        # Not `_is_full`: what was free when it was accepted may be garbage by now.
        is_full = self._refuses or len(self.clients) >= self._most
        if is_full and not self._give_way(now):
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
                client.gives_way = True
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
                if client.begun and not client.asked:
                    await client.send(refusal(408))
                elif not client.answered and (client.asked or client.gives_way):
                    # There was no memory for an answer in time; or its request may lie unread.
                    await client.send(refusal(503))
            except OSError:
                pass  # it has gone; there is nobody to tell
            except Exception as fault:
                self._fail("web", fault)
                # Also amid an answer: so nobody takes for whole what is not.
                await client.send(failure(fault))
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
                if is_over(data):
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
        if more:
            while await client.stream.readinto(_buffer) != 0:
                pass
            return
        for _ in range(_LOOKS):
            await asyncio.sleep(_LOOK)
            if client.stream.ended():
                return
