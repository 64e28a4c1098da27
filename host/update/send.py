"""One update, from the question what the board runs to the answer what became of it."""

import time

from firmware.update import message
from host.build import ARCHES
from host.update.client import Refusal, Unreachable, UpdateError
from host.update.progress import Bar

#: How often an update is begun anew that broke off.
_ATTEMPTS = 4

#: How often a file is sent again that did not arrive as it was.
_TRIES = 4

#: Seconds that a trial lasts, as main.py has it, with a restart before and after it; and between
#: two looks at the board meanwhile.
_TRIAL = 300
_RESTART = 120
_LOOK = 1

#: What a bytecode board runs, and what a package for it is called.
_BYTECODE = ARCHES[0]


def arch_of(mpy):
    """The architecture that the board's `sys.implementation._mpy` tells."""
    number = mpy >> 10 & 15
    return ARCHES[number] if number < len(ARCHES) else _BYTECODE


class BrokeOff(UpdateError):
    """The update came to no end, and is to be begun anew."""


class Update:
    """client: see `host.update.client`; key: the board's, as bytes; say: prints a line."""

    def __init__(self, client, key, say=print, look=_LOOK):
        self._client = client
        self._key = key
        self._say = say
        self._look = look

    def status(self):
        """What the board runs, see `firmware.update.session`, with its nonce."""
        for attempt in range(1, _ATTEMPTS + 1):
            session = self._client.session(self._key, self._client.hello()["nonce"])
            try:
                status = session.send("status")
                if status.get("restarts"):
                    session = self._alone()
                    status = session.send("status")
                self._end(session)
                return status
            except Refusal as no:
                # With 409 another session has begun, or the board has been restarted.
                if no.status != 409 or attempt == _ATTEMPTS:
                    raise _explained(no) from None

    @staticmethod
    def _end(session):
        """End a session; one whose end does not arrive ends by itself."""
        try:
            session.send("end")
        except (Refusal, Unreachable):
            pass  # the answer to the first one was lost

    def run(self, package):
        """Send a `host.update.package.Package`, and wait until it runs or has been rolled back.

        Returns the version that runs then; raises UpdateError where it is not this one.
        """
        before = self.status()
        if before["trial"]:
            self._say("The version that runs is on trial; it is confirmed first.")
            self._wait(None)
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                self._send(package)
                return self._wait(before["tree"])
            except (BrokeOff, Unreachable) as why:
                if attempt == _ATTEMPTS:
                    raise
                self._say(f"{why} Once more from the beginning.")
            except Refusal as no:
                # With 409 the board was restarted, or the session has ended.
                if no.status != 409 or attempt == _ATTEMPTS:
                    raise _explained(no) from None
                self._say(f"{no} Once more from the beginning.")

    def _send(self, package):
        """Send all of it, and let the board restart."""
        session = self._client.session(self._key, self._client.hello()["nonce"])
        if session.send(*package.begin()).get("restarts"):
            session = self._alone()
            session.send(*package.begin())
        for offset, piece in _pieces(package.manifest):
            session.send("list", offset, data=piece)
        bar = Bar(package.size())
        done = sent = 0
        try:
            for index, data in enumerate(package.files.values()):
                tries = 0
                while session.send("have", index)["file"] != "there":
                    if tries == _TRIES:
                        raise UpdateError("A file does not arrive as it was sent.")
                    tries += 1
                    for offset, piece in _pieces(data):
                        session.send("put", index, offset, data=piece)
                        sent += len(piece)
                        bar.show(done + offset, sent)
                done += len(data)
                bar.show(done, sent)
        finally:
            bar.end()
        try:
            session.send("switch")
        except (Refusal, Unreachable):
            pass  # the answer may be lost with the restart; what the board says next tells

    def _alone(self):
        """A session with the board when it has restarted with nothing but the update."""
        self._say(
            "The board has too little memory for an update beside all that it does: it restarts "
            "to take it in, and reads the meter again afterwards."
        )
        end = time.monotonic() + _RESTART
        while time.monotonic() < end:
            time.sleep(self._look)
            try:
                hello = self._client.hello(self._look)
                if hello["alone"]:
                    return self._client.session(self._key, hello["nonce"])
            except Unreachable:
                pass  # it restarts
        raise Unreachable(f"{self._client.place} has not come back from its restart.")

    def _wait(self, old):
        """Wait for the end of the trial; returns the version that runs then.

        old: the tree that ran before. Raises BrokeOff where the board has not switched.
        """
        begin = time.monotonic()
        end = begin + _TRIAL + 2 * _RESTART
        self._say("The board restarts; it is waited for, nine minutes at most.")
        told = set()

        def say_once(sentence):
            if sentence not in told:
                told.add(sentence)
                self._say(sentence)

        while time.monotonic() < end:
            time.sleep(self._look)
            passed = time.monotonic() - begin
            try:
                session = self._client.session(self._key, self._client.hello(self._look)["nonce"])
                status = session.send("status")
                if status["tree"] == old and not status["trial"]:
                    if not status["rolled_back"] or status["uptime"] > passed:
                        raise BrokeOff("The board has not switched to the new version.")
                    raise UpdateError(
                        f"The board runs version {status['version']} again: version "
                        f"{status['tried']} was rolled back, as {status['rolled_back']}."
                    )
                if status["trial"] == "due":
                    continue
                if not told:
                    say_once(
                        f"It is back after {passed:.0f} s, with {status['version']} on trial."
                    )
                session.send("confirm")
                self._end(session)
                self._say(f"Confirmed: version {status['version']} runs.")
                return status["version"]
            except Refusal as no:
                # Otherwise it has restarted between two messages.
                if "telegram" in str(no):
                    say_once(f"It is not confirmed yet. {no}")
            except Unreachable:
                pass  # it restarts
        raise UpdateError(
            f"{self._client.place} has not come back. It runs the new version or, five minutes "
            "after its start, the old one again: has it another address now?"
        )


def _pieces(data):
    for offset in range(0, len(data), message.MOST_DATA):
        yield offset, data[offset : offset + message.MOST_DATA]


def _explained(no):
    if no.status == 403:
        return UpdateError(f"The board has another update key: {no}")
    return UpdateError(str(no))
