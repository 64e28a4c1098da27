"""What holds for every stream: however it is split, damaged or mixed with noise.

Unlike the table of cases these tests know no output: they compare one reading with another, and
telegrams with what this file reckons of their bytes by itself.
"""

import re

import pytest
from dsmr_cases import CASES
from hypothesis import given, settings
from hypothesis import strategies as st
from telegrams import (
    CRC_LINES,
    DSMR5,
    DSMR30,
    ENCRYPTED,
    LUXEMBOURG,
    S211,
    SMALL,
    SWEDEN,
    T211,
    T211_50221,
    crc16,
    telegram,
)

from dsmr import Rejected, Telegram, TelegramParser

GOOD = telegram("TST5 GOOD", "1-3:0.2.8(50)", "1-0:1.8.1(000042.000*kWh)")
OLD = telegram(*DSMR30, crc="")

WHOLE = [telegram(*lines) for lines in (DSMR5, DSMR30, LUXEMBOURG, S211, SMALL, SWEDEN, T211)]
WHOLE += [OLD, telegram(*T211_50221), GOOD]

quick = settings(deadline=None, max_examples=150)


def snapshot(event):
    """All that an event says, kept."""
    if isinstance(event, Rejected):
        return event.reason, event.size
    assert isinstance(event, Telegram)
    return (bytes(event.raw), event.crc, event.identification, event.fields, event.problems)


def check_account(parser, fed):
    assert parser.bytes_in == fed
    assert min(parser.bytes_accepted, parser.bytes_rejected, parser.bytes_skipped) >= 0
    assert parser.bytes_pending >= 0
    assert fed == (
        parser.bytes_accepted + parser.bytes_rejected + parser.bytes_skipped + parser.bytes_pending
    )


def account(parser):
    return parser.bytes_accepted, parser.bytes_rejected, parser.bytes_skipped, parser.bytes_pending


def read(data, cuts=(), end=True, **options):
    """The events and the account of data that comes cut into pieces; checks it at every step."""
    parser = TelegramParser(**options)
    events = []
    fed = 0
    places = [*sorted({cut % (len(data) + 1) for cut in cuts} - {0}), len(data)]
    pieces = [data[start:stop] for start, stop in zip([0, *places], places)]
    for piece in [*filter(None, pieces), *([b""] if end else [])]:
        parser.receive_data(piece)
        fed += len(piece)
        check_account(parser, fed)
        event = parser.next_event()
        while event is not None:
            check_account(parser, fed)
            events.append(snapshot(event))
            event = parser.next_event()
        check_account(parser, fed)
    if end:
        assert parser.bytes_pending == 0
    return events, account(parser)


def raws(events):
    return [event[0] for event in events if len(event) > 2]


noise = st.one_of(
    st.binary(max_size=60),
    st.lists(
        st.sampled_from(
            [
                b"/",
                b"!",
                b"\r\n",
                b"\n",
                b"(",
                b")",
                b"0",
                b"A",
                b"\xff",
                b"/X",
                b"\r\n!",
                b"\xdb\x08",
            ]
        ),
        max_size=20,
    ).map(b"".join),
)
whole = st.sampled_from(WHOLE)


@st.composite
def damaged(draw):
    """A telegram with a few bytes changed, lost, doubled or put in; or a piece of one."""
    data = bytearray(draw(whole))
    for _ in range(draw(st.integers(0, 3))):
        at = draw(st.integers(0, len(data) - 1))
        kind = draw(st.sampled_from(("flip", "lose", "double", "insert", "cut")))
        if kind == "flip":
            data[at] ^= 1 << draw(st.integers(0, 7))
        elif kind == "lose" and len(data) > 1:
            del data[at]
        elif kind == "double":
            data.insert(at, data[at])
        elif kind == "insert":
            data[at:at] = draw(st.sampled_from((b"/", b"!", b"\r\n!", b"\n", b"\xff")))
        elif at:
            del data[at:]
    return bytes(data)


