"""A PC under CPython: the meter's line comes by a cable or over TCP, the network is there."""

import platform
import time

from firmware.clock import Clock
from host.ports import open_port


def _ticks_ms():
    return time.monotonic_ns() // 1_000_000


class Host:
    """See `firmware.boards`. source: see `host.ports.open_port`."""

    def __init__(self, settings, source):
        self._settings = settings
        self._source = source
        self.clock = Clock(_ticks_ms, lambda later, earlier: later - earlier)
        self.network = None
        self.problems = []

    def start_network(self, log):
        """Nothing is to be done: it is the PC's own."""

    async def open_port(self):
        return await open_port(self._source, self._settings)

    def blink(self):
        """A PC has no LED for it."""

    def facts(self):
        return {"board": "host", "python": platform.python_version(), "source": self._source}
