"""Makes of the table of fields what the program needs while it runs.

Others call this when they are imported. After that it is dropped (see `dsmr`), with the table and
all texts that only building needs. What is wrong with the table is an error here.
"""

from array import array

from dsmr import table


def rows(text):
    """Yield the words of each row."""
    for row in text.decode().strip().split("\n"):
        yield row.split(" ")


def fields(text=table.FIELDS):
    """Yield of each row: name, kind's letter, unit, list of codes, list of words after the "="."""
    for name, kind, unit, *codes in rows(text):
        made_of = codes.index("=") if "=" in codes else len(codes)
        yield name, kind, unit, codes[:made_of], codes[made_of + 1 :]


def column(text, number=0):
    """A list of the words in that column."""
    return [row[number] for row in rows(text)]


def place(words, word, row):
    """The place of a word in a list; row: which row has it."""
    if word not in words:
        raise ValueError("dsmr/table.py: there is no %s, which %s needs" % (word, row))
    return words.index(word)


def written_units():
    """Yield each unit as it stands in telegrams: the text, number of its unit, power of ten."""
    for number, (_, _, *written) in enumerate(rows(table.UNITS), 1):
        for text in written:
            text, _, power = text.partition(":")
            yield text, number, int(power or "0")


def codes():
    """Yield (OBIS code, slot, whether the value is on the next line) of all objects.

    The codes of M-Bus devices have an n in place of the channel, and the slots of channel 1.
    """
    slot = 0
    for text in (table.FIELDS, table.MBUS):
        for name, _, _, found, _ in fields(text):
            for code in found:
                yield code, slot, False
            if text is table.MBUS and name == "value":
                yield table.MBUS_NEXT_LINE.decode(), slot, True
            slot += 1


def packed_codes(any_channel, next_line):
    """The OBIS codes as integers of 30 bits, in rising order, and at the same places their slots.

    A-B:C.D.E as A (2 bits), B (4), C, D and E (8 each); no code of the table needs more. The first
    of the codes is their number. any_channel: B in the codes of M-Bus devices; next_line: what
    stands in place of the slot of the object whose value is on the next line. That slot is the
    third that is returned.
    """
    announced = 0
    found = []
    for code, slot, on_next_line in codes():
        code = code.replace("n", str(any_channel)).replace("-", ".").replace(":", ".")
        a, b, c, d, e = [int(part) for part in code.split(".")]
        packed = (((a << 4 | b) << 8 | c) << 8 | d) << 8 | e
        if on_next_line:
            announced = slot
            slot = next_line
        found.append((packed, slot))
    found.sort()
    return (
        array("i", [len(found)] + [code for code, _ in found]),
        bytes([0] + [slot for _, slot in found]),
        announced,
    )


def names(words):
    """Words as bytes with an LF before and after each, and an array of where each begins.

    The last place is the end: a word ends 1 before the next one.
    """
    found = ("\n%s\n" % "\n".join(words)).encode()
    return found, _places(found)


def _places(found):
    places = array("H")
    for at, byte in enumerate(found):
        if byte == 10:
            places.append(at + 1)
    return places


def slots():
    """By slot: its kind, and the number of its unit in `scales`, where the meter leaves it out."""
    letters = column(table.KINDS)
    units = [text for text, _, _ in written_units()]
    kinds = bytearray()
    defaults = bytearray()
    for text in [table.FIELDS] + [table.MBUS] * table.MAX_CHANNEL:
        before = None
        for name, kind, unit, _, made_of in fields(text):
            if made_of[:1] == ["after"] and made_of[1] != before:
                raise ValueError("dsmr/table.py: %s must stand after %s" % (name, made_of[1]))
            before = name
            kinds.append(place(letters, kind, name) + 1)
            defaults.append(place(units, unit, name))
    if kinds.count(bytes([column(table.KINDS, 1).index("DEMANDS") + 1])) > 1:
        raise ValueError("dsmr/table.py: there can be one list of months' peaks only")
    return bytes(kinds), bytes(defaults)


