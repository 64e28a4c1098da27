"""The pages of the HomeWizard P1 meter's local API, version 1. Its renderer has the sources."""

from microdot import Response

from firmware import load
from firmware.http import JSON, rendered, unless_fresh


def add(app, context):
    """Add the pages to microdot's app. context: see `firmware.outputs.Context`."""
    readout, station = context.readout, context.board.station

    @app.get("/api")
    async def device(request):
        return Response(context.renderer("homewizard").device(station()[0]), 200, JSON)

    @app.route("/api/v1/<re:(data|identify|system):name>", ("GET", "PUT"))
    async def data(request, name):
        if name != "data" or request.method == "PUT":
            return await load("http.controls").answer(request, name, context.board)
        renderer = context.renderer("homewizard")
        return unless_fresh(readout) or await rendered(
            request,
            context,
            lambda: renderer.render(readout, context.out, station()),
            renderer.CONTENT_TYPE,
        )
