"""Runs the reader over many files in one process: arguments KERNEL LIST.

KERNEL is "viper" or "plain". A line of LIST is "SIZE CRC PATH": the file is fed in chunks of SIZE
bytes (0: at once), CRC is "crc" or "no-crc". What the command prints for a file comes after a line
of "= SIZE CRC PATH". With the plain kernel every module of machine code (…_viper.py) is missing,
as for a MicroPython that cannot run it.
"""

import os
import sys

kernel, list_name = sys.argv[1:]
if kernel == "plain":
    (folder,) = [path for path in sys.path if path and "dsmr" in os.listdir(path)]
    for name in os.listdir(folder + "/dsmr"):
        if name.endswith("_viper.py"):
            # What an import finds here has none of the module's functions: ImportError.
            sys.modules["dsmr." + name[:-3]] = sys

from dsmr import kernel as found  # noqa: E402
from dsmr.__main__ import Command  # noqa: E402

# The plain kernel's scan is a list, the other's an array.
assert isinstance(found.new_scan(), list) == (kernel == "plain")


def chunks(data, size):
    """A function like a file's read() that returns `size` bytes of data, whatever it is asked."""
    at = 0

    def read(_):
        nonlocal at
        at += size
        return data[at - size : at]

    return read


with open(list_name) as listing:
    for line in listing:
        line = line.strip()
        print("=", line)
        size, crc, path = line.split(" ", 2)
        with open(path, "rb") as file:
            data = file.read()
        Command(crc == "crc").read(chunks(data, int(size) or len(data)))
