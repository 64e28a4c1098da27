"""Line ends that were lost on the way into a file are restored."""

from hypothesis import given, settings
from hypothesis import strategies as st
from telegrams import DSMR5, DSMR30, S211, SMALL, T211, telegram

from dsmr.lineends import LineEnds

quick = settings(deadline=None, max_examples=200)


def restored(data, cuts=()):
    ends = LineEnds()
    places = [*sorted({cut % (len(data) + 1) for cut in cuts}), len(data)]
    pieces = [data[start:stop] for start, stop in zip([0, *places], places)]
    return b"".join(map(ends.restored, [*filter(None, pieces), b""]))


cuts = st.lists(st.integers(0, 1 << 20), max_size=30)
whole = st.sampled_from([telegram(*lines) for lines in (DSMR5, DSMR30, S211, SMALL, T211)])


@quick
@given(st.lists(whole, max_size=4).map(b"".join), cuts)
def test_lf_alone_becomes_cr_lf_in_any_split(data, where):
    assert restored(data.replace(b"\r", b""), where) == data


@quick
@given(st.lists(whole, max_size=4).map(b"".join), cuts)
def test_cr_lf_stays_in_any_split(data, where):
    assert restored(data, where) == data


@quick
@given(st.binary(max_size=60), st.lists(whole, min_size=1, max_size=2).map(b"".join), cuts)
def test_noise_before_a_telegram_changes_nothing_of_it(noise, data, where):
    assert restored(noise + data, where).endswith(data)
    assert restored(noise + data.replace(b"\r", b""), where).endswith(data)


@quick
@given(
    st.lists(
        st.sampled_from((b"/", b"\n", b"\r", b"\r\n", b"x", b"!", b"/x\r\n")), max_size=30
    ).map(b"".join),
    cuts,
)
def test_the_split_does_not_matter_to_line_ends(data, where):
    assert restored(data, where) == restored(data) == restored(data, range(len(data)))


def test_a_cr_that_was_lost_is_not_mended():
    data = telegram(*SMALL)
    for at in [at for at in range(len(data)) if data[at] == 13]:
        damaged = data[:at] + data[at + 1 :]
        assert restored(damaged) != data
        assert restored(damaged + data).endswith(data)
