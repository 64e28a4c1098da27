"""What a board gets of microdot, and what it lets go of where it got all."""

import ast
import json
import subprocess

import pytest

from host import build, tree, trim
from sim.firmware import micropython

WHOLE = {source.name: source.read_text() for source in tree.microdot_files().values()}
UNUSED = trim.tables(tree.REPO)


def test_nothing_of_the_tables_is_left_and_the_lines_stay():
    whole = WHOLE["microdot.py"].splitlines()
    text = trim.trimmed(WHOLE["microdot.py"], UNUSED)
    lines = text.splitlines()
    assert len(lines) == len(whole)
    instead = [" ".join((name, "=", other)) for (_, name), other in UNUSED.items() if other]
    for ours, theirs in zip(lines, whole, strict=True):
        assert ours in ("", theirs) or ours.strip() in instead
    with pytest.raises(trim.TrimError) as error:
        trim.check([text], UNUSED)
    gone = [" ".join(pair).strip() for pair, other in UNUSED.items() if not other]
    assert str(error.value).partition(" has not: ")[2] == ", ".join(sorted(gone))
    ast.parse(text)
    assert sum(map(bool, lines)) < len(whole) / 2


def test_the_package_offers_what_is_left():
    text = trim.trimmed(WHOLE["__init__.py"], UNUSED)
    assert "from microdot.microdot import Request\n" in text


def test_a_name_that_microdot_has_not_is_noticed():
    trim.check(WHOLE.values(), UNUSED)
    with pytest.raises(trim.TrimError, match=r"has not: Request no_such, none$"):
        trim.check(WHOLE.values(), {**UNUSED, ("Request", "no_such"): None, ("", "none"): None})


def test_a_program_without_tables_gets_all_of_microdot(tmp_path):
    assert trim.tables(tmp_path) == {}
    assert trim.trimmed(WHOLE["microdot.py"], {}) == WHOLE["microdot.py"]


def test_a_board_with_all_of_microdot_lets_go_of_the_same(tmp_path):
    build.compile_microdot(tmp_path)
    code = "import sys, json; sys.path[:0] = [%r]; exec(open(%r).read()); " % (
        str(tmp_path),
        str(tree.REPO / trim.TABLES),
    )
    code += (
        "print(json.dumps([[o, n, getattr(getattr(whole, o) if o else whole, n) is eval(e)] "
        "for o, n, e in %r]))" % [(*key, other or "None") for key, other in UNUSED.items()]
    )
    printed = subprocess.run([micropython(), "-c", code], capture_output=True, check=True).stdout
    assert json.loads(printed) == [[*key, True] for key in UNUSED]
