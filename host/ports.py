"""The meter's port as a PC has it: what all kinds of it share.

A port has `async readinto(buffer)` and `close()`, see `firmware.meter.Meter`. Those of this folder
raise `PortError`, and nothing else, when they fail.
"""

import asyncio
import socket
import ssl

#: What `readinto` returns when what came before has broken off: see `firmware.meter.Meter`.
GAP = -1

#: Seconds before a port that failed is opened again.
_PAUSE = 2


class PortError(Exception):
    """A port cannot be opened or read; the text is a sentence for the person.

    kind: a word or two, by which failures are counted.
    """

    def __init__(self, kind, sentence):
        super().__init__(sentence)
        self.kind = kind


class SteadyPort:
    """Opens a port whenever there is none: the cable may be pulled and put back.

    open_port: a coroutine function that returns a port; name: what the port is called.
    """

    def __init__(self, open_port, name, failures, pause=_PAUSE):
        self._open_port = open_port
        self._name = name
        self._failures = failures
        self._pause = pause
        self._port = None

    async def readinto(self, buffer):
        broken = None
        try:
            if self._port is None:
                self._port = await self._open_port()
            else:
                broken = GAP
            size = await self._port.readinto(buffer)
        except PortError as error:
            self._failures.note(error.kind, str(error))
            self.close()
            await asyncio.sleep(self._pause)
            # What comes next does not go on where this has ended.
            return broken
        if size:
            self._failures.recovered(f"Reading {self._name} again.")
        return size

    def close(self):
        port, self._port = self._port, None
        if port is not None:
            port.close()


def network_error(error, where, host):
    """The PortError for what the network has raised. where: the address, for the person."""
    if isinstance(error, PortError):
        return error
    if isinstance(error, socket.gaierror):
        return PortError("unknown host", f"{where}: there is no host {host}; is the name right?")
    if isinstance(error, ssl.SSLCertVerificationError):
        why = error.verify_message
        return PortError("certificate", f"{where}: its certificate is not trusted: {why}.")
    if isinstance(error, ConnectionRefusedError):
        return PortError(
            "refused", f"{where}: the connection is refused; does the server run, at this port?"
        )
    if isinstance(error, TimeoutError):
        return PortError("timeout", f"{where}: there is no answer; is it switched on?")
    why = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return PortError("failed", f"{where}: {why}.")
