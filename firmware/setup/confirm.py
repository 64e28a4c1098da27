"""The page /settings while settings are tried: it needs so little memory that it always comes."""

from microdot import Response

from firmware import load

_HTML = {
    "Content-Type": "text/html; charset=utf-8",
    "Cache-Control": "no-store",
    "X-Frame-Options": "DENY",
    "Content-Security-Policy": "default-src 'none'; form-action 'self'",
}

_PAGE = """\
<!doctype html><html lang="en"><meta charset="utf-8">
<meta name="viewport" content="width=device-width"><title>Settings</title><main><h1>Settings</h1>
"""

_FORM = """\
<form method="post"><input type="hidden" name="token" value="%s">
<input type="hidden" name="action" value="keep">
<p>These settings are tried: without this button those before come back, two minutes after the
start.</p><button>Keep them</button></form>
"""


def show(gate):
    """The response with the button."""
    return Response(_PAGE + _FORM % gate.token, 200, _HTML)


def keep(gate):
    """The response to the button."""
    load("setup.revert").keep()
    gate.context.log.say("The new settings are confirmed.", True)
    text = '<p>The settings are kept.</p><p><a href="/settings">Settings</a></p>\n'
    return Response(_PAGE + text, 200, _HTML)


def wait():
    """The response while the board restarts to have the memory for the page."""
    text = (
        '<meta http-equiv="refresh" content="10"><p>This board has too little memory for the page '
        "beside all that it does. It restarts with nothing but the page, which comes by itself in "
        "half a minute. The meter is read again when a change is saved, or five minutes after "
        "your last look.</p>\n"
    )
    return Response(_PAGE + text, 503, _HTML)
