"""A web server as the source: what it may answer, and what is made of it."""

import asyncio
import contextlib
import gzip
import threading
import time
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import islice, pairwise

import pytest
from meters import START

from host import fetch
from host import settings as pc
from host.failures import Failures
from host.web_port import WebPort
from sim.meter import Meter
from sim.ports import free_port

TELEGRAMS = list(islice(Meter("t211", START).telegrams(), 5))
ONE, TWO = TELEGRAMS[:2]
DEADLINE = 0.6


class Server:
    """Answers each GET with what `answer(handler, number of the request)` sends."""

    def __init__(self, answer):
        self.requests = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                outer.requests.append((time.monotonic(), self.path, self.headers))
                with contextlib.suppress(OSError):
                    answer(self, len(outer.requests) - 1)

            def log_message(self, *_):
                """Quiet."""

            def send(self, body, status=200, **headers):
                self.send_response(status)
                for name, value in {"Content_Length": len(body), **headers}.items():
                    if value is not None:
                        self.send_header(name.replace("_", "-"), str(value))
                self.end_headers()
                self.wfile.write(body)

        class Quiet(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_):
                """A client that hangs up is what is tested."""

        self._server = Quiet(("127.0.0.1", 0), Handler)
        self.port = self._server.server_port
        self.url = f"http://127.0.0.1:{self.port}/telegram"
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def close(self):
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def serve():
    with contextlib.ExitStack() as stack:

        def start(answer):
            server = Server(answer)
            stack.callback(server.close)
            return server

        yield start


class Heard:
    """What a source has sent, what was said, and what was counted."""

    def __init__(self):
        self.data = bytearray()
        self.said = []
        self.failures = Failures(self)

    def warning(self, text):
        self.said.append(text)

    def info(self, text):
        self.said.append(text)

    def debug(self, text):
        """What need not be said."""


def hear(url, done, interval=0.01, seconds=10, **given):
    """Read a source until done(heard); returns what was heard."""
    settings = {**pc.defaults(), **given}
    heard = Heard()

    async def read():
        port = WebPort(url, interval, settings, heard.failures, DEADLINE)
        buffer = bytearray(512)
        end = time.monotonic() + seconds
        try:
            while not done(heard):
                assert time.monotonic() < end, (heard.said, heard.failures.counts)
                size = await port.readinto(buffer)
                assert size is None or size > 0
                heard.data += buffer[: size or 0]
        finally:
            port.close()

    asyncio.run(read())
    return heard


def survived(server, kind, times=3):
    """It fails so, is said once, and a good answer afterwards is read; returns what was said."""
    heard = hear(server.url, lambda heard: heard.data.endswith(ONE[-6:]))
    assert heard.failures.counts == {kind: times}
    assert bytes(heard.data) == ONE
    assert len(heard.said) == 2, heard.said
    assert heard.said[1] == f"Reading {server.url} again."
    assert server.url in heard.said[0]
    return heard.said[0]


def then_good(bad, times=3):
    """Answers badly so often, and well from then on."""
    return lambda handler, number: bad(handler) if number < times else handler.send(ONE)


def test_each_new_telegram_comes_once(serve):
    order = [ONE, ONE, TWO, TWO, TWO, TELEGRAMS[2]]
    server = serve(lambda handler, number: handler.send(order[min(number, 5)]))
    heard = hear(server.url, lambda heard: len(server.requests) > 8)
    assert bytes(heard.data) == b"".join(TELEGRAMS[:3])
    assert heard.failures.counts == {}
    assert heard.said == []


def test_it_asks_at_the_interval_and_as_what_it_is(serve):
    server = serve(lambda handler, number: handler.send(ONE))
    hear(server.url + "?a=b", lambda heard: len(server.requests) > 3, interval=0.2)
    times = [moment for moment, _, _ in server.requests]
    assert all(0.1 < later - earlier < 0.6 for earlier, later in pairwise(times))
    _, path, headers = server.requests[0]
    assert path == "/telegram?a=b"
    assert headers["User-Agent"].startswith("power-readout/")
    assert headers["Authorization"] is None


@pytest.mark.parametrize(
    "body",
    [
        ONE.replace(b"\r\n", b"\n"),
        ONE.replace(b"\r\n", b"\n").rstrip(),
        ONE.rstrip(),
        b"\r\n" + ONE + b"\n\n",
        TWO + ONE,
        ONE[100:] + ONE,
    ],
    ids=["LF", "LF without the last", "without the last", "space", "two", "a rest before"],
)
def test_what_programs_make_of_a_telegram_is_mended(serve, body):
    server = serve(lambda handler, number: handler.send(body))
    assert bytes(hear(server.url, lambda heard: len(heard.data) >= len(ONE)).data) == ONE


