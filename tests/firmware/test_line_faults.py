"""A thousand telegrams and more through each fault of a line, read by the running firmware.

What the line carried is known byte for byte, and `sim.faults.arrived` tells by it which telegrams
came whole. The firmware is main.py under MicroPython on the simulated chip, at the speed at which
it reads; a tap writes down each telegram that it accepts. So the two lists must be the same: none
lost, none twice, none that was damaged.
"""

import random
from collections import Counter
from dataclasses import dataclass
from itertools import islice

import pytest
from meters import START
from under_micropython import SCRIPTS

from dsmr import Rejected, TelegramParser
from host.tree import REPO
from sim import streams, uart
from sim.faults import Fault, Faults, arrived
from sim.firmware import Firmware
from sim.line import Line
from sim.meter import Meter
from sim.ports import free_port

PAGE = (REPO / "docs" / "reliability.md").read_text(encoding="utf-8")

COUNT = 1000

#: What a scene leaves of `max_telegram`: some of what is meant to be too long is no longer.
MAX_TELEGRAM = 6144


def telegrams(count=COUNT, kind="s211", seed=1, **options):
    """Those of a meter, short ones."""
    options = {"gas": False, "water": False, **options}
    return list(islice(Meter(kind, START, seed, **options).telegrams(), count))


@dataclass
class Scene:
    """What the line carries, and the whole telegrams that were meant to be."""

    pieces: list
    sent: list
    settings: dict
    # Buffers of that size take 8 KB more than a board's: in 192k a damaged telegram now and then
    # finds no 2 KB in one piece, and is given up for want of memory instead of for its CRC.
    heap: str = "200k"


def struck(*faults, count=COUNT):
    """A meter's telegrams after these faults."""
    sent = telegrams(count)
    line = Faults([Fault(*fault) for fault in faults], seed=7)
    return Scene([line.strike(telegram).data for telegram in sent], sent, {})


def two_meters():
    one, other = telegrams(), telegrams(kind="dsmr5", seed=2)
    dice = random.Random(3)
    # Slow, so that they meet in half of the seconds.
    pieces = list(streams.interleaved(one, other, 2200, dice))
    return Scene(pieces, one + other, {})


def after_each(make):
    """Between two telegrams something that begins like one and does not end."""
    dice = random.Random(5)
    sent = telegrams()
    pieces = []
    for telegram in sent:
        pieces += [make(dice.randrange(1000, 12_000)), telegram]
    return Scene(pieces, sent, {})


def full(**settings):
    sent = [streams.full(telegram) for telegram in telegrams()]
    assert {len(telegram) for telegram in sent} == {11520}
    return Scene(sent, sent, settings, "240k")


def misread(receiver, sender=uart.Setting()):  # noqa: B008 (it is never changed)
    """What a UART that is set wrongly reads, bit for bit."""
    sent = telegrams()
    return Scene([uart.misread(telegram, sender, receiver) for telegram in sent], sent, {})


EVERYTHING = [
    *(("noise", 0.3), ("flip", 0.1), ("lose", 0.1), ("double", 0.1), ("cut", 0.05)),
    *(("burst", 0.1), ("break", 0.1), ("cable", 0.02, 5), ("silence", 0.01, 4)),
]

SCENES = {
    "no fault": struck,
    "noise between": lambda: struck(("noise", 0.9)),
    "noise over": lambda: struck(("burst", 0.5)),
    "a bit flipped": lambda: struck(("flip", 0.5)),
    "bytes lost": lambda: struck(("lose", 0.5)),
    "a byte doubled": lambda: struck(("double", 0.5)),
    "cut short": lambda: struck(("cut", 0.5)),
    "breaks": lambda: struck(("break", 0.5)),
    "cable out and in": lambda: struck(("cable", 0.2, 5)),
    "all of these": lambda: struck(*EVERYTHING, count=4 * COUNT),
    "two meters": two_meters,
    "endless lines": lambda: after_each(streams.endless_line),
    "endless telegrams": lambda: after_each(streams.endless_telegram),
    "11,520 bytes, back to back": lambda: full(max_telegram=11520),
    "11,520 bytes, of which 6,144 are allowed": full,
    "wrong polarity": lambda: misread(uart.Setting(inverted=True)),
    "9600 baud instead of 115200": lambda: misread(uart.Setting(9600)),
    "57600 baud instead of 115200": lambda: misread(uart.Setting(57600)),
    "115200 baud instead of 9600": lambda: misread(
        uart.Setting(), sender=uart.Setting(9600, 7, "E")
    ),
    "8N1 instead of 7E1": lambda: misread(
        uart.Setting(9600), sender=uart.Setting(9600, 7, "E")
    ),
}  # fmt: skip

