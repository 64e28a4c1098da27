"""What the history takes of a board's heap, in bytes, as JSON. Runs under MicroPython.

Arguments: the folders of the program and of the libraries, compiled.
"""

import gc
import json
import sys

sys.path[:0] = sys.argv[1:]

# What a board has loaded anyway.
import dsmr  # noqa: E402, F401
import firmware.http  # noqa: E402
import firmware.meter  # noqa: E402
import firmware.supervisor  # noqa: E402
from firmware import load  # noqa: E402

#: What is loaded, by what it is loaded for.
_USES = {
    "start": ("history.start",),
    "minute": ("history.minute",),
    "quarter": ("history.writer",),
    "day": ("history.writer", "history.days", "history.highest"),
    "query": ("history.query",),
    "answer": ("history.rows", "history.text", "http.history"),
    "peaks": ("history.peaks", "history.highest", "history.text", "http.history"),
}


class Context:
    """What `firmware.history.start` needs."""

    def __init__(self):
        self.readout = self.board = self.log = self.meter = self
        self.profile = "plain"
        self.outputs = [None] * 4
        self.settings = {"history_folder": ""}


def fill_names():
    """Let the table of names grow, so that no growth of it is counted as a module's."""
    before = used()
    number = 0
    while used() - before < 1500:
        before = used()
        getattr(firmware, "name%d" % number, None)
        number += 1


def used():
    """Bytes in use. What is on the stack no more must not keep anything alive."""
    _deeper(20)
    gc.collect()
    return gc.mem_alloc()


def _deeper(times):
    return times and _deeper(times - 1) + len((times, times, times, times))


def loaded(names):
    return [load(name) for name in names]


def cost(make):
    """Bytes that are in use for as long as what make() returns."""
    before = used()
    kept = make()
    after = used()
    del kept
    return after - before


def main():
    found = {}
    fill_names()
    found["code"] = cost(lambda: __import__("firmware.history"))
    # Once, for the names that stay; from then on, for what goes again.
    before = used()
    for use in _USES:
        cost(lambda: loaded(_USES[use]))  # noqa: B023 (it is called at once)
    found["names"] = used() - before
    for use in _USES:
        found[use] = cost(lambda: loaded(_USES[use]))  # noqa: B023 (it is called at once)
    context = Context()
    start = load("history.start").start
    found["state"] = cost(lambda: start(context, False))
    print(json.dumps(found))


main()
