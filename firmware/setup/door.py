"""When the access point opens while another program runs: the button, and new settings.

- The button BOOT held for three seconds, or pressed within five seconds after the start, opens it
  for 15 minutes. Held for ten seconds it erases all secrets.
- Where WiFi has never worked with the settings that the board has, it opens by itself. Where it
  has, it does not: an access point that is down for a night must not open a door.

A program here has settings, board, log and supervisor. Loaded when it is needed; `button` and
`first` stay in memory, the latter until WiFi has worked.
"""

import machine

from dsmr.const import const
from firmware import load

#: Seconds for which the button is held to open it, and to erase; and after the start in which it
#: need only be pressed.
_HOLD = const(3)
_ERASE = const(10)
_EARLY = const(5)


def watch(program):
    """Look every second from now on."""
    settings = program.settings
    try:
        pin = machine.Pin(settings["button_pin"], machine.Pin.IN, machine.Pin.PULL_UP)
    except ValueError as error:
        program.log.say(
            "button_pin: the chip says of %d: %s. There is no button."
            % (settings["button_pin"], error)
        )
    else:
        program.supervisor.turns.append(("button", load("setup.button").turn(pin, program)))
    if not load("setup.worked").has(settings["wifi_name"], settings["wifi_password"]):
        load("setup.first").watch(program)


def held(program, seconds, now):
    """The button was held for so long, and is released or is held on."""
    if seconds >= _ERASE:
        load("setup.erase").erase()
        open_hotspot(program, "the button was held for ten seconds: all secrets are erased")
    elif seconds >= _HOLD or now < (_EARLY + seconds) * 1000:
        open_hotspot(program, "the button was held")


def open_hotspot(program, why):
    """Restart with the access point."""
    program.log.say("The hotspot opens: %s." % why, True)
    load("setup.opening").ask()
    program.board.restart()
