"""Registers come out digit for digit, and no float is made on the way.

A board's floats have 32 bits, the ones of this Python and of MicroPython on a PC have 64: the
digits alone would not tell. So the source and the running code are searched for floats as well.
"""

import ast
import contextlib
import re
import sys

import pytest
import under_micropython
from dsmr_cases import CASES
from hypothesis import example, given, settings
from hypothesis import strategies as st
from rendering import Shown, collected
from telegrams import telegram
from under_micropython import ROOT

from dsmr import TelegramParser
from firmware.renderers import Writer, metrics

SOURCES = sorted((ROOT / "lib" / "dsmr").rglob("*.py"))
SOURCES += [ROOT / "firmware" / "renderers" / name for name in ("__init__.py", "metrics.py")]

#: At the edges of 32-bit floats' exactness, of powers of ten and of small integers.
EDGES = [0, 1, 10, 999, 1000, 46077141, 10117368, 16384001, 99999999, 100000000, 999999999]
EDGES += [1 << 24, (1 << 24) + 1, (1 << 29) - 1, 1 << 29, (1 << 29) + 1]


def dots(number):
    """What a register of `number` Wh is in kWh, by its digits alone."""
    digits = "%04d" % number
    return "%s.%s" % (digits[:-3], digits[-3:])


def published(*lines):
    """What /metrics says of a telegram of these lines."""
    parser = TelegramParser()
    parser.receive_data(telegram("TST5 TEST", *lines))
    out = Writer()
    return collected(metrics.render(Shown(parser.next_event()), out), out).decode()


def value(json, name):
    return re.search('"%s":{"value":([^,]*),"unit":"KilowattHour"}' % name, json)[1]


@settings(deadline=None, max_examples=500)
@given(st.integers(0, 999999999))
@example(46077141)
@example(999999999)
@example(16384001)
@example(0)
def test_every_register_comes_out_digit_for_digit(number):
    kwh = "%06d.%03d*kWh" % divmod(number, 1000)
    assert len(kwh) == len("999999.999*kWh")
    json = published("1-0:1.8.1(%s)" % kwh, "1-0:2.8.1(%09d*Wh)" % number)
    for name in ("power_used_tariff_1", "power_generated_tariff_1"):
        assert value(json, name) == dots(number)


@settings(deadline=None, max_examples=200)
@given(st.lists(st.integers(0, 999999999), min_size=1, max_size=4))
def test_the_sum_of_registers_is_exact(numbers):
    json = published(
        *(
            "1-0:1.8.%d(%06d.%03d*kWh)" % (tariff, number // 1000, number % 1000)
            for tariff, number in enumerate(numbers, 1)
        )
    )
    assert value(json, "energy_used_total") == dots(sum(numbers))


@settings(deadline=None, max_examples=200)
@given(st.integers(0, 10**20 - 1), st.integers(0, 20), st.booleans())
def test_a_number_of_any_length_and_decimals_comes_out_digit_for_digit(number, decimals, minus):
    digits = str(number)
    if len(digits) <= decimals:
        digits = digits.zfill(decimals + 1)[-20:]
        decimals = min(decimals, len(digits) - 1)
    whole = digits[: len(digits) - decimals]
    text = whole + ("." + digits[len(digits) - decimals :] if decimals else "")
    sign = "-" if minus and int(digits) else ""
    assert value(published("1-0:1.8.1(%s%s*kWh)" % (sign, text)), "power_used_tariff_1") == (
        sign + text
    )


def test_registers_come_out_digit_for_digit_under_micropython(tmp_path):
    # Every 99,991st (a prime) of 0 to 999,999,999, and each edge.
    numbers = sorted({*range(0, 1000000000, 99991), *EDGES})
    (tmp_path / "numbers").write_text("".join("%d\n" % number for number in numbers))
    lines = under_micropython.run_script("registers.py", tmp_path / "numbers").split(b"\n")
    assert lines == [
        *(b"%s %s" % (dots(number).encode(), dots(number).encode()) for number in numbers),
        b"",
    ]


# --- No float


_FLOATS = re.compile(r"%[-+ #0-9.*]*[eEfFgG]")


def floats_in_source(source):
    """What in a Python source can make a float: [(line, what)]."""
    found = []
    for node in ast.walk(ast.parse(source)):
        what = None
        if isinstance(node, (ast.BinOp, ast.AugAssign)) and isinstance(node.op, ast.Div):
            what = "/"
        elif isinstance(node, ast.Constant) and isinstance(node.value, (float, complex)):
            what = node.value
        elif isinstance(node, ast.Constant) and isinstance(node.value, (str, bytes)):
            text = node.value if isinstance(node.value, str) else node.value.decode("latin-1")
            what = _FLOATS.search(text)
        elif isinstance(node, ast.Name) and node.id in ("float", "complex", "round", "pow"):
            what = node.id
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            names = [alias.name for alias in node.names] + [getattr(node, "module", None)]
            what = {"math", "cmath", "time", "json", "struct"}.intersection(names)
        if what:
            found.append((node.lineno, str(what)))
    return found


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_float_in_the_source(path):
    assert floats_in_source(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "source",
    ("a / b", "a /= b", "0.5", "1e3", "float(a)", "round(a, 3)", "import math", "'%.3f' % a"),
)
def test_a_float_in_the_source_is_found(source):
    assert floats_in_source(source)


@contextlib.contextmanager
def floats_watched(folders, found):
    """Note each float that is in a variable, or is given back, of a function in such a folder."""

    def watch(frame, event, argument):
        if not frame.f_code.co_filename.startswith(folders):
            return None
        values = [argument] if event == "return" else []
        values += frame.f_locals.values()
        for value in values:
            parts = value if isinstance(value, (tuple, list)) else ()
            if isinstance(value, float) or any(isinstance(part, float) for part in parts):
                found.append((frame.f_code.co_filename, frame.f_lineno, frame.f_code.co_name))
        return watch

    before = sys.gettrace()
    sys.settrace(watch)
    try:
        yield
    finally:
        sys.settrace(before)


def test_no_float_while_it_runs():
    found = []
    out = Writer()
    telegrams = 0
    folders = (str(ROOT / "lib" / "dsmr"), str(ROOT / "firmware" / "renderers"))
    with floats_watched(folders, found):
        parser = TelegramParser(crc_required=False)
        for data in {case.data for case in CASES if len(case.data) < 3000}:
            parser.receive_data(data)
            event = parser.next_event()
            while event is not None:
                if event is parser.telegram:
                    telegrams += 1
                    assert collected(metrics.render(Shown(event), out), out)
                    assert event.fields
                event = parser.next_event()
    assert telegrams > 200
    assert not found


def test_a_float_while_it_runs_is_found(tmp_path):
    def run(source):
        found = []
        code = compile(source, str(tmp_path / "planted.py"), "exec")
        with floats_watched(str(tmp_path), found):
            exec(code, {})
        return found

    assert run("def f():\n    a = 10**-1\nf()")
    assert run("def f():\n    return 10**-1\nf()")
    assert run("def f():\n    yield (1, 10**-1)\nlist(f())")
    assert not run("def f():\n    return 10**1\nf()")
