"""What must hold of the parser, whatever bytes come. Reckoned apart from it.

- Nothing raises.
- Bytes in = accepted + rejected + skipped + pending, after every step.
- However the stream is split, the events and the account are the same.
- Every telegram that is whole and has its CRC is published, once and in order; nothing else is,
  but what has no CRC and neither version nor time.
- What is published renders: as JSON that says exactly what the parser says, with the meter's
  digits, and as Prometheus' text.
- The buffers are as large as they were made.
"""

import json
import re

from prometheus_text import parse as parse_prometheus

from dsmr import Rejected, Telegram, TelegramParser
from dsmr.problems import MAX_CODES, by_code
from firmware.renderers import Writer, metrics, prometheus
from sim.telegram import crc16

# What a line that begins so must come out as, whatever else there is: the digits as they stand,
# without the leading zeros.
_REGISTER = re.compile(rb"1-0:([12])\.8\.([12])\(0*(\d+\.\d{3})\*kWh\)")
_REGISTERS = {(b"1", b"1"): "power_used_tariff_1", (b"1", b"2"): "power_used_tariff_2"}
_REGISTERS |= {(b"2", b"1"): "power_generated_tariff_1", (b"2", b"2"): "power_generated_tariff_2"}

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


def check(stream, cuts=(), limit=11520, crc_required=True, renders_all=True):
    """Raise AssertionError if something does not hold; returns the events of one reading.

    cuts: where the stream is split. renders_all: also as Prometheus' text, which is slow.
    """
    events = _read(stream, (), limit, crc_required, renders_all)
    split = _read(stream, cuts, limit, crc_required)
    assert split == events, "another split, other events"
    if len(stream) <= 2000:
        single = _read(stream, range(1, len(stream)), limit, crc_required)
        assert single == events, "byte by byte, other events"
    _check_published(stream, [event for event in events if event[0] == "telegram"], limit)
    return events


def _read(stream, cuts, limit, crc_required, renders=None):
    """All that the parser says of a stream and its end; what it renders too, if asked."""
    parser = TelegramParser(limit, crc_required=crc_required)
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
                assert 0 < event.size <= limit or event.reason == "encrypted"
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
    for one in (parser._filling, parser._spare):
        assert len(one.peaks or ()) <= 3 * 255
    return [
        (name, len(value))
        for holder in (parser, parser._filling, parser._spare)
        for name, value in sorted(vars(holder).items())
        if isinstance(value, (bytearray, list, dict)) or hasattr(value, "typecode")
        if name not in ("_chunk", "peaks")
    ]


def _check_problems(telegram):
    """Every line that was not used is among the problems, and is counted by its code."""
    found = telegram.problems
    assert len(found) == telegram.odd_lines
    counted = by_code(telegram)
    assert sum(lines for _, _, lines, _ in counted) == len(found)
    assert len(counted) <= MAX_CODES + 1
    for (code, reason, _, example), pair in zip(counted[:MAX_CODES], dict.fromkeys(found)):
        assert (code, reason) == pair
        assert example.startswith(code)


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
