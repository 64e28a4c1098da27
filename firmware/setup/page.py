"""The page /settings: every setting in the groups of settings.tsv, with its default and what
follows from it. Loaded for each request, then dropped again.

A change is checked as at the start, and what is wrong is said beside its field. Secrets are never
shown. A change that may cut the board off is tried first, see `firmware.setup.revert`.
"""

import asyncio
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
_CONFIG = "config.json"

#: The settings by which the board is reached.
_RISKY = (
    "wifi_name",
    "wifi_password",
    "wifi_txpower",
    "hostname",
    "ip",
    "netmask",
    "gateway",
    "dns",
    "http_port",
    "http_password",
    "admin_password",
    "allow_from",
    "allowed_hosts",
)

#: Secrets, and the settings that say whom they are told: where one of these changes, the secret
#: goes, so that nobody collects it by naming himself.
_TOLD = {
    "wifi_password": ("wifi_name",),
    "mqtt_password": ("mqtt_host", "mqtt_port", "mqtt_tls", "mqtt_ca"),
}

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
small { color: #666 } .wrong { color: #b00 } .note { border: 1px solid; padding: .5rem }
</style><main><h1>Settings</h1>
"""


def given():
    """What config.json says, a dict."""
    try:
        with open(_CONFIG) as file:
            found = json.loads(file.read())
        return found if isinstance(found, dict) else {}
    except (OSError, ValueError):
        return {}


def show(gate, request):
    """The response with one group, that which the query names or the first."""
    return Response(_page(gate, request.args.get("group"), given(), {}), 200, _HTML)


def export():
    """The response with the settings, without secrets."""
    secrets = load("settings").secrets()
    shown = {name: value for name, value in given().items() if name not in secrets}
    return Response(json.dumps(shown) + "\n", 200, JSON)


def change(gate, request):
    """The response to a form."""
    form = request.form
    action = form.get("action")
    if load("update.trees").read_note().get("trial"):
        return _done(
            "An update is on trial, and a restart would take it back: try again later.", 409
        )
    if action == "keep":
        load("setup.revert").keep()
        gate.context.log.say("The new settings are confirmed.")
        return _done("The settings are kept.")
    before = given()
    if action == "import":
        wanted = _imported(before, form.get("text", ""))
        if wanted is None:
            return _done("That is no JSON object with settings, such as an export has.", 400)
    else:
        wanted = _changed(before, form)
    for secret, others in _TOLD.items():
        is_told_others = any(wanted.get(name) != before.get(name) for name in others)
        if is_told_others and wanted.get(secret) == before.get(secret):
            wanted.pop(secret, None)
    problems = {}
    for sentence in load("settings").check(wanted)[1]:
        problems[sentence.partition(":")[0]] = sentence
    if problems:
        # What was wrong before, and is no part of the form, stays as it is.
        return Response(_page(gate, form.get("group"), wanted, problems), 400, _HTML)
    return _apply(gate, before, wanted)


def _apply(gate, before, wanted):
    """Write the settings, and restart the board with them."""
    changed = [name for name in wanted if wanted[name] != before.get(name)]
    changed += [name for name in before if name not in wanted]
    if not changed:
        return _done("Nothing has changed.")
    text = json.dumps(wanted)
    is_risky = any(name in _RISKY for name in changed)
    if is_risky:
        load("setup.revert").begin(text)
    else:
        load("files").write(_CONFIG, text)
    gate.context.log.say(
        "Settings are changed: %s. The board restarts." % ", ".join(changed), True
    )
    asyncio.create_task(_restart(gate.context.board))  # noqa: RUF006 (the loop keeps it)
    if not is_risky:
        return _done("The settings are kept; the board restarts with them.")
    port = wanted.get("http_port", 80)
    name = wanted.get("hostname", "power-readout")
    return _done(
        "The board restarts and tries the settings. Open http://%s.local%s/settings, or the new "
        "address, and confirm them within two minutes; otherwise the old ones come back."
        % (name, "" if port == 80 else ":%d" % port)
    )


async def _restart(board):
    await asyncio.sleep(1)
    board.restart()


def _changed(before, form):
    """Settings as a form wants them. An empty field is the default; an empty secret stays."""
    wanted = dict(before)
    for name, kind, default in load("settings").kinds():
        if kind == "secret":
            if form.get("clear_" + name):
                wanted.pop(name, None)
            elif form.get(name):
                wanted[name] = form.get(name)
            continue
        text = form.get(name)
        if text is None:
            continue
        text = text.strip()
        value = _value(kind, text) if text else default
        if value == default:
            wanted.pop(name, None)
        else:
            wanted[name] = value
    return wanted


def _value(kind, text):
    """What a field's text stands for; what is no such value stays a text, which is refused."""
    if kind == "flag" and text in ("true", "false"):
        return text == "true"
    if kind == "number" and text.strip("0123456789") == "" and len(text) < 10:
        return int(text)
    return text


def _imported(before, text):
    """The settings of an export, with the secrets that there are; None if it is no export."""
    try:
        found = json.loads(text)
    except ValueError:
        return None
    if not isinstance(found, dict):
        return None
    secrets = load("settings").secrets()
    wanted = {name: value for name, value in before.items() if name in secrets}
    for name, value in found.items():
        if name not in secrets:
            wanted[name] = value
    return wanted


def _done(sentence, status=200):
    return Response(
        _HEAD + '<p class="note">%s</p><p><a href="/settings">Settings</a></p>' % sentence,
        status,
        _HTML,
    )


def _page(gate, group, values, problems):
    """The page, in pieces."""
    yield _HEAD
    token = '<input type="hidden" name="token" value="%s">' % gate.token
    if load("setup.revert").is_on():
        yield '<form method="post" class="note">%s<input type="hidden" name="action" ' % token
        yield 'value="keep">These settings are tried. <button>Keep them</button></form>\n'
    groups = []
    for row in _texts():
        if row[1] not in groups:
            groups.append(row[1])
    if group not in groups:
        group = groups[0]
    for name in groups:
        yield '<a href="/settings?group=%s">%s</a> ' % (name, name)
    yield '<form method="post">%s<input type="hidden" name="group" value="%s">\n' % (token, group)
    kinds = {name: (kind, default) for name, kind, default in load("settings").kinds()}
    for name, where, text in _texts():
        if where == group and name in kinds:
            yield _field(name, kinds[name][0], kinds[name][1], values, text, problems.get(name))
    yield "<button>Save</button></form>\n"
    for name, sentence in problems.items():
        if name not in kinds:
            yield '<p class="wrong">%s</p>' % _escaped(sentence)
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
