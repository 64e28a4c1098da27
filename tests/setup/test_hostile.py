"""Clients that mean ill, or are broken, at the pages of the hotspot, /settings and /update.

Requests are changed at random places, cut, and sent many at once. Each has an answer that is none
of a fault (500), or is cut off; no traceback is printed, and afterwards the board does its work.
"""

import base64
import os
import random
import re
import socket

import pytest
from hotspots import PASSWORD, HotspotBoard

ADMIN = "of the admin"
KEY = "00112233445566778899aabbccddeeff"

#: Requests that are changed; HOSTILE_REQUESTS=5000 for more of them.
COUNT = int(os.environ.get("HOSTILE_REQUESTS", 150))

#: Pieces that a form, a head or a message does not expect.
PIECES = (
    *(b"%", b"%zz", b"%00", b"\xff\xfe", b"&&==", b"=" * 40, b"\r\n", b"\0", b"a=" + b"x" * 1500),
    *(b"wifi_name=", b"uart_id=-1&", b"board=../x&", b"action=import&text=[[[[", b"action=keep&"),
    *(b'{"a":' * 60, b"token=&", b"group=<script>&", b"Content-Length: 9999999\r\n", b"?group=%"),
)


def post(path, body, *lines):
    head = [f"POST {path} HTTP/1.1", "Host: 127.0.0.1", *lines]
    head += ["Content-Type: application/x-www-form-urlencoded", f"Content-Length: {len(body)}"]
    return "\r\n".join(head).encode() + b"\r\n\r\n" + body


def exchange(port, data):
    """What comes back until the board closes the connection."""
    with socket.create_connection(("127.0.0.1", port), timeout=20) as client:
        client.sendall(data)
        client.shutdown(socket.SHUT_WR)
        answer = b""
        try:
            while piece := client.recv(65536):
                answer += piece
        except ConnectionResetError:
            pass  # it has not read all
        return answer


def changed(request, dice):
    """The request with a few things wrong."""
    data = bytearray(request)
    for _ in range(dice.randrange(1, 4)):
        place = dice.randrange(len(data))
        what = dice.randrange(4)
        if what == 0:
            data[place] = dice.randrange(256)
        elif what == 1:
            data[place:place] = dice.choice(PIECES)
        elif what == 2:
            del data[place : place + dice.randrange(1, 30)]
        else:
            data[place:] = b""
        if not data:
            return b"x"
    return bytes(data)


def assert_withstands(board, requests):
    """The board answers these requests, changed at random places, without a fault."""
    dice = random.Random(1)
    for _ in range(COUNT):
        data = changed(dice.choice(requests), dice)
        answer = exchange(board.port, data)
        status = re.match(rb"HTTP/1\.0 (\d+)", answer)
        assert not answer or (status and status[1] != b"500"), (data, answer)
    # Many at once that say nothing, or half of something.
    idle = [socket.create_connection(("127.0.0.1", board.port), timeout=5) for _ in range(10)]
    for number, client in enumerate(idle):
        client.sendall(requests[0][: 10 * number])
    board.firmware.wait_until(lambda: exchange(board.port, requests[0]), "answering", 60)
    for client in idle:
        client.close()
    assert "Traceback" not in board.firmware.printed


def test_the_pages_of_the_hotspot(tmp_path):
    board = HotspotBoard(tmp_path)
    try:
        board.page()
        form = b"wifi_name=&wifi_password=of+it&hostname=a-name&board=&meter=old"
        requests = [
            *(f"GET {path} HTTP/1.1\r\nHost: x.y\r\n\r\n".encode() for path in ("/", "/result")),
            post("/", form),
            b"GET /generate_204 HTTP/1.1\r\nHost: connectivitycheck.gstatic.com\r\n\r\n",
        ]
        assert_withstands(board, requests)
        # Names are asked for by whoever likes, too.
        dice = random.Random(2)
        question = b"\x12\x34\x01\0\0\1\0\0\0\0\0\0\7captive\5apple\3com\0\0\1\0\1"
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
            client.settimeout(2)
            for _ in range(COUNT):
                client.sendto(changed(question, dice), ("127.0.0.1", board.dns))

            def is_answered():
                # What comes when there is no room for it is lost.
                client.sendto(b"\xab\xcd" + question[2:], ("127.0.0.1", board.dns))
                return client.recv(600)[:2] == b"\xab\xcd"

            board.firmware.wait_until(is_answered, "answering", 60)
        assert "Traceback" not in board.firmware.printed
        assert "Choose your network" in board.page() or board.ask("/result")
    finally:
        board.end()


@pytest.fixture
def reader(tmp_path):
    (tmp_path / "flash").mkdir()
    (tmp_path / "flash" / "update_key").write_text(KEY)
    board = HotspotBoard(
        tmp_path, wifi_name="home", wifi_password=PASSWORD, admin_password=ADMIN, watchdog=False
    )
    board.firmware.wait_until(lambda: board.ask("/livez")[0] == 200, "up")
    yield board
    assert board.firmware.json("/healthz")["errors"] == []
    board.end()


def test_the_page_of_the_settings(reader):
    code = base64.b64encode(f"me:{ADMIN}".encode()).decode()
    lines = (f"Authorization: Basic {code}", "Origin: http://127.0.0.1")
    head = "".join(f"{line}\r\n" for line in lines)
    requests = [
        f"GET /settings?group=access HTTP/1.1\r\nHost: 127.0.0.1\r\n{head}\r\n".encode(),
        f"GET /settings?export=1 HTTP/1.1\r\nHost: 127.0.0.1\r\n{head}\r\n".encode(),
    ]
    token = re.search(rb'name="token" value="(\w+)"', exchange(reader.port, requests[0]))[1]
    requests += [
        post("/settings", b"token=0&group=access&http_port=80&hostname=x&action=", *lines),
        post("/settings", b"token=" + token + b"&action=import&text=%7B%22log_inter", *lines),
        post("/settings", b"token=" + token + b"&group=network&hostname=-&ip=1.2.3.%34", *lines),
    ]
    before = reader.settings()
    assert_withstands(reader, requests)
    assert reader.settings() == before


def test_the_page_of_the_updates(reader):
    requests = [
        b"GET /update HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
        post("/update", b"0" * 64 + b" " + b"1" * 32 + b" 1 begin 0 0 0 0 0\n" + b"x" * 900),
        post("/update", b"0" * 64 + b" \xff\xfe\n"),
    ]
    assert reader.ask("/update")[0] == 200
    assert_withstands(reader, requests)
    assert not (reader.flash / "app2").exists()
