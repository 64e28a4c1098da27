"""The last errors of the program, with where they happened: in memory, and on a board's flash.

Errors of one cause, which is a task and what Python says of the error, count as one; so do those
of one task for want of memory, however much it wanted. It is loaded when there is one, and dropped
again.
"""

import json
import sys

from dsmr.const import const
from firmware import load

#: How many causes are kept, and how many characters of where they happened.
_MOST = const(4)
_LONGEST = const(480)

_PATH = const("errors.json")

_NO_MEMORY = const("MemoryError")


def note(errors, name, error, uptime, boots, printed=False):
    """Add an error to the list, or count it; returns whether its cause is new.

    name: of the task; error: an exception, or a sentence; uptime: seconds; boots: number of the
    start, None on a PC; printed: whether the console has the exception's traceback already.
    """
    where = None
    if isinstance(error, Exception):
        where = _where(error)
        if not printed:
            # Standard error is the console of a board too.
            print(where, end="", file=sys.stderr)
        error = repr(error)
    entry = {"task": name, "error": error, "times": 1, "uptime": uptime}
    if boots is not None:
        entry["boot"] = boots
    if where:
        # The last lines say the most.
        entry["traceback"] = where[-_LONGEST:]
    new = True
    for old in errors:
        if old["task"] == name and _cause(old["error"]) == _cause(error):
            entry["times"] = old["times"] + 1
            errors.remove(old)
            new = False
            break
    errors.append(entry)
    if len(errors) > _MOST:
        del errors[0]
    return new


def _cause(error):
    return _NO_MEMORY if error.startswith(_NO_MEMORY) else error


def _where(error):
    if hasattr(sys, "print_exception"):
        import io

        text = io.StringIO()
        sys.print_exception(error, text)
        return text.getvalue()
    import traceback  # type: ignore[import-not-found]  # only a PC has it

    return "".join(traceback.format_exception(error))


def read():
    """Those that the flash has; none if it has none that can be read."""
    try:
        with open(_PATH) as file:
            errors = json.loads(file.read())
        return [
            entry
            for entry in errors
            if isinstance(entry["task"], str)
            and isinstance(entry["error"], str)
            and isinstance(entry["times"], int)
        ][-_MOST:]
    except (OSError, ValueError, TypeError, KeyError):
        return []


def keep(name, error):
    """Add an error of a program that could not be started, or has ended, to those on the flash."""
    errors = read()
    if note(errors, name, error, 0, None):
        save(errors)


def save(errors):
    """Write them to the flash."""
    files = load("files")
    try:
        files.write(_PATH, json.dumps(errors))
    except OSError:
        pass  # the flash is full or damaged; they are in memory all the same
