"""A PC under CPython: the meter's line comes by a cable or over the network, which is there."""

import platform
import time

from firmware.clock import Clock
from host import identity, sources


def _ticks_ms():
    return time.monotonic_ns() // 1_000_000


class Host:
    """See `firmware.boards`. settings: of `host.settings`; failures: `host.failures.Failures`."""

    def __init__(self, settings, failures):
        self._settings = settings
        self._failures = failures
        self.clock = Clock(_ticks_ms, lambda later, earlier: later - earlier)
        self.network = self.guard = None
        self.problems = []

    def start_network(self, log):
        """Nothing is to be done: it is the PC's own."""

    async def open_port(self):
        settings = self._settings
        return sources.port(settings["source"], settings["interval"], settings, self._failures)

    def blink(self):
        """A PC has no LED for it."""

    def station(self):
        return identity.serial(self._settings["http_port"]), "", None

    def facts(self):
        return {
            "board": "host",
            "python": platform.python_version(),
            "source": sources.shown(self._settings["source"]),
            "source_failures": self._failures.counts,
        }
