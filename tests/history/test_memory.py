"""What the history takes of a board's heap, on words of 32 bits. The numbers are on its page."""

import json
import subprocess
from pathlib import Path

import pytest

from history import year
from sim import interpreter as interpreters

#: Bytes at most.
LIMITS = {
    "code": 1536,
    "state": 2048,
    "minute": 1600,
    "quarter": 6600,
    "day": 9500,
    "answer": 8800,
    "peaks": 9800,
    "names": 2400,
}


@pytest.mark.system
def test_what_it_takes_of_a_boards_heap():
    found = interpreters.words32()
    if not found:
        pytest.fail("Debian's MicroPython for i386 is missing: python -m sim.interpreter")
    _, (libraries, program, *_) = year.on_a_board(found)
    script = Path(__file__).with_name("memory.py")
    done = subprocess.run(
        [*found.command, "-X", "heapsize=4m", script, program, libraries],
        capture_output=True,
        text=True,
        check=True,
    )
    taken = json.loads(done.stdout)
    assert {name: taken[name] for name in LIMITS if taken[name] > LIMITS[name]} == {}
