"""The manifest of a tree: what a line may say, and which compiled files run where."""

import pytest

from firmware.update import manifest

SUM = "0123456789abcdef" * 4


@pytest.mark.parametrize("path", ["a", "firmware/app.mpy", "lib/x-1_2/y.Z", "a..b", "..."])
def test_a_path_inside_the_tree(path):
    assert manifest.parse_file(f"{SUM} 12 {path}\n") == (path, 12, SUM)


@pytest.mark.parametrize(
    "path",
    [
        *("", "/", "/etc", "a/", "a//b", ".", "..", "../a", "a/../b", "a/..", "./a", "a/./b"),
        *("a\\b", "a\x00b", "a:b", "é", "a" * 97, "manifest.txt", "a b"),
    ],
)
def test_a_path_that_leads_elsewhere_or_is_no_path(path):
    assert manifest.parse_file(f"{SUM} 12 {path}\n") is None


@pytest.mark.parametrize(
    "line",
    [
        *("", "\n", "x", f"{SUM} 12", f"{SUM}  a", f"{SUM} -1 a", f"{SUM} +1 a", f"{SUM} 1_0 a"),
        *(f"{SUM} ١ a", f"{SUM} 9999999 a", f"{SUM} 99999999 a", f"{SUM[1:]} 1 a"),
        *(f"{SUM.upper()} 1 a", f"{SUM[:-1]}g 1 a", f"{SUM} 1 a b"),
    ],
)
def test_a_line_that_is_none(line):
    assert manifest.parse_file(line) is None


@pytest.mark.parametrize(
    "line, version",
    [
        ("power-readout 1.2.3\n", "1.2.3"),
        ("power-readout \n", None),
        ("another 1.2.3\n", None),
        ("power-readout " + "1" * 33, None),
        ("", None),
    ],
)
def test_the_version(line, version):
    assert manifest.parse_version(line) == version


@pytest.mark.parametrize(
    "line, needs",
    [
        ("mpy 6 3 10\n", (6, 3, 10)),
        ("mpy 6 3\n", None),
        ("mpy 6 3 x\n", None),
        ("mpy 6 3 -1\n", None),
        ("", None),
    ],
)
def test_what_compiled_files_need(line, needs):
    assert manifest.parse_needs(line) == needs


@pytest.mark.parametrize(
    "mpy, needs, fits",
    [
        (10 << 10 | 3 << 8 | 6, (6, 3, 10), True),
        (10 << 10 | 3 << 8 | 6, (6, 3, 0), True),
        (10 << 10 | 3 << 8 | 6, (6, 3, 11), False),
        (10 << 10 | 2 << 8 | 6, (6, 3, 10), False),
        (10 << 10 | 3 << 8 | 7, (6, 3, 0), False),
        (6, (6, 3, 10), False),
        (1 << 16 | 11 << 10 | 3 << 8 | 6, (6, 3, 11), True),
    ],
)
def test_where_compiled_files_run(mpy, needs, fits):
    assert manifest.fits(mpy, *needs) is fits
