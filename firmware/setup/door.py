"""When the access point opens while another program runs: the button, and new settings.

- The button BOOT held for three seconds, or pressed within five seconds after the start, opens it
  for 15 minutes. Held for ten seconds it erases all secrets.
- Where WiFi has never worked with the settings that the board has, it opens by itself. Where it
  has, it does not: an access point that is down for a night must not open a door.

A program here has settings, board, log and supervisor. Loaded when it is needed; `button` and
`first` stay in memory, the latter until WiFi has worked.
"""

import machine

from firmware import load


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
