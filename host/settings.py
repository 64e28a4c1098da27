"""A PC's settings: from a file, the environment and the command line, each winning over the last.

They are those of a board that mean something on a PC, and some more. What is wrong in the file
costs itself only, as on a board; what is wrong in the environment or on the command line is a
`SettingsError`, as somebody is there to mend it.
"""

import json

from dsmr.parser import MAX_TELEGRAM
from firmware import settings as board
from firmware.json_check import mistake

#: What a setting's name is in the environment: this and the name in capitals.
PREFIX = "POWER_READOUT_"

#: Those that only a board has a use for; they may stand in a PC's file.
BOARD_ONLY = (
    "wifi_name",
    "wifi_password",
    "hostname",
    "wifi_txpower",
    "ip",
    "netmask",
    "gateway",
    "dns",
    "uart_id",
    "uart_rx_pin",
    "uart_tx_pin",
    "uart_invert",
    "uart_rxbuf",
    "led_pin",
    "led_inverted",
    "button_pin",
    "hotspot_password",
    "admin_password",
    "watchdog",
    "heap_limit",
)

#: A PC has room for the longest telegram that the line can carry, and for every message.
#: Nor does it have to count its sockets.
BOARD_DEFAULTS = {
    "max_telegram": MAX_TELEGRAM,
    "log_interval": 0,
    "http_clients": 64,
    # A proxy may stand in front, with a name of its own.
    "allowed_hosts": "*",
    "raw_clients": 8,
    "modbus_clients": 8,
    "mdns": True,
}

LEVELS = ("error", "warning", "info", "debug")

#: Those that only a PC has: name, default.
PC_ONLY = {
    "source": "/dev/ttyUSB0",
    "interval": 1,
    "log_level": "info",
    "history_folder": "history",
}

#: Seconds without a telegram after which one that is asked for rarely still counts: this many
#: times the interval, where it is longer than what `firmware.meter` allows anyway.
_INTERVALS = 3
_STALE_AFTER = 10


class SettingsError(Exception):
    """What was given cannot be used; the text is a sentence."""


class ConfigError(SettingsError):
    """The file with the settings cannot be used at all."""


def names():
    """The names of a PC's settings."""
    return [*PC_ONLY, *(row[0] for row in board._rows() if row[0] not in BOARD_ONLY)]


def defaults():
    """What each setting is if it is not given."""
    settings, _ = board.check({}, BOARD_DEFAULTS)
    return {**PC_ONLY, **{name: settings[name] for name in names() if name not in PC_ONLY}}


def load(path, environment, options):
    """All settings as a dict, and sentences about what is wrong in the file.

    path: of the file, or None; environment: as `os.environ`; options: a dict of texts from the
    command line, None for those that were not given.
    """
    given = _from_file(path) if path else {}
    problems = []
    pc = dict(PC_ONLY)
    for name in PC_ONLY:
        if name in given:
            value = given.pop(name)
            problem = _wrong(name, value)
            if problem:
                problems.append(f"{problem} The default, {json.dumps(pc[name])}, is used.")
            else:
                pc[name] = value
    _, wrong = board.check(given, BOARD_DEFAULTS)
    problems += wrong
    for where, texts in (("{}", _from_environment(environment)), ("--{}", options)):
        for name, text in texts.items():
            if text is None:
                continue
            value = _value(name, text)
            problem = _wrong(name, value)
            if problem:
                raise SettingsError(_called(where, name) + problem.removeprefix(name))
            if name in pc:
                pc[name] = value
            else:
                given[name] = value
    settings, _ = board.check(given, BOARD_DEFAULTS)
    settings.update(pc)
    if settings["stale_after"] == 0 and settings["interval"] * _INTERVALS > _STALE_AFTER:
        settings["stale_after"] = min(3600, max(30, settings["interval"] * _INTERVALS))
    return settings, problems


def _called(where, name):
    if where == "{}":
        return PREFIX + name.upper()
    return where.format(name.replace("_", "-"))


def _from_file(path):
    try:
        with open(path, encoding="utf-8-sig") as file:
            text = file.read()
    except OSError as error:
        raise ConfigError(f"The settings in {path} cannot be read: {error.strerror}.") from None
    except ValueError:
        raise ConfigError(f"{path} is not valid JSON: it is no text in UTF-8.") from None
    problem = mistake(text)
    if problem:
        raise ConfigError(f"{path} is not valid JSON: {problem}.")
    given = json.loads(text)
    if not isinstance(given, dict):
        raise ConfigError(f'{path} must be a JSON object, such as {{"http_port": 8080}}.')
    return given


def _from_environment(environment):
    """Texts by the name of the setting; an empty one is as good as none."""
    return {name: environment.get(PREFIX + name.upper()) or None for name in names()}


def _value(name, text):
    """What a text stands for: 8080, true and null are written as in the file."""
    if not isinstance(defaults()[name], str):
        try:
            return json.loads(text)
        except ValueError:
            pass
    return text


def _wrong(name, value):
    """A sentence that begins with the name, if the value is not allowed."""
    shown = json.dumps(value)
    if name == "source":
        if not isinstance(value, str) or not value:
            return f"source: {shown} is not allowed; it must name a device or a URL."
    elif name == "interval":
        if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= 3600:
            return f"interval: {shown} is not allowed; it must be a whole number from 1 to 3600."
    elif name == "history_folder":
        if not isinstance(value, str):
            return f"history_folder: {shown} is not allowed; it must name a folder."
    elif name == "log_level":
        if value not in LEVELS:
            return f"log_level: {shown} is not allowed; it must be one of {', '.join(LEVELS)}."
    else:
        problems = board.check({name: value})[1]
        if problems:
            return problems[0].partition(" The default, ")[0].partition(" Until it is")[0]
    return None
