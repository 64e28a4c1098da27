"""The units of published values, and what a unit on the wire makes of a number.

A unit is a small positive integer inside the program; 0 means that there is no value.
"""

WATT = 1
VOLT = 2
AMPERE = 3
CUBIC_METER = 4
INTEGER = 5
BOOLEAN = 6
STRING = 7
TIMESTAMP = 8
KILOWATT_HOUR = 9
GIGAJOULE = 10
HERTZ = 11
VAR = 12
VOLT_AMPERE = 13
KILOVAR_HOUR = 14
SECOND = 15
LIST = 16

#: Unit names as `/metrics` publishes them, by number.
NAMES = (
    "",
    "Watt",
    "Volt",
    "Ampere",
    "CubicMeter",
    "Integer",
    "Boolean",
    "String",
    "Timestamp",
    "KilowattHour",
    "GigaJoule",
    "Hertz",
    "Var",
    "VoltAmpere",
    "KilovarHour",
    "Second",
    "List",
)

#: A unit as it stands in a telegram -> (unit, power of ten that leads to it). Letter case is
#: ignored: Swedish meters write kVArh.
WIRE = {
    "kWh": (KILOWATT_HOUR, 0),
    "Wh": (KILOWATT_HOUR, -3),
    "MWh": (KILOWATT_HOUR, 3),
    "kW": (WATT, 3),
    "W": (WATT, 0),
    "V": (VOLT, 0),
    "A": (AMPERE, 0),
    "Hz": (HERTZ, 0),
    "m3": (CUBIC_METER, 0),
    "dm3": (CUBIC_METER, -3),
    "GJ": (GIGAJOULE, 0),
    "MJ": (GIGAJOULE, -3),
    "kvar": (VAR, 3),
    "var": (VAR, 0),
    "kvarh": (KILOVAR_HOUR, 0),
    "varh": (KILOVAR_HOUR, -3),
    "kVA": (VOLT_AMPERE, 3),
    "VA": (VOLT_AMPERE, 0),
    "s": (SECOND, 0),
}
