"""The `esp32` module of the simulated chip: only what tells about memory and health."""

from chip_idf import info as idf_heap_info  # noqa: F401

HEAP_DATA = 4
HEAP_EXEC = 1


def raw_temperature():
    """Degrees Fahrenheit, as the chip's sensor answers."""
    return 128


def mcu_temperature():
    return 53
