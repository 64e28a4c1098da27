"""The messages of an update, which both ends make and check: what stands in the body of a POST.

    MAC NONCE NUMBER COMMAND ARGUMENT…\\n
    DATA

MAC is the HMAC-SHA256 (RFC 2104), with the board's update key, of all that follows the blank
behind it, in 64 hexadecimal digits. NONCE is a random number of the board's, which is good for one
session, in 32 digits; NUMBER counts the messages of the session from 1. So a message that was
overheard is of no use a second time, and nothing that was overheard tells the key.

Nothing here waits or raises on what has come in.
"""

import hashlib

#: Bytes of a key and of a nonce, and of the data that a message has at most.
KEY = 16
NONCE = 16
MOST_DATA = 1024

_BLOCK = 64
_DIGITS = 64


def parse_key(text):
    """The key that a file or a person gives as 32 hexadecimal digits; None if it is none."""
    text = text.strip()
    try:
        key = bytes.fromhex(text)
    except ValueError:
        return None
    return key if len(text) == 2 * KEY and len(key) == KEY else None


def mac(key, text, data=b""):
    """The HMAC-SHA256 of a text, bytes, with data behind it, in hexadecimal digits, as bytes."""
    inner = hashlib.sha256(_pad(key, 0x36))
    inner.update(text)
    inner.update(data)
    outer = hashlib.sha256(_pad(key, 0x5C))
    outer.update(inner.digest())
    return outer.digest().hex().encode()


def _pad(key, octet):
    """A block of this octet, with the key in it."""
    block = bytearray(_BLOCK)
    for place in range(_BLOCK):
        block[place] = octet ^ (key[place] if place < len(key) else 0)
    return block


def make(key, nonce, number, words, data=b""):
    """The body of a message. nonce: as text; words: the command and its arguments, of text."""
    text = " ".join([nonce, str(number)] + words).encode() + b"\n"
    return mac(key, text, data) + b" " + text + data


def parse(key, body):
    """(nonce, number, words, data) of a message; None if it was not made with this key.

    data is a memoryview of the body.
    """
    end = body.find(b"\n") + 1
    view = memoryview(body)
    text = bytes(view[_DIGITS + 1 : end])
    if not end or not _is_same(view[:_DIGITS], mac(key, text, view[end:])):
        return None
    # Who has the key makes no others, so that there is no need for a better answer.
    nonce, number, *words = text.decode().rstrip("\n").split(" ")
    return nonce, int(number), words, view[end:]


def _is_same(given, right):
    """Whether the digits are the same; that takes as long wherever they differ."""
    differs = len(given) ^ len(right)
    for place in range(min(len(given), len(right))):
        differs |= given[place] ^ right[place]
    return differs == 0
