"""What must hold of the web server, whatever a client sends. The server is the program's own.

- What comes back is nothing, or an HTTP response with a status that the program knows; 500, which
  says that a handler has failed, is none of them.
- What comes back with 200 from a JSON path is JSON, an error is JSON with a sentence.
- The connection is ended by the server, soon after the client has sent all; but a stream of
  events goes on.
- The next client is answered.
"""

import asyncio
import json
import logging
import re
from datetime import datetime

from firmware import assembly
from firmware.boards import Clock
from host.failures import Failures
from host.pc import Pc
from host.settings import defaults
from sim.meter import Meter
from sim.ports import free_port

#: Seconds in which the server must have ended a connection whose client sends no more.
_PATIENCE = 20

_KNOWN = (200, 304, 400, 401, 403, 404, 405, 408, 413, 414, 421, 429, 431, 501, 503, 505)
_HEAD = re.compile(rb"HTTP/1\.[01] (\d{3})[^\r\n]*\r\n(?:[!-~]+: ?[^\r\n]*\r\n)*\r\n")


class _Port:
    """A meter that sends one telegram and then nothing."""

    def __init__(self):
        self._telegram = next(Meter(start=datetime(2026, 1, 15, 12)).telegrams())

    async def readinto(self, buffer):
        if not self._telegram:
            await asyncio.sleep(3600)
        size = min(len(buffer), len(self._telegram))
        buffer[:size] = self._telegram[:size]
        self._telegram = self._telegram[size:]
        return size

    def close(self):
        pass


class _Board(Pc):
    """A PC whose time stands still, so that its meter's one telegram stays fresh."""

    def __init__(self, settings):
        super().__init__(settings, Failures(logging.getLogger("fuzz")))
        self.clock = Clock(lambda: 0, lambda later, earlier: later - earlier)

    async def open_port(self):
        return _Port()


class Side:
    """The program, in this process, and a client."""

    def __init__(self):
        self._port = free_port()
        self._said = []
        self._loop = asyncio.new_event_loop()
        settings = {**defaults(), "http_port": self._port, "raw_port": 0}
        app = assembly.make(settings, [], _Board(settings), self._said.append)
        self._task = self._loop.create_task(app.run())
        self._loop.run_until_complete(self._up())

    async def _up(self):
        for _ in range(500):
            if self._task.done():
                self._task.result()
            try:
                if b" 200 " in await self._exchange(b"GET /readyz HTTP/1.0\r\n\r\n"):
                    return
            except OSError:
                pass
            await asyncio.sleep(0.01)
        raise AssertionError("not up: %r" % self._said)

    def close(self):
        self._task.cancel()
        try:
            self._loop.run_until_complete(self._task)
        except asyncio.CancelledError:
            pass
        self._loop.close()

    def check(self, data):
        """Send one client's bytes; raise AssertionError if something does not hold."""
        answer = self._loop.run_until_complete(self._exchange(data))
        if answer:
            self._check_answer(answer)
        answer = self._loop.run_until_complete(self._exchange(b"GET /livez HTTP/1.0\r\n\r\n"))
        assert b" 200 " in answer[:20], "the next client is not answered"
        assert not any("fail" in line or "ended" in line for line in self._said), self._said

    async def _exchange(self, data):
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        try:
            writer.write(data)
            writer.write_eof()
            return await asyncio.wait_for(self._read(reader), _PATIENCE)
        except ConnectionError:
            # A server may close while something is still being sent to it.
            return b""
        finally:
            writer.close()

    async def _read(self, reader):
        """All that comes; of a stream of events, which has no end, those that come at once."""
        answer = b""
        while True:
            part = await reader.read(65536)
            answer += part
            if not part or b"\nContent-Type: text/event-stream\r" in answer:
                return answer

    def _check_answer(self, answer):
        head = _HEAD.match(answer)
        assert head, answer[:200]
        status = int(head[1])
        assert status in _KNOWN, answer[:200]
        body = answer[head.end() :]
        if body and b"application/json" in head[0]:
            found = json.loads(body)
            assert status < 400 or found["error"].endswith((".", "?"))


def seeds():
    """{name: input}: requests that are right, and such as go wrong."""
    requests = {
        "metrics": b"GET /metrics HTTP/1.1\r\nHost: power-readout.local\r\n\r\n",
        "prometheus": b"GET /metrics HTTP/1.1\r\nAccept: text/plain;q=0.5, */*;q=0.1\r\n\r\n",
        "format": b"GET /metrics?format=prometheus&a=%41+b HTTP/1.0\r\n\r\n",
        "telegram": b"GET /telegram HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
        "head": b"HEAD /api/v1/data HTTP/1.0\r\nUser-Agent: x\r\n\r\n",
        "health": b"GET /healthz HTTP/1.0\nHost: a\n\n",
        "post": b"POST /metrics HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello",
        "form": b"POST / HTTP/1.1\r\nContent-Type: application/x-www-form-urlencoded\r\n"
        b"Content-Length: 7\r\n\r\na=1&b=2",
        "negative": b"GET / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        "absurd": b"GET / HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n",
        "chunked": b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
        "cookie": b"GET / HTTP/1.1\r\nCookie: a=b; c; =d\r\n\r\n",
        "login": b"GET / HTTP/1.1\r\nAuthorization: Basic dXNlcjpwYXNz\r\n\r\n",
        "event": b"GET /events HTTP/1.1\r\nAccept: text/event-stream\r\nHost: 10.0.0.1:80\r\n\r\n",
        "pipeline": b"GET /livez HTTP/1.1\r\n\r\nGET /raw HTTP/1.1\r\n\r\n",
        "tls": b"\x16\x03\x01\x00\xf4\x01\x00\x00\xf0\x03\x03",
        "half": b"GET /me",
        "nothing": b"\r\n",
        "long": b"GET /" + 3000 * b"a" + b" HTTP/1.0\r\n\r\n",
        "many": b"GET / HTTP/1.0\r\n" + 60 * b"X-A: b\r\n" + b"\r\n",
        "absolute": b"GET http://power-readout.local/metrics HTTP/1.1\r\n\r\n",
        "unicode": "GET /é?ü=%ff HTTP/1.0\r\nÄ: ß\r\n\r\n".encode(),
    }
    return requests


def words():
    """What means something to a web server."""
    return [
        word.encode()
        for word in (
            *("GET ", "HEAD ", "POST ", "OPTIONS ", " HTTP/1.0", " HTTP/1.1", "\r\n", "\r\n\r\n"),
            *("/metrics", "/telegram", "/healthz", "/livez", "/readyz", "/api", "/api/v1/data"),
            *("/raw", "?format=", "json", "prometheus", "&", "%2", "%00", "../"),
            *("Accept: ", "text/plain", "application/json", "*/*", ";q=", "0.", ","),
            *("Host: ", "Content-Length: ", "Content-Type: ", "Transfer-Encoding: chunked"),
            *("Expect: 100-continue", "Authorization: Basic ", "Cookie: ", "Origin: ", "-1"),
        )
    ]
