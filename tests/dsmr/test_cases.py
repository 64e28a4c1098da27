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


@pytest.fixture(scope="module", params=under_micropython.BACKENDS)
def under_both(request, tmp_path_factory):
    """All cases' output under MicroPython, with one of its backends: {(name, size): bytes}."""
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
    for backend in under_micropython.BACKENDS:
        found = under_micropython.run_cases(backend, {"damaged": (data, True)}, (0, 100), tmp_path)
        assert found["damaged", 0] == expected
        assert found["damaged", 100] == expected


def runs_of_telegrams(seed):
    """Telegrams much like the one before: a list that is as it was is not read again."""
    random = Random(seed)
    lines = {line for case in CASES for line in case.data.split(b"\r\n")}
    begins = (b"0-0:98.1.0(", b"1-0:99.97.0(", b"1-0:1.6.0(", b"0-1:24.2.", b"0-0:17.0.0(")
    lines = sorted(line for line in lines if line.startswith(begins) and b"/" not in line)
    assert len(lines) > 90
    for number in range(70):
        found = random.choices(lines, k=4)
        # Longer than a word holds, which changes how a telegram keeps its numbers.
        found.append(random.choice((b"1-0:1.8.1(000001.234*kWh)", b"1-0:1.8.1(98765432109*kWh)")))
        for _ in range(6):
            change = random.randrange(6)
            at = random.randrange(4)
            if change == 0:
                line = bytearray(found[at])
                line[random.randrange(len(line))] ^= 1 << random.randrange(8)
                found[at] = bytes(line).replace(b"/", b".").replace(b"\n", b".")
            elif change == 1:
                found[at] = found[at][: random.randrange(1, len(found[at]) + 1)]
            elif change == 2:
                found[at], found[4] = found[4], found[at]
            good = (line for line in found if not line.startswith(b"!"))
            yield telegram("TST5 %03d" % number, *good)


def test_a_telegram_does_not_depend_on_the_one_before(tmp_path):
    telegrams = list(runs_of_telegrams(20261122))
    data = b"".join(telegrams)
    expected = b"".join(printed(one, 0, True) for one in telegrams)
    assert expected.count(b'{"event": "telegram"') == len(telegrams)
    assert expected.count(b'"max_demand_history"') > 100
    assert expected.count(b'"power_failure_log"') > 100
    assert printed(data, 0, True) == expected
    for backend in under_micropython.BACKENDS:
        found = under_micropython.run_cases(backend, {"runs": (data, True)}, (0, 100), tmp_path)
        assert found["runs", 0] == expected
        assert found["runs", 100] == expected
