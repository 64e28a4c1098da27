"""What `make fields` writes into modules: the numbers that they cannot look up."""

import re

import pytest

from host.fields import FieldsError, numbers
from host.fields.__main__ import main
from host.tree import REPO

HEADING = "# Those of `dsmr.table`, by `make fields`.\n"


def module(tmp_path, text):
    """A repository with one module."""
    path = tmp_path / "lib" / "dsmr" / "module.py"
    path.parent.mkdir(parents=True)
    path.write_text(text)
    return numbers.made(tmp_path).get("lib/dsmr/module.py")


def test_all_that_is_made_from_the_table_is_up_to_date(capsys):
    assert main(["--check"]) == 0, capsys.readouterr().err


def test_wrong_numbers_are_written_anew_and_the_rest_stays(tmp_path):
    text = (
        "import x\n\n" + HEADING + "_COUNT = const(99)\n_LIST = const(0)\n\n_COUNT = const(99)\n"
    )
    right = text.replace(
        "_COUNT = const(99)\n_LIST = const(0)", "_COUNT = const(1)\n_LIST = const(4)"
    )
    assert module(tmp_path, text) == right


def test_a_text_that_is_too_long_for_a_line_is_wrapped(tmp_path):
    found = module(tmp_path, HEADING + '_DEVICE_TYPES = const(b"")\n')
    assert found.startswith(HEADING + '_DEVICE_TYPES = const(\n    b" 2 electricity 3 gas ')
    assert max(map(len, found.splitlines())) <= 99
    (tmp_path / "lib/dsmr/module.py").write_text(found)
    assert numbers.made(tmp_path)["lib/dsmr/module.py"] == found


def test_a_module_without_a_heading_is_left_alone(tmp_path):
    assert module(tmp_path, "_COUNT = const(99)\n") is None


@pytest.mark.parametrize("owner", ("table", "scan", "nobody"))
def test_a_number_that_does_not_exist_is_an_error(tmp_path, owner):
    with pytest.raises(FieldsError, match=f"dsmr.{owner} has no number called PINTS"):
        module(tmp_path, HEADING.replace("table", owner) + "_PINTS = const(1)\n")


def test_numbers_of_the_table_stand_under_a_heading_only():
    known = set(numbers.of_table()) | set(numbers.of_problems())
    # The parser's reasons and the places in a scan have names of their own.
    known -= {"MALFORMED", "NUMBER", "NEXT_LINE"}
    checked = 0
    for folder in ("lib/dsmr", "firmware/renderers"):
        for path in (REPO / folder).rglob("*.py"):
            text = path.read_text(encoding="utf-8")
            outside = numbers._BLOCK.sub("", text)
            found = set(re.findall(r"^_(\w+) = const\(", outside, re.MULTILINE))
            assert not found & known, path
            checked += outside != text
    assert checked > 10


def test_the_command_says_what_is_out_of_date_and_writes_it(tmp_path, capsys):
    for name in ("firmware/renderers", "docs", "lib/dsmr"):
        (tmp_path / name).mkdir(parents=True)
    names = (
        "docs/fields.md",
        "docs/prometheus.md",
        "firmware/renderers/prometheus.rules",
        "firmware/renderers/homeassistant.rules",
        "lib/dsmr/values.py",
    )
    for name in names:
        (tmp_path / name).write_text((REPO / name).read_text("utf-8"), "utf-8")
    values = tmp_path / "lib/dsmr/values.py"
    values.write_text(values.read_text().replace("_OCTETS = const(4)", "_OCTETS = const(5)"))
    assert main(["--check"], tmp_path) == 1
    said = capsys.readouterr().err
    assert "make fields" in said
    for name in ("values.py", "prometheus.prom", "homeassistant.fields"):
        assert name in said
    assert main([], tmp_path) == 0
    assert values.read_text() == (REPO / "lib/dsmr/values.py").read_text()
    assert main(["--check"], tmp_path) == 0


def test_a_page_without_its_marks_is_refused(tmp_path, capsys):
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs/fields.md").write_text("# Fields\n")
    assert main([], tmp_path) == 1
    assert "marks" in capsys.readouterr().err
