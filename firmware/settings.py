"""The settings: what there is, what each may be, and what is wrong with those that were given.

A setting that is wrong costs itself only: its default is used, and a sentence says which setting
it is, what is wrong with it, and what is allowed. `firmware.config_file` reads them from a file.
The program needs this module at its start only, and the board drops it then.
"""

import json

# One row a setting: name, kind, bounds, default as JSON; and where it switches an output on, if it
# is not empty, 0 or false, the output's module and how many KB of a board's memory it takes, with
# what its answers take for a moment beyond what `firmware.budget` leaves for those of others.
# docs/settings.md says what each is for. Bounds of a text are those of its length in bytes; a text
# may also be its default.
_TABLE = """\
wifi_name text 1 32 ""
wifi_password secret 8 64 ""
hostname hostname 1 32 "power-readout"
wifi_txpower number 2 20 null
ip address - - ""
netmask address - - "255.255.255.0"
gateway address - - ""
dns address - - ""
http_port number 1 65535 80
http_clients number 1 64 3
event_clients number 0 8 null
http_timeout number 1 60 10
http_password secret 8 64 ""
admin_password secret 8 64 ""
hotspot_password secret 8 63 ""
button_pin number 0 48 0
allow_from addresses 0 255 ""
allowed_hosts text 0 255 ""
raw_port number 0 65535 2323 raw_tcp 3
raw_clients number 1 16 null
homewizard flag - - true
history flag - - null
mdns flag - - null discovery 22
shelly flag - - false shelly 8
shelly_port number 0 65535 1010
shelly_port_2 number 0 65535 2220
modbus_port number 0 65535 0 modbus 22
modbus_clients number 1 16 2
uart_id number 0 2 2
uart_rx_pin number 0 48 27
uart_tx_pin number 0 48 26
uart_invert flag - - true
uart_format choice 8N1 7E1 "8N1"
uart_baudrate number 300 921600 115200
uart_rxbuf number 256 32768 null
led_pin number 0 48 null
led_inverted flag - - false
crc choice required none "required"
decryption_key key - - ""
authentication_key key_or_none - - "00112233445566778899AABBCCDDEEFF"
max_telegram number 1024 11520 null
heap_limit number 65536 8388608 null
stale_after number 0 3600 0
demand_floor number 0 20000 2500
log_interval number 0 86400 60
watchdog flag - - true
mqtt_host text 1 253 "" mqtt 8
mqtt_port number 1 65535 null
mqtt_user text 1 64 ""
mqtt_password secret 1 64 ""
mqtt_tls flag - - false
mqtt_ca text 1 128 ""
mqtt_prefix topic 0 64 ""
mqtt_fields fields - - ""
mqtt_interval number 0 3600 10
mqtt_qos number 0 1 0
mqtt_discovery topic 0 64 "homeassistant"
"""

#: Names that settings had in older versions, and those that they have now.
_RENAMED: dict = {}

_WORDS = {
    "flag": "true or false",
    "choice": '"%s" or "%s"',
    "number": "a whole number from %s to %s",
    "text": "a text of %s to %s characters",
    "secret": "a text of %s to %s characters",
    "key": "32 hexadecimal digits",
    "key_or_none": '32 hexadecimal digits, or "none"',
    "address": "four numbers from 0 to 255, such as 192.168.1.5",
    "addresses": 'addresses such as "192.168.1.0/24, 10.0.0.7", in %s to %s characters',
    "fields": '"all", or names of fields with commas between them',
    "topic": "a text of %s to %s letters, digits and _ - . / with no / at either end",
    "hostname": "a text of %s to %s letters, digits and hyphens, with no hyphen at either end",
}

# The kinds of keys, and those whose values are not to be seen.
_KEYS = ("key", "key_or_none")
_SECRETS = ("secret", "key", "key_or_none")

# What a setting is where it is wrong, if its default would let everybody in.
_LOCKED = {"http_password": None, "allow_from": "0.0.0.0/32"}


def _rows():
    # Row by row: a copy of the table may find no place when memory is short.
    start = 0
    while start < len(_TABLE):
        end = _TABLE.find("\n", start)
        name, kind, least, most, default, *output = _TABLE[start:end].split(" ")
        yield name, kind, least, most, json.loads(default), output
        start = end + 1


def _fits(kind, least, most, default, value):
    if kind == "flag":
        return value is True or value is False or (value is None and default is None)
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
    if kind == "address":
        return _address(value) is not None
    if kind in _KEYS:
        return _is_key(value) or (value == "none" and kind != "key")
    if kind == "fields":
        return value == "all" or all(_is_field(name) for name in value.split(","))
    if kind == "hostname" and not _is_hostname(value):
        return False
    if kind == "addresses":
        from firmware.http.access import parse

        try:
            parse(value)
        except ValueError:
            return False
    if kind == "topic" and not _is_topic(value):
        return False
    return int(least) <= len(value.encode()) <= int(most)


