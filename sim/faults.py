"""What happens to telegrams on their way: noise, flipped bits, lost and doubled bytes, cuts.

Each fault strikes a telegram with its own probability and dice, so that a run can be repeated.
`Faults.strike` tells what became of each telegram; a test counts by it what a reader must have
accepted and what not.
"""

import random
from collections import Counter
from dataclasses import dataclass

from sim.telegram import crc16

#: Faults that leave no telegram whole, in the order in which they strike.
DAMAGES = ("flip", "lose", "double", "cut")
#: All faults: `noise` comes between telegrams and `silence` for a number of seconds.
NAMES = ("noise", *DAMAGES, "silence")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one second brought: the bytes on the line, and whether they hold a whole telegram."""

    data: bytes
    intact: bool
    faults: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Fault:
    """A kind of fault, how probable it is (0..1), and for a silence how many seconds it lasts."""

    name: str
    rate: float
    seconds: int = 10

    @classmethod
    def parse(cls, text: str) -> "Fault":
        """From `NAME:RATE`, or `silence:RATE:SECONDS`. Raises ValueError with a sentence."""
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
        if not 0 <= rate <= 1 or seconds < 1 or len(rest) > (2 if name == "silence" else 1):
            raise ValueError(
                f"The fault {text!r} should have a rate from 0 to 1, and only "
                "silence has seconds, 1 or more."
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
        self.counts: Counter[str] = Counter()

    def strike(self, telegram: bytes) -> Outcome:
        """What the line carries in place of this telegram."""
        struck = []
        before, data = b"", telegram
        for fault, dice in zip(self._faults, self._dice, strict=True):
            # Drawn also in silence, so that one fault does not shift when another is left out.
            hit = dice.random() < fault.rate
            if fault.name == "silence":
                if hit and not self._silent:
                    self._silent = fault.seconds
            elif hit and fault.name == "noise":
                before = _noise(dice)
                struck.append(fault.name)
            elif hit and not _damaged(data):
                data = _damage(fault.name, data, dice)
                struck.append(fault.name)
        if self._silent:
            self._silent -= 1
            before, data, struck = b"", b"", ["silence"]
        self.counts.update(struck)
        intact = not any(name in struck for name in (*DAMAGES, "silence"))
        return Outcome(before + data, intact, tuple(struck))


def _noise(dice: random.Random) -> bytes:
    """Up to 200 bytes of anything, also the `/` and `!` that mean something to a reader."""
    return bytes(dice.randrange(256) for _ in range(dice.randrange(1, 200)))


def _damaged(data: bytes) -> bool:
    """Whether the bytes from `/` to `!` no longer fit the CRC that follows them."""
    body, mark, rest = data.partition(b"!")
    try:
        return int(rest[:4], 16) != crc16(body + mark)
    except ValueError:
        return True


def _damage(name: str, data: bytes, dice: random.Random) -> bytes:
    """Damages what the CRC protects. A change that the CRC cannot see is drawn again."""
    end = data.find(b"!") + 1 or len(data)
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
        if _damaged(result):
            return result
