"""How long bytes of the meter wait to be read while clients behave well and badly.

Each load stands against a firmware of its own, with every output on and the line at its own speed.
What is measured is the most bytes that ever waited in the UART's receive buffer.
"""

import contextlib
import socket
import time

from host.bench import samples
from host.bench.load import scrape
from host.bench.probe import PATHS, all_on
from host.bench.tables import Table
from sim.broker import Broker
from sim.firmware import Firmware, FirmwareError
from sim.line import Line
from sim.meter import Meter

NAME = "loads"
TITLE = "Loads"

#: Bytes of the line in a millisecond.
_RATE = 11.52

#: Bytes of the receive buffer of a board without PSRAM.
_RXBUF = 2048

#: Enough that no client is refused: what is measured is how long bytes wait.
_HEAP = "512k"
_REQUEST = b"GET /metrics HTTP/1.0\r\n"


def _nobody(port, end):
    while time.monotonic() < end:
        time.sleep(0.1)


def _clients(clients, paths=("/metrics",)):
    def load(port, end):
        while time.monotonic() < end:
            scrape(port, clients, 10 * clients, paths)

    return load


def _sending(data, pause, clients=8):
    """Clients that connect, send the data over and over, and never read."""

    def load(port, end):
        with contextlib.ExitStack() as stack:
            connected = []
            while time.monotonic() < end:
                while len(connected) < clients:
                    one = stack.enter_context(socket.socket())
                    one.settimeout(0.2)
                    one.connect_ex(("127.0.0.1", port))
                    connected.append(one)
                for one in list(connected):
                    try:
                        one.sendall(data)
                    except OSError:
                        connected.remove(one)
                        one.close()
                time.sleep(pause)

    return load


_LOADS = {
    "nobody asks": _nobody,
    "1 client, without a pause": _clients(1),
    "4 clients, without a pause": _clients(4),
    "4 clients ask for everything": _clients(4, PATHS),
    "200 connections that say nothing": _sending(b"", 0.2, 200),
    "8 clients that send a byte now and then": _sending(b"G", 0.2),
    "8 clients that send headers without an end": _sending(_REQUEST + b"X: x\r\n" * 2000, 0.01),
    "8 clients that send lines without an end": _sending(b"x" * 20_000, 0.01),
}


def run(bench):
    if not bench.micropython:
        return []
    seconds = 0.3 if bench.quick else 6
    rows: list = []
    for what, load in list(_LOADS.items())[: 2 if bench.quick else None]:
        with contextlib.ExitStack() as stack:
            line = Line(Meter("t211", samples.START), listen=("127.0.0.1", 0))
            settings = all_on(stack.enter_context(Broker()))
            firmware = Firmware(
                bench.folder / f"loads-{len(rows)}",
                stack.enter_context(line).port,
                settings,
                _HEAP,
            )
            stack.enter_context(firmware)
            firmware.wait_until_ready()
            load(settings["http_port"], time.monotonic() + seconds)
            firmware.wait_until_up()
            health = firmware.json("/healthz")
            if health["rejected"] or health["overruns_suspected"]:
                raise FirmwareError(f"Telegrams were lost while {what}: {health['rejected']}")
            waiting = health["most_waiting"]
            rows.append(
                {
                    "key": f"{NAME}.{len(rows)}",
                    "what": what,
                    "waiting": waiting,
                    "ms": round(waiting / _RATE, 1),
                    "part": round(100 * waiting / _RXBUF, 1),
                    "telegrams": health["telegrams"],
                }
            )
    columns = {
        "what": "load",
        "waiting": "most bytes waiting",
        "ms": "ms of the line",
        "part": "% of uart_rxbuf",
        "telegrams": "telegrams, none lost",
    }
    notes = [
        f"For {seconds} s each, every output on. Bytes come in pieces of 115, so that some wait "
        "also when nobody asks. An ESP32 is slower: `most_waiting` on its /healthz says how long "
        "they wait there."
    ]
    return [Table(NAME, f"{TITLE}: how long the meter's bytes wait", columns, rows, notes)]
