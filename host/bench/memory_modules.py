"""What each module of the firmware takes of the heap, in all the forms that there are."""

from host import build, tree
from host.bench.board import WASM, has_wasm
from host.bench.load import scrape
from host.bench.peers import REQUIREMENTS
from host.bench.probe import PATHS, Probe
from host.bench.tables import Table

#: What the 32-bit MicroPython can import: it has neither asyncio nor sockets.
_PURE = ("dsmr", "firmware.log", "firmware.meter", "firmware.renderers")

#: A heap in which even sources can be compiled.
_AMPLE = "2m"


class Modules:
    """What each module costs, in all the forms that there are."""

    def __init__(self, bench):
        arch = build.arch_of_this_machine()
        self._sources = {path.stem for path in (tree.REPO / "sim" / "chip").glob("*.py")}
        self.asyncio = 0
        #: Those that are gone after use: (form, module).
        self.dropped = set()
        self.compiled = self._measure(bench, "compiled", bench.stage("x64", arch))
        source = bench.stage("source", arch, source=True)
        self.source = self._measure(bench, "source", source)
        bytecode = bench.stage("bytecode", "bytecode")
        self.bytecode = self._measure(bench, "bytecode", bytecode)
        self.words32 = self._words32(bench) if has_wasm() else {}
        self.flash = _module_files(bench, build.ESP32)
        self.flash.update(
            {
                name: size
                for name, size in _module_files(bench, "bytecode").items()
                if name not in self.flash
            }
        )

    def _measure(self, bench, form, stage):
        with Probe(bench, f"modules-{form}", _AMPLE, stage, names=True) as probe:
            probe.line.resume()
            probe.firmware.wait_until_ready()
            scrape(probe.port, 1, 2 * len(PATHS), PATHS)
            probe.heap(0.3)
            self.asyncio = int(probe.lines("begin")[0][1])
            found = {}
            for module, cost, kept in probe.lines("module"):
                found[module] = int(cost)
                if kept == "0":
                    self.dropped.add((form, module))
        return found

    def _words32(self, bench):
        stage = bench.stage("wasm-imports", "bytecode", WASM)
        # A package that imports its modules would have their cost.
        init = stage.folder / "app" / "lib" / "dsmr" / "__init__.mpy"
        init.unlink()
        init.with_suffix(".py").write_text("")
        names = [name for name in self.bytecode if name.startswith(_PURE) and name != "dsmr"]
        # What is dropped again belongs to the module that needs it.
        names = [name for name in names if ("bytecode", name) not in self.dropped]
        return stage.run("imports", modules=names)

    def is_chip(self, name):
        return name in self._sources

    def is_microdot(self, name):
        return name.startswith("microdot")

    def is_ours(self, name):
        return name.split(".")[0] in ("dsmr", "firmware")

    def kept_total(self, form, wanted):
        """Bytes of those that are wanted and stay, or have freed some; form: an attribute here."""
        run = "bytecode" if form == "words32" else form
        return sum(
            cost
            for name, cost in getattr(self, form).items()
            if wanted(name) and (cost < 0 or (run, name) not in self.dropped)
        )

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
            {"key": "memory.asyncio", "what": "asyncio, which boards have in flash"}
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
        return Table("memory-modules", "Memory: what a module costs", columns, rows, notes)

    def _row(self, name):
        return {
            "key": f"memory.module.{name}",
            "what": name,
            "compiled": self.compiled.get(name),
            "source": self.source.get(name),
            "bytecode": self.bytecode.get(name),
            "words32": self.words32.get(name),
            "flash": self.flash.get(name),
            "note": "dropped after use" if ("compiled", name) in self.dropped else "",
        }

    def _sum(self, what, wanted):
        row = {"key": f"memory.sum.{what}", "what": what}
        for form in ("compiled", "source", "bytecode"):
            row[form] = self.kept_total(form, wanted)
        if wanted == self.is_ours and self.words32:
            row["words32"] = self.kept_total("words32", wanted)
            row["note"] = "32 bits: of the modules listed"
        return row


def _module_files(bench, arch):
    """{module: bytes of its file} of the tree that is built for a board."""
    made = built(arch)
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
    """The tree for a board."""
    return build.build(tree.REPO, tree.REPO / "build" / f"bench-{arch}", arch)
