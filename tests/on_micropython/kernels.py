"""Compares the two kernels, function by function: arguments SEED ROUNDS FILE...

Each line of the files is tried as it is; then ROUNDS lines made from them by damage, and as many
of random bytes. Prints how many comparisons were made.
"""

import sys

from dsmr import kernel, kernel_plain, kernel_viper
from dsmr.kernel import AT, DECIMALS, DIGITS, MAX_DIGITS, NUMBER, UNIT
from dsmr.table import TABLE

assert kernel.crc16 is kernel_viper.crc16

UNITS = ["kWh", "Wh", "MWh", "kW", "W", "V", "A", "Hz", "m3", "dm3", "GJ", "MJ", "kvar", "var"]
UNITS += ["kvarh", "varh", "kVA", "VA", "s", "x", "kWhh"]
PLAIN_UNITS = {kernel_plain.unit_key(unit): unit for unit in UNITS + [""]}
VIPER_UNITS = {kernel_viper.unit_key(unit): unit for unit in UNITS + [""]}
assert len(VIPER_UNITS) == len(PLAIN_UNITS) == len(UNITS) + 1

# The codes of the table, and some at the edges of what a code can be.
CODES = [word for row in TABLE.decode().split("\n") for word in row.split(" ")[3:]]
CODES += ["0-%d:24.2.1" % channel for channel in range(1, 9)] + ["0-0:0.0.0", "3-15:255.255.255"]
PLAIN_INDEX = kernel_plain.Index()
VIPER_INDEX = kernel_viper.Index()
for index in (PLAIN_INDEX, VIPER_INDEX):
    index.build([(code, number) for number, code in enumerate(CODES)])

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


def check(what, plain, viper, *given):
    global compared
    compared += 1
    if plain != viper:
        print("DIFFERENT", what, given, "plain:", plain, "viper:", viper)
        sys.exit(1)


def code(kernel, index, line, start, end):
    scan = kernel.new_scan()
    number = kernel.scan_code(line, start, end, scan, index)
    return number, scan[AT]


def value(kernel, names, line, start, end):
    scan = kernel.new_scan()
    stop = kernel.scan_value(line, start, end, scan)
    if not stop:
        return 0
    digits = scan[DIGITS]
    return (
        stop,
        scan[AT],
        # Of a number only what kernel.py promises.
        min(digits, 1) if digits <= MAX_DIGITS else 10,
        scan[NUMBER] if 0 < digits <= MAX_DIGITS else None,
        scan[DECIMALS] if digits else None,
        names.get(scan[UNIT]),
    )


def compare(line):
    size = len(line)
    buffer = bytearray(line)
    other = bytearray(line)
    start, end = random(size + 1), random(size + 1)
    if start > end:
        start, end = end, start
    for first, last in ((0, size), (start, end)):
        check(
            "scan_code",
            code(kernel_plain, PLAIN_INDEX, buffer, first, last),
            code(kernel_viper, VIPER_INDEX, buffer, first, last),
            line,
            first,
            last,
        )
        at = first
        while at < last:
            if at == first or line[at] == 40:
                check(
                    "scan_value",
                    value(kernel_plain, PLAIN_UNITS, buffer, at, last),
                    value(kernel_viper, VIPER_UNITS, buffer, at, last),
                    line,
                    at,
                    last,
                )
                for length in (11, 12, 13, 14):
                    if at + 1 + length <= size:
                        check(
                            "scan_time",
                            kernel_plain.scan_time(buffer, at + 1, at + 1 + length),
                            kernel_viper.scan_time(buffer, at + 1, at + 1 + length),
                            line,
                            at,
                        )
            at += 1
        check(
            "crc16",
            kernel_plain.crc16(seed & 0xFFFF, buffer, first, last),
            kernel_viper.crc16(seed & 0xFFFF, buffer, first, last),
            line,
        )
        check(
            "find_byte",
            kernel_plain.find_byte(kernel_plain.readable(line), 47, first, last),
            kernel_viper.find_byte(kernel_viper.readable(line), 47, first, last),
            line,
        )
        if first < last:
            other[first + random(last - first)] ^= random(2)
        check(
            "same",
            kernel_plain.same(buffer, other, first, last),
            kernel_viper.same(buffer, other, first, last),
            line,
            other,
        )
        target = bytearray(b"~" * (size + 20))
        at = 1 + random(9)
        if random(2):
            target[at - 1] = 10
        target_viper = bytearray(target)
        limit = at + random(size + 10)
        for name in ("take_line", "take_lines"):
            check(
                name,
                (getattr(kernel_plain, name)(line, first, last, target, at, limit), target),
                (
                    getattr(kernel_viper, name)(line, first, last, target_viper, at, limit),
                    target_viper,
                ),
                line,
                first,
                last,
                at,
                limit,
            )
            assert len(target) == len(target_viper) == size + 20
        kernel_plain.copy(line, first, last, target, at)
        kernel_viper.copy(line, first, last, target_viper, at)
        check("copy", target, target_viper, line)
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
