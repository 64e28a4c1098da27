"""The status LED: tells apart a hotspot, no WiFi, no meter, and that all is well.

Loaded on a board with the setting led_pin only.
"""

import asyncio

#: Seconds of a step, and steps between two looks at the state.
_STEP = 0.2
_LOOK = 10

#: By state: in which steps the LED shines. Where all is well, it changes with each telegram.
HOTSPOT = "10"
NO_WIFI = "1010000000"
NO_METER = "1000000000"
WELL = ""


class Led:
    """The task that shows the state.

    signal: has `value(level)`; state(): one of those above.
    """

    def __init__(self, signal, state):
        self._signal = signal
        self._state = state

    async def run(self):
        """Show it for ever."""
        while True:
            pattern = self._state()
            for step in range(_LOOK):
                if pattern:
                    self._signal.value(int(pattern[step % len(pattern)]))
                await asyncio.sleep(_STEP)


def state_of(app):
    """A function that tells the state of the program that reads the meter."""

    def state():
        network = app.board.network
        if network and not network.address:
            return NO_WIFI
        return WELL if app.readout.fresh else NO_METER

    return state
