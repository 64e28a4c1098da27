"""The button BOOT: counts for how long it is held. What follows is in `firmware.setup.door`.

It counts only after it was seen released: held at reset it is the chip's own business.
"""

from dsmr.const import const
from firmware import load

#: Seconds after which it is not waited for that it is released.
_LONG = const(10)


class Button:
    """pin: a `machine.Pin`, 0 while the button is held; program: see `firmware.setup.door`."""

    def __init__(self, pin, program):
        self._pin = pin
        self._program = program
        self._held = None

    def turn(self, now):
        """To be called every second."""
        held = self._held
        is_up = self._pin.value()
        if is_up:
            self._held = 0
        elif held is not None:
            self._held = held + 1
        if held and (is_up or held == _LONG):
            load("setup.door").held(self._program, held, now)
