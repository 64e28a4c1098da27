"""The status LED: how a hotspot, no WiFi, no meter and a meter that is heard look."""

import asyncio

import pytest

from firmware.boards import led


class Signal:
    """An LED that remembers its levels; after so many it stops the task that sets them."""

    def __init__(self, count):
        self.levels = []
        self._count = count

    def value(self, level):
        self.levels.append(level)
        if len(self.levels) == self._count:
            raise asyncio.CancelledError


def shown(state, count, monkeypatch):
    monkeypatch.setattr(led, "_STEP", 0)
    signal = Signal(count)
    with pytest.raises(asyncio.CancelledError):
        asyncio.run(led.Led(signal, lambda: state).run())
    return "".join(map(str, signal.levels))


@pytest.mark.parametrize(
    "state, levels",
    [
        (led.HOTSPOT, "10101010101010101010"),
        (led.NO_WIFI, "10100000001010000000"),
        (led.NO_METER, "10000000001000000000"),
    ],
    ids=("hotspot", "no-wifi", "no-meter"),
)
def test_each_state_has_a_pattern_of_its_own(state, levels, monkeypatch):
    assert shown(state, 20, monkeypatch) == levels


class App:
    """As much of the program as tells the state."""

    def __init__(self, address, fresh):
        self.board = self.readout = self
        self.network = self if address is not None else None
        self.address = address
        self.fresh = fresh


@pytest.mark.parametrize(
    "address, fresh, state",
    [
        ("192.168.1.2", True, led.WELL),
        ("192.168.1.2", False, led.NO_METER),
        ("", True, led.NO_WIFI),
        ("", False, led.NO_WIFI),
        (None, True, led.WELL),
        (None, False, led.NO_METER),
    ],
)
def test_the_state_of_the_program(address, fresh, state):
    assert led.state_of(App(address, fresh))() == state
