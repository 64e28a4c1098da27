"""Whether a start opens the access point: loaded at the start, and dropped again."""

import os

from dsmr.const import const
from firmware import files
from firmware.setup.door import REQUEST

#: Seconds for which it is open on a board that has settings for WiFi.
_OPEN = const(900)


def hotspot(settings, problems, board):
    """The program of the access point, if this start is one for it; or None.

    A board without settings for WiFi has it until it is set up; one that asked for it has it for
    15 minutes, and once. Where it has no password it stays closed.
    """
    is_asked = files.exists(REQUEST)
    if is_asked:
        os.remove(REQUEST)
    if not settings["hotspot_password"] or not (is_asked or not settings["wifi_name"]):
        return None
    from firmware.setup.program import Hotspot

    return Hotspot(settings, problems, board, _OPEN if settings["wifi_name"] else None)
