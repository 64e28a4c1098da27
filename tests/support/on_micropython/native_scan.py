"""Compares the two forms of dsmr.scan, function by function: arguments SEED ROUNDS FILE...

Each line of the files is tried as it is; then ROUNDS lines made from them by damage, and as many
of random bytes. Prints how many comparisons were made.
"""

import sys

from dsmr import backend, build, scan
from dsmr.native import scan as native

assert backend.crc16 is native.crc16

# The places in a scan, and what they hold.
AT, NUMBER, DECIMALS, DIGITS, UNIT = range(5)
MAX_DIGITS = 9

UNITS = [text for text, _, _ in build.written_units() if text != "-"] + ["", "x", "kWhh"]


def keys(form):
    """{key of a unit: the unit}."""
    found = {}
    for unit in UNITS:
        line = ("(0*%s)" % unit).encode()
        places = form.new_scan()
        form.scan_value(line, 0, len(line), places)
        found[places[UNIT]] = unit
    assert len(found) == len(UNITS)
    return found


PLAIN_UNITS = keys(scan)
NATIVE_UNITS = keys(native)

# The codes of the table, and some at the edges of what a code can be.
CODES = [code.replace("n", "1") for code, _, _ in build.codes()]
CODES += ["0-%d:24.2.1" % channel for channel in range(16)] + ["0-n:24.2.1", "0-0:0.0.0"]
CODES += ["3-15:255.255.255", "1-1:24.2.1", "0-1:96.3.10", "0-5:96.3.10", "0-12:24.2.1"]

LIKELY = b"0123456789000111-:.*(()))kWhVAm3SWs\r\n/!\x00\xff"

seed = int(sys.argv[1])
rounds = int(sys.argv[2])
compared = 0


def random(below):
    """A number in range(below), the same ones at every run (xorshift)."""
    global seed
    seed ^= seed << 13 & 0xFFFFFFFF
    seed ^= seed >> 17
    seed ^= seed << 5 & 0xFFFFFFFF
    return seed % below


def check(what, plain, found, *given):
    global compared
    compared += 1
    if plain != found:
        print("DIFFERENT", what, given, "plain:", plain, "native:", found)
        sys.exit(1)


def code(form, line, start, end):
    places = form.new_scan()
    return form.find_slot(line, start, end, places), places[AT]


def value(form, names, line, start, end):
    places = form.new_scan()
    stop = form.scan_value(line, start, end, places)
    if not stop:
        return 0
    digits = places[DIGITS]
    return (
        stop,
        places[AT],
        # Of a number only what dsmr.scan promises.
        min(digits, 1) if digits <= MAX_DIGITS else 10,
        places[NUMBER] if 0 < digits <= MAX_DIGITS else None,
        places[DECIMALS] if digits else None,
        names.get(places[UNIT]),
        form.find_scale(places[UNIT]),
        places[UNIT] == form.NO_UNIT,
    )


def compare(line):
    size = len(line)
    buffer = bytearray(line)
    start, end = random(size + 1), random(size + 1)
    if start > end:
        start, end = end, start
    for first, last in ((0, size), (start, end)):
        check(
            "find_slot",
            code(scan, buffer, first, last),
            code(native, buffer, first, last),
            line,
            first,
            last,
        )
        at = first
        while at < last:
            if at == first or line[at] == 40:
                check(
                    "scan_value",
                    value(scan, PLAIN_UNITS, buffer, at, last),
                    value(native, NATIVE_UNITS, buffer, at, last),
                    line,
                    at,
                    last,
                )
                for length in (11, 12, 13, 14):
                    if at + 1 + length <= size:
                        check(
                            "scan_time",
                            scan.scan_time(buffer, at + 1, at + 1 + length),
                            native.scan_time(buffer, at + 1, at + 1 + length),
                            line,
                            at,
                        )
            at += 1
        check(
            "crc16",
            scan.crc16(seed & 0xFFFF, buffer, first, last),
            native.crc16(seed & 0xFFFF, buffer, first, last),
            line,
        )
        check(
            "find_byte",
            scan.find_byte(line, 47, first, last),
            native.find_byte(line, 47, first, last),
            line,
        )
        target = bytearray(b"~" * (size + 20))
        at = 1 + random(9)
        if random(2):
            target[at - 1] = 10
        native_target = bytearray(target)
        limit = at + random(size + 10)
        check(
            "take_lines",
            (scan.take_lines(line, first, last, target, at, limit), target),
            (native.take_lines(line, first, last, native_target, at, limit), native_target),
            line,
            first,
            last,
            at,
            limit,
        )
        assert len(target) == len(native_target) == size + 20
        # Nothing was changed that is only read.
        assert buffer == line


def damaged(line):
    line = bytearray(line)
    for _ in range(1 + random(3)):
        at = random(len(line)) if line else 0
        kind = random(5)
        if kind == 0 and line:
            line[at] ^= 1 << random(8)
        elif kind == 1:
            line = line[:at] + line[at + 1 :]
        elif kind == 2:
            line = line[: at + 1] + line[at:]
        elif kind == 3:
            line = line[:at] + bytes([LIKELY[random(len(LIKELY))]]) + line[at:]
        elif line:
            line[at] = LIKELY[random(len(LIKELY))]
    return bytes(line)


lines = []
for name in sys.argv[3:]:
    with open(name, "rb") as file:
        lines += [line for line in file.read().split(b"\r\n") if line and len(line) < 200]
for line in lines:
    compare(line)
    compare(line + b"\n!" + line)
    compare(b"!" + line + b"\r\n")
for month in range(100):
    for day in range(100):
        compare(b"(26%02d%02d%02d%02d%02dW)" % (month, day, day, month, day))
for year in range(100):
    compare(b"(%02d0229235959S)(%02d0228235959)" % (year, year))
for digits in range(24):
    for point in range(-1, digits + 1):
        number = "9" * digits
        if point >= 0:
            number = number[:point] + "." + number[point:]
        compare(("(%s*kWh)(-%s*kWh)(0%skWh)(000000000000%s)" % ((number,) * 4)).encode())
for line in CODES:
    compare(line.encode() + b"(1*kWh)")
    compare(line.encode() + b"*255(1*kWh)")
for _ in range(rounds):
    compare(damaged(lines[random(len(lines))]))
    compare(bytes(LIKELY[random(len(LIKELY))] for _ in range(random(30))))
    compare(bytes(random(256) for _ in range(random(20))))
print("compared", compared)
