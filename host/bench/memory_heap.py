"""How much of the heap is in use when, what it consists of, and how small a heap may be."""

import time

from host.bench import samples
from host.bench.load import scrape
from host.bench.probe import PATHS, Probe, all_on
from host.bench.tables import Table
from sim.broker import Broker
from sim.firmware import Firmware, FirmwareError
from sim.interpreter import words32, words64
from sim.line import Line
from sim.meter import Meter

_CLIENTS = 4
_REQUESTS = 200

# Heaps that are tried, in KB.
_LARGEST, _SMALLEST, _STEP = 256, 64, 4

#: What a board without PSRAM has no room for beside MQTT.
_PLAIN = {"raw_port": 0, "history": False}

#: Bytes of a telegram that a board without PSRAM makes room for at first, see `firmware.budget`.
_MAX_TELEGRAM = 1792


def table(bench, modules):
    """What is in use when, and the smallest heap."""
    seconds = 0.3 if bench.quick else 3
    interpreter = words32() or words64()
    stage = bench.stages["x86" if words32() else "x64"]
    rows = []
    interval = 40 if bench.quick else 100
    with Probe(bench, "heap", "400k", stage, interpreter, interval, **_PLAIN) as probe:
        bare, asyncio, begin = map(int, probe.lines("begin")[0])
        # A larger table of names was made before the program began.
        names = probe.firmware.board_table
        own = begin - bare - asyncio - names + probe.firmware.chip_heap
        rows.append(_state("bare", "MicroPython alone", bare))
        rows.append(_state("start", "after the start, no telegram", probe.heap(seconds), own))
        probe.line.resume()
        probe.firmware.wait_until_ready()
        rows.append(_state("telegrams", "reading, nobody asks", probe.heap(seconds), own))
        probe.firmware.get("/metrics")
        rows.append(_state("metrics", "reading, /metrics was asked for", probe.heap(seconds), own))
        for key, what, paths in (
            ("scraped", "/metrics", ("/metrics",)),
            ("everything", "everything", PATHS),
        ):

            def work(paths=paths):
                scraped = scrape(probe.port, _CLIENTS, 40, paths)
                if scraped.failures:
                    raise FirmwareError(f"Not answered: {scraped.failures[:3]}")

            what = f"{_CLIENTS} clients ask for {what}"
            rows.append(_state(key, what, probe.heap(seconds, work), own))
    rows += _parts(modules, names, rows, stage)
    if interpreter.bits == 32:
        smallest = _smallest(bench, interpreter)
        rows.append(
            {
                "key": "memory.smallest",
                "what": f"smallest heap that serves {_REQUESTS} requests",
                "used": smallest * 1024 if smallest else None,
                "note": f"{smallest}k" if smallest else f"more than {_LARGEST}k",
                "kilobytes": smallest,
            }
        )
    notes = [
        f"Words of {interpreter.bits} bits, compiled, MQTT on and raw TCP off, without the "
        "simulated chip. At most: with the garbage that waits for the next collection. Largest of "
        f"{seconds} s.",
        f"The smallest heap is found in steps of {_STEP}k: the firmware starts, a telegram comes "
        f"ten times a second, and {_CLIENTS} clients ask for {', '.join(PATHS)} in turn. What the "
        "simulated chip takes comes on top of it.",
    ]
    columns = {"what": "when", "used": "in use", "most": "at most", "note": ""}
    return Table("memory-heap", "Memory: the heap, bytes", columns, rows, notes)


def _parts(modules, names, states, stage):
    """What the heap that is in use while nobody asks consists of; all of it together is that."""
    form = "words32" if words32() else "words64"
    (used,) = (row["used"] for row in states if row["key"] == "memory.heap.telegrams")
    objects = stage.run("objects", max_telegram=_MAX_TELEGRAM)
    parts = {
        "bare": ("MicroPython itself", states[0]["used"]),
        "asyncio": ("asyncio", modules.asyncio[form]),
        "ours": ("modules of power-readout", modules.kept_total(form, modules.is_ours)),
        "microdot": ("modules of microdot", modules.kept_total(form, modules.is_microdot)),
        "names": ("the table of names that a board has", names),
        "parser": (f"the parser with two telegrams of {_MAX_TELEGRAM:,}", objects["parser"]),
        "writer": ("the buffer that answers are rendered into", objects["writer"]),
    }
    rest = used - sum(found for _, found in parts.values())
    parts["rest"] = ("all else: settings, routes, tasks, buffers, names of what is dropped", rest)
    return [_state(f"part.{key}", f"of it, {what}", found) for key, (what, found) in parts.items()]


def _state(key, what, found, own=0):
    """found: bytes in use, or these and the most with garbage; own: the probe's, in both."""
    used, most = found if isinstance(found, tuple) else (found, None)
    row = {"key": f"memory.heap.{key}", "what": what, "used": used - own}
    if most is not None:
        row["most"] = most - own
    return row


def _smallest(bench, interpreter):
    """The smallest heap, in KB, that will do; None if the largest will not."""
    step = 32 if bench.quick else _STEP
    sizes = list(range(_SMALLEST, _LARGEST + 1, step))
    below, enough = -1, len(sizes)
    while enough - below > 1:
        middle = (below + enough) // 2
        if fits(bench, sizes[middle], interpreter):
            enough = middle
        else:
            below = middle
    # What it needs at most depends on when requests meet telegrams: once more, to be sure.
    while not bench.quick and enough < len(sizes) and not fits(bench, sizes[enough], interpreter):
        enough += 1
    return sizes[enough] if enough < len(sizes) else None


def fits(bench, kilobytes, interpreter):
    """Whether the firmware starts in such a heap and answers, while telegrams come."""
    line = Line(Meter("t211", samples.START), listen=("127.0.0.1", 0), speed=10)
    broker = Broker()
    settings = {**all_on(broker), **_PLAIN}
    folder = bench.folder / f"fits-{kilobytes}-{time.monotonic_ns()}"
    chip = Firmware(folder, line.port, settings, interpreter=interpreter).chip_heap
    heap = f"{kilobytes + chip // 1024}k"
    ample = {"SIM_CHIP_HEAP": ""}
    with broker, line, Firmware(folder, line.port, settings, heap, ample, interpreter) as firmware:

        def decided():
            # Where there is no room for MQTT, it is not started.
            return (
                "MemoryError" in firmware.printed
                or "is not started" in firmware.printed
                or (
                    firmware.get("/readyz")[0] == 200
                    and firmware.json("/healthz")["mqtt"]["connected"]
                )
            )

        try:
            firmware.wait_until(decided, "ready", 10)
            scraped = scrape(settings["http_port"], _CLIENTS, _REQUESTS, PATHS, pause=0.005)
            health = firmware.json("/healthz")
        except (FirmwareError, OSError, ValueError):
            return False
        return (
            len(scraped.latencies) == _REQUESTS
            and health["telegrams"] >= 5
            and not health["rejected"]
            and "mqtt" in health
            and health["mqtt"]["connected"]
            and "MemoryError" not in firmware.printed
        )
