"""Pins of the simulated ESP32. A pin remembers what was set; nothing hangs on it."""

import chip_world
from chip_pads import INPUTS, pin_number

#: number -> [mode, pull, level]: one pad however many Pin objects there are for it
pads = {}


class Pin:
    IN = 1
    OUT = 3
    OPEN_DRAIN = 7
    PULL_DOWN = 1
    PULL_UP = 2
    IRQ_RISING = 1
    IRQ_FALLING = 2

    def __init__(self, id, mode=None, pull=-1, *, value=None, drive=None, hold=None):
        self.id = pin_number(id)
        if self.id not in pads:
            pads[self.id] = [Pin.IN, None, 0]
        self.init(mode, pull, value=value)

    def init(self, mode=None, pull=-1, *, value=None, drive=None, hold=None):
        pad = pads[self.id]
        if value is not None:
            pad[2] = 1 if value else 0
        if mode is not None:
            if self.id >= INPUTS and mode & 2:
                raise ValueError("pin can only be input")
            pad[0] = mode
        # Pins 34 to 39 have no resistors inside; asking for one does nothing.
        if pull != -1 and self.id < INPUTS:
            pad[1] = pull
            if pad[0] == Pin.IN:
                pad[2] = 1 if pull == Pin.PULL_UP else 0

    def value(self, level=None):
        pad = pads[self.id]
        if level is None:
            if pad[0] == Pin.IN and self.id in chip_world.look()["pressed"]:
                return 0
            return pad[2]
        if pad[0] & 2:
            pad[2] = 1 if level else 0

    __call__ = value

    def on(self):
        self.value(1)

    def off(self):
        self.value(0)

    def toggle(self):
        self.value(1 - self.value())

    def irq(self, handler=None, trigger=3):
        """Nothing presses the simulated buttons."""

    def __repr__(self):
        return "Pin(%d)" % self.id


class Signal:
    """A pin, inverted if asked."""

    def __init__(self, pin, *args, invert=False, **settings):
        self._pin = pin if isinstance(pin, Pin) else Pin(pin, *args, **settings)
        self._invert = invert

    def value(self, on=None):
        if on is None:
            return self._pin.value() ^ self._invert
        self._pin.value(bool(on) ^ self._invert)

    __call__ = value
    on = Pin.on
    off = Pin.off
