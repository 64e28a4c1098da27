"""After the last byte: what is left until a fresh body of /metrics is ready, on both Pythons."""

from host.bench import samples
from host.bench.board import CPYTHON, Stage
from host.bench.figures import measured, median
from host.bench.tables import MEASURED, Table
from host.build import arch_of_this_machine

NAME = "last-byte"
TITLE = "After the last byte"

#: Steps of the script, and what each is called here. What derives fields is part of the first.
_STEPS = {
    "parse": "parser: CRC compared, lines read that waited for it, telegram published",
    "derive": "parser: fields that follow from others",
    "accept": "readout: takes the telegram over",
    "body": "/metrics: body rendered, twice for a request without PSRAM",
    "total": "all of it: from the last byte to the body",
    "chunk": "all of it, when the last 64 bytes come at once",
}


def run(bench):
    stages = {"CPython": bench.stage("cpython", kind=CPYTHON)}
    if bench.micropython:
        # Linked, what is timed here would come with the board that it runs on.
        stages["MicroPython, machine code"] = bench.stage("x64", arch_of_this_machine())
        stages["MicroPython, bytecode"] = bench.stage("bytecode", "bytecode")
    telegrams = samples.t211(10 if bench.quick else 40)
    results = {name: [] for name in stages}
    for stage in stages.values():
        stage.put("last_byte", telegrams)
    rounds = 3 if bench.quick else 12
    for _ in range(1 if bench.quick else 3):
        for name, stage in stages.items():
            results[name].append(_run(stage, rounds))
    rows = []
    for name, runs in results.items():
        for step, what in _STEPS.items():
            times = [one for run in runs for one in run[step]]
            often = f"{len(times)} x {len(telegrams)}"
            key = f"{NAME}.{name.rpartition(' ')[2].lower()}.{step}"
            rows.append(measured(key, what, name, often, times))
    columns = {**MEASURED, "median": "µs", "spread": "quartiles"}
    notes = [
        f"{name}: a CRC-16 over 1,000 bytes in bytecode takes "
        f"{median([one for run in runs for one in run['crc']]):.1f} µs beside it."
        for name, runs in results.items()
    ]
    notes += [
        f"{name}: bytes of garbage of a telegram that is parsed {runs[0]['garbage'][0]:,}, of one "
        f"that is rendered {runs[0]['garbage'][1]:,}."
        for name, runs in results.items()
        if name != "CPython"
    ]
    return [Table(NAME, f"{TITLE}: T211, {len(telegrams[0]):,} bytes", columns, rows, notes)]


def _run(stage: Stage, rounds):
    found = stage.run("last_byte", file="last_byte", rounds=rounds)
    found["parse"] = found["underived"]
    pairs = list(zip(found["last byte"], found["accept"], found["body"]))
    found["derive"] = [whole - rest for whole, rest in zip(found["last byte"], found["underived"])]
    found["total"] = [sum(steps) for steps in pairs]
    found["chunk"] = [
        chunk + accept + body for chunk, (_, accept, body) in zip(found["last chunk"], pairs)
    ]
    return found
