"""What Home Assistant is told of the fields, so that it makes a device of them: MQTT discovery.

The table beside this module, homeassistant.fields, has a row for each field that becomes an
entity: its name, the letter of its unit (`table.UNITS`), and members of the component as JSON,
with the abbreviations that Home Assistant knows. `make fields` makes it from the table of fields
and from homeassistant.rules. Table and module are read from flash when they are needed: at the
start, and when the meter sends a field for the first time.
"""

from dsmr.const import const
from dsmr.fields import slot
from firmware import VERSION

_TABLE = __file__.rpartition("/")[0] + "/homeassistant.fields"

# Those of `dsmr.table`, by `make fields`.
_UNIT_LETTERS = const(b"?bstlinWVACKGHRPQSU")

_DEVICE = (
    '{"dev":{"ids":"%s","name":"%s","mf":"power-readout","sw":"%s"},'
    '"o":{"name":"power-readout","sw":"%s"},'
    '"avty_t":"%s/availability","stat_t":"%s/state","qos":%d,"cmps":{'
)

# A field that is missing in a telegram is unknown: that is what Home Assistant makes of None.
_FIELD = '%s"%s":{"p":"%s","uniq_id":"%s_%s","val_tpl":"{{value_json.%s|default(none)}}",'

# What Python makes of true and false.
_STATES = '"pl_on":"True","pl_off":"False",'


def pieces(prefix, name, qos, unit, decimals):
    """Yield the message about a device with the fields that have a unit, piece by piece.

    prefix: of the topics; name: of the device, in its identifiers too; unit, decimals: by field,
    as in a telegram.
    """
    yield _DEVICE % (name, prefix, VERSION, VERSION, prefix, prefix, qos)
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
