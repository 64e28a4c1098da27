"""The firmware behind an encrypted meter: on a simulated board, and on a PC."""

import functools
import logging
import socket
import threading
import urllib.request
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from itertools import islice

import pytest
from meters import START
from pc_program import run

from dsmr import Rejected
from firmware import assembly
from host.failures import Failures
from host.pc import Pc
from host.settings import defaults
from sim.encryption import KEY, Encrypted, wrap
from sim.line import Line
from sim.meter import Meter

#: The first telegrams as they are before encryption.
PLAIN = list(islice(Meter("lux", START).telegrams(), 400))


class Frames:
    """Stands where a meter may stand; sends frames that a test has made."""

    def __init__(self, *frames):
        self._frames = frames

    def telegrams(self):
        while True:
            yield from self._frames


@pytest.fixture
def line():
    """A function that starts a line: line(meter) -> Line."""
    started = []

    def start(meter, speed=5):
        started.append(Line(meter, listen=("127.0.0.1", 0), speed=speed))
        started[-1].start()
        return started[-1]

    yield start
    for one in started:
        one.stop()


def check_plaintext(get, raw_port):
    """What is given is the plaintext; get(path) returns a body as bytes."""
    assert get("/telegram") in PLAIN
    with socket.create_connection(("127.0.0.1", raw_port), timeout=10) as client:
        received = b""
        while received.count(b"!") < 3:
            received += client.recv(4096)
    begin = received.index(b"/")
    telegram = received[begin : received.index(b"\n", received.index(b"!", begin)) + 1]
    assert telegram in PLAIN
    assert b'"logical_device_name"' in get("/metrics")


def test_what_it_gives_is_the_plaintext(board, line):
    # Without PSRAM there is no room for raw TCP.
    firmware = board(line(Encrypted(Meter("lux", START))), psram=True, decryption_key=KEY.hex())
    firmware.wait_until_ready()
    check_plaintext(lambda path: firmware.get(path)[2], firmware.settings["raw_port"])
    health = firmware.json("/healthz")
    assert health["rejected"] == {} and health["bytes"]["skipped"] == 0
    assert health["frames"]["decrypted"] == health["telegrams"] >= 3
    assert health["frames"]["replayed"] == 0
    assert KEY.hex() not in str(health)


def test_what_a_pc_gives_is_the_plaintext(program, line):
    source = f"tcp://127.0.0.1:{line(Encrypted(Meter('lux', START))).port}"
    one = program("--source", source, POWER_READOUT_DECRYPTION_KEY=KEY.hex())
    one.wait_for("/livez")
    one.wait_for("/readyz")

    def get(path):
        with urllib.request.urlopen(f"http://127.0.0.1:{one.port}{path}", timeout=5) as answer:
            return answer.read()

    check_plaintext(get, one.raw_port)
    assert KEY.hex() not in one.end()[1]


def test_without_a_key_it_says_what_to_do(board, line):
    firmware = board(line(Encrypted(Meter("lux", START))))
    firmware.wait_until(
        lambda: firmware.json("/healthz")["rejected"].get("encrypted", 0) >= 3, "rejected"
    )
    status, _, body = firmware.get("/metrics")
    assert status == 503
    assert b"the meter encrypts its telegrams: set decryption_key." in body
    health = firmware.json("/healthz")
    assert set(health["rejected"]) == {"encrypted"} and "frames" not in health
    assert health["bytes"]["skipped"] == 0


def test_with_a_wrong_key_it_says_what_to_do(board, line):
    firmware = board(line(Encrypted(Meter("lux", START))), decryption_key=KEY[::-1].hex())
    firmware.wait_until(
        lambda: firmware.json("/healthz")["rejected"].get("tag", 0) >= 3, "rejected"
    )
    status, _, body = firmware.get("/metrics")
    assert status == 503
    assert b"check decryption_key and authentication_key." in body
    assert set(firmware.json("/healthz")["rejected"]) == {"tag"}


def test_a_meter_that_authenticates_nothing_beside_the_telegram(board, line):
    bare = [wrap(telegram, n, authentication_key=b"") for n, telegram in enumerate(PLAIN[:50])]
    keys = {"decryption_key": KEY.hex(), "authentication_key": "none"}
    firmware = board(line(Frames(*bare)), **keys)
    firmware.wait_until_ready()
    assert firmware.json("/healthz")["rejected"] == {}