#: Where nothing can come through, and the program says why.
MISREAD = [name for name in SCENES if "instead" in name or "polarity" in name]


@dataclass
class Seen:
    """What the firmware made of a scene."""

    name: str
    scene: Scene
    accepted: list
    health: dict
    error: str
    stream: bytes
    whole: list


def tapped(path):
    data = path.read_bytes()
    found = []
    at = 0
    while at < len(data):
        size = int.from_bytes(data[at : at + 2], "big")
        found.append(data[at + 2 : at + 2 + size])
        at += 2 + size
    assert at == len(data)
    return found


def run(name, folder):
    """A scene through the running firmware, byte for byte."""
    scene = SCENES[name]()
    stream = b"".join(scene.pieces)
    with Line(iter(scene.pieces), listen=("127.0.0.1", 0), speed=0) as line:
        firmware = Firmware(
            folder / "flash",
            line.port,
            {"http_port": free_port(), "max_telegram": MAX_TELEGRAM, **scene.settings},
            environment={"SIM_BACKPRESSURE": "1"},
            heap=scene.heap,
        )
        firmware.run_instead(SCRIPTS / "tapped.py", str(firmware.root), "tap")
        with firmware:
            firmware.wait_until(
                lambda: firmware.json("/healthz")["bytes"]["in"] == len(stream), "all read", 60
            )
            health = firmware.json("/healthz")
            error = firmware.json("/metrics").get("error", "")
    accepted = tapped(folder / "flash" / "tap")
    return Seen(name, scene, accepted, health, error, stream, arrived(stream, scene.sent))


# Each scene runs once, where all of its tests do.
@pytest.fixture(
    scope="module",
    params=[pytest.param(name, marks=pytest.mark.xdist_group(name)) for name in SCENES],
)
def seen(request, tmp_path_factory):
    return run(request.param, tmp_path_factory.mktemp("scene"))


def bodies(found):
    """Telegrams from "/" to "!": what comes after the CRC may have been damaged."""
    return [raw[: raw.index(b"!") + 1] for raw in found]


def allowed(seen):
    limit = seen.scene.settings.get("max_telegram", MAX_TELEGRAM)
    return [telegram for telegram in seen.whole if len(telegram) <= limit]


def test_each_whole_telegram_is_delivered_once_and_no_other(seen):
    assert bodies(seen.accepted) == bodies(allowed(seen))
    assert seen.health["telegrams"] == len(seen.accepted)


def test_every_byte_is_accounted_for(seen):
    counted = seen.health["bytes"]
    assert counted["in"] == len(seen.stream) == sum(counted.values()) - counted["in"]
    assert min(counted.values()) >= 0
    assert counted["accepted"] == sum(map(len, seen.accepted))
    # A telegram that has begun fits its buffer.
    assert counted["pending"] <= seen.scene.settings.get("max_telegram", MAX_TELEGRAM)


def test_both_pythons_say_the_same(seen):
    parser = TelegramParser(seen.scene.settings.get("max_telegram", MAX_TELEGRAM))
    accepted, rejected = [], Counter()
    for at in range(0, len(seen.stream), 1000):
        parser.receive_data(seen.stream[at : at + 1000])
        while (event := parser.next_event()) is not None:
            if isinstance(event, Rejected):
                rejected[event.reason] += 1
            else:
                accepted.append(bytes(event.raw))
    assert accepted == seen.accepted
    assert rejected == seen.health["rejected"]


def test_the_scene_is_what_it_is_called(seen):
    """Faults have struck, and have left something, so that the other tests say something."""
    scene, whole, sent = seen.name, len(seen.whole), len(seen.scene.sent)
    assert sent >= COUNT
    if scene in MISREAD:
        assert whole == 0
    elif scene == "no fault" or scene == "noise between" or scene[:4] in ("endl", "11,5"):
        assert whole == sent
    else:
        assert 0.4 * sent < whole < 0.6 * sent


def test_where_nothing_can_come_through_it_says_what_to_check(seen):
    if seen.name in MISREAD:
        assert "check uart_invert" in seen.error and "uart_baudrate" in seen.error
    else:
        assert "uart_" not in seen.error


def test_the_page_has_what_was_seen(seen):
    """All of it repeats to the digit: the meters, the dice and the firmware."""
    health = seen.health
    counted = health["bytes"]
    rejected = ", ".join(f"{n} {reason}" for reason, n in sorted(health["rejected"].items()))
    cells = [
        seen.name,
        *(f"{n:,}" for n in (len(seen.scene.sent), len(seen.whole), health["telegrams"])),
        rejected or "–",
        *(f"{counted[key]:,}" for key in ("in", "accepted", "rejected", "skipped", "pending")),
    ]
    row = "| " + " | ".join(cells) + " |"
    assert row in PAGE.splitlines(), row
