"""The clock, the readout's staleness and the log, on a clock of the test's own."""

import asyncio

import pytest

from dsmr import Rejected, TelegramParser
from firmware import settings as config
from firmware.app import App
from firmware.boards import Clock
from firmware.log import Log
from firmware.meter import Meter as MeterTask
from firmware.meter import Readout
from firmware.summary import is_rubbish
from host.pc import Pc
from host.tree import REPO
from sim.meter import Meter

PERIOD = 1 << 30  # of the ESP32's ticks_ms


class FakeClock:
    """Stands still until it is moved."""

    def __init__(self):
        self.ms = 0

    def now(self):
        return self.ms


def ticks_diff(later, earlier):
    """As MicroPython's, for the ESP32's period."""
    return ((later - earlier + PERIOD // 2) % PERIOD) - PERIOD // 2


def telegram(kind="t211"):
    parser = TelegramParser()
    parser.receive_data(next(Meter(kind).telegrams()))
    event = parser.next_event()
    assert not isinstance(event, Rejected)
    return event


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
        path.name
        for path in (REPO / "firmware").rglob("*.py")
        if "ticks_" in path.read_text(encoding="utf-8")
    }
    assert counting == {"clock.py", "esp32.py", "host.py"}  # these two hand the clock its ticks


def test_readout_before_the_first_telegram_is_not_fresh():
    readout = Readout(FakeClock())
    assert readout.age is None
    assert not readout.fresh


def test_readout_is_fresh_for_ten_seconds_with_a_meter_that_sends_every_second():
    clock = FakeClock()
    readout = Readout(clock)
    readout.accept(telegram("t211"))
    clock.ms = 10_000
    assert readout.fresh
    clock.ms = 10_001
    assert not readout.fresh


def test_readout_is_fresh_for_thirty_seconds_with_a_meter_that_sends_every_ten():
    clock = FakeClock()
    readout = Readout(clock)
    old = telegram("dsmr5")
    parser = TelegramParser()
    parser.receive_data(bytes(old.raw).replace(b"1-3:0.2.8(50)", b"1-3:0.2.8(42)")[:-6] + b"\r\n")
    assert isinstance(parser.next_event(), Rejected)  # it needs its CRC
    parser = TelegramParser(crc_required=False)
    parser.receive_data(bytes(old.raw).replace(b"1-3:0.2.8(50)", b"1-3:0.2.8(42)")[:-6] + b"\r\n")
    readout.accept(parser.next_event())
    clock.ms = 30_000
    assert readout.fresh
    clock.ms = 30_001
    assert not readout.fresh


def test_readout_stays_stale_for_as_long_as_the_clock_goes():
    ticks = 0
    clock = Clock(lambda: ticks % PERIOD, ticks_diff)
    readout = Readout(clock)
    readout.accept(telegram())
    for _ in range(40):  # days; the ticks wrap three times
        ticks += 86_400_000
        assert not readout.fresh


def test_stale_after_is_a_setting():
    clock = FakeClock()
    readout = Readout(clock, 60)
    readout.accept(telegram())
    clock.ms = 60_000
    assert readout.fresh


def test_readout_counts_rejections_by_reason():
    readout = Readout(FakeClock())
    for reason in ("crc", "crc", "truncated"):
        readout.reject(Rejected(reason, 1))
    assert readout.rejected == {"crc": 2, "truncated": 1}


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
    readout = Readout(FakeClock(), parser=parser)
    parser.bytes_in = came
    readout.rejected = rejected
    assert is_rubbish(readout) is rubbish
    readout.accept(telegram())
    assert is_rubbish(readout) is False


def test_the_console_says_what_to_check_where_bytes_begin_no_telegram():
    app = App(config.check({}, {})[0], [], Pc({}, None), write=None)
    assert app.summary() == "0 telegrams, none good yet, 0 HTTP requests"
    app.parser.receive_data(bytes(4096))
    assert app.parser.next_event() is None
    assert app.summary() == (
        "0 telegrams, none good yet, bytes come that begin no telegram: check uart_invert (on a "
        "PC: the cable), uart_baudrate and uart_format, 0 HTTP requests"
    )


@pytest.fixture
def log():
    clock = FakeClock()
    lines = []
    log = Log(clock, 60, lines.append)
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
        log.turn(lambda: "all is well")
    assert 58 <= len(log.lines) <= 60
    assert log.lines[1] == "trouble 121 (and 59 more)"


def test_log_prints_the_summary_where_nothing_happened(log):
    for second in range(1, 301):
        log.clock.ms = second * 1000
        log.turn(lambda: "all is well")
    assert log.lines == ["all is well"] * 5


def test_log_with_interval_0_prints_everything_and_no_summary():
    clock = FakeClock()
    lines = []
    log = Log(clock, 0, lines.append)
    clock.ms = 100_000
    log.say("one")
    log.say("two")
    log.turn(lambda: "all is well")
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
        assert 5 <= len(lines) or number < 5
        kept = ["0 " + message[:240] for message in said]
        assert lines == kept[len(kept) - len(lines) :]
    assert len(log._kept) <= 3072


def test_the_meter_goes_on_where_memory_was_short(monkeypatch):
    good = next(Meter("t211").telegrams())
    chunks = [good[at : at + 512] for at in range(0, len(good), 512)]

    class Port:
        def __init__(self):
            self.chunks = iter(chunks * 3)
            self.closed = False

        async def readinto(self, buffer):
            chunk = next(self.chunks, b"")
            buffer[: len(chunk)] = chunk
            await asyncio.sleep(0)
            return len(chunk)

        def close(self):
            self.closed = True

    port = Port()

    async def open_port():
        if port.closed:
            await asyncio.sleep(60)
        return port

    async def scene():
        readout = Readout(FakeClock())
        parser = TelegramParser()
        whole = parser.next_event
        calls = iter(range(100))

        def next_event():
            if next(calls) == 1:
                raise MemoryError
            return whole()

        monkeypatch.setattr(parser, "next_event", next_event)
        log = Log(FakeClock(), 0, print)
        task = asyncio.create_task(MeterTask(open_port, parser, readout, log, lambda: None).run())
        while not port.closed:
            await asyncio.sleep(0)
        task.cancel()
        return readout

    readout = asyncio.run(scene())
    assert (readout.telegrams, readout.rejected) == (2, {"truncated": 1})
