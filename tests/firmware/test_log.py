"""The log: what is printed and when, and what is kept."""

import pytest
from meters import FakeClock

from firmware.log import Log


@pytest.fixture
def log():
    clock = FakeClock()
    lines = []
    log = Log(clock, 60, lines.append)
    log.summary = lambda: "all is well"
    log.clock, log.lines = clock, lines
    return log


def test_log_prints_everything_in_the_first_minute(log):
    for i in range(5):
        log.say("message %d" % i)
    assert log.lines == ["message %d" % i for i in range(5)]


def test_log_prints_one_line_a_minute_afterwards(log):
    for second in range(61, 3661):
        log.clock.ms = second * 1000
        log.say("trouble %d" % second)
        log.turn(log.clock.ms)
    assert 58 <= len(log.lines) <= 60
    assert log.lines[1] == "trouble 121 (and 59 more)"


def test_log_prints_the_summary_where_nothing_happened(log):
    for second in range(1, 301):
        log.clock.ms = second * 1000
        log.turn(log.clock.ms)
    assert log.lines == ["all is well"] * 5


def test_log_with_interval_0_prints_everything_and_no_summary():
    clock = FakeClock()
    lines = []
    log = Log(clock, 0, lines.append)
    log.summary = lambda: "all is well"
    clock.ms = 100_000
    log.say("one")
    log.say("two")
    log.turn(clock.ms)
    assert lines == ["one", "two"]


def test_log_keeps_the_last_fifty_messages_with_their_seconds(log):
    for second in range(70):
        log.clock.ms = second * 1000
        log.say("message %d" % second)
    lines = log.last().decode().splitlines()
    assert lines == ["%d message %d" % (second, second) for second in range(20, 70)]


def test_log_keeps_what_was_not_printed(log):
    log.clock.ms = 61_000
    for text in ("one", "two", "three"):
        log.say(text)
    assert log.lines == ["one"]
    assert log.last() == b"61 one\n61 two\n61 three\n"


def test_log_keeps_a_message_that_is_repeated_once(log):
    for second in range(10):
        log.clock.ms = second * 1000
        log.say("trouble")
    assert log.last() == b"0 trouble\n"


def test_log_is_empty_at_first(log):
    assert log.last() == b""


def test_log_keeps_whole_lines_in_a_buffer_that_never_grows(log):
    said = []
    for number in range(400):
        # Some are longer than what is kept of one, and a letter may take two bytes.
        said.append("%d " % number + "\u00e9" * (number * 7 % 300))
        log.say(said[-1])
        lines = log.last().decode().splitlines()
        assert 2 <= len(lines) or number < 2
        kept = ["0 " + message[:240] for message in said]
        assert lines == kept[len(kept) - len(lines) :]
    assert len(log._kept) <= 1024