streams = st.lists(st.one_of(noise, whole, damaged(), st.just(ENCRYPTED)), max_size=5).map(
    b"".join
)
cuts = st.lists(st.integers(0, 1 << 20), max_size=40)


# --- Splits


@quick
@given(streams, cuts, st.booleans(), st.sampled_from((11520, 700, 120, 40, 17, 8)), st.booleans())
def test_any_split_gives_the_same_events_and_account(data, where, end, limit, crc_required):
    options = {"max_telegram": limit, "crc_required": crc_required, "end": end}
    assert read(data, where, **options) == read(data, **options)


@settings(deadline=None, max_examples=60)
@given(streams, st.booleans(), st.sampled_from((11520, 120, 17, 8, 1)))
def test_byte_by_byte_gives_the_same_events_and_account(data, end, limit):
    options = {"max_telegram": limit, "end": end}
    assert read(data, range(len(data)), **options) == read(data, **options)


@pytest.mark.parametrize("size", range(1, 130))
def test_a_limit_at_every_byte_of_a_telegram_is_kept_in_every_split(size):
    data = telegram(*SMALL) + GOOD
    expected = read(data, max_telegram=size)
    assert all(len(event[0]) <= size for event in expected[0] if len(event) > 2)
    assert read(data, range(len(data)), max_telegram=size) == expected
    for step in (2, 3, 50):
        assert read(data, range(0, len(data), step), max_telegram=size) == expected
    for raw in (telegram(*SMALL), GOOD):
        assert (raw in raws(expected[0])) == (len(raw) <= size)


@pytest.mark.parametrize(
    "make",
    (bytes, bytearray, memoryview, lambda piece: memoryview(bytearray(piece))),
    ids=("bytes", "bytearray", "memoryview", "memoryview of a bytearray"),
)
def test_a_chunk_may_be_any_buffer(make):
    parser = TelegramParser()
    parser.receive_data(make(b"\xff" + GOOD + OLD))
    assert bytes(parser.next_event().raw) == GOOD
    assert bytes(parser.next_event().raw) == OLD
    assert parser.next_event() is None


