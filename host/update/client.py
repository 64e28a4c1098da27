"""Messages to a board, each a POST of its own, over a network that may lose any of them."""

import http.client
import json
import time

from firmware.update import message

#: Seconds for an answer, for which a message is sent again until it has one, and between two.
TIMEOUT = 15
PATIENCE = 45
PAUSE = 0.3

#: What the board answers when it has understood a message; where it answers something else, the
#: message may have been damaged on its way, and is sent again so many times.
_UNDERSTOOD = (200, 409, 507)
_DOUBTS = 3


class UpdateError(Exception):
    """The update cannot be done; the text is for the person and says what to do."""


class Refusal(UpdateError):
    """The board has answered, and will not do it. status: of HTTP."""

    def __init__(self, status, sentence):
        super().__init__(sentence)
        self.status = status


class Unreachable(UpdateError):
    """The board does not answer."""


def split(host):
    """(name or address, port) of HOST or HOST:PORT."""
    name, colon, port = host.removeprefix("http://").rstrip("/").partition(":")
    if not name or (colon and not port.isdecimal()):
        raise UpdateError(f"{host} is no board's name or address, such as power-readout.local.")
    return name, int(port or 80)


class Client:
    """A board at (name or address, port)."""

    def __init__(self, address, timeout=TIMEOUT):
        self._host, self._port = address
        self._timeout = timeout

    @property
    def place(self):
        return self._host if self._port == 80 else f"{self._host}:{self._port}"

    def hello(self, patience=PATIENCE):
        """What the board says to anybody: nonce, board, mpy and alone."""
        status, answer = self._persist("GET", None, patience)
        if status == 200 and {"nonce", "board", "mpy", "alone"} <= answer.keys():
            return answer
        if status == 404:
            raise UpdateError(
                f"{self.place} takes no updates over WiFi: it has no update key, or an older "
                "program. `make board` sets it up, with a cable."
            )
        raise UpdateError(
            f"{self.place} does not answer as a power-readout: {answer.get('error', status)}"
        )

    def session(self, key, nonce):
        return Session(self, key, nonce)

    def post(self, body, patience=PATIENCE):
        """(status, answer) for a message, sent again until the board has worked on it."""
        return self._persist("POST", body, patience)

    def _persist(self, method, body, patience):
        end = time.monotonic() + patience
        doubts = 0
        while True:
            try:
                status, answer = self._ask(method, body)
                why = f"it says: {answer.get('error')}"
                # 503: too many clients, or it is still working on the message.
                if status != 503:
                    doubts += 1
                    if status in _UNDERSTOOD or doubts > _DOUBTS:
                        return status, answer
            except (OSError, http.client.HTTPException, ValueError) as error:
                why = str(error) or type(error).__name__
            if time.monotonic() > end:
                raise Unreachable(f"{self.place} does not answer ({why}); is it in reach?")
            time.sleep(PAUSE)

    def _ask(self, method, body):
        connection = http.client.HTTPConnection(self._host, self._port, timeout=self._timeout)
        try:
            connection.request(method, "/update", body)
            response = connection.getresponse()
            answer = json.loads(response.read())
            if not isinstance(answer, dict):
                raise ValueError("it answers something else")
            return response.status, answer
        finally:
            connection.close()


class Session:
    """One session, see `firmware.update.session`."""

    def __init__(self, client, key, nonce):
        self._client = client
        self._key = key
        self._nonce = nonce
        self._number = 0

    def send(self, *words, data=b""):
        """What the board answers, a dict; raises Refusal or Unreachable."""
        texts = [str(word) for word in words]
        body = message.make(self._key, self._nonce, self._number + 1, texts, data)
        status, answer = self._client.post(body)
        if status != 200:
            raise Refusal(status, answer.get("error", f"The board answers with status {status}."))
        self._number += 1
        return answer
