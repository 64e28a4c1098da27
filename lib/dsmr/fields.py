"""What is needed of the table of fields while the program runs, made once by `dsmr.build`.

A field is a number: its row in the table, which is the slot of its value in a telegram too. The
slots after the fields' are the M-Bus devices', `WIDTH` for each channel, in the order of
`table.MBUS`. A unit is its row in `table.UNITS`, from 1 on; 0 means that there is no value.
"""

from dsmr import build

#: The fields' names, with an LF before and after each, and where each begins; the next one begins
#: after the LF. A byte from 128 on stands for a word: its place in WORDS is 128 less.
NAMES, NAME_AT = build.field_names()
#: The same of those words.
WORDS, WORD_AT = build.words()
#: The same of the units.
UNIT_NAMES, UNIT_AT = build.unit_names()
#: By slot: its kind, and the number in SCALES of its unit where the meter leaves it out.
KINDS, DEFAULTS = build.slots()
#: By the number of a unit as it is written in telegrams: 8 x the unit + the power of 1000 + 3.
SCALES = build.scales()
#: By unit: whether a LIMIT (1) or a READING (2) may have it.
ALLOWED = build.allowed()
#: Numbers of fields, of M-Bus channels, of a device's columns, and of slots.
FIELDS = len(NAME_AT) - 1
SLOTS = len(KINDS)
MAX_CHANNEL = build.table.MAX_CHANNEL
WIDTH = (SLOTS - FIELDS) // MAX_CHANNEL

# No longer needed: a board gets its memory back.
del build


def slot(name):
    """The number of the field with that name (bytes); ValueError if there is none."""
    packed = name
    for word in range(len(WORD_AT) - 1):
        packed = packed.replace(_word(word), bytes((128 + word,)))
    at = NAMES.find(b"\n%s\n" % packed)
    if at < 0 or not name or b"\n" in name:
        raise ValueError("there is no field called %s" % name.decode())
    return NAMES.count(b"\n", 0, at)


def name(field):
    """A field's name, as bytes."""
    return unpacked(NAMES[NAME_AT[field] : NAME_AT[field + 1] - 1])


def unpacked(text):
    """A text with the words in place of the bytes that stand for them."""
    for word in range(len(WORD_AT) - 1):
        text = text.replace(bytes((128 + word,)), _word(word))
    return text


def _word(number):
    return WORDS[WORD_AT[number] : WORD_AT[number + 1] - 1]


def unit_name(unit):
    """A unit's name, as bytes."""
    return UNIT_NAMES[UNIT_AT[unit] : UNIT_AT[unit + 1] - 1]
