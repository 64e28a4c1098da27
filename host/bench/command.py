"""`python -m host.bench`: runs sections, prints their tables, compares them with the claims."""

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path

from host.bench import growth, last_byte, loads, memory, parser_board, parser_pc, web
from host.bench.board import UNIX, ScriptError, Stage
from host.bench.claims import claims, compare
from host.bench.machine import machine, sentence
from host.bench.pages import write
from host.bench.tables import as_text
from host.build import BuildError
from host.tree import TreeError
from sim.firmware import FirmwareError, micropython

SECTIONS = {
    section.NAME: section
    for section in (parser_pc, parser_board, last_byte, web, loads, memory, growth)
}


class Bench:
    """What the sections share.

    quick: a run that shows that all works, and whose numbers mean little.
    """

    def __init__(self, folder, quick=False):
        self.folder = Path(folder)
        self.quick = quick
        #: The command of the real MicroPython, or None where there is none.
        self.micropython = micropython()
        self.stages = {}

    def stage(self, name, arch=None, kind=UNIX, **form):
        """The `Stage` of that name, made at the first call."""
        if name not in self.stages:
            self.stages[name] = Stage(self.folder / name, arch, kind, **form)
        return self.stages[name]


def run(names, quick=False, say=lambda text: None):
    """Run sections; returns the results as a dict, which is what `--json` prints."""
    tables = []
    start = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(folder, quick)
        for name in names:
            begin = time.monotonic()
            tables += SECTIONS[name].run(bench)
            say(f"{SECTIONS[name].TITLE}: {time.monotonic() - begin:.0f} s")
    seconds = round(time.monotonic() - start)
    return {"machine": machine(), "quick": quick, "seconds": seconds, "tables": tables}


def _arguments():
    parser = argparse.ArgumentParser(
        prog="python -m host.bench",
        description="Measure the reader beside its peers and itself; see docs/benchmarks.md.",
    )
    parser.add_argument(
        "--only",
        action="append",
        choices=SECTIONS,
        metavar="NAME",
        help=f"run this section only; may be given several times: {', '.join(SECTIONS)}",
    )
    parser.add_argument("--json", action="store_true", help="print everything as JSON")
    parser.add_argument(
        "--quick", action="store_true", help="few rounds: shows that it works, measures little"
    )
    parser.add_argument(
        "--check",
        action="store_true",
        help="say only which claims hold; exit code 1 if one does not",
    )
    parser.add_argument(
        "--write",
        action="store_true",
        help="write what was found to docs/benchmarks.md and docs/memory.md",
    )
    return parser


def main(argv=None):
    options = _arguments().parse_args(argv)
    if options.write and (options.only or options.quick):
        print("bench: --write needs a whole run, without --only and --quick", file=sys.stderr)
        return 2
    names = options.only or list(SECTIONS)

    def say(text):
        print(text, file=sys.stderr, flush=True)

    try:
        results = run(names, options.quick, say)
    except (BuildError, TreeError, FirmwareError, ScriptError, web.ServerError) as error:
        print(f"bench: {error}", file=sys.stderr)
        return 2
    compared = compare(results["tables"], claims())
    if options.write:
        write(results, compared)
    if options.json:
        tables = [vars(table) for table in results["tables"]]
        claimed = [vars(claim) for claim in compared]
        print(json.dumps({**results, "tables": tables, "claims": claimed}, indent=1))
    else:
        if not options.check:
            print(f"Measured on {sentence(results['machine'])}")
            for table in results["tables"]:
                print(as_text(table))
            print("\nClaims")
        for claim in compared:
            print(f"  {claim}")
    return 1 if options.check and any(claim.holds is False for claim in compared) else 0
