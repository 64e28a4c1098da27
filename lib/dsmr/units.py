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

#: By unit key, a unit's scale: the unit's number in the upper bits, the power of ten plus 3 in the
#: lower three. Filled by `dsmr.obis`.
SCALES: dict = {}

#: The scale of what is no unit, and the unit key where there is no unit.
NO_SCALE = 3
NO_UNIT = unit_key("")

_at = 0
for _unit in range(1, len(NAME_AT)):
    _at = NAMES.find(b" ", _at) + 1
    NAME_AT[_unit] = _at
