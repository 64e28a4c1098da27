"""What the renderers make of a telegram's bytes, for several test files."""

import json

import jinja2
from meters import one_telegram
from prometheus_text import parse

from firmware.renderers import Writer, prometheus

#: What `/healthz` says, as much as a renderer uses.
HEALTH = {
    "version": "0.1.0",
    "fresh": True,
    "telegrams": 12,
    "rejected": {"crc": 3, "too long": 1},
    "odd_lines": 4,
    "bytes": {"in": 1000, "accepted": 800, "rejected": 150, "skipped": 50, "pending": 0},
    "uptime": 99,
    "http_requests": 7,
    "settings_problems": ["one"],
    "age": 0,
    "board": "esp32",
    "reset_cause": "power on",
    "free_heap": 20480,
    "overruns_suspected": 2,
    "most_waiting": 512,
    "wifi": {"connected": True, "reconnects": 5, "rssi": -61},
}


class Shown:
    """As much of a `firmware.meter.Readout` as renderers look at; age: in ms."""

    def __init__(self, telegram, age=0):
        self.telegram = telegram
        self.age = age


def collected(pieces, out):
    """All that a renderer writes, as bytes; pieces: its generator, which writes to `out`."""
    found = b""
    for _ in pieces:
        found += out.getvalue()
        out.clear()
    return found


def prometheus_of(data, health=HEALTH, **changes):
    """(samples, types) of what Prometheus gets of a telegram's bytes; None for no telegram."""
    health = {**health, **changes}
    if data is None:
        readout = Shown(None, None)
        del health["age"]
    else:
        readout = Shown(one_telegram(data, crc_required=False), 1234)
    out = Writer()
    return parse(collected(prometheus.render(readout, out, health), out).decode())


def entity_text(component, document):
    """What Home Assistant's template makes of a document: its text."""
    template = jinja2.Environment(undefined=jinja2.StrictUndefined).from_string(
        component["val_tpl"]
    )
    return template.render(value_json=json.loads(document))
