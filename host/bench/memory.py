"""Memory: what each module takes of the heap, what is in use when, and how small a heap may be.

The firmware runs as it does on a board, compiled, on the simulated chip. What the chip's own
modules take is listed apart, because a board has them in C.
"""

import contextlib
import os
import re
import time
from math import ceil

from host import build, tree
from host.bench import samples
from host.bench.board import SCRIPTS, WASM, has_wasm
from host.bench.load import scrape
from host.bench.peers import REQUIREMENTS
from host.bench.tables import Table
from host.bench.web import free_port
from sim.firmware import Firmware, FirmwareError
from sim.line import Line
from sim.meter import Meter

NAME = "memory"
TITLE = "Memory"

#: Everything that can be asked for, in turn.
PATHS = ("/metrics", "/metrics?format=prometheus", "/telegram", "/healthz", "/")

#: Settings with which every output is on.
ALL_ON: dict = {}

_CLIENTS = 4
_REQUESTS = 200

# Heaps that are tried, in KB.
_LARGEST, _SMALLEST, _STEP = 192, 64, 4

#: What the 32-bit MicroPython can import: it has neither asyncio nor sockets.
_PURE = ("dsmr", "firmware.clock", "firmware.log", "firmware.readout", "firmware.renderers")

#: The firmware's setting, where it is not changed.
_MAX_TELEGRAM = 6144

#: What `micropython.qstr_info()` prints.
_NAMES = re.compile(r"n_qstr=(\d+), n_str_data_bytes=(\d+), n_total_bytes=(\d+)")

_BLOCK = 4096  # bytes of a board's flash

#: A heap in which even sources can be compiled.
_AMPLE = "2m"


def run(bench):
    tables = [_flash(bench)]
    if bench.micropython:
        modules = _Modules(bench)
        tables = [modules.table(), _heap(bench, modules), *tables]
    return tables


class Probe:
    """The firmware with a watch on its heap, `on_micropython/probe.py`; for `with`.

    It begins without a telegram; `line.resume()` lets the meter speak.
    """

    def __init__(self, bench, name, heap, stage, interval=100, names=False):
        self._stack = contextlib.ExitStack()
        self.line = Line(Meter("t211", samples.START), listen=("127.0.0.1", 0), speed=4)
        self.line.pause()
        folder = bench.folder / name
        settings = {"http_port": free_port(), **ALL_ON}
        self.firmware = Firmware(folder, self.line.port, settings, heap)
        self.port = settings["http_port"]
        self._report = folder / "report.txt"
        main = os.path.relpath(stage.folder / "main.py", folder)
        command = [*self.firmware.command[:3], str(SCRIPTS / "probe.py"), main, "report.txt"]
        self.firmware.command = [*command, str(interval), str(int(names))]

    def __enter__(self):
        self._stack.enter_context(self.line)
        self._stack.enter_context(self.firmware)
        self.firmware.wait_until_up()
        return self

    def __exit__(self, *exception):
        return self._stack.__exit__(*exception)

    def lines(self, kind, since=0):
        """Lines of that kind in the report from there on, each as a list of words."""
        text = self._report.read_text()[since:]
        whole = text[: text.rfind("\n") + 1].splitlines()
        return [line.split(" ")[1:] for line in whole if line.startswith(kind + " ")]

    def names(self):
        """(number of names, bytes of the tables that they are in) of the last report."""
        said = re.findall(
            r"n_qstr=(\d+), n_str_data_bytes=(\d+), n_total_bytes=(\d+)", self.firmware.printed
        )
        count, text, size = map(int, said[-1])
        return count, size - text

    def heap(self, seconds, work=lambda: None):
        """(bytes in use, the most with garbage) while `work()` is done, over and over."""
        since = len(self._report.read_text())
        end = time.monotonic() + seconds
        while time.monotonic() < end or not self.lines("heap", since):
            work()
            time.sleep(0.01)
        found = self.lines("heap", since)
        return max(int(used) for used, _ in found), max(int(most) for _, most in found)


