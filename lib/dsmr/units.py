"""The units of published values, and what a unit on the wire makes of a number.

A unit is a small positive integer inside the program: its place in `NAMES`, from 1 on. 0 means
that there is no value. What is no number comes first.
"""

from dsmr.kernel import unit_key

#: Unit names as `/metrics` publishes them, by number, and where each begins; the next one begins
#: after a blank.
NAMES = (
    b" Boolean String Timestamp List Integer Watt Volt Ampere CubicMeter KilowattHour GigaJoule "
    b"Hertz Var VoltAmpere KilovarHour Second "
)
NAME_AT = bytearray(NAMES.count(b" ") + 1)

# A unit as it stands in a telegram, the unit, and the power of ten that leads to it.
# Letter case is ignored: Swedish meters write kVArh.
_WIRE = """\
kWh KilowattHour 0
Wh KilowattHour -3
MWh KilowattHour 3
kW Watt 3
W Watt 0
V Volt 0
A Ampere 0
Hz Hertz 0
m3 CubicMeter 0
dm3 CubicMeter -3
GJ GigaJoule 0
MJ GigaJoule -3
kvar Var 3
var Var 0
kvarh KilovarHour 0
varh KilovarHour -3
kVA VoltAmpere 3
VA VoltAmpere 0
s Second 0
"""

#: By unit key, a unit's scale: the unit's number in the upper bits, the power of ten plus 3 in the
#: lower three.
SCALES: dict = {}

#: The scale of what is no unit, and the unit key where there is no unit.
NO_SCALE = 3
NO_UNIT = unit_key("")


def _index():
    at = 0
    for unit in range(1, len(NAME_AT)):
        at = NAMES.find(b" ", at) + 1
        NAME_AT[unit] = at
    names = NAMES.decode().split(" ")
    for row in _WIRE.strip().split("\n"):
        written, name, exponent = row.split(" ")
        SCALES[unit_key(written)] = names.index(name) * 8 + int(exponent) + 3


_index()


def scale_of(written):
    """The scale of a unit as it stands in a telegram (str)."""
    return SCALES.get(unit_key(written), NO_SCALE)


def name(unit):
    """A unit's name, as `str`."""
    return NAMES[NAME_AT[unit] : NAME_AT[unit + 1] - 1].decode()
