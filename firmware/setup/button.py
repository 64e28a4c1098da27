"""The button BOOT: counts for how long it is held. What follows is in `firmware.setup.opening`.

It counts only after it was seen released: held at reset it is the chip's own business.
"""

from firmware import load


def turn(pin, program):
    """A function to be called every second.

    pin: a `machine.Pin`, 0 while the button is held; program: see `firmware.setup.door`.
    """
    seconds = None

    def look(now):
        nonlocal seconds
        held = seconds
        is_up = pin.value()
        if is_up:
            seconds = 0
        elif held is not None:
            seconds = held + 1
        # After ten seconds it is not waited for that it is released.
        if held and (is_up or held == 10):
            load("setup.opening").held(program, held, now)

    return look
