"""The pages: what microdot answers at which path."""

from microdot import Microdot, Response

from firmware import load
from firmware.http import TEXT, pieces, refusal, rendered, unless_fresh
from firmware.http.head import prefers_text
from firmware.renderers import metrics


def make(context, health):
    """microdot's app with all pages.

    context: see `firmware.assembly.Context`; health(): a dict for `/healthz`.
    """
    app = Microdot()
    readout, out = context.readout, context.out

    @app.get("/metrics")
    async def get_metrics(request):
        form = request.args.get("format")
        if form is None:
            form = "prometheus" if prefers_text(request.headers.get("Accept")) else "json"
        if form == "prometheus":
            return await _prometheus(request, readout, out, health())
        if form != "json":
            return refusal(400, "There is no such format: use format=json or format=prometheus.")
        return unless_fresh(readout) or await rendered(
            request, out, lambda: metrics.render(readout, out), metrics.CONTENT_TYPE
        )

    @app.get("/telegram")
    @app.get("/raw")
    @app.get("/api/v1/telegram")
    async def telegram(request):
        # The parser goes on while it is sent.
        return unless_fresh(readout) or Response(bytes(readout.telegram.raw), 200, TEXT)

    @app.get("/<re:(healthz|livez|readyz|log):name>")
    async def status(request, name):
        return load("http.status").status(name, context, health)

    @app.get("/")
    async def page(request):
        return load("http.live").page(request, context.board.page)

    @app.get("/events")
    async def events(request):
        return load("http.events").events(request, context)

    @app.errorhandler(400)
    async def bad_request(request):
        return refusal(400)

    @app.errorhandler(404)
    async def not_found(request):
        return refusal(404)

    @app.errorhandler(405)
    async def not_allowed(request):
        return refusal(405)

    @app.errorhandler(Exception)
    async def failed(request, error):
        # microdot has printed it.
        context.fail("web", error, True)
        return refusal(500)

    if context.settings["homewizard"]:
        load("http.homewizard").add(app, context)
    return app


async def _prometheus(request, readout, out, health):
    """The response with Prometheus' text, whose length is known to nobody before it is sent."""
    client = request.sock
    await client.room()
    out.clear()
    renderer = load("renderers.prometheus")

    def generator():
        for may_pause in renderer.render(readout, out, health):
            client.may_pause = may_pause
            yield

    headers = {"Content-Type": renderer.CONTENT_TYPE, "Cache-Control": "no-store"}
    return Response(pieces(out, generator()), 200, headers)
