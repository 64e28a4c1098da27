"""What must hold of the parser, whatever bytes come. Reckoned apart from it.

- Nothing raises.
- Bytes in = accepted + rejected + skipped + pending, after every step.
- However the stream is split, the events and the account are the same.
- Every telegram that is whole and has its CRC is published, once and in order; nothing else is,
  but what has no CRC and neither version nor time.
- Where there are headers of encrypted frames, that holds of the telegrams which no frame may
  reach into; and with the key, of those in each frame whose tag is right, whatever is around it.
- What is published renders: as JSON that says exactly what the parser says, with the meter's
  digits, and as Prometheus' text.
- The buffers are as large as they were made.
"""

import json
import re

from prometheus_text import parse as parse_prometheus

from dsmr import Rejected, Telegram, TelegramParser, keys
from dsmr.problems import MAX_CODES, by_code
from firmware.renderers import Writer, metrics, prometheus
from sim.encryption import AUTHENTICATION_KEY, KEY, seal
from sim.telegram import crc16

# What a line that begins so must come out as, whatever else there is: the digits as they stand,
# without the leading zeros. Of more than 20 digits it is no number.
_REGISTER = re.compile(rb"1-0:([12])\.8\.([12])\((?=[\d.]{,21}\*)0*(\d+\.\d{3})\*kWh\)")
_REGISTERS = {(b"1", b"1"): "power_used_tariff_1", (b"1", b"2"): "power_used_tariff_2"}
_REGISTERS |= {(b"2", b"1"): "power_generated_tariff_1", (b"2", b"2"): "power_generated_tariff_2"}

_HEADER = re.compile(rb"(?=\xdb\x08.{8}\x82(..)\x30)", re.DOTALL)
_LARGEST = 11550

_VERSION_OR_TIME = re.compile(rb"\n(1-3:0\.2\.8|0-0:96\.1\.4|0-0:1\.[01]\.0)(\*\d+)?\(")


class _Readout:
    """As much of a `firmware.meter.Readout` as a renderer looks at."""

    def __init__(self, telegram):
        self.telegram = telegram


def whole_telegrams(stream, limit):
    """The telegrams in a stream that are whole and have their CRC, from "/" to the line's LF.

    A "/" begins one in any case, so that each stands between two of them.
    """
    for piece in stream.split(b"/")[1:]:
        # Its first line with a "!" ends it, whatever follows that.
        before, mark, end = piece.partition(b"\n!")
        found = re.match(rb"([0-9A-Fa-f]{4})\r\n", end) if mark else None
        if found:
            body = b"/" + before + mark
            raw = body + found[0]
            if int(found[1], 16) == crc16(body) and len(raw) <= limit:
                yield raw


def claims(stream):
    """(begin, end) of each frame that a header in the stream speaks of, whole or not."""
    for header in _HEADER.finditer(stream):
        total = 13 + int.from_bytes(header[1], "big")
        if 30 < total <= _LARGEST:
            yield header.start(), header.start() + total


def plaintexts(stream, limit):
    """What is in the frames that are to be believed: no two of them have a byte in common."""
    behind = 0
    for begin, end in claims(stream):
        if end - begin > limit + 30:
            # Skipped by its length, and what may be in it.
            behind = max(behind, end)
        elif begin >= behind and end <= len(stream):
            frame = stream[begin:end]
            nonce = frame[2:10] + frame[14:18]
            data = b"\x30" + AUTHENTICATION_KEY
            # The key stream is the same in both directions.
            plaintext, _ = seal(frame[18:-12], nonce, data, KEY)
            if seal(plaintext, nonce, data, KEY)[1][:12] == frame[-12:]:
                yield plaintext
                behind = end


def check(stream, cuts=(), limit=11520, crc_required=True, renders_all=True, keyed=False):
    """Raise AssertionError if something does not hold; returns the events of one reading.

    cuts: where the stream is split. renders_all: also as Prometheus' text, which is slow. keyed:
    whether there is a key.
    """
    events = _read(stream, (), limit, crc_required, keyed, renders_all)
    split = _read(stream, cuts, limit, crc_required, keyed)
    assert split == events, "another split, other events"
    if len(stream) <= 2000:
        single = _read(stream, range(1, len(stream)), limit, crc_required, keyed)
        assert single == events, "byte by byte, other events"
    published = [event for event in events if event[0] == "telegram"]
    if any(claims(stream)):
        _check_beside_frames(stream, published, limit, keyed)
    else:
        _check_published(stream, published, limit)
    return events


def _read(stream, cuts, limit, crc_required, keyed, renders=None):
    """All that the parser says of a stream and its end; what it renders too, if asked."""
    parser = TelegramParser(limit, crc_required=crc_required)
    if keyed:
        parser.expect_frames(keys.make(KEY.hex(), AUTHENTICATION_KEY.hex()))
    sizes = _buffers(parser)
    events = []
    begin = 0
    for end in [*cuts, len(stream), None]:
        piece = b"" if end is None else stream[begin:end]
        if not piece and end is not None:
            continue
        parser.receive_data(piece)
        begin += len(piece)
        while (event := parser.next_event()) is not None:
            _check_account(parser, begin)
            if isinstance(event, Rejected):
                assert 0 < event.size <= limit or any(claims(stream))
                events.append(("rejected", event.reason, event.size))
            else:
                assert isinstance(event, Telegram) and event is parser.telegram
                raw = bytes(event.raw)
                assert len(raw) <= limit
                events.append(("telegram", raw, event.crc, event.fields, event.problems))
                if renders is not None:
                    _check_problems(event)
                    _check_rendered(event, renders)
        _check_account(parser, begin)
    assert parser.bytes_pending == 0
    assert _buffers(parser) == sizes, "a buffer has grown"
    events.append((parser.bytes_accepted, parser.bytes_rejected, parser.bytes_skipped))
    return events


