"""Whether WiFi has ever worked with the settings that the board has: a mark on the flash.

The mark is a sum of the settings, so that other settings have none. An access point that is down
for a night must not open a door: a board that has the mark opens its own by the button only.
"""

import hashlib

from firmware import load

_MARK = "wifi_worked"


def _sum(name, password):
    return hashlib.sha256(("%s\n%s" % (name, password)).encode()).digest().hex()


def note(name, password):
    """WiFi works with this name and password."""
    if not has(name, password):
        load("files").write(_MARK, _sum(name, password))


def has(name, password):
    """Whether WiFi has worked with this name and password."""
    try:
        with open(_MARK) as file:
            return file.read() == _sum(name, password)
    except (OSError, ValueError):
        return False
