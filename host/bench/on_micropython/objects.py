"""What the largest things are that the program makes at its start: bytes of heap.

Job: {"max_telegram": bytes}. Result: {name: bytes}.
"""

import gc

from bench import JOB

from dsmr.parser import TelegramParser
from firmware.renderers import Writer

_MAKERS = {
    "parser": lambda: TelegramParser(JOB["max_telegram"]),
    "writer": Writer,
}


def main():
    return {name: cost(make) for name, make in _MAKERS.items()}


def cost(make):
    gc.collect()
    before = gc.mem_alloc()
    kept = make()
    gc.collect()
    return gc.mem_alloc() - before if kept else 0
