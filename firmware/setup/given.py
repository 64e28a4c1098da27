"""What config.json says. Loaded when it is needed, then dropped again."""

import json

_CONFIG = "config.json"


def read():
    """The settings that were given, a dict; empty where the file is damaged or gone."""
    try:
        with open(_CONFIG) as file:
            found = json.loads(file.read())
        return found if isinstance(found, dict) else {}
    except (OSError, ValueError):
        return {}
