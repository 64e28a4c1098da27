"""`/metrics` as Prometheus' text, version 0.0.4. docs/prometheus.md has the names and labels.

The template beside this module, prometheus.prom, is the answer with the names of fields where the
values stand; `make fields` makes it from the table of fields and from prometheus.rules. It is read
at each request, since in memory it would take what sockets live on; for the same reason the answer
is rendered in pieces. Its lines:

- `# ...`: HELP and TYPE, which stay only where a sample follows;
- `name{labels} field letter`: a sample, if the field has the unit of that letter (`table.UNITS`).
  For a field that is a text, the line has the name of a label;
- `p1_mbus_... field letter`: the same for each device on the M-Bus, whose labels are added;
- another one is written as it is, and goes on on the next line where it ends in "{";
- an empty one ends what is of the meter. After it, fields are keys of `/healthz`.
"""

from dsmr.backend import format
from dsmr.const import const
from dsmr.fields import slot
from dsmr.times import unix_seconds
from dsmr.values import devices, slot_text

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

_TEMPLATE = __file__.rpartition("/")[0] + "/prometheus.prom"

# Larger ones are no machine words, and would load what is not needed otherwise.
_SMALL = const(0x3FFFFFFF)

# A piece is handed over when it is this long. A copy of it is made, which finds a place where
# memory is short.
_PIECE = const(512)

# Those of `dsmr.table`, by `make fields`.
_UNIT_LETTERS = const(b"?bstlinWVACKGHRPQSU")
_BOOLEAN = const(1)
_STRING = const(2)
_TIMESTAMP = const(3)
_KILOWATT_HOUR = const(11)
_GIGA_JOULE = const(12)
_KILOVAR_HOUR = const(16)
_KILOVOLT_AMPERE_HOUR = const(18)
_DEVICE_TYPE = const(0)
_DEVICE_ID = const(1)
_DEVICE_EAN = const(2)
_DEVICE_VALVE = const(7)
_DEVICE_TYPES = const(
    b" 2 electricity 3 gas 4 heat 6 warm_water 7 water 10 cooling 11 cooling 12 inlet_heat "
)

# The template is read so many bytes at a time, and looked at where it lies. Line by line, as
# objects, an answer left 97 KB of garbage and took sixteen times as long.
_BLOCK = const(512)

# The slots of the fields in the order of the template, when it has been read once.
_slots = bytearray()


def render(readout, out, health):
    """Write the text; health: what `/healthz` says.

    A generator: whenever it yields, out holds a piece, which is to be taken out of it. It yields
    True where all that is to be of one telegram has been written, and False where not.
    """
    telegram = readout.telegram if health["fresh"] else None
    reader = False
    block = bytearray(_BLOCK)
    fields = 0
    # Where HELP and TYPE of the metric stand in out, until there is a sample; -1 afterwards.
    head = -1
    at = end = 0
    with open(_TEMPLATE, "rb") as template:
        while True:
            start = at
            at = block.find(b"\n", start, end) + 1
            if not at:
                # The rest of the block is the beginning of a line.
                rest = end - start
                block[:rest] = block[start:end]
                end = rest + (template.readinto(memoryview(block)[rest:]) or 0)
                if end == rest:
                    break
                continue
            if block[start] == 10:
                reader = True
                if head >= 0:
                    out.size = head
                    head = -1
            elif telegram is None and not reader:
                continue
            elif block[start] == 35:  # "#"
                if block[start + 2] == 72:  # "H"
                    if head >= 0:
                        out.size = head
                    head = out.size
                _copy(out, block, start, at)
                continue
            else:
                letter = block.rfind(b" ", start, at)
                name = block.rfind(b" ", start, letter) if letter > 0 else -1
                if name < 0:
                    # "{": goes on
                    _copy(out, block, start, at - (block[at - 2] == 123))
                    head = -1
                elif reader:
                    if _reader(out, bytes(block[start : at - 1]).rsplit(b" ", 2), readout, health):
                        head = -1
                elif block[start + 3] == 109 and block[start + 4] == 98:  # "mb"
                    if _mbus(out, bytes(block[start : at - 1]).rsplit(b" ", 2), telegram):
                        head = -1
                else:
                    if fields == len(_slots):
                        _slots.append(slot(bytes(block[name + 1 : letter])))
                    field = _slots[fields]
                    fields += 1
                    if _sample(out, block, start, name, telegram, field, block[letter + 1]):
                        head = -1
                if head >= 0 or out.size <= _PIECE:
                    continue
            yield reader
    if head >= 0:
        out.size = head
    yield True


