"""A PC under CPython: the meter's line comes by a cable or over the network, which is there."""

import asyncio
import platform
import ssl
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
        """It is the PC's own: all there is to do is to say where things are."""
        settings = self._settings
        log.say(
            "Reading %s, answering at port %d."
            % (sources.shown(settings["source"]), settings["http_port"])
        )

    async def open_port(self):
        settings = self._settings
        return sources.port(settings["source"], settings["interval"], settings, self._failures)

    async def connect(self, host, port, tls, authority):
        context = None
        if tls:
            try:
                context = ssl.create_default_context(cafile=authority or None)
            except OSError:
                raise OSError(f"{authority} is no file with a certificate") from None
        try:
            reader, writer = await asyncio.open_connection(host, port, ssl=context)
        except (OSError, UnicodeError) as error:
            raise OSError(getattr(error, "strerror", None) or str(error)) from None
        # So that drain() waits until all has gone out, and what is sent may be changed after it.
        # (With TLS asyncio takes 0 for a buffer that is always full.)
        writer.transport.set_write_buffer_limits(1 if tls else 0)
        return reader, writer, writer.transport.abort

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
