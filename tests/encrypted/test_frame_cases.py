"""Every case of encrypted meters, in chunks of several sizes, under CPython and MicroPython."""

import functools

import pytest
import under_micropython
from frame_cases import CASES, events, printed

#: Bytes that come at once; 0: all of them.
SIZES = (0, 1, 7, 256)
IDS = ("whole", "byte by byte", "by 7", "by 256")


@pytest.fixture(params=CASES, ids=lambda case: case.name)
def case(request):
    return request.param


@pytest.mark.parametrize("size", SIZES, ids=IDS)
def test_case(case, size):
    assert events(printed(case, size)) == case.events


@pytest.mark.parametrize("backend", under_micropython.BACKENDS)
def test_all_cases_under_micropython(interpreter, backend, tmp_path):
    streams = {case.name: (case.data, case.crc_required) for case in CASES}
    keys = {case.name: (case.key, case.authentication) for case in CASES}
    run = functools.partial(under_micropython.run_script, interpreter=interpreter)
    found = under_micropython.run_cases(
        backend, streams, SIZES, tmp_path, "frame_cases.py", keys, run
    )
    for case in CASES:
        whole = printed(case, 0)
        for size in SIZES:
            assert found[case.name, size] == whole, (case.name, size)
