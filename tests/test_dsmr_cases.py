"""Every case of the table, in chunks of several sizes, under CPython and MicroPython."""

from random import Random

import pytest
import under_micropython
from dsmr_cases import CASES, printed, short
from telegrams import telegram

#: Bytes that come at once; 0: all of them.
SIZES = (0, 1, 7, 64)


def events(output):
    return [short(line) for line in output.decode().splitlines()]


@pytest.fixture(params=CASES, ids=lambda case: case.name)
def case(request):
    return request.param


@pytest.mark.parametrize("size", SIZES, ids=("whole", "byte by byte", "by 7", "by 64"))
def test_case(case, size):
    assert events(printed(case.data, size, case.crc_required)) == case.events


@pytest.fixture(scope="module", params=under_micropython.KERNELS)
def under_both(request, tmp_path_factory):
    """All cases' output under MicroPython, with one of its kernels: {(name, size): bytes}."""
    streams = {case.name: (case.data, case.crc_required) for case in CASES}
    folder = tmp_path_factory.mktemp("cases")
    return under_micropython.run_cases(request.param, streams, SIZES, folder)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_case_under_micropython(case, under_both):
    whole = printed(case.data, 0, case.crc_required)
    for size in SIZES:
        assert under_both[case.name, size] == whole


def damaged_lines(seed):
    """Telegrams with good CRCs over lines of the cases, each with a bit flipped or two swapped."""
    random = Random(seed)
    lines = {line for case in CASES for line in case.data.split(b"\r\n")}
    lines = sorted(line for line in lines if line and len(line) < 300 and b"/" not in line)
    for number in range(1000):
        picked = random.choices(lines, k=8)
        for at in range(0, 8, 2):
            line = bytearray(picked[at])
            line[random.randrange(len(line))] ^= 1 << random.randrange(8)
            picked[at] = bytes(line).replace(b"/", b".").replace(b"\n", b".")
        yield telegram("TST5 %d" % number, *(line for line in picked if not line.startswith(b"!")))


def test_damaged_lines_under_both_pythons(tmp_path):
    data = b"".join(damaged_lines(20261122))
    expected = printed(data, 0, True)
    assert expected.count(b'{"event": "telegram"') == 1000
    assert expected.count(b'"reason"') > 1000
    for kernel in under_micropython.KERNELS:
        found = under_micropython.run_cases(kernel, {"damaged": (data, True)}, (0, 100), tmp_path)
        assert found["damaged", 0] == expected
        assert found["damaged", 100] == expected
