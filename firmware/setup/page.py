"""The page /settings: every setting in the groups of settings.tsv, with its default and what
follows from it. Loaded for each request, then dropped again.

Secrets are never shown. `firmware.setup.change` follows what is sent from here.
"""

import json

from microdot import Response

from firmware import load
from firmware.http import JSON

_escaped = load("setup.html").escaped

_HTML = {
    "Content-Type": "text/html; charset=utf-8",
    "Cache-Control": "no-store",
    "X-Frame-Options": "DENY",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'",
}
_TEXTS = __file__.rpartition("/")[0] + "/settings.tsv"

_HEAD = """\
<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Settings</title><style>
body { font: 1rem/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 40rem; padding: 1rem }
label { display: block; margin-top: 1rem }
input, select, textarea, button { box-sizing: border-box; display: block; font: inherit }
input, select, textarea, button { width: 100% }
input[type=checkbox] { display: inline; min-height: 0; width: auto }
input, select, button { min-height: 2.5rem }
small { color: #666 } .wrong { color: #b00 }
</style><main><h1>Settings</h1>
"""


def show(gate, group, values, problems):
    """The response with one group of settings, or with the first where there is no such group.

    values: of the settings, as config.json says them; problems: by setting, what is wrong.
    """
    return Response(_page(gate, group, values, problems), 400 if problems else 200, _HTML)


def export():
    """The response with the settings, without secrets."""
    secrets = load("settings").secrets()
    given = load("config_file").given()
    shown = {name: value for name, value in given.items() if name not in secrets}
    return Response(json.dumps(shown) + "\n", 200, JSON)


def _page(gate, group, values, problems):
    """The page, in pieces."""
    yield _HEAD
    token = '<input type="hidden" name="token" value="%s">' % gate.token
    groups = []
    for _, name, _ in _texts():
        if name not in groups:
            groups.append(name)
    if group not in groups:
        group = groups[0]
    for name in groups:
        yield '<a href="/settings?group=%s">%s</a> ' % (name, name)
    yield '<form method="post">%s<input type="hidden" name="group" value="%s">\n' % (token, group)
    texts = {name: text for name, where, text in _texts() if where == group}
    for name, kind, default in load("settings").kinds():
        if name in texts:
            yield _field(name, kind, default, values, texts[name], problems.get(name))
    for name, sentence in problems.items():
        if name not in texts:
            yield '<p class="wrong">%s</p>' % _escaped(sentence)
    yield "<button>Save</button></form>\n"
    yield "<h2>Last errors</h2>"
    for error in gate.health()["errors"]:
        yield "<p>%s: %s (%d times)</p>" % (
            _escaped(error["task"]),
            _escaped(error["error"]),
            error["times"],
        )
    yield '<h2>All of them</h2><p><a href="/settings?export=1">Export</a>, without secrets. '
    yield (
        'Import: </p><form method="post">%s<input type="hidden" name="action" value="import">'
        % token
    )
    yield '<textarea name="text" rows="4" aria-label="Settings to import"></textarea>'
    yield "<button>Import</button></form>\n"


def _field(name, kind, default, values, text, wrong):
    """A setting's field."""
    shown = "" if default in (None, "") else json.dumps(default).strip('"')
    value = values.get(name, default)
    value = "" if value in (None, "") else str(value)
    parts = ["<label><b>%s</b> %s" % (name, _escaped(text))]
    if shown:
        parts.append(" <small>Default: %s</small>" % _escaped(shown))
    if kind == "secret":
        is_set = "set; empty leaves it" if value else "not set"
        parts.append('<input name="%s" type="password" placeholder="%s">' % (name, is_set))
        parts.append(
            '</label><label><input name="clear_%s" type="checkbox"> remove %s' % (name, name)
        )
    elif kind == "flag":
        parts.append('<select name="%s">' % name)
        for each in ("true", "false") if default is not None else ("", "true", "false"):
            mark = " selected" if value.lower() == each else ""
            parts.append("<option%s>%s</option>" % (mark, each))
        parts.append("</select>")
    else:
        parts.append('<input name="%s" value="%s">' % (name, _escaped(value)))
    if wrong:
        parts.append('<span class="wrong">%s</span>' % _escaped(wrong))
    parts.append("</label>\n")
    return "".join(parts)


def _texts():
    """Yield (name, group, what follows from it) of each setting."""
    with open(_TEXTS) as table:
        for line in table:
            yield line.rstrip("\n").split("\t")
