"""Read the telegrams of a digital electricity meter's P1 port: bytes in, events out.

    parser = TelegramParser()
    parser.receive_data(chunk)
    while (event := parser.next_event()) is not None:
        ...                             # a Telegram or a Rejected

The package does no I/O and knows no platform: the same files run under CPython and MicroPython.
"""

# First what the others need: an import within an import within an import takes a board's stack.
from dsmr import obis  # noqa: F401
from dsmr.parser import Rejected, TelegramParser
from dsmr.telegram import Telegram

__all__ = ("Rejected", "Telegram", "TelegramParser")
