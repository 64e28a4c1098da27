"""Answers of a DNS server (RFC 1035) that knows one address, and gives it for every name.

Bytes in, bytes out; nothing raises on what has come in.
"""

from dsmr.const import const

#: Bytes of the longest question that is answered (clause 4.2.1).
LONGEST = const(512)

_HEADER = const(12)

# Type A, and any type (clause 3.2.2, 3.2.3); the class of the internet.
_A = const(1)
_ANY = const(255)
_IN = const(1)

# Seconds for which the answer may be kept: when the phone is in another network, it is wrong.
_TTL = const(5)


def answer(question, address):
    """The answer to a question, bytes; None if it is no question. address: four bytes.

    Who asks for something else than an IPv4 address is told that the name has none of it.
    """
    if len(question) < _HEADER or len(question) > LONGEST:
        return None
    # No answer, an ordinary query, one question (clause 4.1.1).
    if question[2] & 0xF8 or question[4] or question[5] != 1:
        return None
    end = _end_of_name(question)
    if end is None or end + 4 > len(question):
        return None
    kind = question[end] << 8 | question[end + 1]
    is_known = kind in (_A, _ANY) and question[end + 2] << 8 | question[end + 3] == _IN
    head = bytes((0x84 | question[2] & 1, 0, 0, 1, 0, int(is_known), 0, 0, 0, 0))
    reply = question[:2] + head + question[_HEADER : end + 4]
    if is_known:
        # The name is that at byte 12 (clause 4.1.4).
        reply += bytes((0xC0, _HEADER, 0, _A, 0, _IN, 0, 0, 0, _TTL, 0, 4)) + address
    return reply


def _end_of_name(question):
    """Where the question's name ends; None if it does not, or refers to another place."""
    at = _HEADER
    while at < len(question) and at < _HEADER + 255:
        size = question[at]
        at += 1
        if size == 0:
            return at
        if size > 63:
            return None
        at += size
    return None
