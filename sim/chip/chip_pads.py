"""Which pins the simulated chip has. With SIM_CHIP=C3 it is an ESP32-C3, as far as that goes."""

import os

from micropython import const

# The pins that an ESP32 does not have, those of its flash memory, and the first of those that are
# inputs only. A board that claims one of the flash's stops dead; here it is refused, so that a
# test sees why.
_MISSING = const((20, 24, 28, 29, 30, 31))
_FLASH = const((6, 7, 8, 9, 10, 11))
INPUTS = const(34)

_pins = 22 if os.getenv("SIM_CHIP") == "C3" else 40


def pin_number(pin):
    """Raises ValueError as the port does for what is no pin; returns its number."""
    pin = getattr(pin, "id", pin)
    if not isinstance(pin, int) or not 0 <= pin < _pins or pin in _MISSING or pin in _FLASH:
        raise ValueError("invalid pin")
    return pin
