"""What a UART reads of a line that is set otherwise than itself, bit for bit.

The sender's bytes become the levels of its line, one character a bit; the receiver waits for the
edge that begins a start bit, and samples the middle of each bit from there. As on the chips, a
byte whose stop bit is missing is handed over all the same, and a break is one byte of zeros.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Setting:
    """Bits a second, data bits (7 or 8), "N", "E" or "O", and whether the levels are turned round.

    A sender's and a receiver's mean the same: where both are inverted, all is well.
    """

    baud: int = 115200
    bits: int = 8
    parity: str = "N"
    inverted: bool = False


#: How long the line rests before and after each telegram, in bits: longer than any byte, so that
#: it is told from a stop bit.
_REST = 200

_TURN = str.maketrans("01", "10")


def levels(data: bytes, setting: Setting) -> str:
    """The line's levels for bytes sent without a pause, and the rest before and after them."""
    rest = "1" * _REST
    spelled = rest + "".join(_spell(byte, setting) for byte in data) + rest
    return spelled.translate(_TURN) if setting.inverted else spelled


def _spell(byte: int, setting: Setting) -> str:
    """A start bit, the data bits with the lowest first, the parity, a stop bit."""
    bits = f"{byte:08b}"[::-1][: setting.bits]
    parity = ""
    if setting.parity != "N":
        parity = str((bits.count("1") + (setting.parity == "O")) % 2)
    return "0" + bits + parity + "1"


def sample(line: str, sender: Setting, receiver: Setting) -> bytes:
    """What the receiver reads of the levels that the sender made."""
    if receiver.inverted:
        line = line.translate(_TURN)
    # Bits of the sender's in one of the receiver's.
    ratio = sender.baud / receiver.baud
    middles = [int((place + 1.5) * ratio * 256) for place in range(receiver.bits)]
    stop = int((receiver.bits + 1.5 + (receiver.parity != "N")) * ratio * 256)
    found = bytearray()
    # A line that rests at the level of a start bit is a break until it changes.
    place = line.find("1")
    while True:
        start = line.find("0", place)
        if place < 0 or start < 0 or start + (stop >> 8) >= len(line):
            return bytes(found)
        byte = 0
        for number, middle in enumerate(middles):
            if line[start + (middle >> 8)] == "1":
                byte |= 1 << number
        found.append(byte)
        # The next start bit is looked for from the middle of the stop bit on; where that is
        # missing, first the line must be let go.
        place = line.find("1", start + (stop >> 8))


def misread(data: bytes, sender: Setting, receiver: Setting) -> bytes:
    """What a receiver with its own setting reads of one telegram."""
    return sample(levels(data, sender), sender, receiver)
