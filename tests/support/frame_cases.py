"""Streams of an encrypted meter, and the events that they make.

An event is the CRC of a telegram, or (reason, bytes) of what was rejected.
"""

import contextlib
import io
import json
from collections import namedtuple

from telegrams import ENCRYPTED, SMALL, T211, crc16, telegram

from dsmr import keys
from dsmr.__main__ import Command
from sim.encryption import AUTHENTICATION_KEY, KEY, wrap

#: key and authentication are hexadecimal digits, as on the command line; key is "" for none.
Case = namedtuple("Case", "name data events key authentication crc_required")

CASES = []

SMALL_TELEGRAM = telegram(*SMALL)
T211_TELEGRAM = telegram(*T211)


def case(name, data, *events, key=KEY, authentication=AUTHENTICATION_KEY, crc_required=True):
    key = key.hex()
    authentication = authentication.hex() or "none"
    CASES.append(Case(name, data, list(events), key, authentication, crc_required))


def crc_of(data):
    return "%04X" % crc16(data[: data.rindex(b"!") + 1])


def sized(number, size):
    """A telegram of so many bytes."""
    lines = ("TST5 SIZED", "1-3:0.2.8(50)", "1-0:1.8.1(%06d.000*kWh)" % number)
    short = size - len(telegram(*lines)) - len("0-0:96.13.0()\r\n")
    return telegram(*lines, "0-0:96.13.0(%s)" % (b"A" * short).hex()[:short])


#: Some small telegrams that differ.
PLAIN = [sized(number, 130 + 40 * number) for number in range(4)]


def changed(data, at, by=1):
    data = bytearray(data)
    data[at] ^= by
    return bytes(data)


def events(output):
    """The events in what the command has printed."""
    found = []
    for line in output.splitlines():
        event = json.loads(line)
        if event["event"] == "telegram":
            found.append(event["crc"])
        else:
            found.append((event["reason"], event["bytes"]))
    return found


def printed(case, size):
    """What the command prints for a case that comes in chunks of `size` bytes, 0: at once."""
    size = size or len(case.data) or 1
    pieces = [case.data[at : at + size] for at in range(0, len(case.data), size)]
    out = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    with contextlib.redirect_stdout(out):
        gcm = keys.make(case.key, case.authentication) if case.key else None
        Command(case.crc_required, gcm).read(lambda _: pieces.pop(0) if pieces else b"")
    out.flush()
    return out.buffer.getvalue()


FRAME = wrap(SMALL_TELEGRAM, 7)
NEXT = wrap(T211_TELEGRAM, 8)
SIZE = len(FRAME)
SMALL_CRC = crc_of(SMALL_TELEGRAM)
T211_CRC = crc_of(T211_TELEGRAM)

case("a frame", FRAME, SMALL_CRC)
case("a frame after the other", FRAME + NEXT + FRAME, SMALL_CRC, T211_CRC, SMALL_CRC)
case("no additional data", wrap(SMALL_TELEGRAM, 7, authentication_key=b""), SMALL_CRC,
     authentication=b"")  # fmt: skip
for _size in range(100, 117):
    _telegram = sized(_size, _size)
    case("a telegram of %d bytes" % _size, wrap(_telegram, 1), crc_of(_telegram))
for _size in (239, 240, 241, 495, 496, 497, 11520):
    _telegram = sized(_size, _size)
    case("a telegram of %d bytes" % _size, wrap(_telegram, 1), crc_of(_telegram))

# --- What does not fit

case("wrong key", FRAME, ("tag", SIZE), key=changed(KEY, 3))
case("wrong authentication key", FRAME, ("tag", SIZE), authentication=changed(KEY, 15))
case("authentication key where there is none", wrap(SMALL_TELEGRAM, 7, authentication_key=b""),
     ("tag", SIZE))  # fmt: skip
case("no authentication key where there is one", FRAME, ("tag", SIZE), authentication=b"")
for _name, _at in (
    ("the system title", 2),
    ("the frame counter", 17),
    ("the ciphertext's first byte", 18),
    ("the ciphertext's last byte", -13),
    ("the tag's first byte", -12),
    ("the tag's last byte", -1),
):
    case("changed: " + _name, changed(FRAME, _at) + NEXT, ("tag", SIZE), T211_CRC)
