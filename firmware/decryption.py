"""Lets an encrypted meter's telegrams be decrypted: loaded at the start, where there is a key."""

import sys

import dsmr
from dsmr import keys


def begin(app):
    """Decrypt from now on, with the keys of the program's settings."""
    settings = app.settings
    gcm = keys.make(settings["decryption_key"], settings["authentication_key"])
    app.parser.expect_frames(gcm)
    # It is needed no more: a board gets its memory back.
    del sys.modules["dsmr.keys"], dsmr.keys
