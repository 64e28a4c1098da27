"""Which form of the inner loops runs: the only place that decides it.

Machine code where MicroPython can run it, else plain Python. Both pass the same tests.
"""

import sys

try:
    from dsmr.native import format, scan, usual
except (ImportError, SyntaxError, ValueError):
    # CPython; a MicroPython without a native emitter; an .mpy for another architecture.
    from dsmr import format, scan, usual  # type: ignore[no-redef]

if sys.implementation.name == "cpython":
    from dsmr.folding import crc16
else:
    crc16 = scan.crc16
