"""Memory: the heap that modules take, the heap that is in use, and the flash.

The firmware runs as it does on a board, compiled, on the simulated chip. What the chip's own
modules take is listed apart, because a board has them in C.
"""

from math import ceil

from host import build
from host.bench import memory_heap
from host.bench.memory_modules import Modules, built, module_files
from host.bench.tables import Table

NAME = "memory"
TITLE = "Memory"

_BLOCK = 4096  # bytes of a board's flash


def run(bench):
    tables = [_flash()]
    if bench.micropython:
        modules = Modules(bench)
        tables = [
            modules.table(),
            memory_heap.table(bench, modules),
            *tables,
        ]
    return tables


def _flash():
    """The size of what is sent to a board."""
    rows = []
    for arch, what in (
        (build.ESP32, "ESP32, S2, S3"),
        ("rv32imc", "C3, C6"),
        ("bytecode", "any board"),
    ):
        made = built(arch)
        sizes = {name: (made.out / name).stat().st_size for name in made.files}
        row = {
            "key": f"{NAME}.flash.{arch}",
            "what": f"{arch}: {what}",
            "files": len(sizes),
            "bytes": sum(sizes.values()),
            "blocks": sum(ceil(size / _BLOCK) for size in sizes.values()) * _BLOCK // 1024,
        }
        modules = module_files(arch)
        for part in ("firmware", "dsmr"):
            row[part] = sum(size for name, size in modules.items() if name.startswith(part))
        rows.append(row)
    columns = {
        "what": "built for",
        "files": "files",
        "bytes": "bytes",
        "firmware": "modules of firmware",
        "dsmr": "of dsmr",
        "blocks": "KB of flash",
    }
    notes = [f"KB of flash: as blocks of {_BLOCK:,} bytes, of which each file takes whole ones."]
    return Table(f"{NAME}-flash", f"{TITLE}: flash of the deployed tree", columns, rows, notes)