def _check_account(parser, fed):
    counts = (
        parser.bytes_accepted,
        parser.bytes_rejected,
        parser.bytes_skipped,
        parser.bytes_pending,
    )
    assert min(counts) >= 0 and parser.bytes_in == fed == sum(counts), (fed, counts)


def _buffers(parser):
    """Sizes of all that could grow in a parser."""
    frames = [parser.frames] if parser.frames and parser.frames._gcm else []
    for one in (parser._filling, parser._spare):
        assert len(one.peaks or ()) <= 3 * 255
    return [
        (name, len(value))
        for holder in (parser, parser._filling, parser._spare, *frames)
        for name, value in sorted(vars(holder).items())
        if isinstance(value, (bytearray, list, dict)) or hasattr(value, "typecode")
        if name not in ("_chunk", "peaks")
    ]


def _check_beside_frames(stream, telegrams, limit, keyed):
    """As _check_published, of a stream in which there are headers of frames."""
    opened = list(plaintexts(stream, limit)) if keyed else []
    raws = [raw for _, raw, *_ in telegrams]
    for _, raw, crc, fields, _ in telegrams:
        assert raw in stream or any(raw in plaintext for plaintext in opened), "did not come"
        mark = raw.index(b"\n!") + 2
        digits = re.match(rb"[0-9A-Fa-f]*", raw[mark:])[0]
        if digits:
            assert len(digits) <= 4 and int(digits, 16) == crc == crc16(raw[:mark])
        else:
            assert crc is None and fields, "believed without a reason"
        _check_registers(raw, fields)
    # What frames cannot reach into, in pieces.
    wanted = []
    behind = 0
    for begin, end in [*claims(stream), (len(stream), None)]:
        if begin > behind:
            wanted += whole_telegrams(stream[behind:begin], limit)
        behind = max(behind, end or 0)
    for plaintext in opened:
        wanted += whole_telegrams(plaintext, limit)
    for raw in set(wanted):
        assert raws.count(raw) >= wanted.count(raw), "lost"


def _check_problems(telegram):
    """Every line that was not used is among the problems, and is counted by its code."""
    found = telegram.problems
    assert len(found) == telegram.odd_lines
    counted = list(by_code(telegram))
    assert sum(lines for _, _, lines, _ in counted) == len(found)
    assert len(counted) <= MAX_CODES + 1
    for (code, reason, _, example), pair in zip(counted[:MAX_CODES], dict.fromkeys(found)):
        assert (code, reason) == pair
        # A character may have been cut, of which each byte is one then.
        assert example.startswith(code) or not code.isascii()


def _check_published(stream, telegrams, limit):
    """Each whole telegram is there, in order; and nothing that should not be believed."""
    at = 0
    with_crc = []
    for _, raw, crc, fields, _ in telegrams:
        at = stream.find(raw, at)
        assert at >= 0, "published what did not come"
        at += len(raw)
        mark = raw.index(b"\n!") + 2
        digits = re.match(rb"[0-9A-Fa-f]*", raw[mark:])[0]
        if digits:
            assert len(digits) <= 4 and int(digits, 16) == crc == crc16(raw[:mark])
            if re.fullmatch(rb"[0-9A-Fa-f]{4}\r\n", raw[mark:]):
                with_crc.append(raw)
        else:
            assert crc is None and fields, "believed without a reason"
        _check_registers(raw, fields)
    assert with_crc == list(whole_telegrams(stream, limit)), "lost or doubled"


def _check_registers(raw, fields):
    seen = set()
    for line in raw[: raw.index(b"\n!")].split(b"\n")[1:]:
        name = _REGISTERS.get((line[4:5], line[8:9])) if line[:4] == b"1-0:" else None
        if not name or name in seen:
            continue
        found = _REGISTER.fullmatch(line.removesuffix(b"\r"))
        if found and len(found[3]) <= 10:
            assert fields[name] == (found[3].decode(), "KilowattHour"), line
        elif name not in fields:
            continue
        seen.add(name)


def _check_rendered(telegram, all_of_it):
    out = Writer(64)
    for _ in metrics.render(_Readout(telegram), out):
        pass
    text = bytes(out.buffer[: out.size]).decode()

    def refuse(word):
        raise AssertionError("no JSON: " + word)

    found = json.loads(text, parse_float=str, parse_int=str, parse_constant=refuse)
    wanted = {
        name: {"value": _texts(value), "unit": unit}
        for name, (value, unit) in telegram.fields.items()
    }
    assert _texts(found) == wanted
    if all_of_it:
        out = Writer(4096)
        pieces = []
        health = {"fresh": True, "rejected": {}, "bytes": {}}
        for _ in prometheus.render(_Readout(telegram), out, health):
            pieces.append(bytes(out.buffer[: out.size]))
            out.size = 0
        parse_prometheus(b"".join(pieces).decode())


def _texts(value):
    """A value of `fields` or of JSON, with its numbers as text."""
    if isinstance(value, dict):
        return {key: _texts(entry) for key, entry in value.items()}
    if isinstance(value, list):
        return [_texts(entry) for entry in value]
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return value
