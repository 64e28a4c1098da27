"""`make soak`: a day of telegrams through the running firmware, and its memory meanwhile.

The meter's 86,400 telegrams come as fast as the firmware reads them, struck by every fault of
`sim.faults`, while clients ask for every page and, where the firmware has that output, read the
telegrams over TCP. The firmware runs under MicroPython with its heap capped. Its own clock is the
real one: what depends on weeks of it is tested on a clock of the tests' own.
"""

import argparse
import contextlib
import json
import socket
import statistics
import sys
import tempfile
import threading
import time
import urllib.error
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from firmware import config
from host.build import BuildError
from host.tree import TreeError
from sim.faults import Fault, Faults, arrived
from sim.firmware import HEAP, Firmware, FirmwareError, micropython
from sim.line import Line
from sim.meter import KINDS, Meter

DAY = 86_400

#: A seventh of the telegrams is struck, and the cable comes out four times an hour.
FAULTS = (
    *(("noise", 0.05), ("flip", 0.02), ("lose", 0.02), ("double", 0.02), ("cut", 0.01)),
    *(("burst", 0.02), ("break", 0.02), ("cable", 0.001, 20), ("silence", 0.001, 30)),
)

#: What the clients ask for in turn, as far as the firmware has it: page, and whether it is JSON.
_PAGES = (
    *(("/metrics", True), ("/telegram", False), ("/metrics?format=prometheus", False)),
    *(("/healthz", True), ("/readyz", True), ("/api/v1/data", True), ("/", False)),
)

#: Samples of the memory that are taken; one a quarter-hour of a day.
_SAMPLES = 96
_ROWS = 12
_CHART_ROWS = 8

#: Bytes by which the free heap may differ from the second quarter of a run to the last: what was
#: seen to go and to come back is 1.5 KB, as much as a connection that is just being closed.
_SLACK = 2048

_START = datetime(2026, 3, 28, 12)  # the next night the clocks go forward
_STALLED = 60  # seconds without a telegram


class SoakError(Exception):
    """The soak cannot be run, or not to its end; the text is for the person."""


@dataclass
class Sample:
    """What was seen after so many telegrams of the meter."""

    sent: int
    accepted: int
    rejected: int
    requests: int
    free_heap: int


@dataclass
class Result:
    """What a run came to."""

    heap: str
    telegrams: int
    seconds: float = 0
    samples: list = field(default_factory=list)
    #: What the line carried: whole telegrams, bytes, how often each fault struck.
    whole: int = 0
    bytes: int = 0
    faults: dict = field(default_factory=dict)
    #: /healthz at the end.
    health: dict = field(default_factory=dict)
    #: Answers of each kind, such as "200 /metrics"; what a client did not understand.
    answers: Counter = field(default_factory=Counter)
    bad: list = field(default_factory=list)
    #: Telegrams that a TCP client has read; None where the firmware has no such output.
    raw: int | None = None
    printed: str = ""


# --- The run


class _Clients:
    """Ask for the pages in turn, from threads of their own, until they are told to stop.

    In a `with` block they wait: a connection takes memory while it is open, which would hide what
    the program keeps.
    """

    def __init__(self, firmware: Firmware, result: Result, number: int):
        self._firmware = firmware
        self._result = result
        self._stop = threading.Event()
        self._locks = [threading.Lock() for _ in range(number)]
        self._threads = [
            threading.Thread(target=self._ask, args=(place,), daemon=True)
            for place in range(number)
        ]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

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
        while not self._stop.wait(0.01):
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


class _RawReader:
    """Reads the telegrams over TCP, and comes back when it was sent away."""

    def __init__(self, port: int, result: Result):
        self._port = port
        self._result = result
        result.raw = 0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.wait(0.05):
            with contextlib.suppress(OSError):
                with socket.create_connection(("127.0.0.1", self._port), 5) as connection:
                    connection.settimeout(0.2)
                    self._read(connection)

    def _read(self, connection: socket.socket) -> None:
        data = b""
        while not self._stop.is_set():
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


def has_raw_output() -> bool:
    """Whether the firmware sends telegrams over TCP."""
    return any(row[0] == "raw_port" for row in config._rows())


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def run(
    telegrams: int = DAY,
    kind: str = "t211",
    heap: str = HEAP,
    seed: int = 1,
    clients: int = 1,
    say=lambda sample, of: None,
) -> Result:
    """Run it; `say(sample, telegrams)` is called for each sample."""
    if not micropython():
        raise SoakError(
            "There is no MicroPython for this machine on PyPI, and without it nothing is capped."
        )
    result = Result(heap, telegrams)
    faults = Faults([Fault(*fault) for fault in FAULTS], seed)
    settings = {"http_port": _free_port()}
    if has_raw_output():
        settings["raw_port"] = _free_port()
    begin = time.monotonic()
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        meter = Meter(kind, _START, seed)
        line = stack.enter_context(
            Line(meter, listen=("127.0.0.1", 0), speed=0, faults=faults, count=telegrams)
        )
        firmware = stack.enter_context(
            Firmware(folder, line.port, settings, heap, {"SIM_BACKPRESSURE": "1"})
        )
        firmware.wait_until_ready()
        with contextlib.ExitStack() as asking:
            askers = _Clients(firmware, result, clients)
            asking.callback(askers.stop)
            if "raw_port" in settings:
                asking.callback(_RawReader(settings["raw_port"], result).stop)
            _watch(firmware, line, result, askers, say)
        result.health = firmware.json("/healthz")
        result.seconds = time.monotonic() - begin
        result.whole, result.bytes = line.intact, line.bytes
        result.faults = dict(faults.counts)
        result.printed = firmware.printed
    return result


