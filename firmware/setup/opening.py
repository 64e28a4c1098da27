"""Why and for how long the access point opens: loaded, then dropped."""

import os

from dsmr.const import const
from firmware import load

#: A file that is there while the next start is to open the access point.
_REQUEST = "hotspot"

#: Seconds for which it is open on a board that has settings for WiFi.
_OPEN = const(900)

#: Seconds for which the button is held to open it, and to erase; and after the start in which it
#: need only be pressed.
_HOLD = const(3)
_ERASE = const(10)
_EARLY = const(5)


def ask():
    """The next start is to open the access point."""
    load("files").write(_REQUEST, "")


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
    ask()
    program.board.restart()


def hotspot(settings, problems, board, is_asked):
    """The program of the access point.

    A board without settings for WiFi has it until it is set up; one that asked for it has it for
    15 minutes, and once.
    """
    if is_asked:
        os.remove(_REQUEST)
    from firmware.setup.program import Hotspot

    seconds = None
    if settings["wifi_name"]:
        seconds = _OPEN
    else:
        revert = load("setup.revert")
        if revert.is_on():
            # The page /settings has taken WiFi away: what was before comes back after this.
            seconds = revert.PATIENCE
    return Hotspot(settings, problems, board, seconds)
