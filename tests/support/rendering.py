"""What the renderers make of a telegram's bytes, for several test files."""

import json

import jinja2
from prometheus_text import parse

from dsmr import TelegramParser
from firmware.meter import Readout
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


class FakeClock:
    def __init__(self):
        self.ms = 0

    def now(self):
        return self.ms


def one_telegram(octets, **options):
    """The one telegram in some bytes."""
    parser = TelegramParser(**options)
    parser.receive_data(octets)
    return parser.next_event()


def prometheus_of(data, health=HEALTH, **changes):
    """(samples, types) of what Prometheus gets of a telegram's bytes; None for no telegram."""
    clock = FakeClock()
    readout = Readout(clock)
    if data is not None:
        readout.accept(one_telegram(data, crc_required=False))
    clock.ms = 1234
    out = Writer(64)
    pieces = []
    health = {**health, **changes}
    if data is None:
        del health["age"]
    for _ in prometheus.render(readout, out, health):
        pieces.append(out.getvalue())
        out.clear()
    return parse(b"".join(pieces).decode())


def entity_text(component, document):
    """What Home Assistant's template makes of a document: its text."""
    template = jinja2.Environment(undefined=jinja2.StrictUndefined).from_string(
        component["val_tpl"]
    )
    return template.render(value_json=json.loads(document))
