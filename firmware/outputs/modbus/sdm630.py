"""The input registers of an Eastron SDM630, the energy meter that most chargers know.

Each value is a float of single precision in two registers, the high word first. The addresses are
those of "Eastron SDM630-Modbus V2 Modbus Protocol Implementation". What a P1 meter does not send,
such as harmonics and each phase's energy, is 0.
"""

from struct import pack_into

from modbus import single

#: The first register, and how many there are.
FIRST = 0
COUNT = 0x180


def fill(registers, values, serial):
    """Put the values of a `grid.Grid` into the bytes of all registers; serial: not needed here."""

    def put(register, value):
        pack_into(">I", registers, 2 * register, single(value, 1000))

    for phase in range(3):
        register = 2 * phase
        put(0x00 + register, values.voltage[phase + 1])
        put(0x06 + register, values.current[phase + 1])
        put(0x0C + register, values.power[phase + 1])
        put(0x12 + register, values.apparent[phase + 1])
        put(0x1E + register, values.factor[phase + 1])
    put(0x2A, values.voltage[0])
    put(0x30, values.current[0])
    put(0x34, values.power[0])
    put(0x38, values.apparent[0])
    put(0x3E, values.factor[0])
    put(0x46, values.frequency)
    put(0x48, values.imported)
    put(0x4A, values.exported)
    put(0x156, values.imported + values.exported)
