"""Settings that may cut the board off are tried: if nobody confirms them, those before come back.

They are confirmed on the page /settings, at the address that the board has with them, within two
minutes after the restart. A restart meanwhile, for whatever reason, brings back those before too.
Loaded when it is needed; what it knows is in the names of two files, which hold the settings
before: the first until the restart, the second while the new ones are tried.
"""

import os

from dsmr.const import const
from firmware import load

_CONFIG = "config.json"
_DUE = "config.json.due"
_ON = "config.json.tried"

#: Seconds after the start in which settings that are tried are to be confirmed.
PATIENCE = const(120)


def begin(settings):
    """Write new settings, a dict, that the next start tries."""
    with open(_CONFIG) as file:
        load("files").write(_DUE, file.read())
    load("config_file").write(settings)


def start():
    """To be called at each start, before the settings are read."""
    if is_on():
        # The board has restarted since the trial began.
        os.rename(_ON, _CONFIG)
    else:
        try:
            os.rename(_DUE, _ON)
        except OSError:
            pass  # there are none


def is_on():
    """Whether the settings in use are on trial."""
    try:
        os.stat(_ON)
        return True
    except OSError:
        return False


def keep():
    """The settings on trial stay."""
    if is_on():
        os.remove(_ON)


def watch(program):
    """See to it that the settings on trial go unless they are confirmed.

    program: has board, log and supervisor.
    """
    board, log = program.board, program.log
    log.say("These settings are on trial: they go unless they are confirmed in two minutes.")

    def turn(now):
        if now >= PATIENCE * 1000 and is_on():
            os.rename(_ON, _CONFIG)
            log.say("The new settings were not confirmed: those before come back.", True)
            board.restart()

    program.supervisor.turns.append(("settings", turn))
