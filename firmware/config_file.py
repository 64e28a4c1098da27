"""The file with the settings, and the copy of those that worked last.

Loaded when it is needed, then dropped again.
"""

import json

from dsmr.const import const
from firmware import load

#: The file, and what the copy has behind its name.
_NAME = const("config.json")
_COPY = const(".bak")


def read(path=_NAME):
    """Settings from the file, as `firmware.settings.check` gives them.

    Where the file is damaged or gone, those that worked last; without such a copy, the defaults.
    """
    given, problem = _read(path)
    if problem:
        given, none = _read(path + _COPY)
        if none:
            problem += "; the defaults are used."
        else:
            problem += "; the last settings that worked are used, from %s." % (path + _COPY)
    settings, problems = load("settings").check(given)
    if problem:
        problems.insert(0, problem)
    return settings, problems


def _read(path):
    """What the file says, and the beginning of a sentence if it says nothing of use."""
    try:
        text = load("files").read(path)
        problem = load("json_check").mistake(text)
        if problem:
            return {}, "%s is not valid JSON: %s" % (path, problem)
        return json.loads(text), None
    except OSError:
        return {}, "There is no %s" % path
    except ValueError:
        return {}, "%s is not valid JSON: it is no text in UTF-8" % path


def given():
    """The settings that the file has, a dict; empty where it is damaged or gone."""
    try:
        found = json.loads(load("files").read(_NAME))
        return found if isinstance(found, dict) else {}
    except (OSError, ValueError):
        return {}


def write(settings):
    """Write settings that are given, a dict, in one step."""
    load("files").write(_NAME, json.dumps(settings))


def keep(settings, path=_NAME):
    """Copy the file, if these settings come from it: they work. Writes only what has changed."""
    try:
        files = load("files")
        text = files.read(path)
        found = load("settings").check(json.loads(text))[0]
        load("budget").fit_sockets(found, [])
        if found != settings:
            return
        try:
            kept = files.read(path + _COPY)
        except (OSError, ValueError):
            kept = None
        if text != kept:
            files.write(path + _COPY, text)
    except (OSError, ValueError):
        pass  # damaged since, or the flash is full: the copy stays as it is
