"""What importing each module costs: bytes of heap that stay taken, without what it imports.

Job: {"modules": names in the order in which they are to be imported, each after those it needs}.
Result: {name: bytes}. See `probe` for how a module's part is told from those of others; here each
is imported by itself, by functions that are small enough for host.bench.wasm's collector.
"""

import gc

from bench import JOB


def main():
    fill_name_table()
    return {name: cost(name) for name in JOB["modules"]}


def cost(name):
    gc.collect()
    before = gc.mem_alloc()
    __import__(name)
    gc.collect()
    return gc.mem_alloc() - before


def fill_name_table():
    """Make the table of names as large as it is to become, see `probe`."""
    for number in range(5200):
        hasattr(gc, "_%d" % number)