for _name, _at in (("DB", 0), ("08", 1), ("82", 10), ("30", 13)):
    # Bytes that are skipped may hold a "/", which begins a telegram.
    _telegram = wrap(sized(9, 200), 3)
    assert b"/" not in _telegram[2:]
    case("changed: %s of the header" % _name, changed(_telegram, _at) + NEXT, T211_CRC)

# --- The frame counter

case("the same frame twice", FRAME + FRAME, SMALL_CRC, SMALL_CRC)
case("the counter begins anew", NEXT + wrap(SMALL_TELEGRAM, 0), T211_CRC, SMALL_CRC)
case("the counter at its end", wrap(SMALL_TELEGRAM, 0xFFFFFFFF), SMALL_CRC)

# --- Cut frames

for _size in (1, 2, 5, 10, 13):
    case("cut after %d bytes, in the header" % _size, FRAME[:_size] + NEXT, T211_CRC)
for _size in (14, 17, 18, 60, SIZE - 13, SIZE - 12):
    case("cut after %d bytes" % _size, FRAME[:_size] + NEXT + FRAME,
         ("truncated", _size), T211_CRC, SMALL_CRC)  # fmt: skip
case("cut by one byte", FRAME[:-1] + NEXT, ("tag", SIZE - 1), T211_CRC)
case("cut by two bytes", FRAME[:-2] + NEXT, ("truncated", SIZE - 2), T211_CRC)
case("cut at the beginning", FRAME[1:] + NEXT, T211_CRC)
case("cut in the middle", FRAME[:40] + FRAME[60:] + NEXT, ("truncated", SIZE - 20), T211_CRC)
case("cut at the end of the stream", NEXT + FRAME[:-1], T211_CRC, ("truncated", SIZE - 1))
case("cut in the header at the end of the stream", NEXT + FRAME[:13], T211_CRC)
case("cut several times", FRAME[:30] + FRAME[:50] + FRAME[:20] + NEXT,
     ("truncated", 30), ("truncated", 50), ("truncated", 20), T211_CRC)  # fmt: skip
case("two run together", FRAME[:50] + NEXT[50:] + NEXT, ("tag", SIZE), T211_CRC)
case("a telegram after a cut frame", FRAME[:50] + SMALL_TELEGRAM + NEXT,
     ("truncated", 50), SMALL_CRC, T211_CRC)  # fmt: skip
case("a telegram after a cut frame, at the end", NEXT[:900] + SMALL_TELEGRAM * 2,
     ("truncated", 900), SMALL_CRC, SMALL_CRC)  # fmt: skip

# --- Noise

_HEADER = b"\xdb\x08NOISE..." + b"\x82%s\x30"
case("noise before", b"no frame\xdb, \xdb\x08 and more" + FRAME, SMALL_CRC)
case("noise of DB", b"\xdb" * 40 + FRAME, SMALL_CRC)
case("noise of DB 08", b"\xdb\x08" * 40 + FRAME, SMALL_CRC)
case("noise between", FRAME + b"\xdb\x08\xdb" + NEXT, SMALL_CRC, T211_CRC)
case("a header that is none, and frames", _HEADER % b"\x03\x00" + FRAME + NEXT + FRAME,
     ("truncated", 14), SMALL_CRC, T211_CRC, SMALL_CRC)  # fmt: skip
case("a header that is none, and telegrams", _HEADER % b"\x2c\xff" + SMALL_TELEGRAM * 9,
     ("truncated", 14), *[SMALL_CRC] * 9)  # fmt: skip
case("a header and noise", _HEADER % b"\x01\x00" + b"\xff" * 255 + FRAME,
     ("tag", 13 + 256), SMALL_CRC)  # fmt: skip
case("a header with the size of no telegram", _HEADER % b"\x00\x11" + FRAME, SMALL_CRC)
case("a header with a size that no line carries", _HEADER % b"\x2d\x12" + FRAME, SMALL_CRC)
case("headers one after the other", _HEADER % b"\x00\x40" * 9 + FRAME,
     *[("truncated", 14)] * 9, SMALL_CRC)  # fmt: skip

