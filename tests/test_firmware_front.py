"""Clients that do not behave, and the head of a request: nothing that comes in does harm."""

import asyncio
import json
import logging
import socket
import ssl
import struct
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from conftest import free_port
from firmware.outputs.front import Front
from firmware.outputs.message import Answer
from hypothesis import given
from hypothesis import strategies as st

from firmware.app import App
from firmware.boards import Clock
from firmware.http.head import parse, prefers_text
from firmware.http.pages import Web
from firmware.meter import Readout
from host import settings as pc
from host.failures import Failures
from host.pc import Pc

GET = b"GET /metrics HTTP/1.1\r\nHost: 127.0.0.1\r\n"


# The head


@pytest.mark.parametrize(
    "data, expected",
    [
        (b"GET / HTTP/1.1\r\n\r\n", ("GET", "/", "HTTP/1.1", {}, False)),
        (b"GET / HTTP/1.0\n\n", ("GET", "/", "HTTP/1.0", {}, False)),
        (b"GET / HTTP/1.0\r\n\nrest", ("GET", "/", "HTTP/1.0", {}, False)),
        (
            b"GET /metrics?format=json HTTP/1.1\r\nhost:  a \r\nACCEPT: b\r\nUser-Agent: c\r\n"
            b"Authorization: d\r\n\r\nGET / HTTP/1.1\r\nHost: e\r\n\r\n",
            (
                "GET",
                "/metrics?format=json",
                "HTTP/1.1",
                {"Host": "a", "Accept": "b", "Authorization": "d"},
                False,
            ),
        ),
        (b"POST / HTTP/1.1\r\nContent-Length: 007\r\n\r\n", ("POST", "/", "HTTP/1.1", {}, True)),
        (b"GET / HTTP/1.1\r\nContent-Length: 00\r\n\r\n", ("GET", "/", "HTTP/1.1", {}, False)),
        (b"GET / HTTP/1.1\r\nTransfer-Encoding: x\r\n\r\n", ("GET", "/", "HTTP/1.1", {}, True)),
        (b"", None),
        (b"GET / HTTP/1.1\r\nHost: a\r\n", None),
        (b"G" * 2048, None),
        (b"G" * 2049, 431),
        (b"GET / HTTP/1.1\r\n" + b"a: b\r\n" * 400 + b"\r\n", 431),
        (b"\x16\x03\x01", 400),
        (b"\r\n\r\n", 400),
        (b"GET /\r\n\r\n", 400),
        (b"GET  / HTTP/1.1\r\n\r\n", 400),
        (b"GET /\xff HTTP/1.1\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: \xff\r\n\r\n", 400),
        (b"PRI * HTTP/2.0\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nContent-Length: many\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nContent-Length:\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n", 400),
    ],
)
@pytest.mark.parametrize("kind", [bytes, bytearray])
def test_heads(data, expected, kind):
    assert parse(kind(data)) == expected


PIECES = st.sampled_from(
    [b"GET ", b"/", b" HTTP/1.1", b"\r\n", b"\n", b"\r\n\r\n", b"Host:", b"Accept: ", b"?a=%"]
    + [b"Content-Length: ", b"-1", b"Transfer-Encoding: chunked", b" ", b"\xff", b"x" * 700]
)
DATA = st.one_of(st.binary(max_size=3000), st.lists(PIECES, max_size=40).map(b"".join))


@given(DATA)
def test_any_bytes_are_a_head_or_an_error_or_not_all(data):
    head = parse(data)
    if isinstance(head, tuple):
        method, target, version, headers, body = head
        assert method.isalpha() and target and version.startswith("HTTP/1.")
        assert set(headers) <= {"Host", "Accept", "Authorization"}
        assert isinstance(body, bool)
    elif head is None:
        assert len(data) <= 2048
    else:
        assert head in (400, 431)


