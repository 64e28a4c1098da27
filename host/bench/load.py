"""Clients that ask a web server on this machine for something, again and again.

One thread and plain sockets: a request takes it about 60 us, a sixth of what the server needs.
"""

import re
import selectors
import socket
import time
from dataclasses import dataclass, field
from itertools import cycle

#: A request as curl makes it.
_REQUEST = "GET {} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nUser-Agent: curl/8.5.0\r\nAccept: */*\r\n\r\n"

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)

#: Seconds without an answer after which a client gives up.
_PATIENCE = 5


@dataclass
class Scrape:
    """What came of some requests: µs from connecting to the end of the answer, and failures."""

    seconds: float = 0
    latencies: list = field(default_factory=list)
    failures: list = field(default_factory=list)
    size: int = 0


class _Request:
    """One that is under way."""

    def __init__(self, port, path):
        self.begin = time.perf_counter_ns()
        self.parts = []
        self.socket = socket.create_connection(("127.0.0.1", port), _PATIENCE)
        self.socket.sendall(_REQUEST.format(path, port).encode())


def scrape(port, clients, requests, paths=("/metrics",), pause=0):
    """Ask for the paths in turn, with so many clients at once; returns a Scrape.

    pause: seconds that a client waits before its next request.
    """
    result = Scrape()
    following = cycle(paths)
    selector = selectors.DefaultSelector()
    left = requests
    under_way = 0
    begin = time.perf_counter()
    try:
        while left or under_way:
            while left and under_way < clients:
                left -= 1
                try:
                    request = _Request(port, next(following))
                except OSError as error:
                    result.failures.append(f"connecting: {error}")
                    continue
                selector.register(request.socket, selectors.EVENT_READ, request)
                under_way += 1
            if not under_way:
                break
            ready = selector.select(_PATIENCE)
            if not ready:
                result.failures.append(f"no answer for {_PATIENCE} s")
                break
            for key, _ in ready:
                under_way -= _go_on(key.data, selector, result, pause)
    finally:
        for key in list(selector.get_map().values()):
            key.data.socket.close()
        selector.close()
    result.seconds = time.perf_counter() - begin
    return result


def _is_whole(parts):
    """Whether an answer that says its length has come to its end: who knows it closes first."""
    head, mark, _ = parts[0].partition(b"\r\n\r\n")
    found = _LENGTH.search(head)
    if not mark or not found:
        return False
    return sum(map(len, parts)) >= len(head) + len(mark) + int(found[1])


def _go_on(request, selector, result, pause):
    """Take what has come; returns whether that was the end of the answer."""
    try:
        part = request.socket.recv(65536)
    except OSError as error:
        part = b""
        result.failures.append(f"reading: {error}")
    if part:
        request.parts.append(part)
        if not _is_whole(request.parts):
            return False
    end = time.perf_counter_ns()
    selector.unregister(request.socket)
    request.socket.close()
    answer = b"".join(request.parts)
    head, _, body = answer.partition(b"\r\n\r\n")
    if b" 200 " in head.partition(b"\r\n")[0]:
        result.latencies.append((end - request.begin) / 1000)
        result.size = len(body)
    else:
        result.failures.append(head.partition(b"\r\n")[0].decode("latin-1") or "no answer")
    if pause:
        time.sleep(pause)
    return True
