"""The web server: what is answered at which path."""

import json

from firmware import VERSION, borrow
from firmware.outputs.accept import prefers_text
from firmware.outputs.front import Front, error
from firmware.outputs.message import Answer, Copy, Message, Pieces
from firmware.renderers import metrics

_PAGE = __file__.rpartition("/")[0] + "/page.html"


class Web(Front):
    """An HTTP server on the port of the setting `http_port`.

    readout: what is answered from; health(): a dict for `/healthz`; log: see `firmware.log`;
    station(): see `firmware.boards`; fail, admits: see `firmware.outputs.front`.
    """

    deadline = 300

    def __init__(self, settings, readout, health, log, station, fail, admits=None):
        super().__init__(settings, readout, fail, admits)
        self._health = health
        self._log = log
        self._station = station
        self._metrics = Message(readout, metrics.render, metrics.CONTENT_TYPE)
        # The parser keeps the telegram itself.
        self._telegram = Copy(lambda: readout.telegram.raw, "text/plain")
        # The renderer that was needed last, and its name. Hardly anybody asks for both forms, and
        # there is no memory for both.
        self._renderer = self._renders = None
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
        self.handlers = handlers

    async def _get_page(self, request):
        return Answer(_file(_PAGE), "text/html; charset=utf-8")

    async def _get_metrics(self, request):
        form = request.args.get("format")
        if form is None:
            form = "prometheus" if prefers_text(request.headers.get("Accept")) else "json"
        if form == "prometheus":
            return self._render(form, self._health())
        if form != "json":
            return error(400, "There is no such format: use format=json or format=prometheus.")
        return self._unless_fresh() or self._metrics

    async def _get_telegram(self, request):
        return self._unless_fresh() or self._telegram

    async def _get_api(self, request):
        if request.path == "/api":
            return Answer(self._need("homewizard").device(self._station()[0]))
        return self._unless_fresh() or self._render("homewizard", self._station())

    async def _get_health(self, request):
        return Answer(_object(self._health()))

    async def _get_log(self, request):
        return Answer(self._log.last(), "text/plain; charset=utf-8")

    async def _get_live(self, request):
        return Answer('{"version": "%s"}\n' % VERSION)

    async def _get_ready(self, request):
        return self._unless_fresh() or Answer('{"age": %d}\n' % (self._readout.age // 1000))

    def _render(self, form, more):
        """The readout in another form; more: what the form's renderer needs beside it."""
        renderer = self._need(form)
        out = self._readout.out
        return Pieces(out, renderer.render(self._readout, out, more), renderer.CONTENT_TYPE)

    def _need(self, form):
        if form != self._renders:
            self._renderer = self._renders = None
            self._renderer = borrow("renderers." + form)
            self._renders = form
        return self._renderer

    def _unless_fresh(self):
        """The error to answer with while there is no telegram that counts; None when there is."""
        if self._readout.fresh:
            return None
        return error(503, borrow("summary").missing(self._readout))


def _object(members):
    """A dict as JSON, in pieces: a long text would need a large free block of the heap."""
    before = "{"
    for name, value in members.items():
        yield before + json.dumps(name) + ": "
        if isinstance(value, list):
            # Errors are long: if they need much memory, nobody hears of those for want of it.
            before = "["
            for entry in value:
                yield before + json.dumps(entry)
                before = ", "
            yield "]" if value else "[]"
        else:
            yield json.dumps(value)
        before = ", "
    yield "}\n"


def _file(path):
    """What a file holds, in pieces: nobody needs it in memory."""
    with open(path, "rb") as file:
        piece = file.read(512)
        while piece:
            yield piece
            piece = file.read(512)
