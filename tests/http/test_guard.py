"""The guard in front of microdot: clients that do not behave do no harm to it or to others."""

import asyncio
import json
import socket
import ssl
import struct
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import pytest
from guards import ask as ask_guard
from guards import guard, serving
from microdot import Microdot, Response
from power import BUDGET

from firmware.http.client import Client

#: Bytes. Of more than these the last may still be on their way when the answer is there, so that
#: the connection is reset, and the answer lost.
MUCH = 50_000

GET = b"GET /metrics HTTP/1.1\r\nHost: 127.0.0.1\r\n"


def ask(port, data, wait=30):
    """Send data, and read until the connection ends: (the answer, seconds)."""
    begin = time.monotonic()
    answer = b""
    with socket.create_connection(("127.0.0.1", port), wait) as client:
        try:
            client.sendall(data)
        except OSError:
            # Who does not stop sending finds the connection reset, and the answer may be lost.
            assert len(data) > MUCH
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
        if not answer and len(garbage) > MUCH:
            continue
        assert status(answer) == 200
        assert answer.count(b"HTTP/1.0 ") == 1


def answers(data, *expected):
    """A client that sends this and wants that status and that word."""

    def scene(port):
        answer, _ = ask(port, data)
        if not answer and len(data) > MUCH:
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
    answers(b"PUT /metrics HTTP/1.1\r\nContent-Length: 5000\r\n\r\n" + b"x" * 5000, 413),
    answers(b"PUT /metrics HTTP/1.1\r\nContent-Length: 2000\r\n\r\n" + b"x" * 2000, 405),
    answers(b"OPTIONS /metrics HTTP/1.1\r\n\r\n", 200, b"allow: get, head, options"),
    answers(b"GET /nowhere HTTP/1.1\r\n\r\n", 404),
    answers(b"GET /livezz HTTP/1.1\r\n\r\n", 404),
    answers(b"POST /healthz HTTP/1.1\r\n\r\n", 405),
    answers(b"GET nowhere HTTP/1.1\r\n\r\n", 404),
    answers(b"GET /metrics/ HTTP/1.1\r\n\r\n", 200, b"power_used_tariff_1"),
    answers(b"GET http://127.0.0.1/metrics HTTP/1.1\r\n\r\n", 200, b"power_used_tariff_1"),
    answers(b"GET http://127.0.0.1/nowhere HTTP/1.1\r\n\r\n", 404),
    answers(GET + "Accept: text/plain;q=0.²\r\n\r\n".encode(), 200, b"power_used_tariff_1"),
    answers(GET + "Content-Length: ²\r\n\r\n".encode(), 400),
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


def test_clients_that_misbehave_and_telegrams_meanwhile(power, meter_line):
    # A chip with places enough that they do not drive each other out.
    firmware = power(
        meter_line("t211", speed=5),
        numbers={BUDGET: {"_SOCKETS": 40}},
        environment={"SIM_SOCKETS": "40", "SIM_PSRAM": "1"},
        heap="2m",
        http_timeout=5,  # they are answered one after the other
        http_clients=len(SCENES) + 2,
        history=False,  # a board of that kind has no room for it
    ).firmware
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


def app_with(handler):
    """microdot's app with one page, at /."""
    app = Microdot()
    app.get("/")(handler)
    return app


def test_who_does_not_read_the_answer_is_cut_off():
    async def endless(request):
        def pieces():
            while True:
                yield b"x" * 100_000

        return Response(pieces())

    async def scene():
        one = guard(app_with(endless), http_timeout=1)
        async with serving(one):
            _, writer = await asyncio.open_connection("127.0.0.1", one.port, limit=1024)
            writer.write(b"GET / HTTP/1.1\r\n\r\n")
            end = time.monotonic() + 10
            while not one.requests:
                await asyncio.sleep(0.01)
            assert len(one.clients) == 1
            while one.clients and time.monotonic() < end:
                await asyncio.sleep(0.05)
            assert not one.clients
            writer.close()
        assert one.failures.noted == []

    asyncio.run(scene())


def test_places_are_kept_by_those_who_have_asked():
    begun = []
    go_on = asyncio.Event()

    async def slow(request):
        begun.append(request)
        await go_on.wait()
        return "done"

    async def scene():
        one = guard(app_with(slow), http_clients=2)
        async with serving(one):

            def get():
                return ask_guard(one.port, b"GET / HTTP/1.1\r\n\r\n")

            first = [asyncio.create_task(get()) for _ in range(2)]
            while len(begun) < 2:
                await asyncio.sleep(0.01)
            refused = await get()
            assert status(refused) == 503
            assert b"\r\nRetry-After: " in refused
            assert "clients" in json.loads(refused.split(b"\r\n\r\n")[1])["error"]
            go_on.set()
            assert [status(answer) for answer in await asyncio.gather(*first)] == [200, 200]

    asyncio.run(scene())