# --- "/" where it means nothing

case("a slash in the system title", wrap(SMALL_TELEGRAM, 1, b"/TST5\r\n!"), SMALL_CRC)
case("a system title like a header", wrap(SMALL_TELEGRAM, 1, b"\xdb\x08\xdb\x08\xdb\x08\xdb\x08"),
     SMALL_CRC)  # fmt: skip
for _size in (0x12F, 0x12F + 0x200, 0x10A):
    _telegram = sized(_size, _size - 17)
    case("a slash or LF in the size: %X" % _size, wrap(_telegram, 1) * 2, *[crc_of(_telegram)] * 2)
case("a slash in the counter", wrap(SMALL_TELEGRAM, 0x2F2F0A21), SMALL_CRC)

# --- Telegrams that are not encrypted

case("a telegram", SMALL_TELEGRAM, SMALL_CRC)
case("telegrams between frames", FRAME + SMALL_TELEGRAM + NEXT + T211_TELEGRAM + FRAME,
     SMALL_CRC, SMALL_CRC, T211_CRC, T211_CRC, SMALL_CRC)  # fmt: skip
case("a telegram that a frame cuts", SMALL_TELEGRAM[:70] + FRAME, ("truncated", 70), SMALL_CRC)
case("a telegram without its line's end", SMALL_TELEGRAM[:-2] + FRAME, SMALL_CRC, SMALL_CRC)
case("an identification before each frame", (b"/TST5 TITLE\r\n" + FRAME) * 2, SMALL_CRC, SMALL_CRC)
case("a slash before a frame", b"/" + FRAME, SMALL_CRC)

# --- What is in a frame

_WRONG = changed(SMALL_TELEGRAM, 30)
case("a wrong CRC in a frame", wrap(_WRONG, 1) + NEXT, ("crc", SIZE), T211_CRC)
_BARE = SMALL_TELEGRAM[: SMALL_TELEGRAM.rindex(b"!") + 1] + b"\r\n"
case("no CRC in a frame", wrap(_BARE, 1), ("no crc", SIZE - 4))
case("no CRC in a frame, and none required", wrap(_BARE, 1), None, crc_required=False)
case(
    "half a telegram in a frame", wrap(SMALL_TELEGRAM[:80], 1) + NEXT, ("truncated", 110), T211_CRC
)
case("no telegram in a frame", wrap(b"hello", 1) + NEXT, ("malformed", 35), T211_CRC)
case("two telegrams in a frame", wrap(SMALL_TELEGRAM + T211_TELEGRAM, 1) + FRAME,
     SMALL_CRC, T211_CRC, SMALL_CRC)  # fmt: skip
case("a telegram and more in a frame", wrap(b"..." + SMALL_TELEGRAM + b"/...", 1), SMALL_CRC)
case("a frame in a frame", wrap(FRAME, 9) + NEXT, ("malformed", SIZE + 30), T211_CRC)

# --- Without a key

case("no key", FRAME + NEXT, ("encrypted", SIZE), ("encrypted", len(NEXT)), key=b"")
case("no key, and telegrams between", FRAME + SMALL_TELEGRAM + NEXT + SMALL_TELEGRAM * 2 + FRAME,
     ("encrypted", SIZE), SMALL_CRC, ("encrypted", len(NEXT)), SMALL_CRC, SMALL_CRC,
     ("encrypted", SIZE), key=b"")  # fmt: skip
case("no key, and a cut frame", FRAME[:60] + NEXT + NEXT[:20] + SMALL_TELEGRAM,
     ("encrypted", 60), ("encrypted", len(NEXT)), ("encrypted", 20), SMALL_CRC,
     key=b"")  # fmt: skip
for _at in (50, 150):
    case("no key, from byte %d of a frame on" % _at, ENCRYPTED[_at:] + FRAME + NEXT,
         ("encrypted", SIZE), ("encrypted", len(NEXT)), key=b"")  # fmt: skip
case("no key, and slashes in the header", wrap(SMALL_TELEGRAM, 1, b"/TST5\r\n!") * 2,
     *[("encrypted", SIZE)] * 2, key=b"")  # fmt: skip
