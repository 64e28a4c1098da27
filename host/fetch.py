"""One GET with an end to everything: time, size and redirects."""

import base64
import http.client
import socket
import time
from http import HTTPStatus
from urllib.parse import unquote, urljoin, urlsplit

from firmware import VERSION
from host.ports import PortError, network_error

#: Seconds for all of it, from the look-up of the name to the body's last byte.
DEADLINE = 5

#: Bytes of a body: several times the longest telegram.
MAX_BODY = 65536

_MAX_REDIRECTS = 3
_REDIRECTS = (301, 302, 303, 307, 308)


class Fetch:
    """Gets a URL's body; `run` blocks and belongs into a thread, `abort` ends it from outside.

    A socket's timeout is for one read: a server that sends a byte now and then would never be
    late. So whoever starts `run` calls `abort` when the deadline has come.
    """

    def __init__(self, url, deadline=DEADLINE):
        self._url = url
        self._deadline = deadline
        self._socket = None
        self._aborted = False

    def abort(self):
        """End it now; `run` then raises PortError."""
        self._aborted = True
        if self._socket is not None:
            try:
                self._socket.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass  # it has ended by itself

    def run(self):
        """Returns the body; raises PortError."""
        url = self._url
        end = time.monotonic() + self._deadline
        for _ in range(_MAX_REDIRECTS + 1):
            found, body = self._get(url, end)
            if found is None:
                return body
            if urlsplit(found).scheme not in ("http", "https"):
                raise PortError("redirects", f"{shown(url)} redirects to what is no web address.")
            url = found
        raise PortError(
            "redirects", f"{shown(self._url)} redirects more than {_MAX_REDIRECTS} times."
        )

    def _get(self, url, end):
        """(where it redirects to, None) or (None, the body)."""
        parts = urlsplit(url)
        secure = parts.scheme == "https"
        connect = http.client.HTTPSConnection if secure else http.client.HTTPConnection
        try:
            remaining = max(0.1, end - time.monotonic())
            connection = connect(parts.hostname or "", parts.port, timeout=remaining)
            try:
                connection.connect()
                # The connection forgets it when an answer says that it is the last.
                self._socket = connection.sock
                self._check()
                return self._answer(connection, url, parts)
            finally:
                connection.close()
        except (OSError, http.client.HTTPException, ValueError) as error:
            self._check()
            if isinstance(error, OSError):
                raise network_error(error, shown(url), parts.hostname) from None
            if isinstance(error, http.client.IncompleteRead):
                raise _incomplete(url) from None
            raise PortError("no HTTP", f"{shown(url)}: what answers there is no HTTP.") from None

    def _check(self):
        if self._aborted:
            raise PortError(
                "timeout",
                f"{shown(self._url)}: the answer was not complete after {self._deadline} s.",
            )

    def _answer(self, connection, url, parts):
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request("GET", path, headers=self._headers(parts))
        answer = connection.getresponse()
        where = answer.headers.get("Location")
        if answer.status in _REDIRECTS and where:
            return urljoin(url, where), None
        if answer.status != HTTPStatus.OK:
            raise PortError(
                f"HTTP {answer.status}", f"{shown(url)} answers {_phrase(answer.status)}."
            )
        # One byte more than allowed tells that it is too long; the rest is not even read.
        body = answer.read(MAX_BODY + 1)
        self._check()
        if len(body) > MAX_BODY or (answer.length or 0) > MAX_BODY:
            raise PortError("too large", f"{shown(url)} answers with more than {MAX_BODY} bytes.")
        if answer.length:
            raise _incomplete(url)
        return None, body

    def _headers(self, parts):
        headers = {
            "Accept": "text/plain, */*;q=0.5",
            "Accept-Encoding": "identity",
            "Connection": "close",
            "User-Agent": f"power-readout/{VERSION}",
        }
        # Those of our URL are for no other host that it redirects to.
        ours = urlsplit(self._url)
        if ours.username and (ours.scheme, ours.netloc) == (parts.scheme, parts.netloc):
            pair = f"{unquote(ours.username)}:{unquote(ours.password or '')}"
            headers["Authorization"] = "Basic " + base64.b64encode(pair.encode()).decode()
        return headers


def check(url):
    """Why it is no URL to get, as a sentence; None if it is."""
    try:
        parts = urlsplit(url)
        fits = bool(parts.hostname) and parts.port != 0 and url.isascii() and url.isprintable()
    except ValueError:
        fits = False
    if fits and " " not in url:
        return None
    return f"{shown(url)} is no web address; it must be like http://HOST/telegram."


def shown(url):
    """The URL without the password that may be in it."""
    scheme, mark, rest = url.partition("://")
    authority, slash, path = rest.partition("/")
    user, at, host = authority.rpartition("@")
    if not mark or not at:
        return url
    return f"{scheme}://{user.partition(':')[0]}@{host}{slash}{path}"


def _incomplete(url):
    return PortError("incomplete", f"{shown(url)}: the answer ends too soon.")


def _phrase(status):
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)
