"""What is said of a soak: what did not hold, the table, the chart and the counts."""

from sim.soak.result import Result

_ROWS = 12
_CHART_ROWS = 8

#: Bytes by which what is free at the best may differ from the second quarter of a run to the last:
#: what was seen to go and to come back in short runs is 1.2 KB, what publishing by MQTT takes.
_SLACK = 2048


def findings(result: Result) -> list[str]:
    """What did not hold, as sentences."""
    wrong = []
    health = result.health
    if health["telegrams"] != result.whole:
        wrong.append(
            f"{result.whole:,} telegrams came whole, and {health['telegrams']:,} were accepted."
        )
    counted = dict(health["bytes"])
    came = counted.pop("in")
    if not came == result.bytes == sum(counted.values()):
        wrong.append(
            f"{result.bytes:,} bytes were sent, {came:,} came, and these make: {counted}."
        )
    first, last = _quarters(result)
    if last < first - _SLACK:
        wrong.append(
            f"The memory shrinks: {first:,} bytes were free at the best in the second quarter, "
            f"{last:,} in the last."
        )
    refused = {
        answer: n for answer, n in result.answers.items() if answer[:3] not in ("200", "404")
    }
    if refused:
        wrong.append(f"Some pages were not answered with 200: {refused}.")
    if result.bad:
        wrong.append(f"{len(result.bad):,} answers could not be read, the first: {result.bad[0]}")
    if not any(answer.startswith("200") for answer in result.answers):
        wrong.append("No client has got an answer.")
    if "raw_tcp" in result.outputs and result.raw == 0:
        wrong.append("No telegram has come over TCP.")
    for output, kind in (("shelly", "Shelly"), ("modbus", "Modbus")):
        if output in result.outputs and not result.batteries[kind]:
            wrong.append(f"A battery has got no answer by {kind}.")
    if "mqtt" in result.outputs:
        if not health["mqtt"]["connected"] or health["mqtt"]["reconnects"]:
            wrong.append(f"MQTT did not stay connected: {health['mqtt']}.")
    if health.get("errors"):
        wrong.append(f"Errors were kept: {health['errors']}.")
    for word in ("failed", "has ended", "Traceback"):
        if word in result.printed:
            tail = "\n".join(result.printed.splitlines()[-12:])
            wrong.append(f"Something has failed in the program, which says at last:\n{tail}")
            break
    return wrong


def _quarters(result: Result) -> tuple[int, int]:
    """The most that was free in the second quarter, and in the last.

    In the first, buffers grow to what the longest answer needs, and modules come in that are
    loaded at the first use. The most, as what is being sent comes and goes: what the program keeps
    for good is missing from every sample.
    """
    heaps = [sample.free_heap for sample in result.samples]
    size = max(1, len(heaps) // 4)
    return max(heaps[size : 2 * size]), max(heaps[-size:])


def report(result: Result) -> str:
    """The table, the chart and the counts."""
    return "\n".join([*_table(result), "", *chart(result), "", *_counts(result)])


def _table(result: Result) -> list[str]:
    lines = ["    of the day  telegrams  accepted  rejected  HTTP requests  free heap"]
    step = max(1, len(result.samples) // _ROWS)
    rows = result.samples[::step]
    if rows[-1] is not result.samples[-1]:
        rows.append(result.samples[-1])
    for sample in rows:
        minutes = sample.sent // 60
        lines.append(
            f"  {minutes // 60:5}:{minutes % 60:02} h  {sample.sent:11,} {sample.accepted:9,} "
            f"{sample.rejected:9,}  {sample.requests:13,}  {sample.free_heap:9,}"
        )
    return lines


def chart(result: Result, width: int = 64) -> list[str]:
    """The free heap over the telegrams, from 0 up: a leak is a slope."""
    heaps = [sample.free_heap for sample in result.samples]
    columns = []
    for place in range(min(width, len(heaps))):
        begin = place * len(heaps) // min(width, len(heaps))
        end = max(begin + 1, (place + 1) * len(heaps) // min(width, len(heaps)))
        columns.append(min(heaps[begin:end]))
    top = -(-max(heaps) // (1024 * _CHART_ROWS)) * 1024 * _CHART_ROWS
    lines = [f"  free heap of {result.heap}, the least of each stretch"]
    for row in range(_CHART_ROWS, 0, -1):
        level = top * row // _CHART_ROWS
        below = top * (row - 1) // _CHART_ROWS
        cells = []
        for least in columns:
            eighths = round(8 * min(1, max(0, (least - below) / (level - below))))
            cells.append(" ▁▂▃▄▅▆▇█"[eighths])
        lines.append(f"  {level // 1024:4} KB |{''.join(cells)}")
    lines.append(f"     0 KB +{'-' * len(columns)}")
    hours = f"{result.samples[-1].sent / 3600:.1f} h"
    lines.append(f"           0{hours.rjust(len(columns) - 1)}")
    return lines


def _counts(result: Result) -> list[str]:
    health = result.health
    rejected = ", ".join(f"{n:,} {reason}" for reason, n in sorted(health["rejected"].items()))
    struck = ", ".join(f"{name} {n:,}" for name, n in sorted(result.faults.items()))
    counted = health["bytes"]
    first, last = _quarters(result)
    lines = [
        f"  faults: {struck}",
        f"  sent {result.telegrams:,}, of which {result.whole:,} came whole; "
        f"accepted {health['telegrams']:,}; rejected {rejected or 'none'}",
        f"  bytes: in {counted['in']:,} = accepted {counted['accepted']:,} + rejected "
        f"{counted['rejected']:,} + skipped {counted['skipped']:,} + pending "
        f"{counted['pending']:,}",
        f"  HTTP: {sum(result.answers.values()):,} answers to clients",
    ]
    if "raw_tcp" in result.outputs:
        lines.append(f"  TCP: {result.raw:,} telegrams read, each whole")
    for kind, answers in sorted(result.batteries.items()):
        lines.append(f"  a battery, by {kind}: {answers:,} answers")
    lines.append(
        f"  free heap: {first:,} bytes at the best in the second quarter, {last:,} in the "
        f"last; {result.seconds:.0f} s"
    )
    return lines
