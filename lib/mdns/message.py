"""Reads messages of multicast DNS (RFC 1035, clause 4.1; RFC 6762, clause 18).

A name is held as it stands in a message without compression, in small letters and less the zero
byte at its end: b"\\x04_tcp\\x05local" is _tcp.local. What cannot be read raises ValueError.
"""

from struct import unpack_from

from dsmr.const import const

_SRV = const(33)

#: Labels and pointers of a name that are followed. A name that is announced or asked for here has
#: four labels; the limit bounds the work for names whose pointers run in a circle.
_STEPS = const(12)


def flags_of(message):
    """A message's flags; it is at least long enough for a header, then."""
    if len(message) < 12:
        raise ValueError
    return unpack_from(">H", message, 2)[0]


def name_at(message, at):
    """(the name at this place, where it ends); b"" stands for a name that takes too many steps."""
    name = b""
    steps = end = 0
    try:
        while message[at] and not (end and steps > _STEPS):
            size = message[at]
            steps += 1
            if size >= 0xC0:
                # The name goes on elsewhere; what follows it stands behind the first pointer.
                end = end or at + 2
                at = (size & 0x3F) << 8 | message[at + 1]
            elif size < 0x40:
                if steps <= _STEPS:
                    name += message[at : at + 1 + size]
                at += 1 + size
            else:
                raise ValueError
    except IndexError:
        raise ValueError from None
    return name.lower() if steps <= _STEPS else b"", end or at + 1


def entries(message):
    """Go through the questions and records of a message that has a header.

    Yields (section, name, type, class, TTL in seconds, begin and end of the data). The sections
    are 0 for questions, 1 for answers, 2 for authorities, 3 for additional records. A question has
    no TTL and no data, which would begin and end where the question ends.
    """
    counts = unpack_from(">HHHH", message, 4)
    end = 12
    for section in range(4):
        for _ in range(counts[section]):
            name, at = name_at(message, end)
            ttl = size = 0
            start = at + (10 if section else 4)
            if start > len(message):
                raise ValueError
            if section:
                ttl, size = unpack_from(">IH", message, at + 4)
            end = start + size
            if end > len(message):
                raise ValueError
            kind, rrclass = unpack_from(">HH", message, at)
            yield section, name, kind, rrclass, ttl, start, end


def data(message, kind, start, end):
    """A record's data in a form that can be compared: with the name of an SRV record in full."""
    if kind == _SRV:
        return bytes(message[start : start + 6]) + name_at(message, start + 6)[0]
    return bytes(message[start:end])
