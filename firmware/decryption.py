"""Lets an encrypted meter's telegrams be decrypted: loaded at the start, where there is a key."""

import sys

import dsmr
from dsmr.const import const

_REPLAYED = const(
    "The meter's frame counter has not grown: the meter counts anew, or somebody sends again what "
    "it once sent. The telegram is used."
)


def begin(app):
    """Decrypt from now on, with the keys of the program's settings."""
    from dsmr import keys

    settings = app.settings
    gcm = keys.make(settings["decryption_key"], settings["authentication_key"])
    # It is needed no more: a board gets its memory back.
    del sys.modules["dsmr.keys"], dsmr.keys
    app.parser.expect_frames(gcm)
    app.parser.frames.on_replay = lambda: app.log.say(_REPLAYED)