@quick
@given(streams, cuts)
def test_a_fixed_buffer_of_which_a_part_counts(data, where):
    """As a UART is read: readinto() fills the beginning of one buffer again and again."""
    buffer = bytearray(b"/" * 100)
    parser = TelegramParser()
    events = []
    at = 0
    for want in [cut % 100 + 1 for cut in where] + [100] * (len(data) // 100 + 1):
        size = min(want, len(data) - at)
        if size:
            buffer[:size] = data[at : at + size]
            at += size
            parser.receive_data(buffer, size)
            event = parser.next_event()
            while event is not None:
                events.append(snapshot(event))
                event = parser.next_event()
            check_account(parser, at)
            buffer[:] = b"/" * 100
    assert (events, account(parser)) == read(data, end=False)


@pytest.mark.parametrize("size", (1, 64))
def test_a_long_line_is_looked_through_when_its_end_has_come(monkeypatch, size):
    # Once for each chunk would take four times as long for a line of twice the length.
    starts = []
    read_lines = TelegramParser._read

    def counted(parser, size):
        starts.append(size)
        return read_lines(parser, size)

    monkeypatch.setattr(TelegramParser, "_read", counted)
    data = telegram("TST5 LONG", "1-3:0.2.8(50)", "0-0:96.13.0(%s)" % ("41" * 2000))
    (event,) = read(data, range(0, len(data), size))[0]
    assert len(event[3]["text_message"][0]) == 2000
    assert len(starts) <= data.count(b"\n")


@pytest.mark.parametrize("where", [1, 20, 40])
def test_what_is_abandoned_is_accounted_for_and_the_next_telegram_is_good(monkeypatch, where):
    class Short(Exception):
        pass

    parser = TelegramParser()
    parser.receive_data(GOOD[:where])
    assert parser.next_event() is None
    with monkeypatch.context() as patch:

        def read(*_):
            raise Short

        patch.setattr(TelegramParser, "_read", read)
        parser.receive_data(GOOD[where:] + GOOD[:50])
        with pytest.raises(Short):
            parser.next_event()
    event = parser.abandon()
    assert isinstance(event, Rejected)
    assert parser.abandon() is None
    assert parser.bytes_pending == 0
    assert parser.bytes_in == parser.bytes_rejected + parser.bytes_skipped
    parser.receive_data(GOOD)
    assert isinstance(parser.next_event(), Telegram)
    assert parser.bytes_accepted == len(GOOD)


def test_data_that_is_not_drained_is_not_overwritten():
    parser = TelegramParser()
    parser.receive_data(GOOD + GOOD)
    assert parser.next_event() is not None
    with pytest.raises(RuntimeError):
        parser.receive_data(GOOD)
    assert bytes(parser.next_event().raw) == GOOD
    assert parser.next_event() is None
    parser.receive_data(GOOD)
    assert bytes(parser.next_event().raw) == GOOD


def test_after_the_end_of_a_stream_another_may_follow():
    parser = TelegramParser()
    for _ in range(2):
        parser.receive_data(GOOD[:-2])
        assert parser.next_event() is None
        parser.receive_data(b"")
        assert bytes(parser.next_event().raw) == GOOD[:-2]
        assert parser.next_event() is None
        parser.receive_data(GOOD[:20])
        assert parser.next_event() is None
        parser.receive_data(b"")
        assert snapshot(parser.next_event()) == ("truncated", 20)
        assert parser.next_event() is None
    check_account(parser, 2 * (len(GOOD) - 2 + 20))


# --- Noise and damage


# What follows is reckoned without the parser. A telegram is what begins with the last "/" before a
# line that begins with "!"; its CRC is what the digits there are worth.

_FRAME = re.compile(rb"/[^/]*?\n!([0-9A-Fa-f]*)([^/\n]?)", re.DOTALL)


def is_damaged(raw, original):
    """Whether an accepted telegram's bytes differ from the original's where it counts."""
    mark = original.index(b"\n!") + 2
    if raw[:mark] != original[:mark]:
        return True
    digits = re.match(rb"[0-9A-Fa-f]*", raw[mark:]).group()
    return not 1 <= len(digits) <= 4 or int(digits, 16) != int(original[mark : mark + 4], 16)


def is_collision(raw):
    """Whether the bytes have the CRC that they carry."""
    mark = raw.index(b"\n!") + 2
    digits = re.match(rb"[0-9A-Fa-f]*", raw[mark:]).group()
    return 1 <= len(digits) <= 4 and int(digits, 16) == crc16(raw[:mark])


def damages(data):
    """Every way to flip one bit, lose one byte or double one: (what, the damaged bytes)."""
    for at in range(len(data)):
        for bit in range(8):
            flipped = bytearray(data)
            flipped[at] ^= 1 << bit
            yield "bit %d of byte %d flipped" % (bit, at), bytes(flipped)
        yield "byte %d lost" % at, data[:at] + data[at + 1 :]
        yield "byte %d doubled" % at, data[: at + 1] + data[at:]


def check_damage(what, original, stream):
    events, _ = read(stream + GOOD, end=False)
    found = raws(events)
    assert found[-1:] == [GOOD], what
    for raw in found[:-1]:
        assert not is_damaged(raw, original) or is_collision(raw), what
    # What came through whole arrives as well.
    mark = original.index(b"\n!") + 2
    at = stream.find(original[:mark])
    if at >= 0:
        rest = re.match(rb"[0-9A-Fa-f]*", stream[at + mark :]).group()
        if 1 <= len(rest) <= 4 and int(rest, 16) == int(original[mark : mark + 4], 16):
            if int(rest, 16) or len(rest) == 4:
                assert len(found) == 2, what


@pytest.mark.parametrize(
    "original",
    (
        telegram(*S211),
        *(telegram(*SMALL, line) for line in CRC_LINES.values()),
        telegram(*SMALL, CRC_LINES[0xFACE], crc="%04x"),
    ),
    ids=("s211", *("crc %04X" % crc for crc in CRC_LINES), "lower case"),
)
def test_no_telegram_with_a_flipped_bit_or_a_byte_lost_or_doubled_is_accepted(original):
    assert is_collision(original)
    for what, stream in damages(original):
        check_damage(what, original, stream)


@settings(deadline=None, max_examples=300)
@given(whole.filter(lambda data: data != OLD), st.data())
def test_damage_anywhere_in_any_telegram(original, data):
    at = data.draw(st.integers(0, len(original) - 1))
    changed = bytearray(original)
    kind = data.draw(st.sampled_from(("flip", "lose", "double", "lose many")))
    if kind == "flip":
        changed[at] ^= 1 << data.draw(st.integers(0, 7))
    elif kind == "lose":
        del changed[at]
    elif kind == "double":
        changed.insert(at, changed[at])
    else:
        del changed[at : at + data.draw(st.integers(1, 200))]
    check_damage("%s at %d" % (kind, at), original, bytes(changed))


@quick
@given(noise, whole)
def test_after_any_noise_the_good_telegram_arrives(prefix, good):
    events, _ = read(prefix + good, end=False)
    assert raws(events)[-1:] == [good]


@settings(deadline=None, max_examples=80)
@given(st.lists(st.tuples(noise, whole), min_size=1, max_size=8))
def test_of_many_telegrams_with_noise_between_them_each_arrives(pieces):
    # Digits or signs right after a telegram's end are its own; noise begins with a line end here.
    stream = b"".join(b"\r\n" + prefix + good for prefix, good in pieces)
    found = iter(raws(read(stream)[0]))
    for _, good in pieces:
        assert good in found


@settings(deadline=None, max_examples=300)
@given(streams)
def test_what_is_accepted_has_its_crc_or_neither_version_nor_time(data):
    for event in read(data)[0]:
        if len(event) == 2:
            continue
        raw, crc = event[:2]
        frame = _FRAME.match(raw)
        assert raw.count(b"/") == 1 and frame
        mark = raw.index(b"\n!") + 2
        if frame[1]:
            assert int(frame[1], 16) == crc == crc16(raw[:mark])
            assert len(frame[1]) <= 4
        else:
            assert crc is None
            assert re.match(rb"/[A-Za-z]{3}[0-9].", raw)
            assert not re.search(rb"\n(1-3:0\.2\.8|0-0:96\.1\.4|0-0:1\.[01]\.0)(\*\d+)?\(", raw)


@quick
@given(streams, st.booleans())
def test_without_its_crc_a_telegram_needs_an_object(data, crc_required):
    for event in read(data, crc_required=crc_required)[0]:
        if len(event) > 2 and event[1] is None:
            assert b"(" in event[0]


@pytest.mark.parametrize(
    "lines",
    (DSMR5, S211, T211, T211_50221, SWEDEN, LUXEMBOURG),
    ids=("dsmr 5", "s211", "t211", "50221", "sweden", "luxembourg"),
)
def test_a_telegram_of_version_5_whose_crc_was_lost_is_rejected(lines):
    lost = telegram(*lines, crc="")
    events, _ = read(lost + OLD + GOOD, end=False)
    assert events[0] == ("no crc", len(lost))
    assert raws(events) == [OLD, GOOD]
    events, _ = read(lost + OLD + GOOD, end=False, crc_required=False)
    assert raws(events) == [lost, OLD, GOOD]


@settings(deadline=None, max_examples=200)
@given(st.sampled_from((DSMR5, S211, T211, SWEDEN)), st.data())
def test_a_telegram_whose_crc_was_lost_and_whose_values_were_damaged_is_rejected(lines, data):
    # Damage within the parentheses, so that the objects can still be told.
    changed = bytearray(telegram(*lines, crc=""))
    groups = [match.span(1) for match in re.finditer(rb"\(([^()\r\n]+)\)", changed)]
    start, stop = data.draw(st.sampled_from(groups))
    at = data.draw(st.integers(start, stop - 1))
    changed[at] ^= 1 << data.draw(st.integers(0, 7))
    assert GOOD not in bytes(changed)
    assert raws(read(bytes(changed) + GOOD, end=False)[0]) == [GOOD]


# --- Any bytes at all


@settings(deadline=None, max_examples=300)
@given(st.binary(max_size=400), cuts, st.booleans())
def test_nothing_raises_on_arbitrary_bytes(data, where, crc_required):
    read(data, where, crc_required=crc_required)


lines = st.lists(
    st.one_of(
        st.sampled_from(
            sorted({line for case in CASES for line in case.data.split(b"\r\n") if line})
        ),
        st.text("01234567890-:.*()kWhVAm3SW ", max_size=40).map(str.encode),
        st.binary(max_size=30),
    ).filter(lambda line: not set(line) & set(b"/\r\n") and not line.startswith(b"!")),
    max_size=12,
)


@settings(deadline=None, max_examples=300)
@given(lines, st.data())
def test_a_good_crc_over_any_lines_is_accepted_and_rendered(found, data):
    """Also lines that no meter sends: what a CRC vouches for must not raise later on either."""
    changed = []
    for line in found:
        line = bytearray(line)
        if line and data.draw(st.booleans()):
            at = data.draw(st.integers(0, len(line) - 1))
            line[at] ^= 1 << data.draw(st.integers(0, 7))
        changed.append(bytes(line))
    whole = telegram("TST5 ANY", *changed)
    if whole.count(b"/") == 1 and b"\n!" not in whole[: whole.rindex(b"\n!")]:
        events, _ = read(whole)
        assert raws(events) == [whole]


# --- What is kept


@settings(deadline=None, max_examples=40)
@given(streams, cuts)
def test_the_last_good_telegram_is_kept_byte_for_byte_while_others_are_read(data, where):
    parser = TelegramParser()
    parser.receive_data(telegram(*T211))
    kept = snapshot(parser.next_event())
    assert parser.next_event() is None
    for piece in (data[at : at + 50] for at in range(0, len(data), 50)):
        parser.receive_data(piece)
        while True:
            assert snapshot(parser.telegram) == kept
            event = parser.next_event()
            if event is None:
                break
            if isinstance(event, Telegram):
                assert event is parser.telegram
                kept = snapshot(event)


def test_there_is_no_telegram_before_the_first():
    parser = TelegramParser()
    assert parser.telegram is None
    parser.receive_data(b"/noise\r\n!\r\n")
    assert isinstance(parser.next_event(), Rejected)
    assert parser.telegram is None


def buffers(parser):
    """Sizes of all that could grow in a parser, and the identities of what holds it."""
    found = []
    for holder in (parser._filling, parser._spare):
        for name, value in vars(holder).items():
            if name == "peaks":
                assert len(value or ()) <= 3 * 255
            elif hasattr(value, "__len__") and not isinstance(value, str):
                found.append((id(value), len(value)))
    return sorted(found)


@settings(deadline=None, max_examples=40)
@given(streams)
def test_the_buffers_stay_as_they_were_made(data):
    parser = TelegramParser(max_telegram=600)
    before = buffers(parser)
    for _ in range(2):
        parser.receive_data(data)
        while parser.next_event() is not None:
            assert buffers(parser) == before
        if data:
            parser.receive_data(b"")
            while parser.next_event() is not None:
                pass
    assert buffers(parser) == before