class _Modules:
    """What each module costs, in all the forms that there are."""

    def __init__(self, bench):
        arch = build.arch_of_this_machine()
        self._sources = {path.stem for path in (tree.REPO / "sim" / "chip").glob("*.py")}
        self.asyncio = 0
        self.kept = {}
        self.compiled = self._measure(bench, "x64", bench.stage("x64", arch))
        kept = dict(self.kept)
        source = bench.stage("source", arch, source=True)
        self.source = self._measure(bench, "source", source)
        bytecode = bench.stage("bytecode", "bytecode")
        self.bytecode = self._measure(bench, "bytecode", bytecode)
        self.kept.update(kept)
        self.words32 = self._words32(bench) if has_wasm() else {}
        self.flash = _module_files(bench, build.ESP32)
        self.flash.update(
            {
                name: size
                for name, size in _module_files(bench, "bytecode").items()
                if name not in self.flash
            }
        )

    def _measure(self, bench, name, stage):
        with Probe(bench, f"modules-{name}", _AMPLE, stage, names=True) as probe:
            probe.line.resume()
            probe.firmware.wait_until_ready()
            scrape(probe.port, 1, 2 * len(PATHS), PATHS)
            probe.heap(0.3)
            self.asyncio = int(probe.lines("begin")[0][1])
            found = {}
            for module, cost, kept in probe.lines("module"):
                found[module] = int(cost)
                self.kept[module] = kept == "1"
        return found

    def _words32(self, bench):
        stage = bench.stage("wasm-imports", "bytecode", WASM)
        # A package that imports its modules would have their cost.
        init = stage.folder / "app" / "lib" / "dsmr" / "__init__.mpy"
        init.unlink()
        init.with_suffix(".py").write_text("")
        names = [name for name in self.bytecode if name.startswith(_PURE) and name != "dsmr"]
        return stage.run("imports", modules=names)

    def is_chip(self, name):
        return name in self._sources

    def is_microdot(self, name):
        return name.startswith("microdot")

    def is_ours(self, name):
        return name.split(".")[0] in ("dsmr", "firmware")

    def kept_total(self, costs, wanted):
        """Bytes of those that are wanted and stay."""
        return sum(costs[name] for name in costs if wanted(name) and self.kept[name])

    def table(self):
        groups = (
            ("power-readout", self.is_ours),
            ("microdot", self.is_microdot),
        )
        columns = {
            "what": "module",
            "compiled": "compiled",
            "source": "from source",
            "bytecode": "bytecode",
            "words32": "bytecode, 32 bits",
            "flash": "flash",
            "note": "",
        }
        rows = []
        for group, wanted in groups:
            names = [
                *self.compiled,
                *(name for name in self.bytecode if name not in self.compiled),
            ]
            found = [self._row(name) for name in names if wanted(name)]
            rows += sorted(found, key=lambda row: row["what"])
            rows.append(self._sum(f"all of {group}", wanted))
        rows.append(
            {"key": f"{NAME}.asyncio", "what": "asyncio, which boards have in flash"}
            | dict.fromkeys(("compiled", "source", "bytecode"), self.asyncio)
        )
        rows.append(self._sum("the simulated chip, which boards have in C", self.is_chip))
        notes = [
            "Bytes of heap on words of 64 bits unless it says 32, and bytes of the file that is "
            f"sent to an ESP32 ({build.ESP32}; bytecode where that has none). Compiled is with "
            "machine code for this machine. Measured by importing, each module less what it "
            "imports itself."
        ]
        if not self.words32:
            notes.append(f"No 32-bit MicroPython: pip install -r {REQUIREMENTS}")
        return Table(f"{NAME}-modules", f"{TITLE}: what a module costs", columns, rows, notes)

    def _row(self, name):
        return {
            "key": f"{NAME}.module.{name}",
            "what": name,
            "compiled": self.compiled.get(name),
            "source": self.source.get(name),
            "bytecode": self.bytecode.get(name),
            "words32": self.words32.get(name),
            "flash": self.flash.get(name),
            "note": "" if self.kept[name] else "dropped after use",
        }

    def _sum(self, what, wanted):
        row = {"key": f"{NAME}.sum.{what}", "what": what}
        for form in ("compiled", "source", "bytecode"):
            row[form] = self.kept_total(getattr(self, form), wanted)
        if wanted == self.is_ours and self.words32:
            row["words32"] = self.kept_total(self.words32, wanted)
            row["note"] = "32 bits: of the modules listed"
        return row


def _module_files(bench, arch):
    """{module: bytes of its file} of the tree that is built for a board."""
    built = _built(arch)
    return {
        name.removeprefix("app/")
        .removeprefix("lib/")
        .removesuffix(".mpy")
        .replace("/", ".")
        .removesuffix(".__init__"): (built.out / name).stat().st_size
        for name in built.files
        if name.endswith(".mpy")
    }


def _built(arch):
    return build.build(tree.REPO, tree.REPO / "build" / f"bench-{arch}", arch)


