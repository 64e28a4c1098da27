"""Recognises the frames of meters that encrypt their telegrams (Luxembourg, Austria).

They are general-global-cipher frames: DB 08, a system title of 8 bytes, the length as 82 hh ll,
30, a frame counter, the ciphertext and its tag (Smarty P1 1.1.3, clause 3.2.5). They are not
decrypted here; to know them is to tell their owner why there are no telegrams.
"""

HEADER_SIZE = 14
FIRST = 0xDB


def match(seen, byte):
    """How many bytes of a header have been seen, when `byte` comes after `seen` of them."""
    if 2 <= seen < 10 or 11 <= seen < 13:
        return seen + 1
    if (
        (seen == 0 and byte == FIRST)
        or (seen == 1 and byte == 0x08)
        or (seen == 10 and byte == 0x82)
        or (seen == 13 and byte == 0x30)
    ):
        return seen + 1
    return 1 if byte == FIRST else 0


def is_in(buffer, size):
    """Whether a header stands somewhere in buffer[:size]."""
    at = buffer.find(b"\xdb\x08", 0, size)
    while 0 <= at <= size - HEADER_SIZE:
        if buffer[at + 10] == 0x82 and buffer[at + 13] == 0x30:
            return True
        at = buffer.find(b"\xdb\x08", at + 1, size)
    return False
