"""What holds for every stream of an encrypted meter, however it is split, cut or damaged."""

import pytest
from frame_cases import FRAME, KEY, NEXT, SMALL_TELEGRAM, T211_TELEGRAM, sized
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from dsmr import Rejected, TelegramParser, keys
from dsmr.parser import MAX_TELEGRAM
from sim.encryption import wrap

quick = settings(deadline=None, max_examples=200)

#: Telegrams that differ, in frames.
PLAIN = [sized(number, 130 + 61 * number) for number in range(6)]
FRAMES = [wrap(telegram, 100 + number) for number, telegram in enumerate(PLAIN)]


def parser_with(key=KEY, limit=MAX_TELEGRAM, **options):
    parser = TelegramParser(limit, **options)
    if key:
        parser.expect_frames(keys.make(key.hex()))
    return parser


def check_account(parser, fed):
    counts = (
        parser.bytes_accepted,
        parser.bytes_rejected,
        parser.bytes_skipped,
        parser.bytes_pending,
    )
    assert min(counts) >= 0 and parser.bytes_in == fed == sum(counts), (fed, counts)


def read(data, cuts=(), parser=None, end=True):
    """The events and the account of data that comes cut into pieces; checks it at every step."""
    parser = parser or parser_with()
    found = []
    fed = parser.bytes_in
    places = [*sorted({cut % (len(data) + 1) for cut in cuts} - {0}), len(data)]
    pieces = [data[start:stop] for start, stop in zip([0, *places], places, strict=False)]
    for piece in [*filter(None, pieces), *([b""] if end else [])]:
        parser.receive_data(piece)
        fed += len(piece)
        check_account(parser, fed)
        while (event := parser.next_event()) is not None:
            check_account(parser, fed)
            if isinstance(event, Rejected):
                assert event.size > 0
                found.append((event.reason, event.size))
            else:
                found.append(bytes(event.raw))
        check_account(parser, fed)
    if end:
        assert parser.bytes_pending == 0
    return found, (parser.bytes_accepted, parser.bytes_rejected, parser.bytes_skipped)


def telegrams(events):
    return [event for event in events if isinstance(event, bytes)]


frame = st.sampled_from(FRAMES)
header = st.builds(
    lambda title, size: b"\xdb\x08" + title + b"\x82" + size.to_bytes(2, "big") + b"\x30",
    st.binary(min_size=8, max_size=8),
    st.integers(0, 13000) | st.integers(18, 200),
)
cut = st.builds(lambda data, at: data[: at % len(data)], frame, st.integers(0, 600))
late = st.builds(lambda data, at: data[at % len(data) :], frame, st.integers(0, 600))
flipped = st.builds(
    lambda data, at, bit: (
        data[: at % len(data)]
        + bytes((data[at % len(data)] ^ 1 << bit,))
        + data[at % len(data) + 1 :]
    ),
    frame,
    st.integers(0, 600),
    st.integers(0, 7),
)
scraps = st.lists(
    st.sampled_from([b"\xdb", b"\xdb\x08", b"/", b"/TST5", b"\r\n", b"!", b"\x82", b"\x30"]),
    max_size=12,
).map(b"".join)
junk = st.one_of(st.binary(max_size=40), scraps, header, cut, late, flipped)
stream = st.lists(st.one_of(frame, junk, st.sampled_from(PLAIN)), max_size=8).map(b"".join)
cuts = st.lists(st.integers(0, 1 << 20), max_size=12)


@quick
@given(stream, cuts, st.sampled_from([KEY, b"", b"another key 0123"]))
def test_any_split_gives_the_same_events_and_account(data, where, key):
    expected = read(data, parser=parser_with(key))
    assert read(data, where, parser_with(key)) == expected
    if len(data) < 2500:
        assert read(data, range(len(data)), parser_with(key)) == expected


@quick
@given(st.lists(st.one_of(frame, junk), max_size=9))
def test_every_whole_frame_is_read_whatever_stands_before_it(pieces):
    expected = [PLAIN[FRAMES.index(piece)] for piece in pieces if piece in FRAMES]
    data = b"".join(pieces)
    # What is cut off and the byte before it may be a whole frame as well.
    assume(sum(map(data.count, FRAMES)) == len(expected))
    assert telegrams(read(data)[0]) == expected


