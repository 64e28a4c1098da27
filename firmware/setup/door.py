"""When the access point opens, in the program that reads the meter: the button, and new settings.

- The button BOOT held for three seconds, or pressed within five seconds after the start, opens it
  for 15 minutes. Held for ten seconds it erases all secrets. It counts only after it was seen
  released: held at reset it is the chip's own business.
- Where WiFi has never worked with the settings that the board has, it opens by itself. Where it
  has, it does not: an access point that is down for a night must not open a door.
"""

import machine

from dsmr.const import const
from firmware import files, load

#: A file that is there while the next start is to open the access point.
REQUEST = "hotspot"

#: Seconds for which the button is held to open it, and to erase; and after the start in which it
#: need only be pressed.
_HOLD = const(3)
_ERASE = const(10)
_EARLY = const(5)

#: Seconds in which WiFi must work for the first time.
_FIRST = const(300)


class Door:
    """Looks every second; where the access point has no password there is none of this.

    board: see `firmware.boards`.
    """

    def __init__(self, settings, board, log):
        self._settings = settings
        self._board = board
        self._log = log
        self._button = None
        try:
            pin = settings["button_pin"]
            self._button = machine.Pin(pin, machine.Pin.IN, machine.Pin.PULL_UP)
        except ValueError as error:
            log.say("button_pin: the chip says of %d: %s. There is no button." % (pin, error))
        self._was_released = False
        self._held = 0
        self._has_worked = load("setup.worked").has(
            settings["wifi_name"], settings["wifi_password"]
        )

    def turn(self, now):
        """To be called every second."""
        if self._button:
            self._look_at_button(now)
        if self._has_worked:
            return
        network = self._board.network
        if network and network.address:
            self._has_worked = True
            load("setup.worked").note(self._settings["wifi_name"], self._settings["wifi_password"])
        elif now >= _FIRST * 1000:
            self._open("WiFi has not worked with these settings as yet")

    def _look_at_button(self, now):
        if self._button.value():
            held, self._held = self._held, 0
            self._was_released = True
            if held >= _HOLD or (held and now < (_EARLY + held) * 1000):
                self._open("the button was held")
            return
        if self._was_released:
            self._held += 1
            if self._held >= _ERASE:
                load("setup.erase").erase()
                self._open("the button was held for ten seconds: all secrets are erased")

    def _open(self, why):
        """Restart with the access point."""
        self._log.say("The hotspot opens: %s." % why)
        files.write(REQUEST, "")
        self._board.restart()
