"""The task that reads the meter: whatever breaks off a chunk, it begins anew with the next."""

import asyncio
from itertools import islice

import pytest
from meters import START, Failures, FakeClock, readout

from dsmr import TelegramParser
from firmware.log import Log
from firmware.meter import Meter as MeterTask
from sim.meter import Meter

#: Telegrams of a meter that tells nothing of gas and water, in one piece, and what of it comes at
#: once. The second begins amid a chunk.
SENT = list(islice(Meter("s211", START, gas=False, water=False).telegrams(), 6))
CHUNK = 200


class Port:
    """A line that brings all telegrams and is silent then."""

    def __init__(self):
        data = b"".join(SENT)
        self._chunks = iter([data[at : at + CHUNK] for at in range(0, len(data), CHUNK)])
        self.is_silent = asyncio.Event()

    async def readinto(self, buffer):
        chunk = next(self._chunks, None)
        if chunk is None:
            self.is_silent.set()
            await asyncio.sleep(3600)
        buffer[: len(chunk)] = chunk
        await asyncio.sleep(0)
        return len(chunk)

    def close(self):
        """The next port goes on where this one was."""


class Scene:
    """The task with a port, a readout, and errors that are counted as a supervisor does."""

    def __init__(self):
        self.port = Port()
        self.parser = TelegramParser()
        self.failures = Failures()
        self.readout = readout(parser=self.parser, fail=self.failures.fail)
        self.got = []
        self.readout.outputs.append(lambda telegram: self.got.append(bytes(telegram.raw)))
        log = Log(FakeClock(), 0, print)
        self.meter = MeterTask(self._open, self.parser, self.readout, log, lambda: None)

    async def _open(self):
        return self.port

    async def run(self):
        """Run the task until the line is silent, and again whenever it ends before."""
        silent = asyncio.create_task(self.port.is_silent.wait())
        ends = 0
        while not silent.done():
            task = asyncio.create_task(self.meter.run())
            await asyncio.wait([task, silent], return_when=asyncio.FIRST_COMPLETED)
            if task.done():
                ends += 1
                assert ends < 9, task.exception()
            task.cancel()
            await asyncio.wait([task])
        return ends

    def accounted(self):
        parser = self.parser
        return parser.bytes_in == (
            parser.bytes_accepted
            + parser.bytes_rejected
            + parser.bytes_skipped
            + parser.bytes_pending
        )


def fails_once(function, at, error):
    """The function, but for its call of that number, which raises the error."""
    calls = iter(range(1, 1 << 30))

    def call(*given):
        if next(calls) == at:
            raise error
        return function(*given)

    return call


def test_all_telegrams_come_where_nothing_fails():
    async def scene():
        one = Scene()
        assert await one.run() == 0
        assert one.got == SENT
        assert one.accounted()

    asyncio.run(scene())


@pytest.mark.parametrize("at", range(1, 12))
@pytest.mark.parametrize("error", [RuntimeError("a fault"), asyncio.CancelledError()])
def test_a_task_that_ended_amid_a_chunk_begins_anew(at, error):
    """So does Ctrl-C end it, or a fault; the rest of the chunk is gone, and no more."""

    async def scene():
        one = Scene()
        one.parser.next_event = fails_once(one.parser.next_event, at, error)
        assert await one.run() == 1
        # The one that was under way is lost, or one that the chunk has held as well.
        assert len(one.got) >= len(SENT) - 2
        assert one.got == [telegram for telegram in SENT if telegram in one.got]
        assert one.got[-1] == SENT[-1]
        assert one.accounted()

    asyncio.run(scene())


@pytest.mark.parametrize("at", range(1, 5))
def test_an_output_that_raises_once_does_not_end_the_task(at):
    async def scene():
        one = Scene()
        fault = ValueError("no output")
        one.readout.outputs.insert(0, fails_once(lambda telegram: None, at, fault))
        assert await one.run() == 0
        assert one.got == SENT
        assert one.failures.noted == [("output", fault)]
        assert one.accounted()

    asyncio.run(scene())


def test_memory_that_was_short_costs_the_telegram_and_not_the_port():
    async def scene():
        one = Scene()
        one.parser.next_event = fails_once(one.parser.next_event, 2, MemoryError())
        assert await one.run() == 0
        assert one.got == SENT[1:]
        assert one.readout.rejected == {"truncated": 1}
        assert one.accounted()

    asyncio.run(scene())


def test_the_next_telegram_waits_while_somebody_holds_the_last_one():
    async def scene():
        one = Scene()
        clock = one.readout.clock
        held = []

        def hold(telegram):
            # As an answer does that is made of it and sent in pieces.
            if len(held) < 2:
                held.append((one.readout.hold(), bytes(telegram.raw)))

        one.readout.outputs.append(hold)
        task = asyncio.create_task(one.meter.run())
        for times in (1, 2):
            while len(held) < times:
                await asyncio.sleep(0)
            for _ in range(20):
                await asyncio.sleep(0.01)
                assert bytes(one.readout.telegram.raw) == SENT[times - 1]
            if times == 1:
                one.readout.free()
            else:
                # Nobody lets it go: it is waited for, but not for ever.
                clock.ms += 2_999
                await asyncio.sleep(0.05)
                assert len(one.got) == 2
                clock.ms += 1
        await asyncio.wait_for(one.port.is_silent.wait(), 10)
        task.cancel()
        assert one.got == SENT

    asyncio.run(scene())
