"""Runs the firmware, main.py, with each telegram that it accepts written to a file besides.

Arguments: the folder that main.py is in, the file. A telegram is its size in two bytes, the
highest first, and its bytes. What is accepted goes to the readout in any case; the tap looks on.
"""

import sys

root, name = sys.argv[1:]
sys.path[:0] = [root, root + "/app/lib"]

import archive  # noqa: E402

archive.mount(root + "/app")

from firmware.meter import Readout  # noqa: E402

file = open(name, "wb")  # noqa: SIM115 (for as long as the program runs)
accept = Readout.accept


def tapped(readout, telegram):
    accept(readout, telegram)
    raw = telegram.raw
    file.write(len(raw).to_bytes(2, "big"))
    file.write(raw)


Readout.accept = tapped

import main  # noqa: E402, F401
