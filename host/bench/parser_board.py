"""The parser under MicroPython: time and garbage of a telegram, by the size of its chunks.

Times are also given as multiples of a CRC-16 by a table over 1,000 bytes in bytecode, and of 1,000
turns of a plain loop, both of which run in turns with the parser.
"""

from host.bench import samples
from host.bench.board import UNIX, WORDS32
from host.bench.figures import measured, ratio
from host.bench.tables import MEASURED, Table
from host.build import arch_of_this_machine
from sim.interpreter import words32

NAME = "parser-board"
TITLE = "Parser on MicroPython"

_CHUNKS = (64, 256, 0)

#: A T211 with five months' peaks, gas and water is as long as the telegram with which a prototype
#: was measured before there was this parser.
SHORT_PEAKS = 5


def run(bench):
    if not bench.micropython:
        return []
    telegrams = samples.t211(12 if bench.quick else 40)
    short = samples.t211(len(telegrams), SHORT_PEAKS)
    stages = {"machine code": bench.stage("x64", arch_of_this_machine())}
    stages["bytecode"] = bench.stage("bytecode", "bytecode")
    notes = [
        "Bytecode is what boards run for which no machine code is built. "
        "Collections of garbage are not in the times."
    ]
    if words32():
        stages["bytecode, 32 bits"] = bench.stage("words32", "bytecode", WORDS32)
    else:
        notes.append("No 32-bit MicroPython: python -m sim.interpreter")
    subjects = {f"t211.{size or 'whole'}": ("t211", size) for size in _CHUNKS}
    subjects["short.whole"] = ("short", 0)
    results = {name: [] for name in stages}
    for stage in stages.values():
        stage.put("t211", telegrams)
        stage.put("short", short)
    for _ in range(1 if bench.quick else 4):
        for name, stage in stages.items():
            job = {"subjects": subjects, "rounds": 3 if bench.quick else 8, "garbage": 10}
            results[name].append(stage.run("parse", **job))
    rows = []
    for name, runs in results.items():
        for subject, (file, size) in subjects.items():
            length = len(short[0] if file == "short" else telegrams[0])
            rows.append(_row(name, subject, size, length, runs, len(telegrams)))
    columns = {
        **MEASURED,
        "median": "µs a telegram",
        "spread": "quartiles",
        "crc": "x CRC loop",
        "loop": "x plain loop",
        "garbage": "bytes of garbage",
    }
    loops = ", ".join(
        f"{name} {_median(runs, 'crc'):.1f} and {_median(runs, 'loop'):.1f} µs"
        for name, runs in results.items()
    )
    notes.append(f"The loops themselves, CRC and plain: {loops}.")
    return [Table(NAME, f"{TITLE}: T211", columns, rows, notes)]


def _row(name, subject, size, length, runs, count):
    key = {"machine code": "x64", "bytecode": "bytecode"}.get(name, "words32")
    times = _all(runs, "times", subject)
    garbage = sorted(_all(runs, "garbage", subject))
    words = WORDS32 if key == "words32" else UNIX
    return measured(
        f"{NAME}.{key}.{subject}",
        f"{length:,} bytes, {f'chunks of {size}' if size else 'whole'}",
        name if "," in name else f"{name}, 64 bits",
        f"{len(times)} x {count}",
        times,
        crc=ratio(times, _all(runs, "crc")),
        loop=ratio(times, _all(runs, "loop")),
        garbage=garbage[len(garbage) // 2],
        most_garbage=garbage[-1],
        python=runs[0]["python"],
        words=words,
    )


def _all(runs, key, subject=None):
    """What all runs found, one after the other."""
    return [one for run in runs for one in (run[key][subject] if subject else run[key])]


def _median(runs, key):
    found = sorted(_all(runs, key))
    return found[len(found) // 2]
