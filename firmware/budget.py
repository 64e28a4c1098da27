"""What a board has room for: sockets, telegrams, and memory for outputs. Needed now and then."""

import gc
import json

from dsmr.const import const
from firmware import load

#: The chip's sockets, and those of them that are for questions: names, mDNS, and whether the
#: network is deaf. PSRAM adds memory, and no sockets.
_SOCKETS = const(10)
_QUESTIONS = const(1)

#: Places of raw TCP where the setting is null: the second number where that leaves a socket free,
#: for the answer to somebody who is refused.
_RAW = const(2)
_MORE_RAW = const(3)

#: Places for the live page's events by profile, where the setting is null.
_EVENT_CLIENTS = {"plain": 1, "roomy": 4, "PC": 8}

#: Bytes of the heap that must be left when all outputs are there: for clients, for what is loaded
#: while it is asked for, and for garbage; and as many more for each place of the page's events.
_LEFT = const(8_428)
_EVENTS = const(3_072)

#: Of these a board without PSRAM has room for one, and for none beside a decryption_key, however
#: much is free at the start: answers, the page's events, and what reads odd lines take the rest.
_ONE = ("raw_tcp", "mqtt", "shelly", "history of the last day")

#: Settings beside which a board without PSRAM has no place for the live page's events.
_INSTEAD_OF_EVENTS = ("mqtt_host", "shelly", "decryption_key")

#: The histories from which the first is started that there is room for: (name, KB that it takes,
#: whether it has files). With files it takes 6 all the time; and 19 beyond what must be left
#: anyway where a quarter-hour ends while it answers. Without it takes 3.5.
HISTORIES = (("history in files", 25, True), ("history of the last day", 5, False))

#: Bytes of a telegram that there is room for: the line's own limit; on a board without PSRAM; at
#: most there, where the meter needs more; and the steps in which it grows.
_LONGEST = const(11520)
_PLAIN = const(1792)
#: The same where telegrams come encrypted, for which there is a third buffer. Luxembourg's have
#: 500 to 1,100 bytes.
_PLAIN_ENCRYPTED = const(1152)
_PLAIN_LONGEST = const(6144)
_STEP = const(256)

#: Where the size that was needed is kept.
_SIZE_FILE = const("telegram_size.json")


def fit_sockets(settings, problems):
    """Make the places for clients as few as there are sockets; adds sentences to `problems`."""
    others = 1 + bool(settings["raw_port"]) + _QUESTIONS + bool(settings["mqtt_host"])
    if settings["shelly"]:
        others += bool(settings["shelly_port"]) + bool(settings["shelly_port_2"])
    if settings["modbus_port"]:
        others += 1
        # One place at least is left for each of the others.
        most = max(1, _SOCKETS - others - 2)
        if settings["modbus_clients"] > most:
            problems.append(
                "modbus_clients %d: the chip has %d sockets; it is %d now."
                % (settings["modbus_clients"], _SOCKETS, most)
            )
            settings["modbus_clients"] = most
        others += settings["modbus_clients"]
    places = _SOCKETS - others
    if settings["raw_clients"] is None:
        fits = settings["http_clients"] + _MORE_RAW < places
        settings["raw_clients"] = _MORE_RAW if fits else _RAW
    raw = settings["raw_clients"] if settings["raw_port"] else 0
    if settings["http_clients"] + raw <= places:
        return
    wanted = settings["http_clients"], raw
    if raw > places - 1:
        raw = settings["raw_clients"] = places - 1
    settings["http_clients"] = places - raw
    problems.append(
        "http_clients %d and raw_clients %d: the chip has %d sockets, of which %d are taken by "
        "others; http_clients is %d and raw_clients %d now."
        % (wanted + (_SOCKETS, others, settings["http_clients"], raw))
    )


def event_clients(settings, profile):
    """How many may look at the live page's values at once; a further page asks for them."""
    if settings["event_clients"] is not None:
        return settings["event_clients"]
    if profile == "plain" and any(settings[name] for name in _INSTEAD_OF_EVENTS):
        return 0
    return _EVENT_CLIENTS[profile]


def refusal(name, setting, cost, settings, board, others, later=0):
    """Why an output is not started, as a sentence; None if there is room for it.

    name: of the output; setting: that which switches it on; cost: KB of the heap that it takes;
    others: the names of those that are started; later: KB that what always runs is going to take.
    """
    if board.heap_limit is None:
        return None
    if board.profile == "plain" and name in _ONE:
        if name == "mqtt" and settings["mqtt_tls"]:
            return (
                "mqtt_tls: TLS takes 65 KB, which a board without PSRAM does not have; MQTT is "
                "not started. Use a board with PSRAM, or mqtt_tls false."
            )
        beside = [other for other in _ONE if other in others]
        if beside or settings["decryption_key"]:
            return (
                "%s: a board without PSRAM has no room for %s beside %s; it is not started. "
                "Switch that off, or use a board with PSRAM."
                % (setting, name, beside[0] if beside else "a decryption_key")
            )
    gc.collect()
    left = board.heap_limit - gc.mem_alloc() - _LEFT - later * 1024  # type: ignore[attr-defined]
    left -= _EVENTS * event_clients(settings, board.profile)
    if left >= cost * 1024:
        return None
    return (
        "%s: %s takes %d KB of memory, and there is room for %d; it is not started. Switch "
        "another output off, or use a board with PSRAM."
        % (setting, name, cost, max(0, left // 1024))
    )


def telegram_size(settings, profile):
    """Bytes of a telegram that there is to be room for."""
    if settings["max_telegram"]:
        return settings["max_telegram"]
    if profile != "plain":
        return _LONGEST
    least = _PLAIN_ENCRYPTED if settings["decryption_key"] else _PLAIN
    try:
        with open(_SIZE_FILE) as file:
            return min(max(json.load(file), least), _PLAIN_LONGEST)
    except (OSError, ValueError, TypeError):
        return least


def keep_size(app, size):
    """The meter's telegrams have this size and were too long: make room at the next start."""
    wanted = (size // _STEP + 2) * _STEP
    now = telegram_size(app.settings, app.board.profile)
    if app.settings["max_telegram"]:
        why = "; max_telegram is %d" % now
    elif app.board.profile == "plain" and now < wanted <= _PLAIN_LONGEST:
        try:
            load("files").write(_SIZE_FILE, json.dumps(wanted))
        except OSError:
            pass  # the flash is full
        why = "; the next start makes room for them"
    else:
        why = ", which is more than this board has room for"
    app.log.say("The meter sends telegrams of %d bytes%s." % (size, why))
    if not app.readout.telegrams and why.endswith("them") and app.board.watchdog:
        app.board.watchdog.restart("meter", "sends longer telegrams than there was room for")
