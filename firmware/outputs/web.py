"""The web server: what is answered at which path."""

import json

from microdot import Microdot, Response

from firmware import VERSION
from firmware.outputs.accept import prefers_text
from firmware.outputs.message import Copy, Message, Pieces
from firmware.readout import RUBBISH
from firmware.renderers import metrics, prometheus

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
<li><a href="/log">/log</a>: what it has said last</li>
</ul>
</body>
</html>
"""

_JSON = {"Content-Type": "application/json"}
_HTML = {"Content-Type": "text/html; charset=utf-8"}
_TEXT = {"Content-Type": "text/plain; charset=utf-8"}

_PHRASES = {
    400: "Bad Request",
    404: "Not Found",
    405: "Method Not Allowed",
    413: "Content Too Large",
    500: "Internal Server Error",
    503: "Service Unavailable",
}

_ERRORS = {
    400: "That was no HTTP request that can be understood.",
    404: "There is nothing at this path; / lists what there is.",
    405: "This can only be read: use GET.",
    413: "The request is too large.",
    500: "This request failed; the serial console shows why.",
}


#: To be sent as it is: there is no memory for more.
_SHORT = """\
HTTP/1.0 503 Service Unavailable\r\nContent-Type: application/json\r\nRetry-After: 60\r\n\r\n\
{"error": "Memory is short; ask again in a minute."}
"""


async def _turn_away(writer):
    await writer.awrite(_SHORT.encode())
    await writer.aclose()


class _Server(Microdot):
    """microdot, with its paths in a dict: they are fixed, and a pattern each would take memory."""

    def __init__(self, handlers, readout, web):
        super().__init__()
        self._handlers = handlers
        self._readout = readout
        self._web = web

    def handle_request(self, reader, writer):
        self._web.turns += 1
        if self._readout.low:
            return _turn_away(writer)
        return super().handle_request(reader, writer)

    def find_route(self, req):
        self._readout.http_requests += 1
        handler = self._handlers.get(req.path)
        req.url_args = {}
        if handler and req.method not in ("GET", "HEAD"):
            return 405, "", None
        return handler or 404, "", None

    async def error_response(self, req, status_code, reason=None):
        return error(status_code, _ERRORS.get(status_code, reason))


class Web:
    """An HTTP server on the port of the setting `http_port`.

    readout: what is answered from; health(): a dict for `/healthz`; log: see `firmware.log`;
    station(): see `firmware.boards`.
    """

    deadline = 300

    def __init__(self, settings, readout, health, log, station):
        self.port = settings["http_port"]
        #: Connections that have come.
        self.turns = 0
        self._readout = readout
        self._health = health
        self._log = log
        self._station = station
        self._metrics = Message(readout, metrics.render, metrics.CONTENT_TYPE)
        # The parser keeps the telegram itself.
        self._telegram = Copy(lambda: readout.telegram.raw, "text/plain")
        handlers = {
            "/": self._get_page,
            "/metrics": self._get_metrics,
            "/telegram": self._get_telegram,
            "/raw": self._get_telegram,
            "/healthz": self._get_health,
            "/log": self._get_log,
            "/livez": self._get_live,
            "/readyz": self._get_ready,
        }
        if settings["homewizard"]:
            handlers["/api"] = self._get_api
            handlers["/api/v1/data"] = self._get_api
            handlers["/api/v1/telegram"] = self._get_telegram
        self._server = _Server(handlers, readout, self)

    async def run(self):
        """Serve until this is cancelled."""
        try:
            await self._server.start_server(host="0.0.0.0", port=self.port)
        finally:
            if self._server.server:
                self._server.shutdown()

    async def _get_page(self, request):
        return _PAGE, _HTML

    async def _get_metrics(self, request):
        form = request.args.get("format")
        if form is None:
            form = "prometheus" if prefers_text(request.headers.get("Accept")) else "json"
        if form == "prometheus":
            text = prometheus.render(self._readout, self._metrics.out, self._health())
            return Pieces(self._metrics, text, prometheus.CONTENT_TYPE)
        if form != "json":
            return error(400, "There is no such format: use format=json or format=prometheus.")
        return self._unless_fresh() or self._metrics

    async def _get_telegram(self, request):
        return self._unless_fresh() or self._telegram

    async def _get_api(self, request):
        from firmware.renderers import homewizard

        if request.path == "/api":
            return homewizard.device(self._station()[0]), _JSON
        return self._unless_fresh() or Pieces(
            self._metrics,
            homewizard.render(self._readout, self._metrics.out, self._station()),
            homewizard.CONTENT_TYPE,
        )

    async def _get_health(self, request):
        return _object(self._health()), _JSON

    async def _get_log(self, request):
        return self._log.last(), _TEXT

    async def _get_live(self, request):
        return '{"version": "%s"}\n' % VERSION, _JSON

    async def _get_ready(self, request):
        return self._unless_fresh() or (
            '{"age": %d}\n' % (self._readout.age // 1000),
            _JSON,
        )

    def _unless_fresh(self):
        """The error to answer with while there is no telegram that counts; None when there is."""
        readout = self._readout
        if readout.fresh:
            return None
        if readout.telegram is not None:
            why = "The last telegram is %d seconds old; has the cable come out?" % (
                readout.age // 1000
            )
        elif readout.rubbish:
            why = "No telegram has come yet, but %s." % RUBBISH
        elif readout.rejected:
            why = "No good telegram has come yet, only damaged ones; /healthz counts them."
        else:
            why = "No telegram has come yet; is the meter's port open and the cable in?"
        return error(503, why)


def error(status, sentence):
    """An error as JSON with a sentence that says what to do."""
    headers = dict(_JSON)
    if status == 503:
        headers["Retry-After"] = "5"
    return Response(json.dumps({"error": sentence}) + "\n", status, headers, _PHRASES.get(status))


def _object(members):
    """A dict as JSON, in pieces: a long text would need a large free block of the heap."""
    before = "{"
    for name, value in members.items():
        yield before + json.dumps(name) + ": " + json.dumps(value)
        before = ", "
    yield "}\n"
