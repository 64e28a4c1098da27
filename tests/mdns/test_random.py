"""Bytes of all kinds, made up by hypothesis: `mdns_side` says what must hold."""

import mdns_side
from hypothesis import example, given, settings
from hypothesis import strategies as st

WORDS = mdns_side.words()


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 255), st.binary(max_size=600)), max_size=6))
def test_any_bytes_hold(messages):
    mdns_side.check(mdns_side.encode(*messages))


header = st.sampled_from([0, 0x0200, 0x8400, 0x8000, 0x0100]).flatmap(
    lambda flags: st.tuples(*[st.integers(0, 4)] * 4).map(
        lambda counts: flags.to_bytes(2, "big") + b"".join(n.to_bytes(2, "big") for n in counts)
    )
)


@settings(max_examples=500, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.integers(0, 255),
            st.tuples(
                header, st.lists(st.one_of(st.sampled_from(WORDS), st.binary(max_size=8)))
            ).map(lambda parts: b"\0\0" + parts[0] + b"".join(parts[1])),
        ),
        max_size=6,
    )
)
@example([(0, b"")])
def test_messages_put_together_of_words_hold(messages):
    mdns_side.check(mdns_side.encode(*messages))
