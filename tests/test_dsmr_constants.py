"""Numbers that stand in several modules, so that MicroPython can fold them, agree."""

import ast
import re

import pytest

from dsmr import kernel, lines, obis, table, units
from host.tree import REPO

_MODULES = sorted((REPO / "lib" / "dsmr").glob("*.py"))
_HEADING = re.compile(r"^# Those of `dsmr\.(\w+)`\.\n((?:_\w+ = const\(.*\n)+)", re.MULTILINE)
_LINE = re.compile(r"_(\w+) = const\((.+)\)")


def of_kernel():
    return {name: getattr(kernel, name) for name in dir(kernel) if name.isupper()}


def of_obis():
    source = (REPO / "lib" / "dsmr" / "table.py").read_text()
    kinds = re.findall(r"^# +(\d+) (\S) (\w+) ", source, re.MULTILINE)
    assert "".join(letter for _, letter, _ in kinds) == table.LETTERS
    assert [int(number) for number, _, _ in kinds] == list(range(1, len(kinds) + 1))
    numbers = {name: int(number) for number, _, name in kinds}
    columns = [row[0] for row in table.rows(table.MBUS)]
    called = {"value": "read", "value_time": "read_time", "uncorrected_time": "uncorrected_time"}
    for column, name in enumerate(columns):
        numbers[called.get(name, name).upper()] = column
    numbers.update(GAS=3, HEAT=4, WATER=7, WIDTH=len(columns))
    numbers.update({name: getattr(obis, name) for name in ("FIELDS", "SLOTS", "MAX_CHANNEL")})
    return numbers


def of_table():
    names = [row[0].upper() for row in table.rows(table.TABLE)]
    # "_FIELD" tells one from a unit of the same name.
    return {name + end: number for number, name in enumerate(names) for end in ("", "_FIELD")}


def of_lines():
    return {name[1:]: value for name, value in vars(lines).items() if re.match("_[A-Z]", name)}


def of_units():
    names = units.NAMES.decode().strip().split(" ")
    names = [re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).upper() for name in names]
    names = ["GIGAJOULE" if name == "GIGA_JOULE" else name for name in names]
    return {name: number for number, name in enumerate(names, 1)}


def copies():
    for module in _MODULES:
        for owner, block in _HEADING.findall(module.read_text()):
            for name, value in _LINE.findall(block):
                yield module.name, owner, name, ast.literal_eval(value)


@pytest.mark.parametrize(
    ("owner", "own"),
    [
        ("kernel", of_kernel()),
        ("lines", of_lines()),
        ("obis", of_obis()),
        ("table", of_table()),
        ("units", of_units()),
    ],
)
def test_copies_agree_with_the_module_that_they_are_of(owner, own):
    found = [copy for copy in copies() if copy[1] == owner]
    assert len(found) >= 5
    for module, _, name, value in found:
        assert own[name] == value, f"{module}: {name}"


def test_a_unit_is_spelled_in_one_way_in_the_table():
    # Machine code knows a unit by the key of that spelling.
    spelled = {}
    for _, kind, unit, *_ in table.rows(table.TABLE):
        if kind in "QLD":
            scale = units.SCALES[kernel.unit_key(unit)]
            assert spelled.setdefault(scale >> 3, unit) == unit
    assert len(spelled) > 5
