"""The registers of a SunSpec meter: the models 1, "common", and 203, a meter of three phases.

Inverters look for them from register 40000 on. Addresses and scale factors are those of the
SunSpec Alliance's models. What a P1 meter does not send is "not implemented", as they call it.
"""

from struct import pack_into

from dsmr.const import const

#: The first register, and how many there are.
FIRST = 40000
COUNT = 178

# Where each model begins, counted from the first register, and where the last one ends.
_COMMON = const(2)
_METER = const(69)
_END = const(176)

# A number or a scale factor that is not implemented, and the largest number, which is told in the
# place of a larger one.
_NONE = const(-0x8000)
_MOST = const(0x7FFF)

# What an inverter is told that it speaks to, by place: maker, product, version. A Fronius GEN24
# wants a meter of its own maker's.
_TEXTS = ((2, b"Fronius"), (18, b"Smart Meter 63A"), (42, b"1.0"))


def fill(registers, values, serial):
    """Put the values of a `grid.Grid` into the bytes of all registers.

    serial: what tells this meter from others, as bytes.
    """

    def put(register, value):
        value = _NONE if value is None else max(min(value, _MOST), -_MOST)
        pack_into(">h", registers, 2 * register, value)

    registers[:4] = b"SunS"
    put(_COMMON, 1)
    put(_COMMON + 1, 65)
    for place, text in _TEXTS + ((50, serial),):
        begin = 2 * (_COMMON + place)
        registers[begin : begin + len(text)] = text
    # The address on a serial line, which it must have.
    put(_COMMON + 66, 1)
    put(_METER, 203)
    put(_METER + 1, 105)
    put(_END, -1)
    voltage = values.voltage
    between = [_between(voltage[1], voltage[2]), _between(voltage[2], voltage[3])]
    between.append(_between(voltage[3], voltage[1]))
    between.insert(0, sum(between) // 3)
    for number in range(4):
        register = _METER + number
        put(register + 2, (values.current[number] + 50) // 100)
        put(register + 7, (voltage[number] + 50) // 100)
        put(register + 11, (between[number] + 50) // 100)
        put(register + 18, (values.power[number] + 500) // 1000)
        put(register + 23, (values.apparent[number] + 500) // 1000)
        # Reactive power; the power factor in percent.
        put(register + 28, None)
        put(register + 33, (values.factor[number] + 5) // 10)
    put(_METER + 16, (values.frequency + 5) // 10)
    # Scale factors: of A and V -1, of Hz -2; those that are 0 are left so; those of what is not
    # implemented are reactive power's, and apparent and reactive energy's.
    put(_METER + 6, -1)
    put(_METER + 15, -1)
    put(_METER + 17, -2)
    put(_METER + 32, None)
    put(_METER + 71, None)
    put(_METER + 104, None)
    # Wh, modulo 2**32 as the model says of accumulators.
    pack_into(">I", registers, 2 * (_METER + 38), values.exported & 0xFFFFFFFF)
    pack_into(">I", registers, 2 * (_METER + 46), values.imported & 0xFFFFFFFF)


def _between(one, other):
    """The voltage between two phases, which no telegram has; 0 where one of them is dead.

    It is that of phases which are 120 degrees apart: the square root of 3 times their mean.
    """
    return (one + other) * 866 // 1000 if one and other else 0