def _watch(firmware: Firmware, line: Line, result: Result, askers: _Clients, say) -> None:
    """Take a sample now and then, until all that was sent is read."""
    step = max(1, result.telegrams // _SAMPLES)
    begun = 0
    came, since = -1, time.monotonic()
    while True:
        ended = line.join(0.02)
        if line.seconds >= begun + step or ended:
            with askers:
                health = _health(firmware)
            begun = line.seconds // step * step
            sample = Sample(
                line.seconds,
                health["telegrams"],
                sum(health["rejected"].values()),
                health["http_requests"],
                health["free_heap"],
            )
            counted = health["bytes"]["in"]
            if counted != came:
                came, since = counted, time.monotonic()
            if ended and counted == line.bytes:
                result.samples.append(sample)
                say(sample, result.telegrams)
                return
            if not ended:
                result.samples.append(sample)
                say(sample, result.telegrams)
        if time.monotonic() - since > _STALLED:
            raise SoakError(f"Nothing has come through for {_STALLED} s:\n{firmware.printed}")


def _health(firmware: Firmware) -> dict:
    """/healthz; a client that comes while too many others are served tries again."""
    for _ in range(20):
        try:
            status, _, body = firmware.get("/healthz", timeout=20)
            if status == 200:
                return json.loads(body)
        except (OSError, ValueError, urllib.error.URLError):
            pass
        if firmware.process is not None and firmware.process.poll() is not None:
            raise SoakError(f"The firmware has ended:\n{firmware.printed}")
        time.sleep(0.2)
    raise SoakError(f"/healthz does not answer. It printed:\n{firmware.printed}")


# --- What is said of it


def findings(result: Result) -> list[str]:
    """What did not hold, as sentences."""
    wrong = []
    health = result.health
    if health["telegrams"] != result.whole:
        wrong.append(
            f"{result.whole:,} telegrams came whole, and {health['telegrams']:,} were accepted."
        )
    counted = dict(health["bytes"])
    came = counted.pop("in")
    if not came == result.bytes == sum(counted.values()):
        wrong.append(
            f"{result.bytes:,} bytes were sent, {came:,} came, and these make: {counted}."
        )
    first, last = _quarters(result)
    if last < first - _SLACK:
        wrong.append(
            f"The memory shrinks: {first:,.0f} bytes were free in the second quarter, {last:,.0f} "
            "in the last."
        )
    refused = {
        answer: n for answer, n in result.answers.items() if answer[:3] not in ("200", "404")
    }
    if refused:
        wrong.append(f"Some pages were not answered with 200: {refused}.")
    if result.bad:
        wrong.append(f"{len(result.bad):,} answers could not be read, the first: {result.bad[0]}")
    if not any(answer.startswith("200") for answer in result.answers):
        wrong.append("No client has got an answer.")
    if result.raw == 0:
        wrong.append("No telegram has come over TCP.")
    if health.get("errors"):
        wrong.append(f"Errors were kept: {health['errors']}.")
    for word in ("failed", "has ended", "Traceback"):
        if word in result.printed:
            tail = "\n".join(result.printed.splitlines()[-12:])
            wrong.append(f"Something has failed in the program, which says at last:\n{tail}")
            break
    return wrong


def _quarters(result: Result) -> tuple[float, float]:
    """Median of the free heap in the second quarter and in the last.

    In the first, buffers grow to what the longest answer needs, and modules come in that are
    loaded at the first use.
    """
    heaps = [sample.free_heap for sample in result.samples]
    size = max(1, len(heaps) // 4)
    return statistics.median(heaps[size : 2 * size]), statistics.median(heaps[-size:])


def report(result: Result) -> str:
    """The table, the chart and the counts."""
    return "\n".join([*_table(result), "", *chart(result), "", *_counts(result)])


def _table(result: Result) -> list[str]:
    lines = ["    of the day  telegrams  accepted  rejected  HTTP requests  free heap"]
    step = max(1, len(result.samples) // _ROWS)
    rows = result.samples[::step]
    if rows[-1] is not result.samples[-1]:
        rows.append(result.samples[-1])
    for sample in rows:
        minutes = sample.sent // 60
        lines.append(
            f"  {minutes // 60:5}:{minutes % 60:02} h  {sample.sent:11,} {sample.accepted:9,} "
            f"{sample.rejected:9,}  {sample.requests:13,}  {sample.free_heap:9,}"
        )
    return lines


def chart(result: Result, width: int = 64) -> list[str]:
    """The free heap over the telegrams, from 0 up: a leak is a slope."""
    heaps = [sample.free_heap for sample in result.samples]
    columns = []
    for place in range(min(width, len(heaps))):
        begin = place * len(heaps) // min(width, len(heaps))
        end = max(begin + 1, (place + 1) * len(heaps) // min(width, len(heaps)))
        columns.append(min(heaps[begin:end]))
    top = -(-max(heaps) // (1024 * _CHART_ROWS)) * 1024 * _CHART_ROWS
    lines = [f"  free heap of {result.heap}, the least of each stretch"]
    for row in range(_CHART_ROWS, 0, -1):
        level = top * row // _CHART_ROWS
        below = top * (row - 1) // _CHART_ROWS
        cells = []
        for least in columns:
            eighths = round(8 * min(1, max(0, (least - below) / (level - below))))
            cells.append(" ▁▂▃▄▅▆▇█"[eighths])
        lines.append(f"  {level // 1024:4} KB |{''.join(cells)}")
    lines.append(f"     0 KB +{'-' * len(columns)}")
    hours = f"{result.samples[-1].sent / 3600:.1f} h"
    lines.append(f"           0{hours.rjust(len(columns) - 1)}")
    return lines


def _counts(result: Result) -> list[str]:
    health = result.health
    rejected = ", ".join(f"{n:,} {reason}" for reason, n in sorted(health["rejected"].items()))
    struck = ", ".join(f"{name} {n:,}" for name, n in sorted(result.faults.items()))
    counted = health["bytes"]
    first, last = _quarters(result)
    lines = [
        f"  faults: {struck}",
        f"  sent {result.telegrams:,}, of which {result.whole:,} came whole; "
        f"accepted {health['telegrams']:,}; rejected {rejected or 'none'}",
        f"  bytes: in {counted['in']:,} = accepted {counted['accepted']:,} + rejected "
        f"{counted['rejected']:,} + skipped {counted['skipped']:,} + pending "
        f"{counted['pending']:,}",
        f"  HTTP: {sum(result.answers.values()):,} answers to clients",
    ]
    if result.raw is not None:
        lines.append(f"  TCP: {result.raw:,} telegrams read, each whole")
    lines.append(
        f"  free heap: {first:,.0f} bytes in the second quarter, {last:,.0f} in the last "
        f"(medians); {result.seconds:.0f} s"
    )
    return lines


# --- The command


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="make soak",
        description="A day of telegrams, faults and requests through the firmware under "
        "MicroPython with its heap capped, as fast as it goes; prints its memory over time. Exit "
        "code 1: something did not hold; 2: it could not be run.",
    )
    parser.add_argument(
        "--telegrams",
        type=int,
        default=DAY,
        metavar="N",
        help=f"how many the meter sends, {DAY:,} being a day of them (the default)",
    )
    parser.add_argument("--meter", choices=KINDS, default="t211", help="default: t211")
    parser.add_argument("--heap", default=HEAP, metavar="SIZE", help=f"default: {HEAP}")
    parser.add_argument(
        "--clients", type=int, default=1, metavar="N", help="how many ask at once (default: 1)"
    )
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="other dice (default: 1)")
    return parser


def main(argv: list[str] | None = None) -> int:
    parser = _arguments()
    options = parser.parse_args(argv)
    if options.telegrams < 100 or options.clients < 1:
        parser.error("there are 100 telegrams or more, and one client or more")
    shown = 0.0

    def say(sample: Sample, of: int) -> None:
        nonlocal shown
        if time.monotonic() - shown >= 1:
            shown = time.monotonic()
            print(
                f"  {100 * sample.sent // of:3} %  {sample.sent:,} telegrams, "
                f"{sample.requests:,} HTTP requests, {sample.free_heap:,} bytes free",
                flush=True,
            )

    print(f"{options.telegrams:,} telegrams of a {options.meter}, in a heap of {options.heap}:")
    try:
        result = run(
            options.telegrams, options.meter, options.heap, options.seed, options.clients, say
        )
    except KeyboardInterrupt:
        print("\nEnded before the day was over: nothing is said of it.")
        return 2
    except (SoakError, FirmwareError, BuildError, TreeError, OSError) as error:
        print(f"soak: {error}", file=sys.stderr)
        return 2
    print()
    print(report(result))
    wrong = findings(result)
    print()
    for sentence in wrong:
        print(f"  DOES NOT HOLD: {sentence}")
    if not wrong:
        print("  All holds: what came whole was accepted once, every byte is accounted for, the")
        print("  memory is flat, and every client was answered.")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
