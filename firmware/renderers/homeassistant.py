"""What Home Assistant is told of the fields, so that it makes a device of them: MQTT discovery.

The table beside this module, homeassistant.fields, has a row for each field that becomes an
entity: its name, the letter of its unit (`table.UNITS`), and members of the component as JSON,
with the abbreviations that Home Assistant knows. `make fields` makes it from the table of fields
and from homeassistant.rules. homeassistant.keys has the same of the reader itself: a key of its
state, see `firmware.outputs.mqtt.reports`, and the members. Tables and module are read from flash
when they are needed: at the start, and when the meter sends a field for the first time.
"""

import sys

from dsmr.const import const
from dsmr.fields import slot
from firmware import VERSION

_TABLE = __file__.rpartition("/")[0] + "/homeassistant.fields"
_KEYS = __file__.rpartition("/")[0] + "/homeassistant.keys"

# Those of `dsmr.table`, by `make fields`.
_UNIT_LETTERS = const(b"?bstlinWVACKGHRPQSU")

# The device is the reader: what is known of the meter is in its fields.
_DEVICE = const(
    '{"dev":{"ids":"%s","name":"%s","mf":"power-readout","mdl":"P1 reader","hw":"%s","sw":"%s",'
    '%s"sn":"%s"},"o":{"name":"power-readout","sw":"%s"},"qos":%d,'
)
_LINK = const('"cu":"http://%s%s/",')

_METER = const('"avty_t":"%s/availability","stat_t":"%s/state","cmps":{')

# The reader counts as away when two reports are missing. The last will, of which a connection has
# one only, is the values': they are "offline" also where it is the meter that is silent.
_READER = const('"stat_t":"%s/reader","cmps":{')
_KEY = const(
    '%s"%s":{"p":"sensor","uniq_id":"%s_reader_%s","val_tpl":"{{value_json.%s|default(none)}}",'
    '"ent_cat":"diagnostic","exp_aft":150,'
)

# A field that is missing in a telegram is unknown: that is what Home Assistant makes of None.
_FIELD = const('%s"%s":{"p":"%s","uniq_id":"%s_%s","val_tpl":"{{value_json.%s|default(none)}}",')

# What Python makes of true and false.
_STATES = const('"pl_on":"True","pl_off":"False",')


def device(name, qos, board, port):
    """What each message begins with: the device, and what else all its entities share.

    name: of the device, in its identifiers too; port: where the board answers to browsers.
    """
    address = None
    try:
        for found, _ in board.networks():
            # A PC has its loopback address among them, which may be all that it has.
            if not address or address.encode().startswith(b"127."):
                address = found
    except ImportError:
        pass  # a PC without the library that knows them
    return _DEVICE % (
        name,
        name,
        getattr(sys.implementation, "_machine", "PC"),
        VERSION,
        _LINK % (address, "" if port == 80 else ":%d" % port) if address else "",
        board.station()[0],
        VERSION,
        qos,
    )


def reader(prefix, name, head, state):
    """Yield the message about the reader itself; state: a dict with the keys that it has."""
    yield head
    yield _READER % prefix
    comma = ""
    with open(_KEYS, "rb") as table:
        for line in table:
            word, members = line[:-1].split(b" ", 1)
            key = word.decode()
            if key in state:
                yield _KEY % (comma, key, name, key, key)
                comma = ","
                yield members
                yield "}"
    yield "}}"


def pieces(prefix, name, head, unit, decimals):
    """Yield the message about the fields that have a unit, piece by piece.

    prefix: of the topics; name: of the device; head: see `device`; unit, decimals: by field, as in
    a telegram.
    """
    yield head
    yield _METER % (prefix, prefix)
    comma = ""
    with open(_TABLE, "rb") as table:
        for line in table:
            name_of_field, letter, members = line[:-1].split(b" ", 2)
            number = slot(name_of_field)
            if unit[number] != _UNIT_LETTERS.find(letter):
                continue
            field = name_of_field.decode()
            platform = "binary_sensor" if letter == b"b" else "sensor"
            yield _FIELD % (comma, field, platform, name, field, field)
            comma = ","
            if letter == b"b":
                yield _STATES
            elif letter != b"i" and letter != b"t":
                yield '"sug_dsp_prc":%d,' % decimals[number]
            yield members
            yield "}"
    yield "}}"
