"""Lets an encrypted meter's telegrams be decrypted: loaded at the start, where there is a key."""

from dsmr import gcm
from dsmr.const import const

_REPLAYED = const(
    "The meter's frame counter has not grown: the meter counts anew, or somebody sends again what "
    "it once sent. The telegram is used."
)


def begin(app):
    """Decrypt from now on, with the keys of the program's settings."""
    settings = app.settings
    app.parser.expect_frames(gcm.make(settings["decryption_key"], settings["authentication_key"]))
    app.parser.frames.on_replay = lambda: app.log.say(_REPLAYED)
