"""Settings that may cut the board off are tried: if nobody confirms them, those before come back.

They are confirmed on the page /settings, at the address that the board has with them, within two
minutes after the restart. A restart meanwhile, for whatever reason, brings back those before too.
Loaded when it is needed; what it knows is in the names of two files, which hold the settings
before: the first until the restart, the second while the new ones are tried.
"""

import os

from dsmr.const import const
from firmware import files

_CONFIG = "config.json"
_DUE = "config.json.due"
_ON = "config.json.tried"

#: Seconds after the start in which settings that are tried are to be confirmed.
PATIENCE = const(120)


def begin(text):
    """Write new settings, a text of JSON, that the next start tries."""
    with open(_CONFIG) as file:
        files.write(_DUE, file.read())
    files.write(_CONFIG, text)


def start():
    """To be called at each start, before the settings are read."""
    if files.exists(_ON):
        # The board has restarted since the trial began.
        os.rename(_ON, _CONFIG)
    elif files.exists(_DUE):
        os.rename(_DUE, _ON)


def is_on():
    """Whether the settings in use are on trial."""
    return files.exists(_ON)


def keep():
    """The settings on trial stay."""
    if files.exists(_ON):
        os.remove(_ON)


class Trial:
    """Watches over settings that are tried, once a second."""

    def __init__(self, board, log):
        self._board = board
        self._log = log

    def turn(self, now):
        if now >= PATIENCE * 1000 and files.exists(_ON):
            os.rename(_ON, _CONFIG)
            self._log.say("The new settings were not confirmed: those before come back.")
            self._board.restart()
