"""One telegram: its bytes, and the values that `dsmr.lines` read from its lines.

A value is kept as small as it can be: an integer with its number of decimals, or where its text
stands among the bytes. `dsmr.fields` makes of that what is published.
"""

from array import array

from dsmr.const import const
from dsmr.obis import channel_slot

# Those of `dsmr.table`.
_PROTOCOL_VERSION = const(4)

# Those of `dsmr.obis`.
_SLOTS = const(160)
_READ = const(3)
_UNCORRECTED = const(5)

#: Problems kept of one telegram; further ones are counted only.
MAX_PROBLEMS = 32

#: The largest number that machine code is given, a small integer where words have 32 bits. In a
#: telegram with a larger one, `number` is a list.
MAX_SMALL = 0x3FFFFFFF

#: Characters of an odd line that are kept where its OBIS code should be.
_MAX_CODE = const(20)

_EMPTY = bytes(_SLOTS)


class Telegram:
    """A telegram that is being read or has been read whole.

    Public, and valid until the parser's next event:

    - `raw`: its bytes, from "/" to the end of its CRC's line, as a memoryview;
    - `crc`: the CRC that it carried, or None;
    - `version`: its version object;
    - `identification`: what follows the "/" on its first line (str);
    - `problems`: a list of (OBIS code or the beginning of the line, reason), the first
      `MAX_PROBLEMS` of them; `odd_lines` counts them all;
    - `fields`: a dict of what it says: {name: (value, unit's name)}, see `dsmr.asdict`.

    The rest is for this package: by slot, `unit` (0: nothing was sent), `number` and `decimals`,
    and `start`, where a text or a list begins, whose end is then in `number`. `large` says that
    some number is larger than MAX_SMALL, `same_demands` that its months' peaks are those of the
    telegram before.
    """

    def __init__(self, capacity):
        self.buffer = bytearray(capacity)
        self._view = memoryview(self.buffer)
        self.unit = bytearray(_SLOTS)
        self._small = array("i", bytes(4 * _SLOTS))
        self.number = self._small
        self.decimals = bytearray(_SLOTS)
        self.start = array("H", bytes(2 * _SLOTS))
        self._problems: list = []
        self.clear()

    @property
    def raw(self):
        return self._view[: self.size]

    @property
    def identification(self):
        return text(self.buffer[1 : self.identification_end])

    @property
    def version(self):
        """Its version object as `str`: "50" in the Netherlands, "50217" in Belgium; "" if none."""
        if not self.unit[_PROTOCOL_VERSION]:
            return ""
        return text(self.buffer[self.start[_PROTOCOL_VERSION] : self.number[_PROTOCOL_VERSION]])

    @property
    def problems(self):
        buffer = self.buffer
        return [(text(buffer[start:end]), reason) for start, end, reason in self._problems]

    @property
    def fields(self):
        # Imported here: a device that asks for no dict need not hold the module.
        from dsmr.asdict import as_dict

        return as_dict(self)

    def clear(self):
        """Make ready for the next telegram; no byte of the buffer counts any more."""
        self.size = 0
        self.crc = None
        self.identification_end = 1
        self.unit[:] = _EMPTY
        self.objects = 0
        self.has_version_or_time = False
        self.odd_lines = 0
        self._problems.clear()
        self.large = False
        self.number = self._small
        self.same_demands = False

    def needs_crc(self):
        """Whether it is one that would carry a CRC.

        DSMR 2.2 and 3.0 have no CRC, no version and no time stamp, so that a telegram without a
        CRC is believed if it has none of those either, but a data object and an identification of
        three letters, a digit and more. What follows a "." that line noise made a "/" of has not.
        """
        return (
            self.has_version_or_time
            or not self.objects
            or self.identification_end < 6
            or not self.buffer[1:4].isalpha()
            or not self.buffer[4:5].isdigit()
        )

    def store(self, slot, number, decimals, unit):
        """Keep the slot's value, number / 10**decimals in the unit."""
        if (number > MAX_SMALL or number < -MAX_SMALL) and not self.large:
            self.large = True
            self.number = list(self.number)  # type: ignore[assignment]  # as good
        self.number[slot] = number
        self.decimals[slot] = decimals
        self.unit[slot] = unit

    def place(self, slot, start, end, unit):
        """Keep where the slot's text, time or list stands in the buffer."""
        self.start[slot] = start
        self.number[slot] = end
        self.unit[slot] = unit

    def copy(self, slot, to):
        """Give the slot `to` the value of another."""
        self.start[to] = self.start[slot]
        self.number[to] = self.number[slot]
        self.decimals[to] = self.decimals[slot]
        self.unit[to] = self.unit[slot]

    def reading(self, channel):
        """The slot of an M-Bus device's reading, that at 15 °C if there is one; 0 without any."""
        slot = channel_slot(channel) + _READ
        if self.unit[slot]:
            return slot
        slot = channel_slot(channel) + _UNCORRECTED
        return slot if self.unit[slot] else 0

    def add_problem(self, start, end, reason):
        """Note that the line in buffer[start:end] was not used."""
        if self.odd_lines < MAX_PROBLEMS:
            stop = self.buffer.find(b"(", start, min(end, start + _MAX_CODE))
            if stop <= start:
                stop = min(end, start + _MAX_CODE)
            self._problems.append((start, stop, reason))
        self.odd_lines += 1


def text(octets):
    """`str` of bytes from a meter: UTF-8, or where they are none, each byte as one character."""
    try:
        decoded = bytes(octets).decode()
        # MicroPython also decodes surrogates, and characters in more bytes than they need, which
        # nobody else does. What chr() makes of such a character are other bytes.
        if len(decoded) == len(octets) or (
            "".join(chr(ord(char)) for char in decoded) == decoded
            and not any("\ud7ff" < char < "\ue000" for char in decoded)
        ):
            return decoded
    except (UnicodeError, ValueError):
        pass
    return "".join(chr(byte) for byte in octets)
