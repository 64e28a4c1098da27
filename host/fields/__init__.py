"""Everything that is made from the table of fields, dsmr/table.py: `python -m host.fields`.

    numbers.py        the numbers in modules that cannot look them up, under a heading that says so
    page.py           the table in docs/fields.md
    prometheus.py     firmware/renderers/prometheus.prom and the table in docs/prometheus.md
    homeassistant.py  firmware/renderers/homeassistant.fields

Each module has `made(repo)`, which returns {path in the repository: what the file should be}.
"""

import re
from collections import namedtuple

from dsmr import build, table

#: name; kind: the letter; units: of those that its values may have, the letter and the name, one
#: in nearly all cases; codes: OBIS codes; made_of: the words after "=".
Field = namedtuple("Field", "name kind units codes made_of")

#: Kinds whose unit is not that of the wire.
_UNITS_OF_KINDS = {
    **dict.fromkeys("CN", "Integer"),
    **dict.fromkeys("S", "Boolean"),
    **dict.fromkeys("POMV", "String"),
    **dict.fromkeys("T", "Timestamp"),
    **dict.fromkeys("HFEB", "List"),
}


class FieldsError(Exception):
    """A file cannot be made; the text is for the person and says what to do."""


def fields():
    """A list of the table's fields."""
    names = {name: letter for letter, name, *_ in build.rows(table.UNITS)}
    published = build.column(table.UNITS, 1)
    written = {text: published[number - 1] for text, number, _ in build.written_units()}
    found = []
    for name, kind, unit, codes, made_of in build.fields():
        if kind == "L":
            units = table.LIMIT_UNITS.decode().split(" ")
        else:
            units = [_UNITS_OF_KINDS.get(kind) or written[unit]]
        found.append(Field(name, kind, [(names[unit], unit) for unit in units], codes, made_of))
    return found


def is_of_device(field):
    """Whether it is a column of an M-Bus device."""
    return field.made_of[:1] and field.made_of[0] in build.column(table.DEVICE_TYPES, 1)


def in_words(name):
    """A field's name as words, for people."""
    words = name.replace("_", " ")
    return words[:1].upper() + words[1:]


def pattern(name):
    """What stands for a field in tables of exceptions: the name, with an N for any digit."""
    return re.compile(re.escape(name).replace("N", r"(\d)") + "$")


def between(text, begin, end, content, path):
    """The text with other content between two marks."""
    before, found, rest = text.partition(begin)
    _, found_end, after = rest.partition(end)
    if not found or not found_end:
        raise FieldsError(f"{path} has lost its marks: {begin} and {end}")
    return f"{before}{begin}\n{content}\n{end}{after}"


def ranges(names):
    """Names for people: of those that differ in a digit, the first and the last."""
    groups: dict = {}
    for name in names:
        groups.setdefault(re.sub(r"\d", "N", name, count=1), []).append(name)
    return ", ".join(
        f"`{same[0]}` to `{same[-1]}`" if len(same) > 1 else f"`{same[0]}`"
        for same in groups.values()
    )


def row(cells):
    """A row of a table in Markdown."""
    return "| " + " | ".join(cells).replace("|  |", "| |") + " |"