def test_who_has_no_turn_for_want_of_memory_is_told():
    async def scene():
        one = guard(app_with(None))

        async def no_turn():
            return False

        one.memory.begin = no_turn
        async with serving(one):
            refused = await ask_guard(one.port, b"GET / HTTP/1.1\r\n\r\n")
        assert status(refused) == 503
        assert one.requests == 0

    asyncio.run(scene())


def test_whose_answer_has_not_begun_in_time_is_told():
    async def never(request):
        await asyncio.Event().wait()

    async def scene():
        one = guard(app_with(never), http_timeout=1)
        async with serving(one):
            refused = await ask_guard(one.port, b"GET / HTTP/1.1\r\n\r\n")
        assert status(refused) == 503
        assert not one.clients
        assert one.failures.noted == []

    asyncio.run(scene())


def test_nobody_gives_way_whose_request_may_lie_there_unread():
    """As when an answer to somebody else has held the loop up."""
    one = guard(http_clients=1)
    client = Client(one, None, one.clock.now() - 1000)
    one.clients.append(client)
    one._looked = one.clock.now() - 1000
    assert not one._ready() and not client.late
    assert not one._ready() and client.late


def test_of_those_who_wait_while_all_places_are_taken_one_is_refused_each_second():
    """Who asks again at once would be refused at once, again and again."""
    one = guard(http_clients=1)
    one.clock = SimpleNamespace(now=lambda: now)
    one.clients.append(SimpleNamespace(asked=True, late=False, endless=False))
    refusals = []
    for now in range(0, 12_000, 50):
        if one._ready():
            refusals.append(now)
    assert refusals == [8_000, 9_000, 10_000, 11_000]
    one.clients.clear()
    assert one._ready()
    one.clients.append(SimpleNamespace(asked=True, late=False, endless=False))
    assert not one._ready(), "whoever comes then waits anew"


@pytest.mark.parametrize(
    "request_, expected",
    [
        (b"HEAD / HTTP/1.1\r\n\r\n", 200),
        (b"HEAD /nowhere HTTP/1.1\r\n\r\n", 404),
        (b"HEAD / HTTP/1.1\r\nHost: evil.example\r\n\r\n", 421),
        (b"HEAD / HTTP/1.1\r\nContent-Length: 5\r\n\r\n", 413),
        (b"HEAD / HTTP/1.1\r\nContent-Length: -5\r\n\r\n", 400),
    ],
)
def test_the_answer_to_head_has_no_body_whatever_its_status(request_, expected):
    """RFC 9110, clause 9.3.2; but for what was not understood, whose method nobody knows."""

    async def page(request):
        return "a body"

    async def scene():
        one = guard(app_with(page), allowed_hosts="")
        async with serving(one):
            return await ask_guard(one.port, request_)

    answer = asyncio.run(scene())
    assert status(answer) == expected
    assert answer.endswith(b"\r\n\r\n") is (expected != 400)


def test_a_body_is_there_for_a_page_that_takes_one():
    app = Microdot()

    @app.put("/")
    async def put(request):
        return b"%s of %d" % (request.body, request.content_length)

    async def scene():
        one = guard(app)
        head = b"PUT / HTTP/1.1\r\nContent-Length: %d\r\n\r\n"
        async with serving(one):
            short = await ask_guard(one.port, head % 5 + b"hello")
            # In packets of its own, the last of which has more than belongs to it.
            reader, writer = await asyncio.open_connection("127.0.0.1", one.port)
            for part in (head % 1500, b"x" * 700, b"y" * 800 + b"GET / HTTP/1.1"):
                writer.write(part)
                await writer.drain()
                await asyncio.sleep(0.05)
            long = await reader.read()
            writer.close()
            too_long = await ask_guard(one.port, head % 2049)
            without = await ask_guard(one.port, b"PUT / HTTP/1.1\r\n\r\n")
        return [one.partition(b"\r\n\r\n")[::2] for one in (short, long, too_long, without)]

    short, long, too_long, without = asyncio.run(scene())
    assert short[1] == b"hello of 5"
    assert long[1] == b"x" * 700 + b"y" * 800 + b" of 1500"
    assert status(too_long[0]) == 413
    assert without[1] == b" of 0"


def test_who_gives_way_unread_is_told_so():
    async def scene():
        one = guard(app_with(done), http_clients=1)
        async with serving(one):
            reader, writer = await asyncio.open_connection("127.0.0.1", one.port)
            # Nobody has to give way whose request may still be on its way.
            await asyncio.sleep(0.2)
            assert status(await ask_guard(one.port, b"GET / HTTP/1.1\r\n\r\n")) == 200
            assert status(await asyncio.wait_for(reader.read(), 5)) == 503
            writer.close()

    async def done(request):
        return "done"

    asyncio.run(scene())