def field_names():
    """Those of fields; a byte from 128 on stands for one of WORDS."""
    found = pack(("\n%s\n" % "\n".join(column(table.FIELDS))).encode())
    return found, _places(found)


def pack(text):
    """The text with one byte in place of each of the words that many names have."""
    for number, word in enumerate(table.WORDS.split(b" ")):
        text = text.replace(word, bytes((128 + number,)))
    return text


def words():
    """Those words, as `names` are."""
    return names(table.WORDS.decode().split(" "))


def unit_names():
    """Those of units, from 1 on; 0, which is no unit, is "-"."""
    return names(["-"] + column(table.UNITS, 1))


def scales():
    """By the number of a unit as it is written in telegrams: 8 x the unit + power of 1000 + 3."""
    return bytes([unit << 3 | power // 3 + 3 for _, unit, power in written_units()])


def allowed():
    """By unit: whether a LIMIT (1) or a READING (2) may have it."""
    limits = table.LIMIT_UNITS.decode().split(" ")
    readings = table.READING_UNITS.decode().split(" ")
    units = column(table.UNITS, 1)
    return bytes([0] + [(unit in limits) + 2 * (unit in readings) for unit in units])


#: Words for what is made of other fields, for `dsmr.derived`.
MADE = ("sum", "difference", "absolute")

#: What the quarter-hour is made from, and what is made of it, for `dsmr.derived`.
QUARTER = (
    "timestamp",
    "total_power_used",
    "current_average_demand",
    "max_demand_month",
    "max_demand_month_timestamp",
    "max_demand_history",
    "demand_forecast",
    "demand_headroom",
    "demand_average_12_months",
)


def derived():
    """How the table says that fields are made; a name that it does not have is an error.

    Returns: the fields that are the identification, its three letters and its name; of each sum
    the field, its parts, how it is made (its place in MADE) and the C of its own OBIS code; of
    each sort of device the least and the highest type, the field of its time, and pairs of a
    column and a field; the fields that are lists of devices; and those of QUARTER.
    """
    names = column(table.FIELDS)
    columns = column(table.MBUS)
    types = {}
    for number, kind in rows(table.DEVICE_TYPES):
        types.setdefault(kind, []).append(int(number))
    line = {}
    sums = []
    readings = {}
    lists = bytearray()
    for field, (name, _, _, codes, made_of) in enumerate(fields()):
        how = made_of[0] if made_of else ""
        parts = made_of[1:]
        if how == "line":
            line[" ".join(made_of)] = field
        elif how in MADE:
            others = bytes([place(names, part, name) for part in parts])
            quantity = int(codes[0].split(":")[1].split(".")[0]) if codes else 0
            sums.append((field, others, MADE.index(how), quantity))
        elif how == "devices":
            lists.append(field)
        elif how in types:
            readings.setdefault(how, {})[field] = place(columns, parts[0], name)
        elif how == "quarter":
            place(QUARTER, name, name)
        elif how != "after" and (how or not codes):
            raise ValueError("dsmr/table.py: nothing makes %s" % name)
    parts = ("line", "line letters", "line name")
    if sorted(line) != list(parts):
        raise ValueError("dsmr/table.py: there must be a row for each of: %s" % ", ".join(parts))
    return (
        bytes([line[part] for part in parts]),
        tuple(sums),
        tuple([_reading(types[how], readings[how], columns) for how in readings]),
        bytes(lists),
        bytes([place(names, name, "QUARTER of dsmr/build.py") for name in QUARTER]),
    )


def _reading(types, columns_of, columns):
    """The numbers of a sort of device, see `derived`. columns_of: {field: column}."""
    times = [field for field in columns_of if columns[columns_of[field]] == "value_time"]
    if not times:
        raise ValueError("dsmr/table.py: devices of type %d need a field of the time" % types[0])
    rule = [types[0], types[-1], times[0]]
    for field in columns_of:
        rule += (columns_of[field], field)
    return bytes(rule)
