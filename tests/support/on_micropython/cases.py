"""Runs the reader over many files in one process: arguments BACKEND LIST.

BACKEND is "native" or "plain". A line of LIST is "SIZE CRC PATH": the file is fed in chunks of
SIZE bytes (0: at once), CRC is "crc" or "no-crc". What the command prints for a file comes after a
line of "= SIZE CRC PATH". With the plain backend machine code is missing, as for a MicroPython
that cannot run it.
"""

import sys

backend_name, list_name = sys.argv[1:]
if backend_name == "plain":
    # What an import finds here has none of the modules of machine code: ImportError.
    sys.modules["dsmr.native"] = sys

from dsmr import backend  # noqa: E402
from dsmr.__main__ import Command  # noqa: E402

assert (backend.scan.__name__ == "dsmr.scan") == (backend_name == "plain")


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
