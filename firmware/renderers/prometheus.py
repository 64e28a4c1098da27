"""`/metrics` as Prometheus' text, version 0.0.4. docs/prometheus.md has the names and labels.

The template beside this module, prometheus.prom, is the answer with the names of fields where the
values stand. It is read line by line at each request, since in memory it would take what sockets
live on; for the same reason the answer is rendered in pieces. Its lines:

- `# …`: HELP and TYPE, written only before a sample;
- `name{labels} field letter`: a sample, if the field has the unit of that letter, see _UNITS. For
  a field that is a text, the line has the name of a label;
- `p1_mbus_… field letter`: the same for each device on the M-Bus, whose labels are added;
- another one is written as it is, and goes on on the next line where it ends in "{";
- an empty one ends what is of the meter. After it, fields are keys of `/healthz`.
"""

from dsmr.const import const
from dsmr.fields import slot_text
from dsmr.obis import MAX_CHANNEL, TABLE, channel_slot
from dsmr.times import unix_seconds
from dsmr.writer import put_decimal

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

_TEMPLATE = __file__.rpartition("/")[0] + "/prometheus.prom"

# A piece is handed over when it is this long.
_PIECE = const(3072)

#: A letter's place is the number of the unit in `dsmr.units`.
_UNITS = b"?bstliWVACKGHRPQ"

# Those of `dsmr.units`.
_BOOLEAN = const(1)
_STRING = const(2)
_TIMESTAMP = const(3)
_KILOWATTHOUR = const(10)
_GIGAJOULE = const(11)
_KILOVARHOUR = const(15)

# Those of `dsmr.obis`.
_ID = const(1)
_EAN = const(2)
_VALVE = const(7)

# Device types on the M-Bus (EN 13757-3, table 3).
_TYPES = (
    b" 0 unknown 2 electricity 3 gas 4 heat 6 warm_water 7 water 10 cooling 11 cooling"
    b" 12 inlet_heat "
)


def render(readout, out, health):
    """Write the text; health: what `/healthz` says.

    A generator: whenever it yields, out holds a piece, which is to be taken out of it. It yields
    True where all that is to be of one telegram has been written, and others may run before it
    goes on, and False where not.
    """
    telegram = readout.telegram if health["fresh"] else None
    reader = False
    # HELP and TYPE of the metric, until they are written.
    head: list = []
    with open(_TEMPLATE, "rb") as template:
        for line in template:
            if line[0] == 35:  # "#"
                if line[2] == 72:  # "H"
                    head.clear()
                head.append(line)
                continue
            words = line.rsplit(b" ", 2)
            if line == b"\n":
                reader = True
            elif telegram is None and not reader:
                continue
            elif len(words) < 3:
                _begin(out, head, line)
                if line[-2] == 123:  # "{": goes on
                    out.size -= 1
            elif reader:
                _reader(out, head, words, readout, health)
            elif line[3:7] == b"mbus":
                _mbus(out, head, words, telegram)
            else:
                at = TABLE.find(b"\n" + words[1] + b" ") + 1
                _slot(out, head, words[0], telegram, TABLE.count(b"\n", 0, at), words[2])
            if out.size > _PIECE or line == b"\n":
                yield reader
    yield True


def _begin(out, head, name):
    for line in head:
        out.write(line)
    head.clear()
    out.write(name)


def _slot(out, head, name, telegram, slot, letter):
    """Write a slot's sample, if the unit is that of the letter."""
    unit = telegram.unit[slot]
    if unit != _UNITS.find(letter[:1]):
        return
    _begin(out, head, name)
    number = telegram.number[slot]
    decimals = telegram.decimals[slot]
    if unit == _STRING:
        _text(out, slot_text(telegram, slot))
        return
    if unit == _TIMESTAMP:
        number = unix_seconds(telegram.buffer, telegram.start[slot], number)
        decimals = 0
    elif unit == _BOOLEAN:
        number = int(number == 1)
    elif unit == _KILOWATTHOUR or unit == _KILOVARHOUR:
        number *= 3600
        decimals -= 3
    elif unit == _GIGAJOULE:
        decimals -= 9
    if decimals < 0:
        number *= 10**-decimals
        decimals = 0
    _number(out, number, decimals)


def _number(out, number, decimals):
    if decimals:
        buffer = out.reserve(64)
        buffer[out.size] = 32
        out.size = put_decimal(buffer, out.size + 1, number, decimals)
        out.write(b"\n")
    else:
        # Joules and seconds do not fit a machine word. This needs nothing that is to be loaded.
        out.write(" %d\n" % number)


def _text(out, text):
    """Write the value of a label; its name has been written."""
    text = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    out.write(('="%s",' % text).encode())


def _mbus(out, head, words, telegram):
    """Write the sample of each device that has one."""
    field = words[1]
    for channel in range(1, MAX_CHANNEL + 1):
        slot = telegram.reading(channel)
        if not slot:
            continue
        base = channel_slot(channel)
        kind = b" %d " % (telegram.number[base] if telegram.unit[base] else 0)
        at = _TYPES.find(kind) + len(kind)
        if at >= len(kind):
            kind = _TYPES[at : _TYPES.find(b" ", at)]
        name = words[0] + (b'{channel="%d",type="%s"' % (channel, kind.strip()))
        if field == b"id":
            _begin(out, head, name + b",")
            _slot(out, head, b"id", telegram, base + _ID, words[2])
            _slot(out, head, b"ean", telegram, base + _EAN, words[2])
            out.write(b"} 1\n")
        else:
            slot = base + _VALVE if field == b"valve" else slot + (field == b"timestamp")
            _slot(out, head, name + b"}", telegram, slot, words[2])


def _reader(out, head, words, readout, health):
    """Write a sample of the reader's, if there is one."""
    value = health
    for key in words[1].decode().split("."):
        if value is health["rejected"]:
            # A counter that begins with its first rejection: that one would not be noticed.
            value = value.get(key.replace("_", " "), 0)
        else:
            value = value.get(key)
        if value is None:
            return
    _begin(out, head, words[0])
    if words[2] == b"s\n":
        _text(out, value)
    elif key == "age":
        _number(out, readout.age, 3)
    else:
        _number(out, len(value) if isinstance(value, list) else int(value), 0)
