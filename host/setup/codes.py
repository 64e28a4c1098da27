"""What is made at random for each board, and the QR code that a phone joins its hotspot by."""

import io
import secrets

#: Letters and digits that nobody takes for one another, on paper or on a phone.
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"

#: Of 31 letters each; twelve are 59 bits, which nobody tries over WiFi.
_LENGTH = 12


def password():
    """A password that can be read out and typed, such as "x7mk-2hqd-w9pe"."""
    letters = "".join(secrets.choice(_LETTERS) for _ in range(_LENGTH))
    return "-".join(letters[at : at + 4] for at in range(0, _LENGTH, 4))


def hotspot_name(board):
    """The name of a board's access point; board: its number, 12 hexadecimal digits."""
    return f"power-readout-{board[-4:].upper()}"


def wifi_text(name, password):
    """What the QR code of a network says, as phones read it."""
    return f"WIFI:T:WPA;S:{_escaped(name)};P:{_escaped(password)};;"


def _escaped(text):
    for letter in '\\;,":':
        text = text.replace(letter, "\\" + letter)
    return text


def qr(text):
    """A QR code for a terminal, as lines of text; None where segno is not installed."""
    try:
        import segno
    except ImportError:
        return None
    out = io.StringIO()
    segno.make(text, error="m", micro=False).terminal(out, compact=True, border=2)
    return out.getvalue()
