"""Weeks of the program's time on a tick counter of 30 bits: arguments STEP TURNS FILE.

The counter moves by STEP milliseconds TURNS times; at three of four turns the telegrams in FILE
come. What the clock, the readout and the log make of it is printed. The same script runs under
both Pythons.
"""

import sys

from dsmr import TelegramParser
from firmware.boards import Clock
from firmware.log import Log
from firmware.meter import Readout

PERIOD = 1 << 30
step = int(sys.argv[1])
wanted = int(sys.argv[2])
ticks = PERIOD - 90_000


def ticks_diff(later, earlier):
    return ((later - earlier + PERIOD // 2) % PERIOD) - PERIOD // 2


with open(sys.argv[3], "rb") as file:
    data = file.read()
said = 0


def write(message):
    global said
    said += 1


clock = Clock(lambda: ticks, ticks_diff)
parser = TelegramParser(max_telegram=6144)
readout = Readout(clock, parser, None)
log = Log(clock, 60, write)
log.summary = lambda: "summary"
# What is counted goes on beyond what a word of 32 bits takes without a detour.
readout.sequence = PERIOD - 100
parser.bytes_in = parser.bytes_accepted = PERIOD - 100_000
turns = fresh = stale = 0
sequences = set()
while turns < wanted:
    ticks = (ticks + step) % PERIOD
    turns += 1
    if clock.now() != turns * step:
        print("the clock says", clock.now(), "after", turns * step)
        break
    log.turn(clock.now())
    if turns % 4 < 3:
        parser.receive_data(data)
        event = parser.next_event()
        while event is not None:
            readout.accept(event)
            sequences.add(readout.sequence)
            event = parser.next_event()
        if readout.age != 0:
            print("age", readout.age, "after", turns)
            break
    elif readout.age != step:
        print("age", readout.age, "after", turns)
        break
    if readout.fresh:
        fresh += 1
    else:
        stale += 1
print(turns, fresh, stale, said, readout.telegrams, len(sequences), min(sequences), max(sequences))
print(parser.bytes_in, parser.bytes_accepted, clock.now())
