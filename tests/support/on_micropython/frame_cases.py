"""Runs the reader over many files in one process: arguments BACKEND LIST.

As cases.py, but a line of LIST is "SIZE CRC KEY AUTHENTICATION PATH": KEY is "-" for none.
"""

import sys

backend_name, list_name = sys.argv[1:]
if backend_name == "plain":
    # What an import finds here has none of the modules of machine code: ImportError.
    sys.modules["dsmr.native"] = sys

from dsmr import gcm, keys  # noqa: E402
from dsmr.__main__ import Command  # noqa: E402

assert (gcm.blocks.__name__ == "dsmr.blocks") == (backend_name == "plain")
assert "dsmr.aes" not in sys.modules


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
        size, crc, key, authentication, path = line.split(" ", 4)
        with open(path, "rb") as file:
            data = file.read()
        cipher = None if key == "-" else keys.make(key, authentication)
        Command(crc == "crc", cipher).read(chunks(data, int(size) or len(data)))
