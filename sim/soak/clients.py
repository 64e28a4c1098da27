"""Those who ask the firmware while it soaks, from threads of their own."""

import contextlib
import json
import socket
import threading
import time
from functools import partial

from sim.faults import arrived
from sim.firmware import Firmware
from sim.soak.result import Result

#: What the clients ask for in turn: page, and whether it is JSON.
_PAGES = (
    *(("/metrics", True), ("/telegram", False), ("/metrics?format=prometheus", False)),
    *(("/healthz", True), ("/readyz", True), ("/api/v1/data", True), ("/", False)),
)


class Askers:
    """Ask from threads of their own until they are told to stop.

    result: takes what they got; asks: functions without arguments, one for each thread, which end
    soon after `stop` was called.
    """

    def __init__(self, result: Result, asks):
        self._result = result
        self._stopped = threading.Event()
        self._threads = [threading.Thread(target=ask, daemon=True) for ask in asks]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        self._stopped.set()
        for thread in self._threads:
            thread.join()


class Clients(Askers):
    """Ask for the pages in turn, from threads of their own, until they are told to stop.

    In a `with` block they wait: a connection takes memory while it is open, which would hide what
    the program keeps.
    """

    def __init__(self, firmware: Firmware, result: Result, number: int):
        self._firmware = firmware
        self._locks = [threading.Lock() for _ in range(number)]
        super().__init__(result, [partial(self._ask, place) for place in range(number)])

    def __enter__(self) -> None:
        for lock in self._locks:
            lock.acquire()
        # The other end closes its connections, too.
        time.sleep(0.02)

    def __exit__(self, *_) -> None:
        for lock in self._locks:
            lock.release()

    def _ask(self, place: int) -> None:
        lock = self._locks[place]
        while not self._stopped.wait(0.01):
            place += 1
            with lock:
                self._get(*_PAGES[place % len(_PAGES)])

    def _get(self, page: str, is_json: bool) -> None:
        try:
            status, _, body = self._firmware.get(page, timeout=20)
            if is_json:
                json.loads(body)
            if not body:
                raise ValueError("an empty body")
        except (OSError, ValueError) as error:
            reason = getattr(error, "reason", error)
            self._result.bad.append(f"{page}: {reason}")
        else:
            self._result.answers[f"{status} {page}"] += 1


class RawReader(Askers):
    """Reads the telegrams over TCP, and comes back when it was sent away."""

    def __init__(self, port: int, result: Result):
        self._port = port
        super().__init__(result, [self._run])

    def _run(self) -> None:
        while not self._stopped.wait(0.05):
            with contextlib.suppress(OSError):
                with socket.create_connection(("127.0.0.1", self._port), 5) as connection:
                    connection.settimeout(0.2)
                    self._read(connection)

    def _read(self, connection: socket.socket) -> None:
        data = b""
        while not self._stopped.is_set():
            try:
                piece = connection.recv(65536)
            except TimeoutError:
                continue
            if not piece:
                return
            *whole, data = (data + piece).split(b"/")
            for body in filter(None, whole):
                telegram = b"/" + body
                # Its line end may be damaged, which is no damage.
                if arrived(telegram, [telegram]):
                    self._result.raw += 1
                else:
                    self._result.bad.append(f"TCP: {telegram[-40:]!r}")
