"""What happens to telegrams on their way: noise, flipped bits, lost and doubled bytes, cuts.

Each fault strikes a telegram with its own probability and dice, so that a run can be repeated.
`Faults.strike` tells what became of each telegram; a test counts by it what a reader must have
accepted and what not. `arrived` finds that out of a stream that was struck in any other way.
"""

import random
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from sim.telegram import crc16

#: Faults that leave no telegram whole, in the order in which they strike.
DAMAGES = ("flip", "lose", "double", "cut")
#: All faults. `noise` comes between telegrams, a `burst` of it over one, a `break` holds the line
#: for some bytes; at a random byte the `cable` comes out, for up to a number of seconds; `silence`
#: lasts that number.
NAMES = ("noise", *DAMAGES, "burst", "break", "cable", "silence")
#: Those that last, and may be given a number of seconds.
_LASTING = ("cable", "silence")

#: What a UART reads where the line is held at the level of a start bit: one byte, whose stop bit
#: is missing, until the line is let go.
_BREAK = b"\0"

#: What an encrypted meter's telegram begins with, see `sim.encryption`.
_FRAME = b"\xdb\x08"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one second brought: the bytes on the line, and whether they hold a whole telegram."""

    data: bytes
    intact: bool
    faults: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Fault:
    """A kind of fault, how probable it is (0..1), and of some how many seconds they last."""

    name: str
    rate: float
    seconds: int = 10

    @classmethod
    def parse(cls, text: str) -> "Fault":
        """From `NAME:RATE`, or `silence:RATE:SECONDS`. Raises ValueError with a sentence.

        Only silence and cable have seconds.
        """
        name, *rest = text.split(":")
        if name not in NAMES:
            raise ValueError(f"There is no fault {name!r}; choose one of {', '.join(NAMES)}.")
        try:
            rate = float(rest[0])
            seconds = int(rest[1]) if len(rest) > 1 else 10
        except (IndexError, ValueError):
            raise ValueError(
                f"The fault {text!r} should be NAME:RATE, such as noise:0.1, or "
                "silence:RATE:SECONDS."
            ) from None
        if not 0 <= rate <= 1 or seconds < 1 or len(rest) > (2 if name in _LASTING else 1):
            raise ValueError(
                f"The fault {text!r} should have a rate from 0 to 1, and only "
                "silence and cable have seconds, 1 or more."
            )
        return cls(name, rate, seconds)


class Faults:
    """Strikes telegrams with faults. `counts` says how often each has struck."""

    def __init__(self, faults: tuple[Fault, ...] | list[Fault] = (), seed: int = 1):
        self._faults = sorted(faults, key=lambda fault: NAMES.index(fault.name))
        self._dice = [
            random.Random(f"{fault.name} {place} {seed}")
            for place, fault in enumerate(self._faults)
        ]
        self._silent = 0
        # Seconds until the cable is in again; 0 while it is.
        self._out = 0
        self.counts: Counter[str] = Counter()

    def strike(self, telegram: bytes) -> Outcome:
        """What the line carries in place of this telegram."""
        struck = []
        before, data = b"", telegram
        for fault, dice in zip(self._faults, self._dice, strict=True):
            # Drawn also in silence, so that one fault does not shift when another is left out.
            hit = dice.random() < fault.rate
            name = fault.name
            if name == "silence":
                if hit and not self._silent:
                    self._silent = fault.seconds
            elif name == "cable":
                if hit or self._out:
                    data = self._cable(data, dice, fault.seconds)
                    struck.append(name)
            elif not hit:
                continue
            elif name == "noise":
                before = _noise(dice)
                struck.append(name)
            elif name in ("burst", "break"):
                data = _overlay(name, data, dice)
                struck.append(name)
            elif not _damaged(data, telegram):
                data = _damage(name, data, dice)
                struck.append(name)
        if self._silent:
            self._silent -= 1
            before, data, struck = b"", b"", ["silence"]
        self.counts.update(struck)
        return Outcome(before + data, _arrives(telegram, before + data, 0), tuple(struck))

    def _cable(self, data: bytes, dice: random.Random, seconds: int) -> bytes:
        """The cable comes out at one byte and in at another, its contacts bounce at both."""
        if self._out:
            self._out -= 1
            if self._out:
                return b""
            return _bounce(dice) + data[dice.randrange(len(data)) :]
        self._out = dice.randrange(1, seconds + 1)
        return data[: dice.randrange(len(data))] + _BREAK + _bounce(dice)


def arrived(stream: bytes, telegrams: Iterable[bytes]) -> list[bytes]:
    """Those of the telegrams that a stream holds undamaged, in the order in which they come.

    Damaged is what has a changed byte from `/` to `!`, or another value of the CRC. Telegrams
    must differ, as those of a meter do by their time.
    """
    found = []
    for telegram in telegrams:
        place = stream.find(telegram[: telegram.index(b"!") + 1])
        if place >= 0 and _arrives(telegram, stream, place):
            found.append((place, telegram))
    return [telegram for _, telegram in sorted(found)]


def _arrives(telegram: bytes, stream: bytes, place: int) -> bool:
    """Whether the stream has the telegram's bytes and then the value of its CRC."""
    body, mark, rest = telegram.partition(b"!")
    if telegram.startswith(_FRAME):
        return telegram in stream
    place = stream.find(body + mark, place)
    if place < 0:
        return False
    digits = _DIGITS.match(stream, place + len(body) + 1)
    sent = _DIGITS.match(rest)
    if not digits or not sent:
        # Without a CRC, as before DSMR 4: nothing may have come in its place.
        return not digits and not sent
    return len(digits[0]) <= 4 and int(digits[0], 16) == int(sent[0], 16)


