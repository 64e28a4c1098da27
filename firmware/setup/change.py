"""Follows what is sent from the page /settings. Loaded for each request, then dropped again.

A change is checked as at the start, and what is wrong is said beside its field. One that may cut
the board off is tried first, see `firmware.setup.revert`.
"""

import json
import os

from microdot import Response

from firmware import load

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

_HTML = {"Content-Type": "text/html; charset=utf-8", "Cache-Control": "no-store"}


def change(gate, request):
    """The response to a form."""
    form = request.form
    action = form.get("action")
    if "tree.json" in os.listdir() and load("update.trees").read_note().get("trial"):
        return _done(
            "An update is on trial, and a restart would take it back: try again later.", 409
        )
    before = load("config_file").given()
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
        return load("setup.page").show(gate, form.get("group"), wanted, problems)
    return _apply(gate, before, wanted)


def _apply(gate, before, wanted):
    """Write the settings, and restart the board with them."""
    changed = [name for name in wanted if wanted[name] != before.get(name)]
    changed += [name for name in before if name not in wanted]
    if not changed:
        return _done("Nothing has changed.")
    is_risky = any(name in _RISKY for name in changed)
    if is_risky:
        load("setup.revert").begin(wanted)
    else:
        load("config_file").write(wanted)
    gate.context.log.say(
        "Settings are changed: %s. The board restarts." % ", ".join(changed), True
    )
    load("alone").restart(gate.context.board)
    if not is_risky:
        return _done("The settings are kept; the board restarts with them.")
    port = wanted.get("http_port", 80)
    name = wanted.get("hostname", "power-readout")
    return _done(
        "The board restarts and tries the settings. Open http://%s.local%s/settings, or the new "
        "address, and confirm them within two minutes; otherwise the old ones come back."
        % (name, "" if port == 80 else ":%d" % port)
    )


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
    """The response that says what has been done."""
    return Response(
        '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" '
        'content="width=device-width"><title>Settings</title><main><h1>Settings</h1><p>%s</p><p>'
        '<a href="/settings">Settings</a></p>' % sentence,
        status,
        _HTML,
    )
