"""Serves a house as the device does: HTTP/1.0, server-sent events, and all that can go wrong.

A test sets the attributes of a `Server` while it runs:

    stale       the sentence with which /metrics answers 503, or None
    places      how many may listen to /events at once
    hung        True: connections stay open, and nothing more comes
    history     False: /history answers 404; "power": to all but the last day's power
    password    what HTTP Basic asks for, or ""
    house       whose values are sent
"""

import base64
import json
import threading
import time
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from host import page
from page.house import House

#: What /healthz says of a plain board on which all is well.
HEALTH = {
    "version": "0.2.0",
    "board": "esp32",
    "profile": "plain",
    "stale_after": 10,
    "uptime": 271_842,
    "telegrams": 271_790,
    "rejected": {"crc": 3},
    "errors": [],
    "problems": [],
    "settings_problems": [],
    "wifi": {"connected": True, "reconnects": 1, "rssi": -61},
}

_AGE_S = 0.4


class Server:
    """A device that a browser can talk to. What it was asked for is in `requests`, and with which
    status it answered in `answers`: a list of (path, status).

    At most `places` browsers may listen to events; `every` seconds bring one.
    """

    def __init__(self, house=None, port=0, places=1, password="", every=1.0):
        self.house = house or House()
        self.page = page.make()
        self.port = port
        self.places = places
        self.every = every
        self.password = password
        self.stale = None
        self.hung = False
        self.history = True
        self.health = dict(HEALTH)
        self.requests: list = []
        self.answers: list = []
        self.listening = 0
        self.sent = 0  # events with values
        self._lock = threading.Lock()
        self._server = None
        self._stopping = threading.Event()
        self._telegram_at = None  # when the last telegram came, by time.monotonic()

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        if self._server:
            self.stop()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}/"

    def start(self):
        """Listen: at the same port as before, if this is a restart."""
        self._stopping.clear()
        handler = type("Handler", (_Handler,), {"device": self})
        self._server = _Quiet(("127.0.0.1", self.port), handler)
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def stop(self):
        """Close everything, as a device that restarts."""
        self._stopping.set()
        self._server.shutdown()
        self._server.server_close()
        self._server = None

    def asked(self, path):
        """How often a path was asked for."""
        return sum(urlsplit(request).path == path for request in self.requests)

    def take_place(self):
        """Take a place at /events, if one is free."""
        with self._lock:
            if self.listening >= self.places:
                return False
            self.listening += 1
            return True

    def leave_place(self):
        with self._lock:
            self.listening -= 1

    def age(self):
        """Seconds since the last telegram; None before the first."""
        if not self.stale:
            self._telegram_at = time.monotonic() - _AGE_S
        elif self._telegram_at is None:
            return None
        return round(time.monotonic() - self._telegram_at, 1)

    def stale_for(self, seconds, sentence):
        """Be stale since so many seconds."""
        self.stale = sentence
        self._telegram_at = time.monotonic() - seconds

    def wait(self, seconds):
        """Wait; returns False if the server stops meanwhile."""
        return not self._stopping.wait(seconds)


class _Quiet(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def handle_error(self, request, client_address):
        """A browser that goes away in the middle of an answer is nothing to tell."""


class _Handler(BaseHTTPRequestHandler):
    device: Server

    def do_GET(self):
        device = self.device
        device.requests.append(self.path)
        while device.hung:
            if not device.wait(0.1):
                return
        if device.password and not self._may():
            self._send(401, {"error": "A password is needed."}, {"WWW-Authenticate": "Basic"})
            return
        url = urlsplit(self.path)
        query = {name: texts[0] for name, texts in parse_qs(url.query).items()}
        answer = getattr(self, "_get_" + (url.path[1:] or "page"), None)
        if answer and (device.history or url.path != "/history"):
            answer(query)
        else:
            self._send(404, {"error": "There is nothing at this path."})

    def _may(self):
        given = self.headers.get("Authorization", "").removeprefix("Basic ")
        return base64.b64decode(given).decode().partition(":")[2] == self.device.password

    def _get_page(self, _):
        made = self.device.page
        etag, since = self.headers.get("If-None-Match"), self.headers.get("If-Modified-Since")
        if etag == made.headers["ETag"] or (not etag and since == made.headers["Last-Modified"]):
            self._answer(304, b"", made.headers)
        else:
            self._answer(200, made.body, made.headers)

    def _get_metrics(self, _):
        device = self.device
        if device.stale:
            self._send(503, {"error": device.stale}, {"Retry-After": "5"})
            return
        values = device.house.values()
        self._send(200, {key: {"value": value, "unit": ""} for key, value in values.items()})

    def _get_healthz(self, _):
        self._send(200, {**self.device.health, "age": int(self.device.age() or 0)})

    def _get_history(self, query):
        first, last = date.fromisoformat(query["from"]), date.fromisoformat(query["to"])
        house = self.device.house
        if self.device.history == "power" and query["series"] != "power":
            self._send(404, {"error": "Only the last day's power is kept here."})
        else:
            self._send(200, house.history(query["series"], query["resolution"], first, last))

    def _get_events(self, _):
        device = self.device
        if not device.take_place():
            self._send(503, {"error": "The places are taken."}, {"Retry-After": "60"})
            return
        try:
            self._answer(200, None, {"Content-Type": "text/event-stream"})
            self._event("recent", device.house.recent())
            while True:
                self._event("values", self._state())
                device.sent += 1
                if not device.wait(device.every):
                    return
                while device.hung:
                    if not device.wait(0.1):
                        return
        finally:
            device.leave_place()

    def _state(self):
        device = self.device
        if device.stale:
            state = {"fresh": False, "age": device.age(), "error": device.stale}
            return {key: value for key, value in state.items() if value is not None}
        return {"fresh": True, "age": device.age(), "m": device.house.values()}

    def _event(self, name, data):
        text = json.dumps(data, separators=(",", ":"))
        self.wfile.write(f"event: {name}\ndata: {text}\n\n".encode())

    def _send(self, status, document, headers=()):
        headers = {"Content-Type": "application/json", **dict(headers)}
        self._answer(status, json.dumps(document).encode(), headers)

    def _answer(self, status, body, headers):
        self.device.answers.append((self.path, status))
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if body is not None:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if body:
            self.wfile.write(body)

    def log_message(self, *_):
        """Say nothing: `requests` has it."""
