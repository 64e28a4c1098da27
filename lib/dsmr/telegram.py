"""One telegram: its bytes, and the values that were read from its lines.

A value is kept as small as it can be: an integer with its number of decimals, or where its text
stands among the bytes. `dsmr.values` makes of that what is published.
"""

from array import array

from dsmr.backend import scan
from dsmr.const import const
from dsmr.fields import SLOTS, slot
from dsmr.values import slot_text, text

# Those of `dsmr.problems`, by `make fields`.
_MALFORMED = const(1)

#: The largest number that machine code is given, a small integer where words have 32 bits. In a
#: telegram with a larger one, `number` is a list.
MAX_SMALL = 0x3FFFFFFF

# Bytes behind the lines for a time stamp, see `dsmr.clock`.
_ROOM = const(16)

_VERSION = slot(b"protocol_version")
_EMPTY = bytes(SLOTS)


class Telegram:
    """A telegram that is being read or has been read whole.

    Public, and valid until the parser's next event:

    - `raw`: its bytes, from "/" to the end of its CRC's line, as a memoryview;
    - `crc`: the CRC that it carried, or None;
    - `version`: its version object;
    - `identification`: what follows the "/" on its first line (str);
    - `problems`: a list of (OBIS code or the beginning of the line, reason), for each of the
      `odd_lines`;
    - `fields`: a dict of what it says: {name: (value, unit's name)}, see `dsmr.asdict`;
    - by slot (`dsmr.fields.slot`): `unit`, 0 if nothing was sent, `number` and `decimals`; of a
      text, a time or a list, `start` is where it begins in `buffer` and `number` where it ends.

    The rest is for this package. `large` says that some number is larger than MAX_SMALL, and
    `number` is a list for that. `announced` is where the line begins whose value is to come
    on the next one; 0 if there is none, and less if the line was odd. `peaks` is what `dsmr.lists`
    has found in the list of months' peaks, or None. `lost` has a bit for each quantity (the C of
    an OBIS code) of which some register was odd; bit 0: an entry of a list was.
    """

    def __init__(self, capacity):
        self.buffer = bytearray(capacity + _ROOM)
        self._view = memoryview(self.buffer)
        self.scan = scan.new_scan()
        self.unit = bytearray(SLOTS)
        self._small = array("i", bytes(4 * SLOTS))
        self.number = self._small
        self.decimals = bytearray(SLOTS)
        self.start = array("H", bytes(2 * SLOTS))
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
        if not self.unit[_VERSION]:
            return ""
        return slot_text(self, _VERSION)

    @property
    def problems(self):
        # Imported here, and below: a device that asks for neither need not hold the module.
        from dsmr.problems import problems

        return problems(self)

    @property
    def fields(self):
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
        self.lost = 0
        self.large = False
        self.number = self._small
        self.announced = 0
        self.peaks = None

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

    def end_announced(self):
        """The value of the reading that was announced has not come."""
        if self.announced > 0:
            self.add_problem(self.announced, self.size, _MALFORMED)
        self.announced = 0

    def add_problem(self, start, end, reason):
        """Note that the line in buffer[start:end] was not used."""
        self.odd_lines += 1
