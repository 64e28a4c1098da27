"""The buffer that renderers write into."""

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from firmware.renderers import Writer

quick = settings(deadline=None, max_examples=200)


@quick
@given(st.text(alphabet=st.characters(exclude_categories=("Cs",))))
def test_json_string(value):
    writer = Writer(1)
    writer.json_string(value)
    assert json.loads(writer.getvalue().decode()) == value


@quick
@given(
    st.lists(st.one_of(st.binary(max_size=50), st.text("abcxyz", max_size=50))), st.integers(1, 64)
)
def test_a_writer_keeps_all_that_is_written_and_grows_by_doubling(pieces, capacity):
    writer = Writer(capacity)
    expected = b""
    for piece in pieces:
        writer.write(piece)
        expected += piece if isinstance(piece, bytes) else piece.encode()
        assert writer.getvalue() == expected
        assert writer.size == len(expected) <= len(writer.buffer)
    if len(expected) <= capacity:
        assert len(writer.buffer) == capacity
    assert len(writer.buffer) <= max(capacity, 2 * len(expected))


def test_a_writer_that_is_cleared_keeps_its_buffer():
    writer = Writer(4)
    writer.write(b"0123456789")
    buffer, room = writer.buffer, len(writer.buffer)
    kept = writer.getvalue()
    writer.clear()
    assert writer.getvalue() == b""
    writer.write(b"abcdefghij")
    assert (writer.buffer is buffer, len(writer.buffer)) == (True, room)
    assert (kept, writer.getvalue()) == (b"0123456789", b"abcdefghij")


def test_a_writer_makes_room():
    writer = Writer(4)
    writer.write(b"0123")
    assert len(writer.reserve(100)) >= 104
    assert writer.getvalue() == b"0123"
