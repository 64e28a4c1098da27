"""Compares the two forms of dsmr.format, function by function: arguments SEED ROUNDS.

Prints how many comparisons were made.
"""

import sys

from dsmr import backend, fields, format
from dsmr.native import format as native

assert backend.format is native

seed = int(sys.argv[1])
rounds = int(sys.argv[2])
compared = 0

WORDS = len(fields.WORD_AT) - 1

TEXT = b'0123456789abcdefABCDEF0123456789abcdefABCDEF /"\\gG:@`\x00\x1f ~\x7f\x80\xff'


def random(below):
    """A number in range(below), the same ones at every run (xorshift)."""
    global seed
    seed ^= seed << 13 & 0xFFFFFFFF
    seed ^= seed >> 17
    seed ^= seed << 5 & 0xFFFFFFFF
    return seed % below


def compare(name, *arguments):
    global compared
    compared += 1
    at = random(9)
    results = []
    for module in (format, native):
        buffer = bytearray(b"~" * 400)
        end = getattr(module, name)(buffer, at, *arguments)
        # Of what was given up nothing is said but that it was written where there was room.
        written = buffer if end >= 0 else buffer[:at]
        results.append((end, written))
        assert len(buffer) == 400 and buffer[399] == 126
    if results[0] != results[1]:
        print("DIFFERENT", name, at, arguments, "plain:", results[0], "native:", results[1])
        sys.exit(1)


def text(size):
    return bytes(TEXT[random(len(TEXT))] for _ in range(size))


def numbers():
    for bits in range(70):
        for number in ((1 << bits) - 1, 1 << bits, (1 << bits) + 1):
            yield number
    for digits in range(22):
        for number in (10**digits - 1, 10**digits, 10**digits + 1):
            yield number


for number in numbers():
    for decimals in range(24):
        compare("put_decimal", number, decimals)
        compare("put_decimal", -number, decimals)
for year in (0, 1, 25, 26, 70, 99):
    for month in range(1, 13):
        for day in (1, 2, 10, 31):
            for rest in ("000000", "000001", "000100", "010000", "235959", "100000"):
                tst = b"(%02d%02d%02d%sW)" % (year, month, day, rest.encode())
                compare("put_month", bytearray(tst), 1)
                # With the mark, which may be that of the other half of the year, and without.
                compare("put_time", bytearray(tst), 1, 14)
                for mark in (b"S", b"s", b"w", b"Z"):
                    compare("put_time", bytearray(tst.replace(b"W", mark)), 1, 14)
                compare("put_time", bytearray(tst), 1, 13)
for year in range(100):
    for month in (2, 3, 4, 9, 10, 11):
        for day in range(20, 32):
            for hour in (0, 1, 2, 3, 23):
                tst = b"%02d%02d%02d%02d3000" % (year, month, day, hour)
                compare("put_time", tst, 0, 12)
for byte in range(256):
    for other in (48, byte):
        for source in (bytes([byte, other]), bytearray([other, byte])):
            compare("put_plain", source, 0, 2)
            compare("put_octets", source, 0, 2)
            compare("put_plain", source, 1, 1)
            compare("put_octets", source, 1, 1)
    compare("put_octets", b"%02x%02X" % (byte, byte), 0, 4)
for _ in range(rounds):
    source = text(random(60))
    start = random(len(source) + 1)
    end = start + random(len(source) - start + 1)
    compare("put", source, start, end)
    # Bytes from 128 on stand for words in names, and nothing else does.
    name = bytes(byte if byte < 128 else 128 + byte % WORDS for byte in source)
    compare("put_name", text(random(30)), name, start, end, text(random(30)))
    compare("put_plain", source, start, end)
    compare("put_octets", source, start, end)
    digits = bytes(TEXT[random(22)] for _ in range(random(20)))
    compare("put_octets", b"4142" + digits, 0, 4 + len(digits))
    compare("put_decimal", random(1 << 30) - random(1 << 30), random(12))
print("compared", compared)