@given(DATA, DATA)
def test_what_is_decided_stays_so_when_more_comes(data, more):
    head = parse(data)
    if head is not None:
        later = parse(data + more)
        # A head that ends with LF only may turn out to be the beginning of one with CR LF.
        assert later == head or b"\n\n" in data


@pytest.mark.parametrize(
    "accept, text",
    [
        (None, False),
        ("*/*", False),
        ("text/plain", True),
        ("text/plain;q=0.5, application/json;q=0.500", False),
        ("text/plain;q=0.501, application/json;q=0.5", True),
        ("text/plain;q=.9, application/json;q=1", False),
        ("text/plain;q=, application/json;q=0", False),
        ("text/plain;q=1e3, application/json;q=0.001", False),
        ("text/*;q=0.2, */*;q=0.1", True),
    ],
)
def test_what_a_client_would_rather_have(accept, text):
    assert prefers_text(accept) is text


# Clients


def ask(port, data, wait=10):
    """Send data, and read until the connection ends: (the answer, seconds)."""
    begin = time.monotonic()
    answer = b""
    with socket.create_connection(("127.0.0.1", port), wait) as client:
        try:
            client.sendall(data)
        except OSError:
            # Who does not stop sending finds the connection reset, and the answer may be lost.
            assert len(data) > 100_000
            return b"", time.monotonic() - begin
        while True:
            try:
                part = client.recv(65536)
            except ConnectionResetError:
                part = b""
            if not part:
                return answer, time.monotonic() - begin
            answer += part


def status(answer):
    return int(answer.split(b" ", 2)[1]) if answer else 0


def says_nothing(port):
    assert ask(port, b"")[0] == b""


def half_a_request(port):
    assert status(ask(port, GET)[0]) == 408


def a_byte_now_and_then(port):
    with socket.create_connection(("127.0.0.1", port), 10) as client:
        begin = time.monotonic()
        try:
            for byte in GET * 10:
                client.sendall(bytes([byte]))
                time.sleep(0.1)
        except OSError:
            pass
        # Each byte is in time; the whole is not.
        assert time.monotonic() - begin < 20


def hangs_up_in_between(port):
    with socket.create_connection(("127.0.0.1", port)) as client:
        client.sendall(GET)
        # Not with FIN, but with RST.
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    with socket.create_connection(("127.0.0.1", port)) as client:
        client.sendall(GET)
    with socket.create_connection(("127.0.0.1", port)) as client:
        client.sendall(GET + b"\r\n")
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def wants_tls(port):
    context = ssl._create_unverified_context()
    with socket.create_connection(("127.0.0.1", port), 10) as client:
        begin = time.monotonic()
        with pytest.raises((ssl.SSLError, ConnectionResetError)):
            context.wrap_socket(client)
        assert time.monotonic() - begin < 5
    assert status(ask(port, b"\x16\x03\x01\x02\x00\x01\x00" + bytes(510))[0]) == 400


def garbage_behind_the_request(port):
    for garbage in (b"x" * 100_000, GET * 3 + b"\r\n", b"\x00\r\n\r\n", b"GET / HTTP/1.1\r\n\r\n"):
        answer, _ = ask(port, GET + b"\r\n" + garbage)
        assert status(answer) == 200
        assert answer.count(b"HTTP/1.0 ") == 1


def answers(data, *expected):
    """A client that sends this and wants that status and that word."""

    def scene(port):
        answer, _ = ask(port, data)
        if not answer and len(data) > 100_000:
            return
        assert status(answer) == expected[0], answer
        for word in expected[1:]:
            assert word in answer.lower()

    return scene


