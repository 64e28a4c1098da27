"""Meters and readouts as many tests need them."""

from datetime import datetime

from dsmr import TelegramParser
from firmware.meter import Readout
from sim.meter import Meter

#: When simulated meters begin, unless a test says otherwise: a winter's noon.
START = datetime(2026, 1, 15, 12, 0, 0)

#: After so many milliseconds an ESP32's ticks begin anew.
PERIOD = 1 << 30


class FakeClock:
    """Stands still until it is moved."""

    def __init__(self):
        self.ms = 0

    def now(self):
        return self.ms


class Failures:
    """Counts errors as a supervisor does: `failures.fail(name, error)`."""

    def __init__(self):
        #: Pairs of a name and an error, in the order of coming.
        self.noted = []

    def fail(self, name, error, printed=False):
        self.noted.append((name, error))


def ticks_diff(later, earlier):
    """As MicroPython's, for the ESP32's period."""
    return ((later - earlier + PERIOD // 2) % PERIOD) - PERIOD // 2


def one_telegram(data, **options):
    """The one telegram in some bytes; options are the parser's."""
    parser = TelegramParser(**options)
    parser.receive_data(data)
    return parser.next_event()


def telegram(kind="t211"):
    """The first telegram of a simulated meter, as the parser gives it."""
    return one_telegram(next(Meter(kind, START).telegrams()))


def readout(clock=None, parser=None, fail=None, stale_after=0):
    """A readout without a telegram; its clock stands still unless another is given."""
    return Readout(
        clock or FakeClock(), parser or TelegramParser(), fail or Failures().fail, stale_after
    )
