"""Feeds telegrams from files and prints after each which modules are loaded: arguments FILE...

Only those are printed that read lines which are not usual.
"""

import sys

from dsmr import TelegramParser

parser = TelegramParser()
for name in sys.argv[1:]:
    with open(name, "rb") as file:
        parser.receive_data(file.read())
    assert parser.next_event() is parser.telegram
    assert parser.next_event() is None
    names = ("clock", "forms", "lists", "next_line", "objects")
    loaded = [one for one in names if "dsmr." + one in sys.modules]
    print(",".join(loaded) or "none")