@quick
@given(st.lists(st.one_of(frame, st.sampled_from(PLAIN)), max_size=9))
def test_of_a_good_line_nothing_is_rejected_or_skipped(pieces):
    data = b"".join(pieces)
    events, account = read(data)
    assert len(events) == len(pieces) == len(telegrams(events))
    assert account == (len(data), 0, 0)


@quick
@given(st.lists(st.one_of(frame, st.sampled_from(PLAIN)), max_size=9))
def test_without_a_key_each_frame_is_one_rejection_of_its_size(pieces):
    events, account = read(b"".join(pieces), parser=parser_with(b""))
    assert events == [("encrypted", len(piece)) if piece in FRAMES else piece for piece in pieces]
    assert account[2] == 0


@quick
@given(flipped)
def test_a_changed_bit_is_never_believed(data):
    assert telegrams(read(data)[0]) == []


@quick
@given(stream, stream, cuts)
def test_after_it_was_abandoned_it_goes_on(before, after, where):
    parser = parser_with()
    read(before, where, parser, end=False)
    rejected = parser.abandon()
    assert rejected is None or (rejected.reason == "truncated" and rejected.size > 0)
    check_account(parser, len(before))
    assert parser.bytes_pending == 0
    assert read(after, where, parser)[0] == read(after)[0]


@quick
@given(stream, st.integers(1, 9), cuts)
def test_it_may_be_abandoned_amid_a_chunk(data, number, where):
    parser = parser_with()
    parser.receive_data(data or b"/")
    for _ in range(number):
        if parser.next_event() is None:
            break
    parser.abandon()
    check_account(parser, len(data or b"/"))
    assert parser.bytes_pending == 0
    assert telegrams(read(FRAME + NEXT, where, parser)[0]) == [SMALL_TELEGRAM, T211_TELEGRAM]


# --- Limits


def test_a_frame_that_fits_exactly_and_one_that_does_not():
    whole = wrap(sized(1, 700), 1)
    assert read(whole, parser=parser_with(limit=700))[0] == [sized(1, 700)]
    for step in (1, 13, 256, 9999):
        found = read(whole * 2 + FRAME, range(0, 2000, step), parser_with(limit=699))
        assert found[0] == [("too long", 730), ("too long", 730), SMALL_TELEGRAM]
        assert found[1] == (len(FRAME), 1460, 0)


def test_a_frame_that_does_not_fit_and_is_cut_by_the_stream_s_end():
    assert read(wrap(sized(1, 900), 1)[:600], parser=parser_with(limit=700))[0] == [
        ("truncated", 600)
    ]


def test_data_must_be_used_up_before_more_is_taken_in():
    parser = parser_with()
    parser.receive_data(FRAME + NEXT)
    assert parser.next_event() is not None
    with pytest.raises(RuntimeError, match="next_event"):
        parser.receive_data(FRAME)


def test_without_a_key_frames_are_forgotten_when_a_telegram_has_come():
    parser = parser_with(b"")
    assert parser.frames is None
    read(b"noise \xdb noise", parser=parser, end=False)
    assert parser.frames is not None
    read(SMALL_TELEGRAM, parser=parser, end=False)
    assert parser.frames is None


# --- The frame counter


def test_a_counter_that_does_not_grow_is_counted():
    parser = parser_with()
    # The second is a replay; the counter begins anew with the third, and goes on.
    for counter in (7, 7, 1, 2, 0xFFFFFFFF, 0):
        assert read(wrap(SMALL_TELEGRAM, counter), parser=parser, end=False)[0] == [SMALL_TELEGRAM]
    assert (parser.frames.good, parser.frames.replayed) == (6, 3)


def test_another_meter_s_counter_is_another():
    parser = parser_with()
    for title in (b"METER001", b"METER002"):
        read(wrap(SMALL_TELEGRAM, 5, title), parser=parser, end=False)
    assert (parser.frames.good, parser.frames.replayed) == (2, 0)


def test_a_frame_that_is_not_believed_does_not_move_the_counter():
    parser = parser_with()
    late_one = bytearray(wrap(SMALL_TELEGRAM, 0xFFFFFFFF))
    late_one[-1] ^= 1
    read(wrap(SMALL_TELEGRAM, 5) + late_one + wrap(SMALL_TELEGRAM, 6), parser=parser)
    assert (parser.frames.good, parser.frames.replayed) == (2, 0)
