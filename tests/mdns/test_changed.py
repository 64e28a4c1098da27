"""Messages that are right, and such that are changed by chance: `mdns_side` says what must hold.

Runs under both Pythons.
"""

import random

import mdns_side

SEEDS = [data for _, data in sorted(mdns_side.seeds().items())]
WORDS = mdns_side.words()


def test_every_seed_holds():
    for data in SEEDS:
        mdns_side.check(data)


def test_messages_that_are_changed_by_chance_hold():
    random.seed(2026)
    for _ in range(2000):
        data = bytearray(random.choice(SEEDS))
        for _ in range(random.randrange(1, 8)):
            at = random.randrange(3, len(data))
            change = random.randrange(3)
            if change == 0:
                data[at] = random.randrange(256)
            elif change == 1:
                data[at] ^= 1 << random.randrange(8)
            else:
                word = random.choice(WORDS)
                data[at : at + len(word)] = word
        mdns_side.check(bytes(data))


def test_messages_that_break_off_hold():
    for data in SEEDS:
        for size in range(0, len(data), 3):
            mdns_side.check(mdns_side.encode((1, data[3:size])))