def test_a_server_that_does_not_say_how_long_it_is(serve):
    server = serve(lambda handler, number: handler.send(ONE, Content_Length=None))
    assert bytes(hear(server.url, lambda heard: len(heard.data) >= len(ONE)).data) == ONE


def test_name_and_password_are_sent_and_not_shown(serve):
    server = serve(then_good(lambda handler: handler.send(b"", 401), 1))
    url = server.url.replace("http://", "http://me:secret%21@")
    heard = hear(url, lambda heard: heard.data)
    assert server.requests[0][2]["Authorization"] == "Basic bWU6c2VjcmV0IQ=="
    assert heard.failures.counts == {"HTTP 401": 1}
    assert "secret" not in "".join(heard.said)


def test_a_password_does_not_follow_a_redirect_to_another_server(serve):
    other = serve(lambda handler, number: handler.send(ONE))
    server = serve(lambda handler, number: handler.send(b"", 302, Location=other.url))
    hear(server.url.replace("http://", "http://me:secret@"), lambda heard: heard.data)
    assert server.requests[0][2]["Authorization"]
    assert other.requests[0][2]["Authorization"] is None


def test_no_crc_is_a_setting(serve):
    plain = ONE[: ONE.index(b"!") + 1] + b"\r\n"
    server = serve(lambda handler, number: handler.send(plain))
    heard = hear(server.url, lambda heard: heard.failures.counts)
    assert heard.failures.counts == {"damaged: no crc": 1}
    assert (
        bytes(hear(server.url, lambda heard: heard.data[-3:] == b"!\r\n", crc="none").data)
        == plain
    )


# Bad input: counted, said once, survived


HTML = b"<!DOCTYPE html><html><head><title>It works!</title></head></html>"


@pytest.mark.parametrize("body", [HTML, b"", b'{"error": "a/b"}', b"\0\xff" * 1000, b"hello"])
def test_what_is_no_telegram(serve, body):
    server = serve(then_good(lambda handler: handler.send(body)))
    assert "is the path right?" in survived(server, "no telegram")


def test_half_a_telegram(serve):
    server = serve(then_good(lambda handler: handler.send(ONE[:300])))
    assert "truncated" in survived(server, "damaged: truncated")


def test_a_telegram_with_a_changed_byte(serve):
    changed = bytearray(ONE)
    changed[200] ^= 1
    server = serve(then_good(lambda handler: handler.send(bytes(changed))))
    assert "crc" in survived(server, "damaged: crc")


@pytest.mark.parametrize("chunked", [False, True])
def test_an_answer_that_ends_too_soon(serve, chunked):
    def cut(handler):
        if chunked:
            handler.send(b"1000\r\n" + ONE[:300], Content_Length=None, Transfer_Encoding="chunked")
        else:
            handler.send(ONE[:300], Content_Length=len(ONE))

    server = serve(then_good(cut))
    assert "ends too soon" in survived(server, "incomplete")


@pytest.mark.parametrize("part", ["body", "head", "nothing"])
def test_a_slow_answer_has_an_end(serve, part):
    def drip(handler):
        if part == "body":
            handler.send(b"", Content_Length=len(ONE))
        text = {"body": ONE, "head": b"HTTP/1.1 200 OK\r\nX: " + b"y" * 1000, "nothing": b""}[part]
        for place in range(60):
            handler.wfile.write(text[place : place + 1])
            time.sleep(0.05)

    server = serve(then_good(drip, 2))
    begin = time.monotonic()
    said = survived(server, "timeout", 2)
    assert f"not complete after {DEADLINE} s" in said or "no answer" in said
    assert time.monotonic() - begin < 2 * DEADLINE + 1


def test_a_slow_answer_does_not_stop_the_rest_of_the_program(serve):
    server = serve(lambda handler, number: time.sleep(2))
    turns = []

    async def watch():
        while True:
            turns.append(time.monotonic())
            await asyncio.sleep(0.01)

    async def both():
        watcher = asyncio.ensure_future(watch())
        heard = Heard()
        port = WebPort(server.url, 1, pc.defaults(), heard.failures, DEADLINE)
        assert await port.readinto(bytearray(8)) is None
        watcher.cancel()
        assert heard.failures.counts == {"timeout": 1}

    asyncio.run(both())
    assert max(later - turn for turn, later in pairwise(turns)) < 0.2


