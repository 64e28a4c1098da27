"""Waits until WiFi has worked for the first time with the settings that the board has.

In memory until then only.
"""

from dsmr.const import const
from firmware import load

#: Seconds in which WiFi must work.
_PATIENCE = const(300)

_NAME = const("first WiFi")


def watch(program):
    """Look every second; program: see `firmware.setup.door`."""

    def turn(now):
        network = program.board.network
        if network and network.address:
            settings = program.settings
            load("setup.worked").note(settings["wifi_name"], settings["wifi_password"])
            turns = program.supervisor.turns
            for place, entry in enumerate(turns):
                if entry[0] == _NAME:
                    del turns[place]
                    break
        elif now >= _PATIENCE * 1000:
            load("setup.opening").open_hotspot(
                program, "WiFi has not worked with these settings as yet"
            )

    program.supervisor.turns.append((_NAME, turn))
