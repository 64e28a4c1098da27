"""Growth: what a telegram costs when it is longer, has more devices or peaks, or comes late.

Lines that are longer and lines that are more are two things, and so are lines that the reader
knows and lines that it does not: each is a series of its own. Linear is what takes twice the time
for twice the bytes; what looks at its bytes again and again takes four times.
"""

from host.bench import samples
from host.bench.board import CPYTHON
from host.bench.figures import line_through, measured, median
from host.bench.tables import MEASURED, Table
from host.build import arch_of_this_machine

NAME = "growth"
TITLE = "Growth"

_CHUNK = 64

#: How many telegrams are measured of a batch, and how many come before these.
_MEASURED = 6
_BEFORE = 3
_BATCH = _BEFORE + _MEASURED

_LENGTHS = (300, 600, 1200, 2400, 4800, 9600, 11200)


def _series(quick):
    """{series: (what it is, {number: telegrams})}; a telegram's size is its number of bytes."""
    lengths = _LENGTHS[::3] if quick else _LENGTHS
    most = samples.known_lines()
    lines = sorted({most // 16, most // 8, most // 4, most // 2, most})
    devices = (0, 2, 8) if quick else (0, 1, 2, 4, 6, 8)
    peaks = (0, 13) if quick else (0, 3, 6, 9, 13)
    return {
        "known": (
            "lines that are known",
            {count: samples.with_known_lines(_BATCH, count) for count in lines},
        ),
        "unknown": (
            "lines that are not known",
            {size: samples.with_unknown_lines(_BATCH, size) for size in lengths},
        ),
        "message": (
            "one long line: a text message",
            {
                size: samples.with_message(_BATCH, size)
                for size in (1600, *(size for size in lengths if size > 1600))
            },
        ),
        "devices": (
            "M-Bus devices",
            {count: samples.with_devices(_BATCH, count) for count in devices},
        ),
        "peaks": (
            "months' peaks",
            {count: samples.t211(_BATCH, count) for count in peaks},
        ),
    }


def run(bench):
    stages = {"CPython": bench.stage("cpython", kind=CPYTHON)}
    if bench.micropython:
        stages["MicroPython"] = bench.stage("x64", arch_of_this_machine())
    tables = []
    for name, stage in stages.items():
        tables.append(_by_length(bench, name, stage))
    tables.append(_by_uptime(bench, stages))
    return tables


def _by_length(bench, python, stage):
    series = _series(bench.quick)
    job = {}
    for name, (_, files) in series.items():
        for count, telegrams in files.items():
            file = f"{name}-{count}"
            stage.put(file, telegrams)
            job[file] = (file, _CHUNK)
    rounds = 3 if bench.quick else 15
    found = stage.run("growth", series=job, rounds=rounds, before=_BEFORE)
    key = f"{NAME}.{python.lower()}"
    rows, notes = [], []
    for name, (what, files) in series.items():
        points = []
        for count, telegrams in files.items():
            length = len(telegrams[0])
            times = found[f"{name}-{count}"]
            row = measured(
                f"{key}.{name}.{count}",
                what if name in ("known", "unknown", "message") else f"{count} {what}",
                f"{length:,} bytes",
                f"{rounds} x {_MEASURED}",
                times["parse"],
                each=median(times["parse"]) / length * 1000,
                body=median(times["body"]),
                length=length,
            )
            points.append((length, row["median"]))
            rows.append(row)
        slope, start, worst = line_through(points)
        notes.append(
            f"{what[0].upper() + what[1:]}: {1000 * slope:.1f} µs for 1,000 bytes more, beside "
            f"{start:.0f} µs; the worst point is {100 * worst:.0f} % from that line."
        )
    columns = {
        **MEASURED,
        "median": "µs to parse",
        "spread": "quartiles",
        "each": "µs for 1,000 bytes",
        "body": "µs to render",
    }
    title = f"{TITLE}: longer telegrams, {python}, chunks of {_CHUNK}"
    return Table(f"{NAME}-{python.lower()}", title, columns, rows, notes)


def _by_uptime(bench, stages):
    telegrams = samples.telegrams("t211", 100 if bench.quick else 2000)
    marks = [100, 1000] if bench.quick else [1000, 3000, 10000, 30000, 100000]
    window = 100 if bench.quick else 1000
    rows = []
    for name, stage in stages.items():
        stage.put("uptime", telegrams)
        job = {"file": "uptime", "chunk": 256, "marks": marks, "window": window}
        for mark, spent, crc, used in stage.run("uptime", heap="1m", **job):
            rows.append(
                {
                    "key": f"{NAME}.uptime.{name.lower()}.{mark}",
                    "what": f"telegrams up to the {mark:,}th",
                    "on": f"{name}, T211, {len(telegrams):,} of them in turn",
                    "often": f"10 x {window // 10:,}",
                    "median": spent,
                    "crc": spent / crc,
                    "used": int(used) or None,
                }
            )
    columns = {
        **MEASURED,
        "median": "µs a telegram",
        "crc": "x CRC loop",
        "used": "bytes in use",
    }
    notes = ["In chunks of 256 from one buffer, collections of garbage included."]
    return Table(f"{NAME}-uptime", f"{TITLE}: uptime", columns, rows, notes)
