"""The parser's kernels are the same, and need no more memory the longer they run."""

from random import Random

import pytest
import under_micropython
from dsmr_cases import CASES
from telegrams import DSMR5, DSMR30, ENCRYPTED, S211, T211, T211_50221, crc16, telegram

from dsmr import kernel, kernel_pc, kernel_plain

STREAM = b"".join(
    (
        telegram(*DSMR5),
        b"noise!/noise",
        telegram(*T211),
        telegram(*T211)[:300],
        telegram(*S211),
        telegram(*DSMR30, crc=""),
        telegram(*T211).replace(b"1-0:1.7.0", b"1-0:1.7.1"),
        ENCRYPTED,
        telegram(*T211_50221),
    )
)
ACCEPTED = sum(
    len(telegram(*lines, **options))
    for lines, options in (
        (DSMR5, {}),
        (T211, {}),
        (S211, {}),
        (DSMR30, {"crc": ""}),
        (T211_50221, {}),
    )
)


@pytest.mark.parametrize("seed", (1, 20261122))
def test_both_kernels_find_the_same_in_lines_good_damaged_and_random(tmp_path, seed):
    lines = {line: None for case in CASES for line in case.data.split(b"\r\n")}
    (tmp_path / "lines").write_bytes(b"\r\n".join(lines))
    output = under_micropython.run_script("kernels.py", seed, 20000, tmp_path / "lines")
    what, compared = output.decode().split()
    assert what == "compared" and int(compared) > 1000000


def test_the_crc_by_folding_is_the_crc_byte_by_byte():
    assert kernel.crc16 is kernel_pc.crc16
    random = Random(20261122)
    # Every length up to what several foldings take, and the lengths around larger ones.
    lengths = [*range(300), *(1 << power for power in range(9, 14)), 11520]
    for length in [near for size in lengths for near in (size, size + 1, size + 2, size + 17)]:
        start = random.randrange(5)
        buffer = bytearray(random.randbytes(start + length + 3))
        before = bytes(buffer)
        crc = random.randrange(0x10000)
        found = kernel_pc.crc16(crc, buffer, start, start + length)
        assert found == kernel_plain.crc16(crc, buffer, start, start + length), length
        assert buffer == before
        whole = kernel_pc.crc16(0, buffer, 0, len(buffer))
        assert whole == crc16(buffer)
        cut = random.randrange(len(buffer) + 1)
        first = kernel_pc.crc16(0, buffer, 0, cut)
        assert kernel_pc.crc16(first, buffer, cut, len(buffer)) == whole


def test_both_forms_of_the_writer_write_the_same():
    output = under_micropython.run_script("writers.py", 20261122, 20000)
    what, compared = output.decode().split()
    assert what == "compared" and int(compared) > 100000


def test_the_heap_in_use_does_not_grow(tmp_path):
    (tmp_path / "stream").write_bytes(STREAM)
    account, used = (
        list(map(int, line.split()))
        for line in under_micropython.run_script("soak.py", 400, tmp_path / "stream").splitlines()
    )
    accepted, rejected, skipped, events = account
    assert (accepted, accepted + rejected + skipped) == (800 * ACCEPTED, 800 * len(STREAM))
    assert events == 800 * 9
    assert len(set(used)) == 1