def _heap(bench, modules):
    """What is in use when, and the smallest heap."""
    seconds = 0.3 if bench.quick else 3
    stage = bench.stages["x64"]
    rows = []
    with Probe(bench, "heap", "1m", stage, interval=40 if bench.quick else 100) as probe:
        bare, asyncio, begin = map(int, probe.lines("begin")[0])
        own = begin - bare - asyncio
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
        names, size = probe.names()
    rows += _parts(bench, modules, names, size)
    smallest = _smallest(bench)
    rows.append(
        {
            "key": f"{NAME}.smallest",
            "what": f"smallest -X heapsize that serves {_REQUESTS} requests",
            "used": smallest * 1024 if smallest else None,
            "note": f"{smallest}k" if smallest else f"more than {_LARGEST}k",
            "kilobytes": smallest,
        }
    )
    notes = [
        "Words of 64 bits, compiled, every output on; on a board most objects take half as much. "
        f"At most: with the garbage that waits for the next collection. Largest of {seconds} s.",
        f"The smallest heap is found in steps of {_STEP}k: the firmware starts, a telegram comes "
        f"ten times a second, and {_CLIENTS} clients ask for {', '.join(PATHS)} in turn.",
    ]
    columns = {"what": "when", "used": "in use", "most": "at most", "note": ""}
    return Table(f"{NAME}-heap", f"{TITLE}: the heap, bytes", columns, rows, notes)


def _parts(bench, modules, names, size):
    """What the heap that is in use consists of."""
    ours = modules.kept_total(modules.compiled, modules.is_ours)
    microdot = modules.kept_total(modules.compiled, modules.is_microdot)
    chip = modules.kept_total(modules.compiled, modules.is_chip)
    parser = bench.stages["x64"].run("objects", max_telegram=_MAX_TELEGRAM)["parser"]
    text = f"of it, the parser with two telegrams of {_MAX_TELEGRAM:,}"
    rows = [
        _state("ours", "of it, modules of power-readout", ours),
        _state("microdot", "of it, modules of microdot and asyncio", microdot + modules.asyncio),
        _state("chip", "of it, modules of the simulated chip", chip),
        _state("names", f"of it, the tables of {names:,} names", size),
        _state("parser", text, parser),
    ]
    if has_wasm():
        parser = bench.stages["wasm-imports"].run("objects", max_telegram=_MAX_TELEGRAM)["parser"]
        rows.append(_state("parser32", "the same parser on words of 32 bits", parser))
    return rows


def _state(key, what, found, own=0):
    """found: bytes in use, or these and the most with garbage; own: the probe's, in both."""
    used, most = found if isinstance(found, tuple) else (found, None)
    row = {"key": f"{NAME}.heap.{key}", "what": what, "used": used - own}
    if most is not None:
        row["most"] = most - own
    return row


def _smallest(bench):
    """The smallest heap, in KB, that will do; None if the largest will not."""
    step = 32 if bench.quick else _STEP
    sizes = list(range(_SMALLEST, _LARGEST + 1, step))
    below, enough = -1, len(sizes)
    while enough - below > 1:
        middle = (below + enough) // 2
        if fits(bench, sizes[middle]):
            enough = middle
        else:
            below = middle
    # What it needs at most depends on when requests meet telegrams: once more, to be sure.
    while not bench.quick and enough < len(sizes) and not fits(bench, sizes[enough]):
        enough += 1
    return sizes[enough] if enough < len(sizes) else None


def fits(bench, kilobytes):
    """Whether the firmware starts in such a heap and answers, while telegrams come."""
    line = Line(Meter("t211", samples.START), listen=("127.0.0.1", 0), speed=10)
    settings = {"http_port": free_port(), **ALL_ON}
    folder = bench.folder / f"fits-{kilobytes}-{time.monotonic_ns()}"
    with line, Firmware(folder, line.port, settings, f"{kilobytes}k") as firmware:

        def decided():
            return "MemoryError" in firmware.printed or firmware.get("/readyz")[0] == 200

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
            and "MemoryError" not in firmware.printed
        )


def _flash(bench):
    """The size of what is sent to a board."""
    rows = []
    for arch, what in (
        (build.ESP32, "ESP32, S2, S3"),
        ("rv32imc", "C3, C6"),
        ("bytecode", "any board"),
    ):
        built = _built(arch)
        sizes = {name: (built.out / name).stat().st_size for name in built.files}
        row = {
            "key": f"{NAME}.flash.{arch}",
            "what": f"{arch}: {what}",
            "files": len(sizes),
            "bytes": sum(sizes.values()),
            "blocks": sum(ceil(size / _BLOCK) for size in sizes.values()) * _BLOCK // 1024,
        }
        for part, start in (("firmware", "app/firmware"), ("dsmr", "app/lib/dsmr")):
            row[part] = sum(size for name, size in sizes.items() if name.startswith(start))
        row["microdot"] = sum(size for name, size in sizes.items() if "/microdot/" in name)
        rows.append(row)
    columns = {
        "what": "built for",
        "files": "files",
        "bytes": "bytes",
        "firmware": "firmware",
        "dsmr": "dsmr",
        "microdot": "microdot",
        "blocks": "KB of flash",
    }
    notes = [f"KB of flash: as blocks of {_BLOCK:,} bytes, of which each file takes whole ones."]
    return Table(f"{NAME}-flash", f"{TITLE}: flash of the deployed tree", columns, rows, notes)
