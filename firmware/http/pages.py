"""The pages: what microdot answers at which path."""

import gc

from microdot import Microdot, Response

import firmware
from dsmr.const import const
from firmware import load
from firmware.http import TEXT, failure, refusal, rendered, unless_fresh
from firmware.renderers import metrics

#: Bytes of the heap that Prometheus' text takes while it is made, garbage included. Where there
#: are fewer, the heap would grow into the memory that the network lives on.
_PROMETHEUS = const(7_000)


def make(context, health):
    """microdot's app with all pages.

    context: see `firmware.outputs.Context`; health(): a dict for `/healthz`.
    """
    app = Microdot()
    readout, out = context.readout, context.out

    @app.get("/metrics")
    async def get_metrics(request):
        form = request.args.get("format")
        if form is None:
            form = "json"
            accept = request.headers.get("Accept", "")
            if "text/" in accept and load("http.accept").prefers_text(accept):
                form = "prometheus"
        if form == "prometheus":
            return await _prometheus(request, context, health())
        if form != "json":
            return refusal(400, "There is no such format: use format=json or format=prometheus.")
        return unless_fresh(readout) or await rendered(
            request, context, lambda: metrics.render(readout, out), metrics.CONTENT_TYPE
        )

    @app.get("/<re:(telegram|raw):name>")
    @app.get("/api/v1/telegram")
    async def telegram(request, name=None):
        client = request.sock
        await client.room()
        stale = unless_fresh(readout)
        if stale:
            return stale
        client.hold(readout)
        raw = readout.telegram.raw
        headers = {"Content-Length": str(len(raw))}
        headers.update(TEXT)
        return Response((raw,), 200, headers)  # type: ignore[arg-type]

    @app.get("/<re:(healthz|livez|readyz|log):name>")
    async def get_status(request, name):
        return load("http.status").status(request, name, context, health)

    @app.get("/")
    async def page(request):
        return load("http.live").page(request, context.board.page)

    @app.get("/<re:(events|history):name>")
    async def seldom(request, name):
        return load("http." + name).answer(request, context)

    for status in (400, 404, 405):
        app.errorhandler(status)(_refuse(status))

    @app.errorhandler(Exception)
    async def failed(request, error):
        # microdot has printed it.
        context.fail("web", error, True)
        return failure(error)

    if context.settings["homewizard"]:
        load("http.homewizard").add(app, context)
    return app


def _refuse(status):
    async def refused(request):
        return refusal(status)

    return refused


async def _prometheus(request, context, health):
    """The response with Prometheus' text, whose length is known to nobody before it is sent."""
    client = request.sock
    readout, out = context.readout, context.out
    if not context.memory.fits(_PROMETHEUS):
        return refusal(503, "There is no memory for this text now: ask again, or for JSON.")
    await client.room()
    renderer = context.renderer("prometheus")
    client.hold(readout)

    def generator():
        for is_told in renderer.render(readout, out, health):
            if is_told:
                client.free()
            if firmware.is_tight:
                # The heap must not grow for want of what is garbage.
                gc.collect()
            yield

    headers = {"Content-Type": renderer.CONTENT_TYPE, "Cache-Control": "no-store"}
    return Response(generator(), 200, headers)
