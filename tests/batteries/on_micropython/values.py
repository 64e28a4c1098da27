"""What the outputs for batteries make of telegrams. Both Pythons must print the same.

Arguments: files, each with one telegram. For each it prints the values of the grid, Shelly's JSON,
and the registers of both Modbus meters as hexadecimal digits.
"""

import sys

# MicroPython's asyncio is frozen.
sys.path[:0] = [".", "lib", ".frozen"]

from binascii import hexlify  # noqa: E402

import modbus  # noqa: E402
from dsmr import TelegramParser  # noqa: E402
from firmware.outputs.modbus import sdm630, sunspec  # noqa: E402
from firmware.outputs.shelly import messages  # noqa: E402
from grid import Grid  # noqa: E402


def telegram(path):
    parser = TelegramParser()
    with open(path, "rb") as file:
        parser.receive_data(file.read())
    return parser.next_event()


def main():
    grid = Grid()
    for path in sys.argv[1:]:
        if not grid.read(telegram(path)):
            print("no power")
            continue
        print(grid.power, grid.apparent, grid.factor, grid.current, grid.voltage)
        print(grid.frequency, grid.imported, grid.exported)
        print(messages.status(grid).decode())
        print(messages.one_phase_status(grid).decode())
        for meter in (sdm630, sunspec):
            registers = bytearray(2 * meter.COUNT)
            meter.fill(registers, grid, b"24a160c0ffee")
            print(hexlify(registers).decode())
    # By the way through numbers of all sizes.
    number = 1
    while number < 1 << 40:
        print(hex(modbus.single(number, 1000)), hex(modbus.single(-number, 7)))
        number = number * 3 + 1


main()
