"""The command line: `make soak OPTIONS="…"`."""

import argparse
import sys
import time

from host.build import BuildError
from host.tree import TreeError
from sim.firmware import BOARD_HEAP, FirmwareError
from sim.interpreter import words32
from sim.meter import ALL_KINDS
from sim.soak.report import findings, report
from sim.soak.result import Sample, SoakError
from sim.soak.run import DAY, ONE_OUTPUT, run


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
    parser.add_argument("--meter", choices=ALL_KINDS, default="t211", help="default: t211")
    parser.add_argument(
        "--heap",
        metavar="SIZE",
        help=f"such as 200k (default: the {BOARD_HEAP} KB of a board without PSRAM, and what the "
        "simulated chip takes of it)",
    )
    parser.add_argument(
        "--psram",
        action="store_true",
        help="a board with PSRAM, with every output and two batteries (default: one without)",
    )
    parser.add_argument(
        "--output",
        choices=ONE_OUTPUT,
        default="raw_tcp",
        help="the one that a board without PSRAM has (default: raw_tcp)",
    )
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

    interpreter = words32()
    if not interpreter:
        print("soak: there is no 32-bit MicroPython: python -m sim.interpreter", file=sys.stderr)
        return 2
    board = "a board with PSRAM" if options.psram else "a board without PSRAM"
    heap = f"{options.heap}, " if options.heap else ""
    print(f"{options.telegrams:,} telegrams of a {options.meter}, in the heap of {heap}{board}:")
    try:
        result = run(
            options.telegrams,
            options.meter,
            options.heap,
            options.seed,
            options.clients,
            say,
            interpreter,
            options.psram,
            options.output,
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