def _copy(out, source, start, end):
    out.size = format.put(out.reserve(end - start), out.size, source, start, end)


def _sample(out, source, start, end, telegram, slot, letter):
    """Write a slot's sample, named source[start:end], if the unit is that of the letter."""
    unit = telegram.unit[slot]
    if not unit or _UNIT_LETTERS[unit] != letter:
        return False
    _copy(out, source, start, end)
    number = telegram.number[slot]
    decimals = telegram.decimals[slot]
    if unit == _STRING:
        _text(out, slot_text(telegram, slot))
        return True
    if unit == _TIMESTAMP:
        number = unix_seconds(telegram.buffer, telegram.start[slot], number)
        decimals = 0
    elif unit == _BOOLEAN:
        number = int(number == 1)
        decimals = 0
    elif unit == _KILOWATT_HOUR or unit == _KILOVAR_HOUR or unit == _KILOVOLT_AMPERE_HOUR:
        number *= 3600
        decimals -= 3
    elif unit == _GIGA_JOULE:
        decimals -= 9
    if decimals < 0:
        number *= 10**-decimals
        decimals = 0
    _number(out, number, decimals)
    return True


def _number(out, number, decimals):
    if decimals or 0 <= number <= _SMALL:
        buffer = out.reserve(64)
        buffer[out.size] = 32
        out.size = format.put_decimal(buffer, out.size + 1, number, decimals)
        out.write(b"\n")
    else:
        # Joules and seconds do not fit a machine word.
        out.write(" %d\n" % number)


def _text(out, text):
    """Write the value of a label; its name has been written."""
    text = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    out.write(('="%s",' % text).encode())


def _mbus(out, words, telegram):
    """Write the sample of each device that has one; whether there was any."""
    field = words[1]
    letter = words[2][0]
    written = False
    for channel, base, reading in devices(telegram):
        kind = b"unknown"
        if telegram.unit[base + _DEVICE_TYPE]:
            kind = b"%d" % telegram.number[base + _DEVICE_TYPE]
            # Its name, if it has one.
            kind = _DEVICE_TYPES.partition(b" %s " % kind)[2].partition(b" ")[0] or kind
        name = words[0] + (b'{channel="%d",type="%s"' % (channel, kind))
        if field == b"id":
            out.write(name + b",")
            _sample(out, b"id", 0, 2, telegram, base + _DEVICE_ID, letter)
            _sample(out, b"ean", 0, 3, telegram, base + _DEVICE_EAN, letter)
            out.write(b"} 1\n")
            written = True
        else:
            slot = base + _DEVICE_VALVE if field == b"valve" else reading + (field == b"timestamp")
            name += b"}"
            if _sample(out, name, 0, len(name), telegram, slot, letter):
                written = True
    return written


def _reader(out, words, readout, health):
    """Write a sample of the reader's, if there is one; whether there was."""
    value = health
    for key in words[1].decode().split("."):
        if value is health["rejected"]:
            # A counter that begins with its first rejection: that one would not be noticed.
            value = value.get(key.replace("_", " "), 0)
        else:
            value = value.get(key)
        if value is None:
            return False
    out.write(words[0])
    if words[2] == b"s":
        _text(out, value)
    elif key == "age":
        _number(out, readout.age, 3)
    else:
        _number(out, len(value) if isinstance(value, list) else int(value), 0)
    return True
