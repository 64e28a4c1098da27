"""The `esp32` module of the simulated chip: only what tells about memory and health."""

HEAP_DATA = 4
HEAP_EXEC = 1


def raw_temperature():
    """Degrees Fahrenheit, as the chip's sensor answers."""
    return 128


def mcu_temperature():
    return 53


def idf_heap_info(capabilities):
    """(total, free, largest free block, least ever free) of one region of the system's heap."""
    return [(163840, 96000, 65536, 88000)]
