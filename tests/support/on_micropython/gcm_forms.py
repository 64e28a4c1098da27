"""Compares the loops of AES-GCM as machine code with those in plain Python: arguments SEED NUMBER.

Prints "compared N" if both did the same N times.
"""

import sys

from dsmr import blocks as plain
from dsmr.native import blocks as native

seed, number = map(int, sys.argv[1:])


def random_bytes(size):
    global seed
    found = bytearray(size)
    for at in range(size):
        seed = (seed * 1103515245 + 12345) & 0x3FFFFFFF
        found[at] = seed >> 12 & 0xFF
    return found


def hashed(form, key, state, data, start, end):
    state = bytearray(state)
    form.add(state, form.new_table(key), data, start, end)
    return state


compared = 0
for _ in range(number):
    key, state, data = random_bytes(16), random_bytes(16), random_bytes(120)
    start, end = sorted((random_bytes(1)[0] % 120, random_bytes(1)[0] % 120))
    if end % 7 == 0:
        # Bits at the ends of words, where something may be lost.
        key = bytes((0x80, 0, 0, 1) * 4)
        state = bytes((1, 0, 0, 0x80) * 4)
    assert hashed(native, key, state, data, start, end) == hashed(
        plain, key, state, data, start, end
    )
    counters = []
    targets = []
    for form in (native, plain):
        counters.append(bytearray(64))
        form.count(counters[-1], 16 * (end % 5), data[:12], start * 256 + end)
        targets.append(bytearray(data))
        form.xor(targets[-1], start, end, bytes(key) * 9, 24)
    assert counters[0] == counters[1]
    assert targets[0] == targets[1]
    compared += 3
print("compared", compared)