SCENES = [
    says_nothing,
    half_a_request,
    a_byte_now_and_then,
    hangs_up_in_between,
    wants_tls,
    garbage_behind_the_request,
    answers(GET + b"\r\n", 200),
    answers(GET.replace(b"GET", b"HEAD") + b"\r\n", 200, b"content-length: "),
    answers(GET + b"X: " + b"x" * 1_000_000, 431, b'{"error": "the request has more than'),
    answers(GET + b"X: x\r\n" * 10_000 + b"\r\n", 431),
    answers(GET + b"Content-Length: -5\r\n\r\n", 400),
    answers(GET + b"Content-Length: %d\r\n\r\n" % 10**30, 400),
    answers(GET + b"Content-Length: 999999999\r\n\r\n", 413),
    answers(GET + b"Content-Length: 5\r\n\r\nhello", 413),
    answers(GET + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", 413),
    answers(b"POST /metrics HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello", 405, b"allow: get, head"),
    answers(b"PUT /metrics HTTP/1.1\r\nContent-Length: 70000\r\n\r\n" + b"x" * 70_000, 405),
    answers(b"OPTIONS /metrics HTTP/1.1\r\n\r\n", 405),
    answers(b"GET /nowhere HTTP/1.1\r\n\r\n", 404),
    answers(b"GET /metrics?format=%zz HTTP/1.1\r\n\r\n", 400),
    answers(b"GET /%00\x00 HTTP/1.1\r\n\r\n", 404),
    answers(b"nonsense\r\n\r\n", 400),
]


def run_scenes(port):
    with ThreadPoolExecutor(len(SCENES)) as pool:
        for done in [pool.submit(scene, port) for scene in SCENES]:
            done.result()


def intact(health):
    """No telegram was lost or damaged."""
    return health["rejected"] == {} and health.get("overruns_suspected", 0) == 0


def test_clients_that_misbehave_and_telegrams_meanwhile(board, meter_line):
    # Places enough that they do not drive each other out.
    firmware = board(
        meter_line("t211", speed=5),
        environment={"SIM_SOCKETS": "40"},
        heap="1m",
        http_timeout=1,
        http_clients=32,
    )
    firmware.wait_until_ready()
    before = firmware.json("/healthz")["telegrams"]
    run_scenes(firmware.settings["http_port"])
    health = firmware.json("/healthz")
    assert health["telegrams"] > before
    assert intact(health)
    assert "Traceback" not in firmware.printed and "exception" not in firmware.printed
    # Nothing is left of them: a board would answer as many again.
    assert all(firmware.get("/livez")[0] == 200 for _ in range(40))


def test_clients_that_misbehave_on_a_pc(program, meter_line):
    line = meter_line("t211", speed=5)
    one = program("--source", f"tcp://127.0.0.1:{line.port}", "--http-timeout", "1")
    one.wait_for("/readyz")
    run_scenes(one.port)
    assert intact(one.get("/healthz")[1])
    code, said = one.end()
    assert code == 0 and "Traceback" not in said and "exception" not in said


def test_200_connections_at_once(board, meter_line):
    """In the heap and with the sockets that a board has."""
    firmware = board(meter_line("t211", speed=5))
    firmware.wait_until_ready()
    port = firmware.settings["http_port"]
    before = firmware.json("/healthz")
    silent = []
    refused = threading.Event()

    def connect():
        for _ in range(200):
            one = socket.socket()
            one.setblocking(False)
            one.connect_ex(("127.0.0.1", port))
            silent.append(one)
        refused.set()

    thread = threading.Thread(target=connect)
    thread.start()
    refused.wait(10)
    begin = time.monotonic()
    firmware.wait_until(lambda: firmware.get("/metrics", timeout=5)[0] == 200, "answering", 20)
    assert time.monotonic() - begin < 10
    thread.join()
    # Again and again, while the 200 are still there.
    for _ in range(5):
        time.sleep(0.15)
        assert firmware.get("/metrics")[0] == 200
    for one in silent:
        one.close()
    health = firmware.json("/healthz")
    assert health["telegrams"] > before["telegrams"]
    assert intact(health)
    assert "Traceback" not in firmware.printed


def test_four_clients_at_once_are_all_answered(board, meter_line):
    firmware = board(meter_line("t211", speed=5))
    firmware.wait_until_ready()

    def scrape(_):
        return [firmware.get("/metrics")[0] for _ in range(50)]

    with ThreadPoolExecutor(4) as pool:
        for statuses in pool.map(scrape, range(4)):
            assert statuses == [200] * 50


# Inside


def front(handlers=None, **given):
    ticks = time.monotonic_ns
    clock = Clock(lambda: ticks() // 1_000_000, lambda later, earlier: later - earlier)
    one = Front({**pc.defaults(), "http_port": free_port(), **given}, Readout(clock), None)
    one.handlers.update(handlers or {})
    return one


def test_who_does_not_read_the_answer_is_cut_off():
    async def endless(request):
        def pieces():
            while True:
                yield b"x" * 100_000

        return Answer(pieces())

    async def main():
        one = front({"/": endless}, http_timeout=1)
        port = one.port
        serving = asyncio.create_task(one.run())
        await asyncio.sleep(0.1)
        _, writer = await asyncio.open_connection("127.0.0.1", port, limit=1024)
        writer.write(b"GET / HTTP/1.1\r\n\r\n")
        await asyncio.sleep(0.1)
        assert len(one._clients) == 1
        end = time.monotonic() + 10
        while one._clients and time.monotonic() < end:
            await asyncio.sleep(0.05)
        assert not one._clients
        writer.close()
        serving.cancel()
        with pytest.raises(asyncio.CancelledError):
            await serving

    asyncio.run(main())


def test_on_a_pc_too_an_answer_that_fails_is_counted(monkeypatch):
    async def fail(self, request):
        raise ValueError("no log")

    def half(path):
        yield b"x" * 600
        raise KeyError("rest")

    monkeypatch.setattr(Web, "_get_log", fail)
    monkeypatch.setattr("firmware.http.pages._file", half)
    settings = {**pc.defaults(), "http_port": free_port(), "raw_port": 0}
    said = []
    board = Pc({**settings, "source": "tcp://127.0.0.1:9"}, Failures(logging.getLogger("test")))
    app = App(settings, [], board, said.append)

    async def get(path):
        reader, writer = await asyncio.open_connection("127.0.0.1", settings["http_port"])
        writer.write(b"GET %s HTTP/1.0\r\n\r\n" % path)
        answer = await reader.read()
        writer.close()
        return answer

    async def main():
        running = asyncio.create_task(app.run())
        await asyncio.sleep(0.1)
        assert [status(await get(b"/log")) for _ in range(3)] == [500] * 3
        assert b"x" * 600 + b"HTTP/1.0 500 " in await get(b"/")
        errors = json.loads((await get(b"/healthz")).partition(b"\r\n\r\n")[2])["errors"]
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
        return errors

    first, second = asyncio.run(main())
    assert (first["task"], first["error"], first["times"]) == ("web", "ValueError('no log')", 3)
    assert (second["task"], second["error"], second["times"]) == ("web", "KeyError('rest')", 1)
    assert "in fail" in first["traceback"] and "in half" in second["traceback"]
    assert "The task web failed: ValueError('no log'); it goes on." in said


def test_places_are_kept_by_those_who_have_asked():
    begun = []

    async def slow(request):
        begun.append(request)
        await asyncio.sleep(1)
        return Answer("done")

    async def main():
        one = front({"/": slow}, http_clients=2)
        port = one.port
        serving = asyncio.create_task(one.run())
        await asyncio.sleep(0.1)

        async def get():
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(b"GET / HTTP/1.1\r\n\r\n")
            answer = await reader.read()
            writer.close()
            return answer

        first = [asyncio.create_task(get()) for _ in range(2)]
        while len(begun) < 2:
            await asyncio.sleep(0.01)
        refused = await get()
        assert status(refused) == 503
        assert b"\r\nRetry-After: " in refused
        assert "clients" in json.loads(refused.split(b"\r\n\r\n")[1])["error"]
        assert [status(answer) for answer in await asyncio.gather(*first)] == [200, 200]
        serving.cancel()
        with pytest.raises(asyncio.CancelledError):
            await serving

    asyncio.run(main())
