"""The telegrams that are measured with: of our own making, and no two the same.

A telegram that is fed again and again is one that a cache may know, and a branch predictor too.
What comes from a real meter differs from second to second in ten lines or so.
"""

from dataclasses import replace
from datetime import datetime
from itertools import islice

from sim.meter import Meter
from sim.telegram import seal

#: A working day's morning: people get up, the sun rises, the tariff changes at seven.
START = datetime(2026, 3, 17, 6, 50)

_DEVICE = (
    "0-{channel}:24.1.0({kind:03d})",
    "0-{channel}:96.1.1(37464C4F323630303030303{channel:03d})",
    "0-{channel}:24.4.0(1)",
    "0-{channel}:24.2.1({time})({whole:05d}.{part:03d}*m3)",
)


def telegrams(kind, count):
    """A list of telegrams of one of `sim.meter.KINDS`, a second apart."""
    return list(islice(Meter(kind, START).telegrams(), count))


def t211(count, peaks=13, gas=True, water=True):
    """A list of a T211's telegrams, with the peaks of so many months."""
    meter = Meter("t211", START, gas=gas, water=water)
    return [
        meter.spell(replace(reading, peak_history=reading.peak_history[13 - peaks :]))
        for reading in islice(meter.readings(), count)
    ]


def with_lines(telegram, more):
    """The telegram with further lines before its end, and a CRC that fits."""
    identification, _, *lines = telegram.decode("ascii").split("\r\n")
    return seal([identification, *lines[:-2], *more])


def with_devices(count, devices):
    """T211's telegrams with so many meters on the M-Bus, read every second."""
    found = []
    for second, telegram in enumerate(t211(count, gas=False, water=False)):
        lines = [
            line.format(
                channel=channel,
                kind=(3, 7)[channel & 1],
                time=f"2603170{second // 3600:01d}{second // 60 % 60:02d}{second % 60:02d}W",
                whole=100 * channel + second // 1000,
                part=second % 1000,
            )
            for channel in range(1, devices + 1)
            for line in _DEVICE
        ]
        found.append(with_lines(telegram, lines))
    return found


def with_known_lines(count, lines):
    """Telegrams of so many quantities that the reader knows, all of which change."""
    codes = _quantities()
    return [
        seal(
            ["/SIM5\\3P000003", "1-3:0.2.8(50)"]
            + [
                f"{code}({(7 * number + second) % 1000000:06d}.{second % 1000:03d}*{unit})"
                for number, (code, unit) in enumerate(codes[:lines])
            ]
        )
        for second in range(count)
    ]


def known_lines():
    """How many lines `with_known_lines` can make."""
    return len(_quantities())


def _quantities():
    """(OBIS code, unit) of each quantity that the reader knows."""
    from dsmr import build

    return [
        (codes[0], unit) for _, kind, unit, codes, _ in build.fields() if kind == "Q" and codes
    ]


def with_unknown_lines(count, size):
    """Telegrams of about `size` bytes, of objects that no table has."""
    base = "/SIM5\\3P000003", "1-3:0.2.8(50)", "1-0:1.8.1(000123.456*kWh)"
    found = []
    for second in range(count):
        lines = list(base)
        length = sum(map(len, base)) + 2 * len(base) + 10
        while length < size - 30:
            lines.append(f"1-0:130.{len(lines)}.0({second * 1000 + len(lines):09d}*kW)")
            length += len(lines[-1]) + 2
        found.append(seal(lines))
    return found


def with_message(count, size):
    """T211's telegrams with a text message that makes them about `size` bytes long."""
    found = []
    for second, telegram in enumerate(t211(count)):
        text = f"{second:04d}" + "power " * 2000
        digits = text[: (size - len(telegram)) // 2].encode().hex().upper()
        found.append(with_lines(telegram, [f"0-0:96.13.1({digits})"]))
    return found
