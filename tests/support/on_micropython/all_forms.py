"""Prints what all renderers make of a telegram, as JSON: argument FILE. For both Pythons."""

import json
import sys

from dsmr import TelegramParser
from firmware.renderers import Writer, homeassistant, metrics, prometheus


class Readout:
    """As much of a `firmware.meter.Readout` as the renderers look at."""

    age = 0


def text(pieces):
    return "".join(piece if isinstance(piece, str) else piece.decode() for piece in pieces)


def collected(pieces):
    """All that a renderer writes; pieces: its generator."""
    found = b""
    for _ in pieces:
        found += out.getvalue()
        out.clear()
    return found.decode()


readout = Readout()
out = Writer()
parser = TelegramParser()
with open(sys.argv[1], "rb") as file:
    parser.receive_data(file.read())
readout.telegram = telegram = parser.next_event()
health = {"fresh": True, "rejected": {}}
found = {
    "metrics": collected(metrics.render(readout, out)),
    "state": collected(metrics.render(readout, out, False)),
    "prometheus": collected(prometheus.render(readout, out, health)),
}
found["discovery"] = text(
    homeassistant.pieces("home", "home", "{", telegram.unit, telegram.decimals)
)
found["problems"] = telegram.problems
print(json.dumps(found))
