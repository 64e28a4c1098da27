"""A PC in the place of a board: the meter's line comes by a cable or over the network."""

import asyncio
import platform
import ssl
import tempfile
import time
from pathlib import Path

from firmware.boards import Clock
from host import identity, page, sources
from host.pc_stream import Stream, listen


def _ticks_ms():
    return time.monotonic_ns() // 1_000_000


class Pc:
    """See `firmware.boards`. settings: of `host.settings`; failures: `host.failures.Failures`."""

    def __init__(self, settings, failures):
        self._settings = settings
        self._failures = failures
        self.clock = Clock(_ticks_ms, lambda later, earlier: later - earlier)
        self.network = self.watchdog = self.heap_limit = self.resolve = None
        self.profile = "PC"
        self.problems = []
        self._page = None

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
        stream = Stream(reader, writer)
        return stream, stream, stream.close

    def listen(self, port, connected, ready):
        # It has places enough to accept whoever comes.
        return listen(port, connected)

    @property
    def page(self):
        """The folder of the live page, which is put together when it is asked for first.

        A checkout has the page's sources only, and may be read-only.
        """
        if self._page is None:
            self._page = tempfile.TemporaryDirectory(prefix="power-readout-")
            page.write(page.make(), Path(self._page.name))
        return self._page.name

    def network_memory(self):
        """A PC has enough."""

    def blink(self):
        """A PC has no LED for it."""

    def networks(self):
        return identity.networks()

    def station(self):
        return identity.serial(self._settings["http_port"]), "", None

    def facts(self):
        return {
            "board": "host",
            "python": platform.python_version(),
            "source": sources.shown(self._settings["source"]),
            "source_failures": self._failures.counts,
        }