@pytest.mark.parametrize("length", [True, False])
def test_ten_megabytes(serve, length):
    taken = []

    def flood(handler):
        size = 10_000_000
        handler.send(b"", Content_Length=size if length else None)
        for _ in range(size // 10_000):
            handler.wfile.write(b"/" * 10_000)
        taken.append(size)

    server = serve(then_good(flood))
    assert str(fetch.MAX_BODY) in survived(server, "too large")
    assert taken == [], "it was read to its end"


def test_a_redirect_is_followed(serve):
    def answer(handler, number):
        if handler.path == "/telegram":
            handler.send(b"", 301, Location="/elsewhere/telegram.txt")
        else:
            handler.send(ONE)

    server = serve(answer)
    assert bytes(hear(server.url, lambda heard: len(heard.data) >= len(ONE)).data) == ONE


def test_redirects_in_a_circle(serve):
    server = serve(
        lambda handler, number: (
            handler.send(ONE) if number >= 12 else handler.send(b"", 302, Location=handler.path)
        )
    )
    assert "redirects more than 3 times" in survived(server, "redirects")


@pytest.mark.parametrize("where", ["file:///etc/passwd", "ftp://127.0.0.1/", "gopher://x"])
def test_redirects_to_what_is_no_web_address(serve, where):
    server = serve(then_good(lambda handler: handler.send(b"", 302, Location=where)))
    assert "no web address" in survived(server, "redirects")


def test_redirects_to_nonsense(serve):
    server = serve(then_good(lambda handler: handler.send(b"", 302, Location="http://x:y/")))
    heard = hear(server.url, lambda heard: heard.data)
    assert sum(heard.failures.counts.values()) == 3


@pytest.mark.parametrize("status", [404, 500, 503, 599, 302])
def test_an_answer_that_is_none(serve, status):
    server = serve(then_good(lambda handler: handler.send(ONE, status)))
    assert f"answers {status}" in survived(server, f"HTTP {status}")


def test_what_is_no_http(serve):
    server = serve(then_good(lambda handler: handler.wfile.write(b"SSH-2.0-OpenSSH\r\n" * 3)))
    assert "no HTTP" in survived(server, "no HTTP")


def test_endless_headers(serve):
    head = b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 1000 + b"\r\n"
    server = serve(then_good(lambda handler: handler.wfile.write(head)))
    assert "no HTTP" in survived(server, "no HTTP")


def test_a_server_that_hangs_up(serve):
    server = serve(then_good(lambda handler: None))
    survived(server, "failed")


def test_compression_that_was_not_asked_for(serve):
    body = gzip.compress(ONE)
    server = serve(then_good(lambda handler: handler.send(body, Content_Encoding="gzip")))
    heard = hear(server.url, lambda heard: heard.data)
    assert sum(heard.failures.counts.values()) == 3


def test_servers_that_are_not_there():
    port = free_port()
    for url, kind in (
        (f"http://127.0.0.1:{port}/telegram", "refused"),
        ("http://meter.invalid/telegram", "unknown host"),
    ):
        heard = hear(url, lambda heard: sum(heard.failures.counts.values()) > 4)
        assert heard.failures.counts == {kind: 5}
        assert len(heard.said) == 1


def test_https_without_a_certificate_that_counts(serve):
    # What speaks no TLS at all; a certificate is checked as Python does by default.
    server = serve(lambda handler, number: handler.send(ONE))
    heard = hear(server.url.replace("http:", "https:"), lambda heard: heard.failures.counts)
    assert set(heard.failures.counts) <= {"failed", "timeout"}


def test_the_program_counts_says_once_and_becomes_stale(serve, program):
    good = [True]
    made = Meter("t211", datetime(2026, 1, 15, 12))

    def answer(handler, number):
        if good[0]:
            handler.send(next(made.telegrams()) if number % 2 else ONE)
        else:
            handler.send(HTML)

    server = serve(answer)
    running = program("--stale-after", "1", POWER_READOUT_SOURCE=server.url)
    running.wait_for("/readyz")
    good[0] = False
    running.wait_for("/metrics", 503)
    running.wait_until(lambda: running.failures().get("no telegram", 0) > 1, "not counted")
    health = running.get("/healthz")[1]
    assert health["source"] == server.url
    assert health["rejected"] == {}
    good[0] = True
    running.wait_for("/readyz")
    code, said = running.end()
    assert code == 0
    assert said.count("no telegram; is the path right?") == 1
    assert said.count("again.") == 1
