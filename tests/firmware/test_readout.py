"""The readout: when its telegram counts, what it counts, and what outputs may do to each other."""

import pytest
from meters import PERIOD, Failures, FakeClock, readout, telegram, ticks_diff

from dsmr import Rejected, TelegramParser
from firmware import assembly
from firmware import settings as config
from firmware.boards import Clock
from firmware.summary import is_rubbish
from host.pc import Pc


def test_readout_before_the_first_telegram_is_not_fresh():
    state = readout()
    assert state.age is None
    assert not state.fresh


def test_readout_is_fresh_for_ten_seconds_with_a_meter_that_sends_every_second():
    clock = FakeClock()
    state = readout(clock)
    state.accept(telegram("t211"))
    clock.ms = 10_000
    assert state.fresh
    clock.ms = 10_001
    assert not state.fresh


def test_readout_is_fresh_for_thirty_seconds_with_a_meter_that_sends_every_ten():
    clock = FakeClock()
    state = readout(clock)
    old = telegram("dsmr5")
    parser = TelegramParser()
    parser.receive_data(bytes(old.raw).replace(b"1-3:0.2.8(50)", b"1-3:0.2.8(42)")[:-6] + b"\r\n")
    assert isinstance(parser.next_event(), Rejected)  # it needs its CRC
    parser = TelegramParser(crc_required=False)
    parser.receive_data(bytes(old.raw).replace(b"1-3:0.2.8(50)", b"1-3:0.2.8(42)")[:-6] + b"\r\n")
    state.accept(parser.next_event())
    clock.ms = 30_000
    assert state.fresh
    clock.ms = 30_001
    assert not state.fresh


def test_a_telegram_counts_and_goes_out_where_there_is_no_memory_for_its_version():
    class Telegram:
        odd_lines = 0

        @property
        def version(self):
            raise MemoryError

    state = readout()
    gone = []
    state.outputs.append(gone.append)
    one = Telegram()
    with pytest.raises(MemoryError):
        state.accept(one)
    assert (state.telegrams, state.telegram, gone, state.fresh) == (1, one, [one], True)


def test_readout_stays_stale_for_as_long_as_the_clock_goes():
    ticks = 0
    clock = Clock(lambda: ticks % PERIOD, ticks_diff)
    state = readout(clock)
    state.accept(telegram())
    for _ in range(40):  # days; the ticks wrap three times
        ticks += 86_400_000
        assert not state.fresh


def test_stale_after_is_a_setting():
    clock = FakeClock()
    state = readout(clock, stale_after=60)
    state.accept(telegram())
    clock.ms = 60_000
    assert state.fresh


def test_readout_counts_rejections_by_reason():
    state = readout()
    for reason in ("crc", "crc", "truncated"):
        state.reject(Rejected(reason, 1))
    assert state.rejected == {"crc": 2, "truncated": 1}


def test_an_output_that_raises_is_counted_and_the_others_get_the_telegram():
    failures = Failures()
    state = readout(fail=failures.fail)
    got = []
    fault = ValueError("no output")

    def fail(telegram):
        raise fault

    state.outputs += [got.append, fail, got.append]
    one = telegram()
    for _ in range(2):
        state.accept(one)
    assert got == [one] * 4
    assert failures.noted == [("output", fault)] * 2
    assert state.telegrams == 2 and state.fresh


@pytest.mark.parametrize(
    "came, rejected, rubbish",
    [
        (2048, {}, False),
        (2049, {}, True),
        (2049, {"truncated": 19}, True),
        (10_000, {"crc": 1}, False),
        (20_000, {"crc": 1}, True),
        (11_520_000, {"too long": 1000}, False),
        (500_000, {"crc": 300, "truncated": 700}, False),
    ],
)
def test_bytes_that_begin_no_telegram_are_told_from_damaged_telegrams(came, rejected, rubbish):
    parser = TelegramParser()
    state = readout(parser=parser)
    parser.bytes_in = came
    state.rejected = rejected
    assert is_rubbish(state) is rubbish
    state.accept(telegram())
    assert is_rubbish(state) is False


def test_the_console_says_what_to_check_where_bytes_begin_no_telegram():
    app = assembly.make(config.check({}, {})[0], [], Pc({}, None), write=None)
    assert app.summary() == "0 telegrams, none good yet"
    app.parser.receive_data(bytes(4096))
    assert app.parser.next_event() is None
    assert app.summary() == (
        "0 telegrams, none good yet, bytes come that begin no telegram: check uart_invert (on a "
        "PC: the cable), uart_baudrate and uart_format"
    )


def test_who_holds_a_telegram_that_others_hold_may_pause_no_longer_than_they():
    clock = FakeClock()
    clock.ms = 1_000
    state = readout(clock)
    assert not state.held
    assert state.hold() == 1_300
    clock.ms = 1_200
    assert state.hold() == 1_300
    state.free()
    assert state.held
    state.free()
    assert not state.held
    assert state.hold() == 1_500
