"""The settings: what there is, what each may be, and what is wrong with those that were given.

A setting that is wrong costs itself only: its default is used, and a sentence says which setting
it is, what is wrong with it, and what is allowed. The program needs this module at its start only,
and the board drops it then.
"""

import json

# One row a setting: name, kind, bounds, default as JSON. The README says what each is for.
# Bounds of a text are those of its length in bytes; a text may also be its default.
_TABLE = """\
wifi_name text 1 32 ""
wifi_password secret 8 64 ""
hostname hostname 1 32 "power-readout"
wifi_txpower number 2 20 null
http_port number 1 65535 80
raw_port number 0 65535 2323
raw_clients number 1 16 2
homewizard flag - - true
uart_id number 0 2 2
uart_rx_pin number 0 48 27
uart_tx_pin number 0 48 26
uart_invert flag - - true
uart_format choice 8N1 7E1 "8N1"
uart_baudrate number 300 921600 115200
uart_rxbuf number 256 32768 4096
led_pin number 0 48 null
led_inverted flag - - false
crc choice required none "required"
max_telegram number 1024 11520 6144
stale_after number 0 3600 0
demand_floor number 0 20000 2500
log_interval number 0 86400 60
"""

_WORDS = {
    "flag": "true or false",
    "choice": '"%s" or "%s"',
    "number": "a whole number from %s to %s",
    "text": "a text of %s to %s characters",
    "secret": "a text of %s to %s characters",
    "hostname": "a text of %s to %s letters, digits and hyphens, with no hyphen at either end",
}


def _rows():
    for row in _TABLE.strip().split("\n"):
        name, kind, least, most, default = row.split(" ")
        yield name, kind, least, most, json.loads(default)


def _fits(kind, least, most, default, value):
    if kind == "flag":
        return value is True or value is False
    if kind == "choice":
        return value in (least, most)
    if kind == "number":
        if value is None:
            return default is None
        # bool is a kind of int.
        return (
            isinstance(value, int)
            and not isinstance(value, bool)
            and int(least) <= value <= int(most)
        )
    if not isinstance(value, str):
        return False
    if value == default:
        return True
    if kind == "hostname" and not _is_hostname(value):
        return False
    return int(least) <= len(value.encode()) <= int(most)


def _is_hostname(value):
    """Whether it is a name as RFC 1123, clause 2.1, allows."""
    for char in value.encode():
        if not (48 <= char <= 57 or 65 <= char <= 90 or 97 <= char <= 122 or char == 45):
            return False
    return "-" not in (value[:1], value[-1:])


def check(given, defaults=()):
    """Settings from a dict of given ones: (all settings as a dict, sentences about what is wrong).

    What is not given, or wrong, has its default: that in `defaults`, or the board's. Names that
    begin with "_" are remarks, as JSON has no comments.
    """
    settings = {}
    problems = []
    if not isinstance(given, dict):
        problems.append('The settings must be a JSON object, such as {"wifi_name": "…"}.')
        given = {}
    for name, kind, least, most, default in _rows():
        if name in defaults:
            default = defaults[name]
        settings[name] = default
        if name not in given:
            continue
        value = given[name]
        if _fits(kind, least, most, default, value):
            settings[name] = value
            continue
        allowed = _WORDS[kind]
        if "%" in allowed:
            allowed %= (least, most)
        problems.append(
            "%s: %s is not allowed; it must be %s%s. The default, %s, is used."
            % (
                name,
                "what is set" if kind == "secret" else json.dumps(value),
                allowed,
                ", or null" if default is None else "",
                json.dumps(default),
            )
        )
    for name in sorted(given):
        if name not in settings and name[:1] != "_":
            problems.append("%s is no setting; the README lists them all." % name)
    return settings, problems


def load(path, defaults=()):
    """Settings from a JSON file, as `check` gives them; without the file, the defaults."""
    given = {}
    problem = None
    try:
        with open(path) as file:
            given = json.load(file)
    except OSError:
        problem = "There is no %s; the defaults are used." % path
    except ValueError:
        problem = "%s is not valid JSON; the defaults are used." % path
    settings, problems = check(given, defaults)
    if problem:
        problems.insert(0, problem)
    return settings, problems


def masked(settings):
    """The settings without their secrets, to be shown."""
    shown = dict(settings)
    for name, kind, _, _, default in _rows():
        if kind == "secret" and shown[name] != default:
            shown[name] = "********"
    return shown
