"""The numbers of kinds, units and the like in modules that would pay for looking them up.

MicroPython puts a number into the code where it stands in the same module as `const`; an imported
one costs memory and, in machine code, a look at a dict each time. So each module that needs such
numbers has copies of them under a heading, and their values are written here:

    # Those of `dsmr.table`, by `make fields`.
    _QUANTITY = const(8)
"""

import re

from dsmr import build, frames, objects, problems, scan, table
from host.fields import FieldsError

#: Where the copies are.
FOLDERS = ("lib/dsmr", "firmware")

_BLOCK = re.compile(r"^# Those of `dsmr\.(\w+)`, by `make fields`\.\n((?:.+\n)+)", re.MULTILINE)
_COPY = re.compile(r"^_(\w+) = const\(\s*(.+?)\s*\)$", re.MULTILINE | re.DOTALL)
_WIDTH = 99


def made(repo):
    owners = {
        "table": of_table(),
        "frames": of_module(frames),
        "scan": of_module(scan),
        "objects": of_module(objects),
        "problems": of_problems(),
    }
    found = {}
    for folder in FOLDERS:
        for path in sorted((repo / folder).rglob("*.py")):
            name = path.relative_to(repo).as_posix()
            text = path.read_text(encoding="utf-8")
            if _BLOCK.search(text):
                found[name] = _with_numbers(text, owners, name)
    return found


def _with_numbers(text, owners, path):
    """The text of a module with the right numbers under its headings."""

    def block(match):
        known = owners.get(match[1], {})
        heading = match[0].removesuffix(match[2])
        return heading + _COPY.sub(lambda copy: line(match[1], known, copy[1]), match[2])

    def line(owner, known, name):
        if name not in known:
            raise FieldsError(f"{path}: dsmr.{owner} has no number called {name}.")
        return _line(name, known[name])

    return _BLOCK.sub(block, text)


def _line(name, value):
    text = 'b"%s"' % repr(value)[2:-1] if isinstance(value, bytes) else repr(value)
    line = f"_{name} = const({text})"
    return line if len(line) <= _WIDTH else f"_{name} = const(\n    {text}\n)"


def of_table():
    """{name: number} of kinds, units, columns of M-Bus devices, and texts made of the table."""
    found: dict = {}
    for number, name in enumerate(build.column(table.KINDS, 1), 1):
        found[name] = number
    letters = build.column(table.UNITS)
    for number, name in enumerate(build.column(table.UNITS, 1), 1):
        found[re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).upper()] = number
    columns = build.column(table.MBUS)
    for number, name in enumerate(columns):
        found["DEVICE_" + name.upper()] = number
    found["DEVICE_WIDTH"] = len(columns)
    found["MAX_CHANNEL"] = table.MAX_CHANNEL
    #: A letter's place is the number of the unit.
    found["UNIT_LETTERS"] = ("?" + "".join(letters)).encode()
    types = " ".join(" ".join(row) for row in build.rows(table.DEVICE_TYPES))
    found["DEVICE_TYPES"] = f" {types} ".encode()
    return found


def of_module(module):
    """{name: value} of what the module itself calls _NAME = const(...)."""
    return {name[1:]: value for name, value in vars(module).items() if re.match("_[A-Z]", name)}


def of_problems():
    reasons = enumerate(problems.REASONS, 1)
    return {reason.replace(" ", "_").upper(): number for number, reason in reasons}
