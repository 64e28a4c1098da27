"""Lines that are not as a P1 port's mostly is: `machine` loads this for them.

A line is 115200,8N1,inverted unless SIM_LINE says otherwise. Where the UART is set otherwise, it
reads what a real one would: rubbish, at a wrong speed or inversion. And a line may be a device
instead of a TCP connection.
"""

import sys


def spelling(line, baudrate, bits, parity, inverted):
    """What turns the line's bytes into those that a UART with these settings reads, or None."""
    speed, frame, *inversion = line.split(",")
    # A UART tolerates a few per cent.
    if abs(baudrate - int(speed)) * 50 > int(speed) or inverted != ("inverted" in inversion):
        return _rubbish
    sent_parity = {"N": None, "E": 0, "O": 1}[frame[1]]
    if (bits, parity) == (int(frame[0]), sent_parity):
        return None
    if (bits, parity, frame) == (8, None, "7E1"):
        return _parity_as_bit
    if bits == 7 and parity is not None and frame == "8N1":
        # The eighth bit is taken for the parity; errors of it are swallowed.
        return _seven_bits
    return _rubbish


def _rubbish(data, count):
    for place in range(count):
        data[place] = (data[place] * 151 ^ 0xB6 ^ place * 29) & 0xFF


def _parity_as_bit(data, count):
    for place in range(count):
        bits = data[place]
        bits ^= bits >> 4
        bits ^= bits >> 2
        if (bits ^ bits >> 1) & 1:
            data[place] |= 0x80


def _seven_bits(data, count):
    for place in range(count):
        data[place] &= 0x7F


class Device:
    """A terminal, read without waiting for it."""

    def __init__(self, path):
        import termios

        self._file = open(path, "r+b")  # noqa: SIM115 (closed by close())
        settings = termios.tcgetattr(self._file.fileno())
        # VTIME and VMIN at 0: a read takes what is there and comes back.
        first = 5 if sys.platform == "linux" else 16
        settings[6][first] = settings[6][first + 1] = 0
        termios.tcsetattr(self._file.fileno(), termios.TCSANOW, settings)

    def fileno(self):
        return self._file.fileno()

    def readinto(self, buffer, size):
        return self._file.readinto(buffer, size) or None

    def close(self):
        self._file.close()
