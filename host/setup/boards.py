"""The boards that people buy, as `firmware.setup.boards` has them, for a person to choose from."""

from collections import namedtuple

from firmware.setup import boards

Board = namedtuple("Board", "name title chip has_psram image settings")
Board.__doc__ = """A kind of board.

name: for --board; title: for a person; chip: as esptool calls it; image: MicroPython's name for
its firmware; settings: what config.json says of it.
"""

BOARDS = tuple(
    Board(row[0], row[1], row[2], row[3] == "psram", row[10], boards.settings(row))
    for row in boards.rows()
)


def find(name):
    """The board of this name, or None."""
    for board in BOARDS:
        if board.name == name:
            return board
    return None


def chip_of(machine):
    """The chip of a board that says it is this machine, such as "Generic ESP32 module with ESP32";
    None where no kind of board has it."""
    chip = machine.rpartition(" with ")[2].lower().replace("-", "")
    return chip if any(board.chip == chip for board in BOARDS) else None
