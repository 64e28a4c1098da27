"""What each module of the firmware takes of the heap."""

from host import build, tree
from host.bench.load import scrape
from host.bench.probe import PATHS, Probe
from host.bench.tables import Table
from sim.interpreter import words32, words64

#: A heap in which even sources can be compiled.
_AMPLE = "2m"


class Modules:
    """What each module costs, on words of 32 bits as on a board, and of 64."""

    def __init__(self, bench):
        #: By form: what asyncio takes.
        self.asyncio = {}
        #: Those that are gone after use: (form, module).
        self.dropped = set()
        arch = build.arch_of_this_machine()
        self.words64 = self._measure(bench, "words64", bench.stage("x64", arch), words64())
        self.words32 = {}
        if words32():
            stage = bench.stage("x86", build.arch_of(words32().command))
            self.words32 = self._measure(bench, "words32", stage, words32())
        self.flash = module_files(build.ESP32)
        for name, size in module_files("bytecode").items():
            self.flash.setdefault(name, size)

    def _measure(self, bench, form, stage, interpreter):
        with Probe(bench, f"modules-{form}", _AMPLE, stage, interpreter, names=True) as probe:
            probe.line.resume()
            probe.firmware.wait_until_ready()
            scrape(probe.port, 1, 2 * len(PATHS), PATHS)
            probe.heap(0.3)
            self.asyncio[form] = int(probe.lines("begin")[0][1])
            found = {}
            for module, cost, kept in probe.lines("module"):
                found[module] = int(cost)
                if kept == "0":
                    self.dropped.add((form, module))
        return found

    def is_microdot(self, name):
        return name.startswith("microdot")

    def is_ours(self, name):
        return name.split(".")[0] in ("dsmr", "firmware")

    def kept_total(self, form, wanted):
        """Bytes of those that are wanted and stay, or have freed some; form: an attribute here."""
        return sum(
            cost
            for name, cost in getattr(self, form).items()
            if wanted(name) and (cost < 0 or (form, name) not in self.dropped)
        )

    def table(self):
        groups = (("power-readout", self.is_ours), ("microdot", self.is_microdot))
        columns = {
            "what": "module",
            "words32": "32 bits",
            "words64": "64 bits",
            "flash": "flash",
            "note": "",
        }
        rows = []
        for group, wanted in groups:
            names = sorted({*self.words32, *self.words64})
            rows += [self._row(name) for name in names if wanted(name)]
            rows.append(self._sum(f"all of {group}", wanted))
        rows.append(
            {"key": "memory.asyncio", "what": "asyncio, which boards have in flash"} | self.asyncio
        )
        notes = [
            "Bytes of heap, compiled, with machine code for this machine; and bytes of what an "
            f"ESP32 gets ({build.ESP32}; bytecode where that has none). Measured by importing, "
            "each module less what it imports itself. The sums are without what is dropped."
        ]
        if not self.words32:
            notes.append("No 32-bit MicroPython: python -m sim.interpreter")
        return Table("memory-modules", "Memory: what a module costs", columns, rows, notes)

    def _row(self, name):
        dropped = ("words32" if self.words32 else "words64", name) in self.dropped
        return {
            "key": f"memory.module.{name}",
            "what": name,
            "words32": self.words32.get(name),
            "words64": self.words64.get(name),
            "flash": self.flash.get(name),
            "note": "dropped after use" if dropped else "",
        }

    def _sum(self, what, wanted):
        row = {"key": f"memory.sum.{what}", "what": what}
        for form in ("words32", "words64"):
            if getattr(self, form):
                row[form] = self.kept_total(form, wanted)
        return row


def module_files(arch):
    """{module: bytes of its file} of the tree that is built for a board, its modules apart."""
    made = build.build(tree.REPO, tree.REPO / "build" / f"bench-apart-{arch}", arch)
    return {
        name.removeprefix("app/")
        .removeprefix("lib/")
        .removesuffix(".mpy")
        .replace("/", ".")
        .removesuffix(".__init__"): (made.out / name).stat().st_size
        for name in made.files
        if name.endswith(".mpy")
    }


def built(arch):
    """The tree as a board gets it."""
    return build.packed(tree.REPO, tree.REPO / "build" / f"bench-packed-{arch}", arch)
