"""The web server: what is answered at which path."""

import json

from microdot import Microdot

from firmware import VERSION
from firmware.outputs.message import Message
from firmware.renderers import metrics

_PAGE = """\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>power-readout</title>
</head>
<body>
<h1>power-readout</h1>
<p>This reads a digital electricity meter and answers in JSON.</p>
<ul>
<li><a href="/metrics">/metrics</a>: all values, each with its unit</li>
<li><a href="/telegram">/telegram</a>: the last telegram as the meter sent it</li>
<li><a href="/healthz">/healthz</a>: how the reader itself is doing</li>
</ul>
</body>
</html>
"""

_JSON = {"Content-Type": "application/json"}
_TEXT = {"Content-Type": "text/plain", "Cache-Control": "no-store"}


class Web:
    """An HTTP server on the port of the setting `http_port`.

    readout: what is answered from; health(): a dict for `/healthz`.
    """

    def __init__(self, settings, readout, health):
        self._port = settings["http_port"]
        self._readout = readout
        self._health = health
        self._metrics = Message(readout, metrics.render, metrics.CONTENT_TYPE)
        self._server = Microdot()
        self._add_routes(self._server)

    async def run(self):
        """Serve until the server is closed."""
        await self._server.start_server(host="0.0.0.0", port=self._port)

    def _add_routes(self, server):
        @server.before_request
        async def count(request):
            self._readout.http_requests += 1

        @server.get("/")
        async def index(request):
            return _PAGE, {"Content-Type": "text/html; charset=utf-8"}

        @server.get("/metrics")
        async def get_metrics(request):
            return self._unless_fresh() or self._metrics

        async def get_telegram(request):
            # The parser keeps the telegram itself, so that only whoever asks pays for a copy.
            return self._unless_fresh() or (bytes(self._readout.telegram.raw), _TEXT)

        for path in ("/telegram", "/raw", "/api/v1/telegram"):
            server.get(path)(get_telegram)

        @server.get("/healthz")
        async def healthz(request):
            return json.dumps(self._health()) + "\n", _JSON

        @server.get("/livez")
        async def livez(request):
            return '{"version": "%s"}\n' % VERSION, _JSON

        @server.get("/readyz")
        async def readyz(request):
            return self._unless_fresh() or ('{"age": %d}\n' % (self._readout.age // 1000), _JSON)

        @server.errorhandler(404)
        async def not_found(request):
            return _error(
                404, "There is nothing at %s; / lists what there is." % request.path[:100]
            )

        @server.errorhandler(405)
        async def not_allowed(request):
            return _error(405, "This can only be read: use GET.")

        @server.errorhandler(400)
        async def bad_request(request):
            return _error(400, "That was no HTTP request that can be understood.")

        @server.errorhandler(413)
        async def too_large(request):
            return _error(413, "The request is too large.")

        @server.errorhandler(500)
        async def failed(request):
            return _error(500, "This request failed; the serial console shows why.")

    def _unless_fresh(self):
        """The error to answer with while there is no telegram that counts; None when there is."""
        readout = self._readout
        if readout.fresh:
            return None
        if readout.telegram is None:
            if readout.rejected:
                why = "No good telegram has come yet, only damaged ones; /healthz counts them."
            else:
                why = "No telegram has come yet; is the meter's port open and the cable in?"
        else:
            why = "The last telegram is %d seconds old; has the cable come out?" % (
                readout.age // 1000
            )
        return _error(503, why, {"Retry-After": "5"})


def _error(status, sentence, headers=None):
    return json.dumps({"error": sentence}) + "\n", status, dict(_JSON, **(headers or {}))
