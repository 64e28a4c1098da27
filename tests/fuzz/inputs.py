"""What a fuzzer's input means, and the inputs that it begins with.

The first `HEAD` bytes say how the rest, a stream, is read: a fuzzer cannot guess a CRC, so one
bit lets each telegram have the right one, and what is behind the CRC is reached. In the same way
a bit encrypts what stands in frames, as no fuzzer guesses a tag; another says that there is a key.
"""

import random
import re
from datetime import datetime
from itertools import islice

from sim.encryption import wrap
from sim.faults import Fault, Faults
from sim.meter import ALL_KINDS, Meter
from sim.telegram import crc16

HEAD = 4
_NO_CRC_REQUIRED = 1
_AS_IT_IS = 2
_KEYED = 4
_ENCRYPTED = 8
_WORD = b"\xdb\x08SYSTITLE\x82\x00\x40\x30"
_LIMITS = (11520, 6144, 700, 64)

_HEADER = re.compile(rb"(?=\xdb\x08(.{8})\x82(..)\x30)", re.DOTALL)
_END = re.compile(rb"(/[^/]*?\n!)([0-9A-Fa-f]{0,4})", re.DOTALL)


def decode(data):
    """(stream, arguments of `oracle.check`) of a fuzzer's input."""
    head = data[:HEAD].ljust(HEAD, b"\0")
    stream = data[HEAD:]
    flags, limit, seed, pieces = head
    if not flags & _AS_IT_IS:
        stream = _END.sub(lambda end: end[1] + b"%04X" % crc16(end[1]), stream)
    if flags & _ENCRYPTED:
        stream = encrypted(stream)
    dice = random.Random(seed)
    cuts = sorted(dice.randrange(len(stream) + 1) for _ in range(pieces % 32))
    return stream, {
        "cuts": cuts,
        "limit": _LIMITS[limit % len(_LIMITS)],
        "crc_required": not flags & _NO_CRC_REQUIRED,
        "keyed": bool(flags & _KEYED),
        "renders_all": seed % 8 == 0,
    }


def encode(stream, as_it_is=True, crc_required=True, limit=0, seed=0, pieces=5, flags=0):
    """The input that has this meaning."""
    flags |= _AS_IT_IS * as_it_is | _NO_CRC_REQUIRED * (not crc_required)
    return bytes((flags, limit, seed, pieces)) + stream


def encrypted(stream):
    """The stream with the plaintext in its frames encrypted, and the right tags."""
    at = 0
    while header := _HEADER.search(stream, at):
        begin, at = header.start(), header.start() + 1
        end = begin + 13 + int.from_bytes(header[2], "big")
        if begin + 31 <= end <= len(stream):
            counter = int.from_bytes(stream[begin + 14 : begin + 18], "big")
            frame = wrap(stream[begin + 18 : end - 12], counter, header[1])
            stream = stream[:begin] + frame + stream[end:]
            at = end
    return stream


def open_frame(telegram, counter):
    """A frame that is not encrypted yet."""
    frame = wrap(telegram, counter)
    return frame[:18] + telegram + frame[-12:]


def seeds():
    """{name: input}: each case of the tables, and each simulated meter, faults and all."""
    import frame_cases
    from dsmr_cases import CASES

    found = {}
    for number, case in enumerate(CASES):
        if len(case.data) <= 4000:
            found[f"case-{number}"] = encode(
                case.data, crc_required=case.crc_required, limit=number % 4, seed=number % 256
            )
            found[f"sealed-{number}"] = encode(case.data, False, limit=number % 4, seed=1)
    for number, case in enumerate(frame_cases.CASES):
        if len(case.data) <= 4000:
            limit, seed = number % 3, number % 256
            found[f"frames-{number}"] = encode(case.data, limit=limit, seed=seed, flags=_KEYED)
            found[f"no-key-{number}"] = encode(case.data, limit=limit, seed=seed)
    open_frames = [open_frame(one, n) for n, one in enumerate(frame_cases.PLAIN)]
    both = _KEYED | _ENCRYPTED
    found["open-frames"] = encode(b"".join(open_frames), False, flags=both)
    found["open-frames-mixed"] = encode(
        open_frames[0] + frame_cases.PLAIN[1] + open_frames[2][:60] + open_frames[3], flags=both
    )
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
    return [*(word.encode() for word in sorted(found)), b"\xdb\x08", b"\x820", b"\xff", _WORD]
