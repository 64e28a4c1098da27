"""Another power-readout, or any web server that hosts a raw telegram, read as a port."""

import asyncio

from dsmr import Telegram, TelegramParser
from dsmr.lineends import LineEnds
from firmware import decryption
from host import fetch
from host.ports import PortError


class WebPort:
    """Gets a telegram every `interval` seconds and passes on each new one that is good.

    What is wrong with an answer is counted here, and does not reach the readout: the same damaged
    file, asked for a hundred times, is not a hundred damaged telegrams.
    """

    def __init__(self, url, interval, settings, failures, deadline=fetch.DEADLINE):
        self._url = url
        self._interval = interval
        self._deadline = deadline
        self._failures = failures
        self._parser = TelegramParser(
            settings["max_telegram"], crc_required=settings["crc"] == "required"
        )
        decryption.begin(self._parser, settings)
        self._due = None
        self._fetch = None
        self._last = None
        # What of the last telegram is not passed on yet.
        self._rest = b""

    async def readinto(self, buffer):
        if not self._rest:
            await self._wait()
            self._rest = await self._poll()
        size = min(len(buffer), len(self._rest))
        buffer[:size] = self._rest[:size]
        self._rest = self._rest[size:]
        return size or None

    async def _wait(self):
        """Wait for the next second: none is made up for that was missed."""
        now = asyncio.get_running_loop().time()
        if self._due is None or self._due + self._interval < now:
            self._due = now
        await asyncio.sleep(self._due - now)
        self._due += self._interval

    async def _poll(self):
        """A new telegram, or b"" for none."""
        self._fetch = fetch.Fetch(self._url, self._deadline)
        late = asyncio.get_running_loop().call_later(self._deadline, self._fetch.abort)
        try:
            telegram = self._telegram(await asyncio.to_thread(self._fetch.run))
        except PortError as error:
            self._failures.note(error.kind, str(error))
            return b""
        finally:
            late.cancel()
        self._failures.recovered(f"Reading {fetch.shown(self._url)} again.")
        if telegram == self._last:
            return b""
        self._last = telegram
        return telegram

    def _telegram(self, body):
        """The last good telegram of a body; raises PortError if there is none."""
        telegram = None
        reason = None
        for chunk in (LineEnds().restored(body), b""):
            # An empty body is the end of a stream too.
            self._parser.receive_data(chunk)
            event = self._parser.next_event()
            while event is not None:
                if isinstance(event, Telegram):
                    telegram = bytes(event.raw)
                else:
                    reason = event.reason
                event = self._parser.next_event()
        where = fetch.shown(self._url)
        if telegram:
            # A program that made a file of it may have dropped the last line's end.
            return telegram if telegram.endswith(b"\n") else telegram.rstrip() + b"\r\n"
        # The "/" of "</html>" begins something, but no telegram.
        if reason is None or body.lstrip()[:1] in (b"<", b"{"):
            raise PortError(
                "no telegram", f"{where} answers with what is no telegram; is the path right?"
            )
        raise PortError(
            f"damaged: {reason}", f"{where} answers with a damaged telegram ({reason})."
        )

    def close(self):
        if self._fetch is not None:
            self._fetch.abort()
