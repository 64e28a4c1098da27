"""What the project says of its speed and size, and whether a run's numbers bear it out.

Only ratios within one run are looked at, and sizes, which no machine changes.
"""

from dataclasses import dataclass

#: A prototype of the parser took 39 µs for a telegram of 1,123 bytes beside a CRC loop of 63 µs;
#: this one, which does more, may take twice as long.
_PROTOTYPE = 39 / 63

#: How far a straight line may be missed by noise.
_NOISE = 1.2


@dataclass
class Claim:
    """holds: True or False, or None if what it is about was not measured."""

    text: str
    found: str
    holds: bool | None

    def __str__(self):
        word = {True: "holds", False: "DOES NOT HOLD", None: "not measured"}[self.holds]
        return f"{word}: {self.text}" + (f" ({self.found})" if self.found else "")


def claims():
    """All claims: functions of {key: row}, each of which yields some `Claim`s."""
    return (_peers, _prototype, _garbage, _http, _heap, _length, _few, _uptime)


def compare(tables, claimed):
    """The claims, compared with the rows of the tables."""
    rows = {row["key"]: row for table in tables for row in table.rows if "key" in row}
    return [claim for claims_of in claimed for claim in claims_of(rows)]


def _at_least(text, least, found, unit=""):
    if found is None:
        return Claim(text, "", None)
    return Claim(text, f"{found:.2f}{unit}", found >= least)


def _at_most(text, most, found, unit=""):
    if found is None:
        return Claim(text, "", None)
    shown = f"{found:,}" if isinstance(found, int) else f"{found:.2f}"
    return Claim(text, shown + unit, found <= most)


def _peers(rows):
    for kind, name in (("t211", "T211"), ("dsmr5", "DSMR 5")):
        for peer, least in (("dsmr-parser", 6), ("smeterd", 1.5)):
            yield _at_least(
                f"parsing {name} on CPython takes {peer} {least} times as long as ours, or longer",
                least,
                rows.get(f"parser-pc.{kind}.{peer}.whole", {}).get("ours"),
            )


def _prototype(rows):
    most = 2 * _PROTOTYPE
    yield _at_most(
        f"parsing a T211 of 1.1 KB with machine code takes {most:.2f} CRC loops at most, which is "
        "twice a prototype's time",
        most,
        rows.get("parser-board.x64.short.whole", {}).get("crc"),
    )


def _garbage(rows):
    yield _at_most(
        "with machine code a telegram leaves less than 4 KB of garbage, even on words of 64 bits",
        4095,
        rows.get("parser-board.x64.t211.64", {}).get("most_garbage"),
        " bytes",
    )


def _http(rows):
    for clients in (1, 4):
        row = rows.get(f"http.ours.{clients}", {})
        # What a request takes of the processor is the same on a busy machine and on an idle one.
        yield _at_least(
            f"/metrics for {clients} at once is 85 % as fast as a bare microdot, or faster",
            85,
            row.get("spent_part", row.get("rate_part")),
            " %",
        )


def _heap(rows):
    row = rows.get("memory.smallest")
    yield _at_most(
        "the firmware with MQTT on runs in 116 KB of heap, on words of 32 bits",
        116,
        (row["kilobytes"] or 1 << 20) if row else None,
        "k",
    )


def _of(rows, series):
    """Rows of a series, by length."""
    found = [row for key, row in rows.items() if key.startswith(series + ".")]
    return sorted(found, key=lambda row: row["length"])


def _length(rows):
    for python in ("cpython", "micropython"):
        for series, what in (
            ("known", "lines that are known"),
            ("unknown", "lines that are not known"),
            ("message", "one long line"),
        ):
            points = _of(rows, f"growth.{python}.{series}")
            text = f"cost is linear in the length: {what}, {_NAMES[python]}"
            if not points:
                yield Claim(text, "", None)
                continue
            last = points[-1]
            half = max(
                (point for point in points if point["length"] <= 0.6 * last["length"]),
                key=lambda point: point["length"],
            )
            longer = last["length"] / half["length"]
            dearer = last["median"] / half["median"]
            found = f"{longer:.1f} times the bytes take {dearer:.1f} times as long"
            yield Claim(text, found, dearer <= longer * _NOISE)


_NAMES = {"cpython": "CPython", "micropython": "MicroPython"}


def _few(rows):
    """Devices and peaks: each one more costs the same."""
    for python in ("cpython", "micropython"):
        for series, what in (("devices", "an M-Bus device"), ("peaks", "a month's peak")):
            points = _of(rows, f"growth.{python}.{series}")
            text = f"{what} more costs as much as the one before, {_NAMES[python]}"
            if len(points) < 3:
                yield Claim(text, "", None)
                continue
            first, middle, last = points[0], points[len(points) // 2], points[-1]
            part = (middle["length"] - first["length"]) / (last["length"] - first["length"])
            expected = first["median"] + part * (last["median"] - first["median"])
            found = f"half of them: {middle['median'] / expected:.2f} of what is expected"
            # Where cost grew with the square, the middle would lie well below the line.
            yield Claim(text, found, middle["median"] * _NOISE >= expected)


def _uptime(rows):
    for python in ("cpython", "micropython"):
        prefix = f"growth.uptime.{python}."
        marks = sorted(int(key[len(prefix) :]) for key in rows if key.startswith(prefix))
        name = _NAMES[python]
        if not marks:
            yield Claim(f"cost does not grow with uptime, {name}", "", None)
            if python == "micropython":
                yield Claim(f"the heap in use does not grow with uptime, {name}", "", None)
            continue
        first, last = rows[f"{prefix}{marks[0]}"], rows[f"{prefix}{marks[-1]}"]
        text = f"the {marks[-1]:,}th telegram costs what the {marks[0]:,}th did, {name}"
        grown = last["crc"] / first["crc"]
        yield Claim(text, f"{grown:.2f} times", grown <= _NOISE)
        if python == "micropython":
            grown = last["used"] - first["used"]
            yield Claim(f"{text}: heap in use", f"{grown:+,} bytes", grown <= 0)