def _is_hostname(value):
    """Whether it is a name as RFC 1123, clause 2.1, allows."""
    for char in value.encode():
        if not (48 <= char <= 57 or 65 <= char <= 90 or 97 <= char <= 122 or char == 45):
            return False
    return "-" not in (value[:1], value[-1:])


def _address(value):
    """An address as a number, or None if it is none."""
    number = 0
    parts = value.split(".")
    for part in parts:
        if not part or len(part) > 3 or part.strip("0123456789") or int(part) > 255:
            return None
        number = number << 8 | int(part)
    return number if len(parts) == 4 else None


def _wrong_together(settings):
    """What is wrong with a fixed address whose parts are each all right; None if nothing is."""
    ip = _address(settings["ip"])
    mask = _address(settings["netmask"])
    gateway = _address(settings["gateway"])
    others = mask ^ 0xFFFFFFFF
    if mask == 0 or others & (others + 1):
        return (
            "netmask: %s is none; in nearly every home it is 255.255.255.0."
            % (settings["netmask"])
        )
    if others > 1 and ip & others in (0, others):
        return "ip: %s stands for a whole network, not for one device in it." % settings["ip"]
    if gateway is not None and (gateway == ip or (gateway ^ ip) & mask):
        return "gateway: %s is no other device in the network of ip, %s." % (
            settings["gateway"],
            settings["ip"],
        )
    return None


def _is_field(name):
    from dsmr.fields import slot

    try:
        slot(name.encode())
    except ValueError:
        return False
    return True


def _is_key(value):
    """Whether it is a key of AES-128 in hexadecimal digits."""
    return len(value) == 32 and all(char in "0123456789abcdefABCDEF" for char in value)


def _is_topic(value):
    """Whether it can be a part of MQTT topics, and of names that are made of it."""
    for char in value:
        if not ("0" <= char <= "9" or "A" <= char <= "Z" or "a" <= char <= "z" or char in "_-./"):
            return False
    return "/" not in (value[:1], value[-1:])


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
    given = dict(given)
    for old, name in _RENAMED.items():
        if old in given:
            problems.append("%s is called %s now; its value counts all the same." % (old, name))
            given.setdefault(name, given.pop(old))
    fixed = bool(given.get("ip"))
    if given.get("http_password", "") != "":
        # It would give away without a password what has one.
        defaults = dict(defaults, raw_port=0)
    for name, kind, least, most, default, _ in _rows():
        if name in defaults:
            default = defaults[name]
        settings[name] = default
        if name not in given:
            continue
        value = given[name]
        if _fits(kind, least, most, default, value):
            settings[name] = value
            continue
        if kind == "address" and fixed:
            settings["ip"] = ""
        allowed = _WORDS[kind]
        if "%" in allowed:
            allowed %= (least, most)
        if name in _LOCKED:
            settings[name] = _LOCKED[name]
            then = ". Until it is right, nobody is let in."
        else:
            then = ". The default, %s, is used." % json.dumps(default)
        problems.append(
            "%s: %s is not allowed; it must be %s%s%s"
            % (
                name,
                "what is set" if kind in _SECRETS else json.dumps(value),
                allowed,
                ", or null" if default is None else "",
                then,
            )
        )
    for name in sorted(given):
        if name not in settings and name[:1] != "_":
            problems.append("%s is no setting; docs/settings.md lists them all." % name)
    if settings["ip"]:
        wrong = _wrong_together(settings)
        if wrong:
            problems.append(wrong)
            settings["ip"] = ""
    if fixed and not settings["ip"]:
        problems.append("The fixed address is not used; the router gives one (DHCP).")
    # As names of arguments the keys are those that the program's own code has in memory already.
    return dict(**settings), problems


def outputs(settings, profile):
    """The outputs that are switched on: (its module, the setting, KB of memory) of each.

    profile: the board's. Where the setting is null, it is one with PSRAM that has the output.
    Those that are as by default come last: where there is no room for all, they give way to those
    that somebody has asked for.
    """
    asked, others = [], []
    for name, _, _, _, default, output in _rows():
        if output:
            value = settings[name]
            if value or (value is None and profile == "roomy"):
                found = others if value == default else asked
                found.append((output[0], name, int(output[1])))
    return asked + others


def kinds():
    """Yield the name, kind and default of each setting; a key is a secret."""
    for name, kind, _, _, default, _ in _rows():
        yield name, "secret" if kind in _SECRETS else kind, default


def secrets():
    """The names of the settings that are secret."""
    return [name for name, kind, *_ in _rows() if kind in _SECRETS]


def masked(settings):
    """The settings without their secrets, to be shown."""
    shown = dict(settings)
    for name, kind, _, _, default, _ in _rows():
        if kind in _SECRETS and shown[name] != default:
            shown[name] = "********"
    return shown