def test_a_counter_that_was_used_is_said_and_not_fatal(board, line):
    frame = wrap(PLAIN[0], 7)
    firmware = board(line(Frames(frame)), decryption_key=KEY.hex())
    firmware.wait_until(lambda: firmware.json("/healthz")["telegrams"] >= 5, "read")
    health = firmware.json("/healthz")
    assert health["rejected"] == {}
    assert health["frames"]["replayed"] >= health["frames"]["decrypted"] - 1 >= 3


def test_the_line_about_the_state_says_what_is_wrong():
    settings = {**defaults(), "decryption_key": KEY.hex()}
    pc = Pc(settings, Failures(logging.getLogger("test")))
    app = assembly.make(settings, [], pc, lambda line: None)

    def said_after(data):
        app.parser.receive_data(data)
        while (event := app.parser.next_event()) is not None:
            if isinstance(event, Rejected):
                app.readout.reject(event)
            else:
                app.readout.accept(event)
        return app.summary()

    frame = wrap(PLAIN[0], 7)
    wrong = wrap(PLAIN[0], 7, key=KEY[::-1])
    assert said_after(wrong).endswith(
        "none good yet, its telegrams cannot be decrypted: check decryption_key and "
        "authentication_key"
    )
    assert said_after(frame) == "1 telegrams, 1 rejected"
    assert said_after(frame * 2) == (
        "3 telegrams, 1 rejected, 2 with a frame counter that had been used before"
    )


@pytest.mark.parametrize("board_interpreter", ["32 bits"], indirect=True)
@pytest.mark.system
def test_without_psram_a_key_has_the_place_of_raw_tcp(board, line):
    firmware = board(line(Encrypted(Meter("lux", START))), decryption_key=KEY.hex())
    firmware.wait_until_ready()
    for _ in range(3):
        for path in ("/metrics", "/metrics?format=prometheus", "/telegram", "/api/v1/data", "/"):
            assert firmware.get(path)[0] == 200, path
    health = firmware.json("/healthz")
    (problem,) = health["settings_problems"]
    assert problem.startswith(
        "raw_port: a board without PSRAM has no room for raw_tcp beside a decryption_key; "
    )
    assert (health["rejected"], health["errors"]) == ({}, [])


def test_a_longer_frame_than_there_is_room_for_gets_room_at_the_next_start(board, line):
    meter = line(Encrypted(Meter("t211", START)))
    firmware = board(meter, up=False, decryption_key=KEY.hex(), log_interval=0)
    firmware.wait_until(lambda: "; the next start makes room for them" in firmware.printed, "said")
    size = len(next(Meter("t211", START).telegrams()))
    assert f"The meter sends telegrams of {size + 30} bytes" in firmware.printed
    firmware.process.wait(20)
    firmware.start()
    firmware.wait_until_ready()
    assert firmware.json("/healthz")["rejected"].get("too long") is None


def test_a_cut_frame_and_a_plain_telegram_cost_no_other(board, line):
    frames = [wrap(telegram, number) for number, telegram in enumerate(PLAIN[:40])]
    firmware = board(
        line(
            Frames(frames[0], frames[1][:200], frames[2] + PLAIN[3], frames[4], b"\xdb\x08/noise")
        ),
        decryption_key=KEY.hex(),
    )
    firmware.wait_until(
        lambda: firmware.json("/healthz")["rejected"].get("truncated", 0) >= 3, "cut"
    )
    health = firmware.json("/healthz")
    assert set(health["rejected"]) == {"truncated"}
    # Of five that are sent, four are whole.
    assert health["telegrams"] >= 4 * (health["rejected"]["truncated"] - 1)


def test_read_p1_writes_the_plaintext(line, tmp_path):
    source = f"tcp://127.0.0.1:{line(Encrypted(Meter('lux', START))).port}"
    arguments = ("--directory", str(tmp_path), "--source", source, "--once")
    done = run(*arguments, program="src/read_p1.py", POWER_READOUT_DECRYPTION_KEY=KEY.hex())
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "telegram.txt").read_bytes() in PLAIN


def test_a_frame_on_the_web_is_read(tmp_path):
    (tmp_path / "frame.bin").write_bytes(wrap(PLAIN[0], 1))
    handler = functools.partial(SimpleHTTPRequestHandler, directory=str(tmp_path))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        source = f"http://127.0.0.1:{server.server_port}/frame.bin"
        arguments = ("--directory", str(tmp_path), "--source", source, "--once")
        done = run(*arguments, program="src/read_p1.py", POWER_READOUT_DECRYPTION_KEY=KEY.hex())
        server.shutdown()
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "telegram.txt").read_bytes() == PLAIN[0]
