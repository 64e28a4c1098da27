"""What config.json says. Loaded when it is needed, then dropped again."""

import json

from firmware import load

_CONFIG = "config.json"


def read():
    """The settings that were given, a dict; empty where the file is damaged or gone."""
    try:
        found = json.loads(load("files").read(_CONFIG))
        return found if isinstance(found, dict) else {}
    except (OSError, ValueError):
        return {}
