"""Erases all secrets of a board that changes hands. Loaded for it, then dropped again.

What stays is the password of the access point, which is on the board's case: whoever holds the
board needs it to set it up, and it opens nothing but that.
"""

import os

from firmware import load

#: Files with secrets beside config.json: its copies, the key for updates, and what tells of WiFi.
_FILES = (
    "config.json.bak",
    "config.json.due",
    "config.json.tried",
    "update_key",
    "wifi_worked",
)

_STAYS = "hotspot_password"


def erase():
    """Take the secrets, and the WiFi that they are for, out of config.json and remove the rest."""
    given = load("config_file").given()
    secrets = load("settings").secrets()
    kept = {
        name: value
        for name, value in given.items()
        if name == _STAYS or (name not in secrets and not name.startswith("wifi_"))
    }
    load("config_file").write(kept)
    for path in _FILES:
        try:
            os.remove(path)
        except OSError:
            pass  # it is not there
