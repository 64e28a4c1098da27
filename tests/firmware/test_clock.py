"""The one clock of the program, on ticks that wrap."""

from meters import PERIOD, ticks_diff

from firmware.boards import Clock
from host.tree import REPO


def test_clock_counts_on_where_the_ticks_wrap():
    ticks = PERIOD - 1500
    clock = Clock(lambda: ticks % PERIOD, ticks_diff)
    assert clock.now() == 0
    for expected in (1000, 2000, 3000):
        ticks += 1000
        assert clock.now() == expected


def test_clock_counts_a_year_of_wraps():
    ticks = 12345
    clock = Clock(lambda: ticks % PERIOD, ticks_diff)
    day = 86_400_000
    for _ in range(365):
        ticks += day
        clock.now()
    assert clock.now() == 365 * day


def test_nothing_but_the_clock_counts_ticks():
    """What counts by differences of its own would have to be tried across the wrap as well."""
    counting = {
        path.relative_to(REPO).as_posix()
        for folder in ("firmware", "host")
        for path in (REPO / folder).glob("**/*.py")
        if "ticks_" in path.read_text(encoding="utf-8") and "bench" not in path.parts
    }
    # The clock, and what hands it its ticks on a board and on a PC.
    assert counting == {"firmware/boards/__init__.py", "firmware/boards/esp32.py", "host/pc.py"}
