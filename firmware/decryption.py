"""Lets an encrypted meter's telegrams be decrypted: loaded at the start, where there is a key."""

import sys

import dsmr


def begin(parser, settings):
    """Let the parser decrypt from now on, with the keys of the settings, if there are any."""
    if not settings["decryption_key"]:
        return
    from dsmr import keys

    parser.expect_frames(keys.make(settings["decryption_key"], settings["authentication_key"]))
    # It is needed no more: a board gets its memory back.
    del sys.modules["dsmr.keys"], dsmr.keys
