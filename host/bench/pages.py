"""Writes docs/benchmarks.md and docs/memory.md from a run."""

from pathlib import Path

from host import tree
from host.bench.machine import sentence
from host.bench.tables import Table, as_markdown

BENCHMARKS = "docs/benchmarks.md"
MEMORY = "docs/memory.md"

_MADE = "<!-- Made by `make bench WRITE=1`; what stands here is written over. -->\n"

#: What stands above the tables, beside this module.
_TEXTS = Path(__file__).parent


def write(results, compared):
    """Write both pages. results: what `host.bench.command.run` returned; compared: the claims."""
    for name, text in pages(results, compared).items():
        (tree.REPO / name).write_text(text, encoding="utf-8")


def pages(results, compared):
    """{page: its text}."""
    is_memory = [table.name.startswith("memory") for table in results["tables"]]
    memory = [table for table, is_one in zip(results["tables"], is_memory) if is_one]
    others = [table for table, is_one in zip(results["tables"], is_memory) if not is_one]
    facts = {
        "made": _MADE,
        "machine": sentence(results["machine"]),
        "minutes": max(1, round(results["seconds"] / 60)),
    }
    link = "## Memory\n\nModules, the heap and the flash: see [memory.md](memory.md).\n"
    benchmarks = [_text("benchmarks.txt", facts), as_markdown(_claims(compared))]
    return {
        BENCHMARKS: "\n".join([*benchmarks, *map(as_markdown, others), link]),
        MEMORY: "\n".join([_text("memory.txt", facts), *map(as_markdown, memory)]),
    }


def _text(name, facts):
    return (_TEXTS / name).read_text(encoding="utf-8").format(**facts)


def _claims(compared):
    words = {True: "yes", False: "**no**", None: "not measured"}
    rows = [
        {"text": claim.text, "found": claim.found, "holds": words[claim.holds]}
        for claim in compared
    ]
    columns = {"text": "claim", "found": "found", "holds": "holds"}
    return Table("claims", "What is claimed", columns, rows)
