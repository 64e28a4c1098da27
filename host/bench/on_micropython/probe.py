"""Runs the firmware and watches its heap. Arguments: MAIN REPORT INTERVAL NAMES.

MAIN: the main.py to run. REPORT: a file that is written to every INTERVAL ms: the most bytes of
heap that were in use after a collection in half of that time, and with garbage in the other half.
With NAMES 1, lines "module NAME BYTES KEPT" say what importing each module has cost, and whether
it is still there.

What a module costs is what stays taken when it has been imported, less what the modules cost that
it imports and keeps. The table of all names grows by doubling, so that a module would look dear
whose name was the one too many; and the simulated chip's names would make it larger than that of a
board. So it is made as large as it will get, before.
"""

import gc

gc.collect()
_bare = gc.mem_alloc()

import asyncio  # noqa: E402

# What asyncio imports when it is first used; here, so that it is nobody's.
asyncio.StreamReader, asyncio.start_server, asyncio.Lock, asyncio.Event  # noqa: B018
gc.collect()
_asyncio = gc.mem_alloc() - _bare

import array  # noqa: E402
import builtins  # noqa: E402
import sys  # noqa: E402
import time  # noqa: E402

_MOST = 120


class Imports:
    """In place of `__import__`: keeps account of the heap, without using it."""

    def __init__(self):
        self._import = builtins.__import__
        self.names = [None] * _MOST
        self.costs = array.array("i", bytes(4 * _MOST))
        self.count = 0

    def __call__(self, name, globals=None, locals=None, fromlist=None, level=0):
        if level == 0 and name not in sys.modules:
            at = name.find(".")
            while at > 0:
                if name[:at] not in sys.modules:
                    self._account(name[:at])
                at = name.find(".", at + 1)
            if name not in sys.modules:
                self._account(name)
        return self._import(name, globals, locals, fromlist, level)

    def _account(self, name):
        first = self.count
        gc.collect()
        before = gc.mem_alloc()
        self._import(name, None, None, ("*",), 0)
        gc.collect()
        cost = gc.mem_alloc() - before
        for number in range(first, self.count):
            # What has been dropped again takes nothing any more; what it has freed stays free.
            if self.names[number] in sys.modules or self.costs[number] < 0:
                cost -= self.costs[number]
        # One that is dropped and imported again is counted once.
        if name not in self.names:
            self.names[self.count] = name
            self.costs[self.count] = cost
            self.count += 1


async def watch(report, interval, imports):
    """Write the report."""
    while True:
        used = await most_of(interval // 2, True)
        most = await most_of(interval // 2, False)
        report.write("heap %d %d\n" % (used, most))
        for number in range(imports.count if imports else 0):
            name = imports.names[number]
            line = "module %s %d %d\n" % (name, imports.costs[number], name in sys.modules)
            report.write(line)
        report.flush()


async def most_of(interval, collected):
    """The most bytes that were taken in so many ms."""
    most = 0
    begin = time.ticks_ms()
    while time.ticks_diff(time.ticks_ms(), begin) < interval:
        await asyncio.sleep_ms(1)
        if collected:
            gc.collect()
        most = max(most, gc.mem_alloc())
    return most


def start(main, report, interval, names):
    report = open(report, "w")  # noqa: SIM115 (for as long as the program runs)
    imports = None
    # As many as `sim.chip_build.LARGE_TABLE` has.
    for number in range(2600):
        hasattr(gc, "_%d" % number)
    if names == "1":
        imports = builtins.__import__ = Imports()
        # Now, while few functions have called each other: the stack is small on words of 32 bits.
        sys.path[:0] = ["app", "app/lib"]
        __import__("dsmr")
        del sys.path[:2]
    # In the event loop that the program is going to run.
    watcher = asyncio.create_task(watch(report, int(interval), imports))
    with open(main) as file:
        code = file.read()
    gc.collect()
    report.write("begin %d %d %d\n" % (_bare, _asyncio, gc.mem_alloc()))
    report.flush()
    exec(code, {"__name__": "__main__", "__file__": main})
    watcher.cancel()


start(*sys.argv[1:])
