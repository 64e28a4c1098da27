"""Every case of encrypted meters, in chunks of several sizes, under CPython and MicroPython."""

import os
import re
import subprocess

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
    listing = []
    for number, case in enumerate(CASES):
        path = tmp_path / str(number)
        path.write_bytes(case.data)
        crc = "crc" if case.crc_required else "no-crc"
        listing += [
            " ".join((str(size), crc, case.key or "-", case.authentication, str(path)))
            for size in SIZES
        ]
    (tmp_path / "list").write_text("\n".join(listing))
    script = under_micropython.SCRIPTS / "frame_cases.py"
    done = subprocess.run(
        [*interpreter.command, str(script), backend, str(tmp_path / "list")],
        env={**os.environ, "MICROPYPATH": str(under_micropython.ROOT / "lib")},
        capture_output=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr.decode() + done.stdout.decode()[-2000:]
    parts = re.split(b"^= .*\n", done.stdout, flags=re.MULTILINE)[1:]
    assert len(parts) == len(listing)
    whole = {case.name: printed(case, 0) for case in CASES}
    expected = [(case.name, size, whole[case.name]) for case in CASES for size in SIZES]
    for (name, size, wanted), found in zip(expected, parts, strict=True):
        assert found == wanted, (name, size)
