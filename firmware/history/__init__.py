"""The history: what was used and generated in the last day, in 40 days, and in three years.

Here is only what runs with each telegram. All the rest is loaded when it is needed, and dropped
again: `start` makes the `History`; `minute` begins the next average of power; `writer`, `days` and
`store` write the files, which `records` reads; `query`, `rows`, `peaks`, `power` and `text` answer
a request; `recent` is for the live page. docs/history.md has the rules and the files' format.
"""

from array import array

from dsmr.const import const
from dsmr.values import scaled
from firmware import load
from firmware.meter import Meter, Readout

# Milliseconds of a step, steps in the last five minutes, and the value of one without a telegram.
_STEP = const(5_000)
_STEPS = const(60)
_GAP = const(-0x80000000)

# Bytes of a time stamp (YYMMDDhhmmss) up to the tens of minutes, and the digit 0.
_TENS = const(9)
_ZERO = const(48)

# Places in `History.slots`.
_TIME = const(0)
_USED = const(1)
_GENERATED = const(2)


class History:
    """What is kept in memory, and what the modules that are loaded share. `start` makes it.

    Times are the meter's, in minutes since 1970-01-01 UTC.
    """

    readout: Readout
    log: object
    #: The meter, where its line has to be silent when something is written; else None.
    meter: Meter
    #: The folder of the files; None where there are none.
    folder: str
    #: Where a telegram has what is needed, see `start`.
    slots: bytes
    #: Import less export in W, by step of the readout's clock; and the number of the last step.
    steps: array
    step: int
    #: Import and export in W by so many minutes, each with 1 added; 0 where there is none. Their
    #: number, counted from 1970, divided by how many there are leaves their place as its rest.
    averages: array
    width: int
    #: The number of those that are running, their sums, and how many telegrams these are of.
    newest: int
    used: int
    generated: int
    count: int
    #: Of the time stamp with which they began: up to the tens of minutes; and the minute after
    #: these, divided by `width`.
    stamp: bytes
    part: int
    #: The end of a quarter-hour that is to be recorded, or 0.
    due: int
    #: The day, counted from 1970, up to whose beginning the days are recorded.
    day: int
    #: Writes to the flash since the start.
    writes: int
    #: What is wrong, as a sentence, or None; and those that have been said.
    problem: str
    said: list

    def take(self, telegram):
        """Take a telegram; to be called with each good one, as soon as it has come."""
        slots = self.slots
        used = scaled(telegram, slots[_USED], 0)
        generated = scaled(telegram, slots[_GENERATED], 0) or 0
        if used is not None:
            self._note(used - generated)
        if not telegram.unit[slots[_TIME]]:
            return
        start = telegram.start[slots[_TIME]]
        part = (telegram.buffer[start + _TENS] - _ZERO) // self.width
        if part != self.part or telegram.buffer.find(self.stamp, start, start + _TENS) != start:
            # Where memory is too short for it, the next telegram tries again.
            load("history.minute").begin(self, telegram)
            self.part = part
            self.stamp = bytes(telegram.buffer[start : start + _TENS])
        if self.due and (not self.meter or self.meter.idle()):
            try:
                self.due = load("history.writer").write(self, telegram, self.due)
            except MemoryError:
                pass  # somebody is answered just now: the next telegram tries again
        if used is not None:
            self.used += used
            self.generated += generated
            self.count += 1

    def _note(self, net):
        """Note the power of this step."""
        step = self.readout.clock.now() // _STEP
        for number in range(max(self.step + 1, step - _STEPS + 1), step):
            self.steps[number % _STEPS] = _GAP
        self.steps[step % _STEPS] = net
        self.step = step
