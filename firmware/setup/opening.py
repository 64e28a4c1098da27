"""For how long a start opens the access point, see `firmware.starting`: loaded, then dropped."""

import os

from dsmr.const import const
from firmware import load

#: A file that is there while the next start is to open the access point.
_REQUEST = "hotspot"

#: Seconds for which it is open on a board that has settings for WiFi.
_OPEN = const(900)


def ask():
    """The next start is to open the access point."""
    load("files").write(_REQUEST, "")


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
