"""Prints what all renderers make of a telegram, as JSON: argument FILE. For both Pythons."""

import json
import sys

from dsmr import TelegramParser
from firmware.renderers import Writer, flat, homeassistant, metrics, prometheus


class Readout:
    """As much of a `firmware.meter.Readout` as the renderers look at."""

    age = 0


def text(pieces):
    return "".join(piece if isinstance(piece, str) else piece.decode() for piece in pieces)


def prometheus_text(readout, out):
    pieces = []
    out.clear()
    for _ in prometheus.render(readout, out, {"fresh": True, "rejected": {}}):
        pieces.append(out.getvalue())
        out.clear()
    return text(pieces)


readout = Readout()
out = Writer()
parser = TelegramParser()
with open(sys.argv[1], "rb") as file:
    parser.receive_data(file.read())
readout.telegram = telegram = parser.next_event()
found = {"prometheus": prometheus_text(readout, out)}
for name, render in (
    ("metrics", lambda: metrics.render(readout, out)),
    ("state", lambda: flat.render(telegram, out)),
):
    out.clear()
    render()
    found[name] = out.getvalue().decode()
found["discovery"] = text(
    homeassistant.pieces("home", "home", 0, telegram.unit, telegram.decimals)
)
found["problems"] = telegram.problems
print(json.dumps(found))
