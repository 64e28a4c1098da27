"""What pages send, while other outputs render into the buffer that all of them share."""

import asyncio
import json
from itertools import cycle

import contexts
import pytest
from guards import ask, serving
from meters import START, FakeClock, telegram
from prometheus_text import parse

import firmware
from dsmr import TelegramParser
from firmware.http import pages
from firmware.http.guard import Guard
from firmware.meter import Meter as MeterTask
from firmware.renderers import Writer, metrics
from sim.meter import Meter
from sim.ports import free_port

#: Enough of `/healthz` for Prometheus' text.
HEALTH = {
    "version": "0.1.0",
    "fresh": True,
    "telegrams": 1,
    "rejected": {},
    "odd_lines": 0,
    "bytes": {"in": 1, "accepted": 1, "rejected": 0, "skipped": 0, "pending": 0},
    "uptime": 1,
    "http_requests": 1,
    "settings_problems": [],
    "age": 0,
    "board": "host",
}


def pause_before_packets(memory):
    """Let the network have no memory at every second look."""
    looks = cycle([False, True])
    memory.has_room = lambda: next(looks)


@pytest.fixture(params=["little memory", "memory enough"], autouse=True)
def tight(request, monkeypatch):
    """Both ways in which a page is rendered: see `firmware.http.rendered`."""
    monkeypatch.setattr(firmware, "is_tight", request.param == "little memory")
    return firmware.is_tight


async def answers(path, meanwhile, count=5):
    """The bodies of so many answers one after the other, while `meanwhile(out)` runs.

    Whoever renders waits in each pause until that has had its turn.
    """
    context = contexts.context(http_port=free_port())
    # Its age is in the answers.
    context.readout.clock = FakeClock()
    context.readout.accept(telegram())
    one = Guard(pages.make(context, lambda: HEALTH), context)
    one.failures, one.clock = context.failures, context.board.clock
    pause_before_packets(context.memory)
    bodies = []
    async with serving(one):
        other = asyncio.create_task(meanwhile(context.out))
        for _ in range(count):
            reader, writer = await asyncio.open_connection("127.0.0.1", one.port)
            writer.write(b"GET %s HTTP/1.0\r\n\r\n" % path)
            head, _, body = (await reader.read()).partition(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.0 200 "), head
            bodies.append(body)
            writer.close()
        other.cancel()
        await asyncio.wait([other])
        if not other.cancelled():
            other.result()
    assert context.failures.noted == []
    return bodies


async def nobody(out):
    """Only time passes."""


async def somebody(out):
    """Renders something of its own, whenever it may."""
    while True:
        await asyncio.sleep(0)
        assert out.size == 0, "somebody left something in the buffer over a pause"
        out.write(b"#" * 900)
        out.clear()


@pytest.mark.parametrize(
    "path", [b"/metrics", b"/metrics?format=prometheus", b"/api/v1/data", b"/telegram", b"/"]
)
def test_what_others_render_in_a_pause_is_in_no_answer(path):
    alone = asyncio.run(answers(path, nobody, 1))
    assert asyncio.run(answers(path, somebody)) == alone * 5
    if b"prometheus" in path:
        parse(alone[0].decode())
    elif path not in (b"/", b"/telegram"):
        json.loads(alone[0])


class Line:
    """A port that brings some telegrams again and again, as fast as they are read."""

    def __init__(self, telegrams):
        self._data = b"".join(telegrams)
        self._at = 0

    async def readinto(self, buffer):
        await asyncio.sleep(0)
        piece = self._data[self._at : self._at + len(buffer)]
        self._at = (self._at + len(piece)) % len(self._data)
        buffer[: len(piece)] = piece
        return len(piece)

    def close(self):
        """Nobody else has it."""


def as_json(data):
    """What `/metrics` answers with while a telegram is the last one."""
    context = contexts.context()
    parser = TelegramParser()
    parser.receive_data(data)
    context.readout.accept(parser.next_event())
    out = Writer()
    pieces = []
    for _ in metrics.render(context.readout, out):
        pieces.append(out.getvalue())
        out.clear()
    return b"".join(pieces)


@pytest.mark.parametrize("path", [b"/metrics", b"/telegram"])
def test_an_answer_that_pauses_is_of_one_telegram_however_fast_they_come(path):
    source = Meter("t211", START).telegrams()
    telegrams = [next(source) for _ in range(9)]
    whole = set(telegrams) if path == b"/telegram" else {as_json(data) for data in telegrams}
    assert len(whole) == 9

    async def scene():
        context = contexts.context(http_port=free_port())
        one = Guard(pages.make(context, lambda: HEALTH), context)
        pause_before_packets(context.memory)
        readout, parser = context.readout, TelegramParser()

        async def open_port():
            return Line(telegrams)

        meter = MeterTask(open_port, parser, readout, context.log, lambda: None)
        bodies = set()
        async with serving(one):
            task = asyncio.create_task(meter.run())
            while not readout.fresh:
                await asyncio.sleep(0)
            for _ in range(30):
                before = readout.telegrams
                answer = await ask(one.port, b"GET %s HTTP/1.0\r\n\r\n" % path)
                bodies.add(answer.partition(b"\r\n\r\n")[2])
                while readout.telegrams < before + 9:
                    await asyncio.sleep(0)
            task.cancel()
        assert bodies <= whole
        assert len(bodies) > 1
        assert context.failures.noted == []

    asyncio.run(scene())


def test_with_memory_enough_a_body_is_made_once_for_a_telegram(tight, monkeypatch):
    made = []
    render = metrics.render

    def counted(*given):
        made.append(given)
        return render(*given)

    monkeypatch.setattr(metrics, "render", counted)

    async def scene():
        context = contexts.context(http_port=free_port())
        one = Guard(pages.make(context, lambda: HEALTH), context)
        source = Meter("t211", START).telegrams()
        async with serving(one):
            for number in range(1, 4):
                parser = TelegramParser()
                parser.receive_data(next(source))
                context.readout.accept(parser.next_event())
                answers = [await ask(one.port, b"GET /metrics HTTP/1.0\r\n\r\n") for _ in range(3)]
                assert len(set(answers)) == 1
                # Without memory for it, twice for each answer.
                assert len(made) == (6 * number if tight else number)

    asyncio.run(scene())
