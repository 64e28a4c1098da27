"""Numbers that stand in several modules, so that MicroPython can fold them, agree."""

import re

import pytest

from dsmr import kernel, obis, units
from host.tree import REPO

_MODULES = sorted((REPO / "lib" / "dsmr").glob("*.py"))
_HEADING = re.compile(r"^# Those of `dsmr\.(\w+)`\.\n((?:_\w+ = const\(.*\n)+)", re.MULTILINE)
_LINE = re.compile(r"_(\w+) = const\((\w+)\)")


def of_kernel():
    return {name: getattr(kernel, name) for name in dir(kernel) if name.isupper()}


def of_obis():
    source = (REPO / "lib" / "dsmr" / "obis.py").read_text()
    kinds = re.findall(r"^# +(\d+) (\S) (\w+) ", source, re.MULTILINE)
    assert "".join(letter for _, letter, _ in kinds) == obis._LETTERS
    assert [int(number) for number, _, _ in kinds] == list(range(1, len(kinds) + 1))
    numbers = {name: int(number) for number, _, name in kinds}
    columns = [row.split(" ")[0] for row in obis._MBUS.decode().splitlines()]
    called = {"value": "read", "value_time": "read_time", "uncorrected_time": "uncorrected_time"}
    for column, name in enumerate(columns):
        numbers[called.get(name, name).upper()] = column
    return {**numbers, "GAS": 3, "HEAT": 4, "WATER": 7, "WIDTH": obis._WIDTH}


def of_units():
    names = units.NAMES.decode().strip().split(" ")
    names = [re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).upper() for name in names]
    names = ["GIGAJOULE" if name == "GIGA_JOULE" else name for name in names]
    return {name: number for number, name in enumerate(names, 1)}


def copies():
    for module in _MODULES:
        for owner, block in _HEADING.findall(module.read_text()):
            for name, value in _LINE.findall(block):
                yield module.name, owner, name, int(value)


@pytest.mark.parametrize(
    ("owner", "own"), [("kernel", of_kernel()), ("obis", of_obis()), ("units", of_units())]
)
def test_copies_agree_with_the_module_that_they_are_of(owner, own):
    found = [copy for copy in copies() if copy[1] == owner]
    assert len(found) >= 5
    for module, _, name, value in found:
        assert own[name] == value, f"{module}: {name}"
