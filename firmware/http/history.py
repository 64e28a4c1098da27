"""`/history`: what was used and generated, as JSON or CSV. Loaded when somebody asks for it."""

from microdot import Response

from firmware import load
from firmware.http import refusal

_TYPES = {"json": "application/json", "csv": "text/csv; charset=utf-8"}


def answer(request, context):
    """The response to a request. context: see `firmware.outputs.Context`."""
    history = context.history
    if not history:
        return refusal(
            404,
            "There is no history here: it is switched off, or this board has no room for it. See "
            "the setting history.",
        )
    # There may be no room for a renderer beside it.
    context.renderer(None)
    try:
        asked = load("history.query").parse(request.args)
    except ValueError as error:
        return refusal(400, "%s" % error)
    series, resolution, begin, end, unit, form, maker = asked
    if resolution != "minute" and not history.folder:
        return refusal(
            404,
            "Only the last day's power is kept here, for series=power&resolution=minute: there is "
            "no room for the history's files, or they cannot be used, which /log says then.",
        )
    telegram = context.readout.telegram
    if telegram and not telegram.unit[history.slots[0]]:
        return refusal(
            404,
            "There is no history, as this meter does not say what time it is (DSMR 2.2 and 3.0).",
        )
    try:
        rows = load(maker).Rows(history, series, resolution, begin, end)
    except OSError as error:
        return refusal(503, "The history's files cannot be read: %s." % error)
    texts = getattr(load("history.text"), form)(rows, series, resolution, unit)
    headers = {"Content-Type": _TYPES[form], "Cache-Control": "no-store"}
    if form == "csv":
        name = 'attachment; filename="%s-%s.csv"' % (series, resolution)
        headers["Content-Disposition"] = name
    return Response(_pieces(texts, request.sock), 200, headers)


def _pieces(texts, client):
    """Yield the pieces of an answer that may be long: nobody is late who takes them."""
    for text in texts:
        client.since = None
        yield text
