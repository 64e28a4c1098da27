"""What Home Assistant is told of the fields: firmware/renderers/homeassistant.fields.

Numbers, states and times become entities; texts and lists do not, as an entity's state has 255
characters at the most. An entity is called after its field: "l1_power_usage" is "Power used, L1".
Device class, state class and unit follow from the field's unit, and for a volume from what it is a
volume of. States, times, limits and counts ("..._count") are diagnostics.

firmware/renderers/homeassistant.rules has the exceptions.
"""

import json
import re

from host.fields import FieldsError, fields, in_words, pattern

RULES = "firmware/renderers/homeassistant.rules"
TABLE = "firmware/renderers/homeassistant.fields"

#: The members of a component, in the order in which they are written.
_MEMBERS = ("name", "dev_cla", "stat_cla", "unit_of_meas", "ent_cat", "en")

#: By unit: device class, state class, unit in Home Assistant.
_CLASSES = {
    "Boolean": (None, None, None),
    "Timestamp": ("timestamp", None, None),
    "Integer": (None, None, None),
    "Number": (None, "measurement", None),
    "Watt": ("power", "measurement", "W"),
    "Volt": ("voltage", "measurement", "V"),
    "Ampere": ("current", "measurement", "A"),
    "CubicMeter": ("volume", "total_increasing", "m³"),
    "KilowattHour": ("energy", "total_increasing", "kWh"),
    "GigaJoule": ("energy", "total_increasing", "GJ"),
    "Hertz": ("frequency", "measurement", "Hz"),
    "Var": ("reactive_power", "measurement", "var"),
    "VoltAmpere": ("apparent_power", "measurement", "VA"),
    "KilovarHour": (None, "total_increasing", "kvarh"),
    "KilovoltAmpereHour": (None, "total_increasing", "kVAh"),
    "Second": ("duration", "measurement", "s"),
}

#: Device classes of volumes, by the type of the device on the M-Bus.
_VOLUMES = {"gas": "gas", "water": "water", "warm_water": "water"}


def made(repo):
    exceptions = read_rules((repo / RULES).read_text(encoding="utf-8"))
    return {TABLE: "".join(_rows(exceptions))}


def read_rules(text):
    """A list of (pattern of the field's name, members as JSON, or "-")."""
    found = []
    for line in text.splitlines():
        if line and not line.startswith("#"):
            field, _, members = line.partition(" ")
            found.append((pattern(field), members))
    return found


def _rows(exceptions):
    for field in fields():
        other = _exception(field.name, exceptions)
        if other is None:
            continue
        for letter, unit in field.units:
            if unit in _CLASSES:
                members = {**_members(field, unit), **other}
                text = json.dumps(
                    {name: members[name] for name in _MEMBERS if members.get(name) is not None},
                    ensure_ascii=False,
                    separators=(",", ":"),
                )
                yield f"{field.name} {letter} {text[1:-1]}\n"


def _exception(name, exceptions):
    """The members that are other ones than by the rule; None for what is no entity."""
    for form, members in exceptions:
        match = form.match(name)
        if match:
            if members == "-":
                return None
            if form.groups:
                members = re.sub(r"N\b", match[1], members)
            try:
                return json.loads("{%s}" % members)
            except ValueError as error:
                raise FieldsError(f"{RULES}: {name} is not followed by JSON: {error}.") from None
    return {}


def _members(field, unit):
    device_class, state_class, written = _CLASSES[unit]
    if unit == "CubicMeter" and field.made_of:
        device_class = _VOLUMES.get(field.made_of[0], device_class)
    is_count = field.name.endswith("_count")
    if is_count:
        state_class = "total_increasing"
    if field.kind == "L":
        state_class = None
    is_diagnostic = is_count or field.kind == "L" or unit in ("Boolean", "Timestamp")
    return {
        "name": _name(field.name),
        "dev_cla": device_class,
        "stat_cla": state_class,
        "unit_of_meas": written,
        "ent_cat": "diagnostic" if is_diagnostic else None,
    }


def _name(field):
    name, phase = re.subn("^l([123])_", "", field)
    words = [word for word in name.replace("usage", "used").split("_") if word != "total"]
    text = re.sub(" count$", "s", in_words("_".join(words)))
    return f"{text}, {field[:2].upper()}" if phase else text
