"""Read the telegrams of a digital electricity meter's P1 port: bytes in, events out.

    parser = TelegramParser()
    parser.receive_data(chunk)
    while (event := parser.next_event()) is not None:
        ...                             # a Telegram or a Rejected

The package does no I/O and knows no platform: the same files run under CPython and MicroPython.
"""

import sys

# First what the others import: one import within another takes some of a board's stack.
from dsmr import backend, build, fields, table  # noqa: F401
from dsmr.parser import Rejected, TelegramParser
from dsmr.telegram import Telegram

__all__ = ("Rejected", "Telegram", "TelegramParser")

# All that the program needs of the table has been made: a board gets back the 9 KB that it takes.
del sys.modules["dsmr.table"], sys.modules["dsmr.build"], table, build