_DIGITS = re.compile(b"[0-9A-Fa-f]+")


def _noise(dice: random.Random) -> bytes:
    """Up to 200 bytes of anything, also the `/` and `!` that mean something to a reader."""
    return bytes(dice.randrange(256) for _ in range(dice.randrange(1, 200)))


def _bounce(dice: random.Random) -> bytes:
    """What a contact gives that is not closed yet, or no more."""
    return bytes(dice.randrange(256) for _ in range(dice.randrange(4)))


def _overlay(name: str, data: bytes, dice: random.Random) -> bytes:
    """Up to sixty bytes, wherever they are, are hidden by noise or by a break."""
    place = dice.randrange(len(data) or 1)
    size = min(dice.randrange(1, 60), len(data) - place)
    hidden = bytes(dice.randrange(256) for _ in range(size)) if name == "burst" else _BREAK
    return data[:place] + hidden + data[place + size :]


def _damaged(data: bytes, telegram: bytes) -> bool:
    """Whether the bytes from `/` to `!` no longer fit the CRC that follows them.

    Of an encrypted telegram no byte may be changed.
    """
    if telegram.startswith(_FRAME):
        return data != telegram
    body, mark, rest = data.partition(b"!")
    try:
        return int(rest[:4], 16) != crc16(body + mark)
    except ValueError:
        return True


def _damage(name: str, data: bytes, dice: random.Random) -> bytes:
    """Damages what the CRC protects. A change that the CRC cannot see is drawn again."""
    end = len(data) if data.startswith(_FRAME) else data.find(b"!") + 1 or len(data)
    while True:
        # Not the first byte: a `/` that is doubled leaves a whole telegram.
        place = dice.randrange(1, end)
        if name == "flip":
            changed = bytes([data[place] ^ 1 << dice.randrange(8)])
            result = data[:place] + changed + data[place + 1 :]
        elif name == "lose":
            result = data[:place] + data[min(place + dice.randrange(1, 60), end) :]
        elif name == "double":
            result = data[: place + 1] + data[place:]
        else:
            return data[:place]
        if _damaged(result, data):
            return result
