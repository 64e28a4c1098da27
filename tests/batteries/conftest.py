"""A reader with the outputs for batteries, on a simulated board and on a PC, and its meter."""

import pytest

from batteries.readers import Asker, Reader, UdpMeter, Wire


@pytest.fixture
def wire():
    line = Wire()
    yield line
    line.close()


@pytest.fixture(params=["board", "pc"])
def place(request):
    return request.param


@pytest.fixture
def reader(board, program, place, wire):
    """A function that starts a reader at the wire's end: reader(settings…) -> Reader."""
    start = board if place == "board" else program
    return lambda **settings: Reader(place, start, wire, **settings)


@pytest.fixture
def asker():
    """A function that makes an asker: asker(reader, address) -> Asker."""
    made = []

    def make(*details):
        made.append(Asker(*details))
        return made[-1]

    yield make
    for one in made:
        one.close()


@pytest.fixture
def udp_meter():
    meter = UdpMeter()
    yield meter
    meter.close()
