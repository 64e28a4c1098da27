"""What a fuzzer's input means, and the inputs that it begins with.

The first `HEAD` bytes say how the rest, a stream, is read: a fuzzer cannot guess a CRC, so one
bit lets each telegram have the right one, and what is behind the CRC is reached.
"""

import random
import re
from datetime import datetime
from itertools import islice

from sim.faults import Fault, Faults
from sim.meter import ALL_KINDS, Meter
from sim.telegram import crc16

HEAD = 4
_NO_CRC_REQUIRED = 1
_AS_IT_IS = 2
_LIMITS = (11520, 6144, 700, 64)

_END = re.compile(rb"(/[^/]*?\n!)([0-9A-Fa-f]{0,4})", re.DOTALL)


def decode(data):
    """(stream, arguments of `oracle.check`) of a fuzzer's input."""
    head = data[:HEAD].ljust(HEAD, b"\0")
    stream = data[HEAD:]
    flags, limit, seed, pieces = head
    if not flags & _AS_IT_IS:
        stream = _END.sub(lambda end: end[1] + b"%04X" % crc16(end[1]), stream)
    dice = random.Random(seed)
    cuts = sorted(dice.randrange(len(stream) + 1) for _ in range(pieces % 32))
    return stream, {
        "cuts": cuts,
        "limit": _LIMITS[limit % len(_LIMITS)],
        "crc_required": not flags & _NO_CRC_REQUIRED,
        "renders_all": seed % 8 == 0,
    }


def encode(stream, as_it_is=True, crc_required=True, limit=0, seed=0, pieces=5):
    """The input that has this meaning."""
    flags = _AS_IT_IS * as_it_is | _NO_CRC_REQUIRED * (not crc_required)
    return bytes((flags, limit, seed, pieces)) + stream


def seeds():
    """{name: input}: each case of the parser's table, and each simulated meter, faults and all."""
    from dsmr_cases import CASES

    found = {}
    for number, case in enumerate(CASES):
        if len(case.data) <= 4000:
            found[f"case-{number}"] = encode(
                case.data, crc_required=case.crc_required, limit=number % 4, seed=number % 256
            )
            found[f"sealed-{number}"] = encode(case.data, False, limit=number % 4, seed=1)
    start = datetime(2026, 10, 25, 1, 59, 59)
    for kind in ALL_KINDS:
        telegrams = list(islice(Meter(kind, start).telegrams(), 3))
        found[f"meter-{kind}"] = encode(b"".join(telegrams[:2]), False, seed=8)
        for name in ("noise", "flip", "lose", "double", "cut"):
            faults = Faults([Fault(name, 1)])
            data = b"".join(faults.strike(telegram).data for telegram in telegrams[:2])
            found[f"{name}-{kind}"] = encode(data + telegrams[2])
    return found


def words():
    """What a fuzzer may put in: what means something to the parser."""
    from dsmr import build

    found = {codes[0] for _, _, _, codes, _ in build.fields() if codes}
    found |= {"/", "!", "\r\n", "\n!", "(", ")", ")(", "S)", "W)"}
    found |= {"*kWh", "*kW", "*W", "*V", "*A", "*m3", "*GJ", "*s"}
    found |= {"*mA", "*kV", "*MWh", "*kvarh", "*kVAh", "1-1:1.8.0(", ",-65.0*A)", "(01000)"}
    found |= {"35255255255255255S", "(0-0:0.1.0)", "(1-0:2.6.0)", "(0-0:96.10.7)", "(1-0:1.29.0)"}
    found |= {"(1-0:2.29.0)", "0-0:0.9.1(194500)", "0-0:0.9.2(261122)"}
    found |= {"632525252525W", "0-1:24.2.1(", "0-2:24.1.0(003)", "(1-0:1.6.0)", "(0-0:96.7.19)"}
    return [*(word.encode() for word in sorted(found)), b"\xdb\x08", b"\x820", b"\xff"]
