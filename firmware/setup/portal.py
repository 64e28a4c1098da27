"""The pages of the board's own access point: choose a network, see whether it works.

They are plain HTML without a script: what opens by itself on a phone is no whole browser. Names of
networks are text from strangers, and are written as such.
"""

from microdot import Microdot, Response

from firmware import load

_html = load("setup.html")
_escaped = _html.escaped

_HTML = {"Content-Type": "text/html; charset=utf-8", "Cache-Control": "no-store"}
_PAGE = __file__.rpartition("/")[0] + "/portal.form"

#: What the form may change; "board" and "meter" stand for several. Those of pins are numbers.
_FIELDS = ("wifi_name", "wifi_password", "hostname")
_PINS = ("uart_id", "uart_rx_pin", "uart_tx_pin")

#: What a choice of "meter" stands for.
_METERS = {
    "new": {"uart_baudrate": 115200, "uart_format": "8N1"},
    "old": {"uart_baudrate": 9600, "uart_format": "7E1"},
}


def make(program):
    """microdot's app. program: see `firmware.setup.program`."""
    app = Microdot()

    def ours(handler):
        """A handler that is for the board's own address only: any other name is told where the
        page is, and nothing else.
        """

        async def guarded(request):
            if not program.is_ours(request.headers.get("Host", "")):
                return _redirect(program.url)
            return await handler(request)

        return guarded

    @app.get("/")
    @ours
    async def page(request):
        if program.result or program.is_trying():
            return _redirect(program.url + "result")
        return Response(_form(program), 200, _HTML)

    @app.get("/again")
    @ours
    async def again(request):
        program.forget()
        return _redirect(program.url)

    @app.get("/result")
    @ours
    async def result(request):
        return Response(_result(program), 200, _HTML)

    @app.post("/")
    @ours
    async def change(request):
        if request.headers.get("Origin") not in (None, program.url.rstrip("/")):
            return _redirect(program.url)
        changes = _changes(_html.form(request))
        if not changes.get("wifi_name"):
            return _redirect(program.url)
        program.try_settings(changes)
        return _redirect(program.url + "result")

    @app.errorhandler(404)
    async def elsewhere(request):
        # Phones ask whether they are in the internet: what is not their answer makes them show
        # the page. Whatever else is asked for has its answer there as well.
        return _redirect(program.url)

    @app.errorhandler(405)
    async def otherwise(request):
        return _redirect(program.url)

    @app.errorhandler(Exception)
    async def failed(request, error):
        program.fail("web", error, True)
        return _redirect(program.url)

    return app


def _redirect(url):
    return Response("", 302, {"Location": url, "Cache-Control": "no-store"}, "Found")


def _changes(form):
    """The settings that a form asks for."""
    changes = {}
    for name in _FIELDS:
        value = form.get(name)
        if value:
            changes[name] = value
    if form.get("other"):
        changes["wifi_name"] = form.get("other")
    # A network without a password has none from now on.
    changes.setdefault("wifi_password", "")
    boards = load("setup.boards")
    for row in boards.rows():
        if row[0] == form.get("board"):
            changes.update(boards.settings(row))
    for name in _PINS:
        value = form.get(name)
        if value:
            # What is no number is refused as such.
            changes[name] = int(value) if value.isdigit() and len(value) < 4 else value
    changes.update(_METERS.get(form.get("meter"), {}))
    return changes


def _form(program):
    """The page with the form, in pieces."""
    with open(_PAGE) as page:
        for line in page:
            if line == "%networks\n":
                for name, signal, is_open in program.networks:
                    name = _escaped(name)
                    yield '<label><input type="radio" name="wifi_name" value="%s"> ' % name
                    yield "%s <small>%d dBm%s</small></label>\n" % (
                        name,
                        signal,
                        ", open" if is_open else "",
                    )
            elif line == "%boards\n":
                for row in load("setup.boards").rows():
                    yield '<option value="%s">%s</option>\n' % (row[0], _escaped(row[1]))
            else:
                yield line.replace("%hostname", _escaped(program.settings["hostname"]))


def _result(program):
    """The page that tells what became of the settings, in pieces."""
    yield '<!doctype html><html lang="en"><meta charset="utf-8">'
    yield '<meta name="viewport" content="width=device-width"><title>power-readout</title>'
    yield "<style>body { font: 1.1rem/1.5 system-ui, sans-serif; margin: 1rem }</style><main>"
    if program.is_trying():
        yield '<meta http-equiv="refresh" content="3"><h1>Trying …</h1><p>The board joins your '
        yield "network. The phone may lose the hotspot for a moment: join it again, and this page "
        yield "shows what came of it.</p>"
    elif program.result is None:
        yield '<h1>Nothing was tried</h1><p><a href="/">Begin</a></p>'
    else:
        address, why = program.result
        if address:
            yield "<h1>It works</h1><p>The settings are kept. Go back to your own network: the "
            yield "board answers at <b>%s</b> and <b>%s</b>. " % (
                _escaped(program.url_of(address)),
                _escaped(program.url_of(program.hostname + ".local")),
            )
            yield "The hotspot closes in a minute.</p>"
        else:
            yield '<h1>Not yet</h1><p>%s</p><p><a href="/again">Back</a></p>' % _escaped(why)
