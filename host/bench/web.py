"""HTTP: /metrics of the firmware beside a bare microdot that answers with a constant text.

Both run under the same MicroPython, with the heap of a board with PSRAM and the same simulated
sockets, and are asked in turns by the same clients. The firmware reads a meter meanwhile. What a
request takes of the server's processor time is the number that other programs on this machine
disturb least.
"""

import contextlib
import subprocess
import time
from pathlib import Path

from host import build
from host.bench import samples
from host.bench.board import SCRIPTS
from host.bench.figures import measured, median, ratio
from host.bench.load import scrape
from host.bench.tables import MEASURED, Table
from sim.firmware import Firmware
from sim.line import Line
from sim.meter import Meter
from sim.ports import free_port

NAME = "http"
TITLE = "HTTP"

_CLIENTS = (1, 4)

#: As much as a board with PSRAM may well have.
_HEAP = "2m"
_OURS = "power-readout"
_BARE = "bare microdot"
_COLLECTING = "bare microdot, gc.threshold(16384)"


class ServerError(Exception):
    """A server failed while it was measured; the text says how."""


def run(bench):
    if not bench.micropython:
        return []
    with contextlib.ExitStack() as stack:
        line = stack.enter_context(Line(Meter("t211", samples.START), listen=("127.0.0.1", 0)))
        firmware = Firmware(
            bench.folder / "http",
            line.port,
            # As with PSRAM: nobody counts what is in use with each connection.
            {"http_port": free_port(), "heap_limit": None},
            _HEAP,
            {"SIM_PSRAM": "1"},
        )
        stack.enter_context(firmware)
        firmware.wait_until_ready()
        size = len(firmware.get("/metrics")[2])
        servers = {_OURS: (firmware.settings["http_port"], firmware.process.pid)}
        whole = bench.folder / "microdot"
        build.compile_microdot(whole)
        for name, threshold in ((_BARE, -1), (_COLLECTING, 16384)):
            servers[name] = stack.enter_context(_bare(firmware, whole, size, threshold))
        rounds, requests = (2, 100) if bench.quick else (24, 300)
        found = _take_turns(servers, rounds, requests)
    return [_table(found, size, requests)]


@contextlib.contextmanager
def _bare(firmware, folder, size, threshold):
    """A bare microdot's port and process, run as the firmware is."""
    port = free_port()
    command = [*firmware.interpreter.command, *firmware.options, str(SCRIPTS / "bare.py")]
    command += [str(port), str(size), str(threshold), str(folder.resolve())]
    # Where the simulated chip's modules are found.
    process = subprocess.Popen(
        command, cwd=firmware.folder, env=firmware.environment, stdout=subprocess.DEVNULL
    )
    try:
        end = time.monotonic() + 10
        while not scrape(port, 1, 1).latencies:
            if time.monotonic() > end or process.poll() is not None:
                raise ServerError("The bare microdot does not answer.")
            time.sleep(0.05)
        yield port, process.pid
    finally:
        process.kill()
        process.wait()


def _take_turns(servers, rounds, requests):
    """{(server, clients): [(requests/s, median latency, its 99th percentile, CPU µs)]}"""
    found = {(name, clients): [] for name in servers for clients in _CLIENTS}
    for number in range(rounds + 1):
        for clients in _CLIENTS:
            for name, (port, pid) in servers.items():
                before = processor_time(pid)
                scraped = scrape(port, clients, requests)
                after = processor_time(pid)
                if scraped.failures:
                    raise ServerError(f"{name} does not serve: {scraped.failures[:3]}")
                latencies = sorted(scraped.latencies)
                turn = (
                    requests / scraped.seconds,
                    latencies[requests // 2],
                    latencies[requests * 99 // 100],
                    (after - before) / requests / 1000 if after is not None else None,
                )
                if number:
                    found[name, clients].append(turn)
    return found


def processor_time(pid):
    """Nanoseconds of processor time that a process has had; None where that cannot be told."""
    try:
        return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0])
    except (OSError, ValueError):
        return None


def _table(found, size, requests):
    rows = []
    for (name, clients), turns in found.items():
        rates, latencies, worst, spent = zip(*turns)
        bare_rates, _, _, bare_spent = zip(*found[_BARE, clients])
        row = measured(
            f"{NAME}.{'ours' if name == _OURS else 'bare' if name == _BARE else 'collecting'}"
            f".{clients}",
            name,
            f"{clients} client{'s' if clients > 1 else ''}",
            f"{len(turns)} x {requests}",
            rates,
            latency=median(latencies),
            worst=median(worst),
            rate_part=100 * ratio(rates, bare_rates),
        )
        if spent[0] is not None:
            row["spent"] = median(spent)
            row["spent_part"] = 100 * ratio(bare_spent, spent)
        rows.append(row)
    columns = {
        **MEASURED,
        "median": "requests/s",
        "spread": "quartiles",
        "latency": "latency, µs",
        "worst": "99th, µs",
        "spent": "server's CPU, µs",
        "rate_part": "% of bare, requests/s",
        "spent_part": "% of bare, by CPU",
    }
    notes = [
        f"A board with PSRAM, heap of {_HEAP.upper()}B for each; the body has {size:,} bytes. A "
        "board without renders it anew for each request. A request is a connection of its own, as "
        "microdot closes it after the answer. The firmware collects its garbage every 64 KB, the "
        "third server every 16."
    ]
    return Table(NAME, f"{TITLE}: GET /metrics under MicroPython", columns, rows, notes)
