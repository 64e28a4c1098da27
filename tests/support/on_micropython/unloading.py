"""Feeds telegrams from files and prints after each which modules are loaded: arguments FILE...

Only those are printed that read lines which are not usual. Listing the odd lines leaves none
behind.
"""

import sys

from dsmr import TelegramParser

NAMES = ("clock", "forms", "lists", "next_line", "objects")


def loaded():
    return [name for name in NAMES if "dsmr." + name in sys.modules]


parser = TelegramParser()
for name in sys.argv[1:]:
    with open(name, "rb") as file:
        parser.receive_data(file.read())
    assert parser.next_event() is not None
    assert parser.next_event() is None
    before = loaded()
    if parser.telegram:
        assert len(parser.telegram.problems) == parser.telegram.odd_lines
    assert loaded() == before
    print(",".join(before) or "none")
