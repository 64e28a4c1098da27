"""Text from a meter that is not ASCII: seldom, and imported when it comes."""


def decode(octets):
    """`str` of bytes: UTF-8, or where they are none, each byte as one character."""
    try:
        text = octets.decode()
        # MicroPython also decodes surrogates, and characters in more bytes than they need, which
        # nobody else does. What chr() makes of such a character are other bytes, or an error.
        if "".join(chr(ord(char)) for char in text) == text:
            if not any("\ud7ff" < char < "\ue000" for char in text):
                return text
    except (UnicodeError, ValueError):
        pass
    return "".join(chr(byte) for byte in octets)
