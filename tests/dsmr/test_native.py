"""The inner loops are the same in all forms, and need no more memory the longer they run."""

from random import Random

import pytest
import under_micropython
from dsmr_cases import CASES
from telegrams import (
    DSMR5,
    DSMR30,
    ENCRYPTED,
    PEAKS_NEWEST_FIRST,
    S211,
    T211,
    T211_50221,
    crc16,
    t211,
    telegram,
)

from dsmr import backend, folding, scan

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
def test_both_forms_find_the_same_in_lines_good_damaged_and_random(tmp_path, seed):
    lines = {line: None for case in CASES for line in case.data.split(b"\r\n")}
    (tmp_path / "lines").write_bytes(b"\r\n".join(lines))
    output = under_micropython.run_script("native_scan.py", seed, 20000, tmp_path / "lines")
    what, compared = output.decode().split()
    assert what == "compared" and int(compared) > 1000000


def test_the_crc_by_folding_is_the_crc_byte_by_byte():
    assert backend.crc16 is folding.crc16
    random = Random(20261122)
    # Every length up to what several foldings take, and the lengths around larger ones.
    lengths = [*range(300), *(1 << power for power in range(9, 14)), 11520]
    for length in [near for size in lengths for near in (size, size + 1, size + 2, size + 17)]:
        start = random.randrange(5)
        buffer = bytearray(random.randbytes(start + length + 3))
        before = bytes(buffer)
        crc = random.randrange(0x10000)
        found = folding.crc16(crc, buffer, start, start + length)
        assert found == scan.crc16(crc, buffer, start, start + length), length
        assert buffer == before
        whole = folding.crc16(0, buffer, 0, len(buffer))
        assert whole == crc16(buffer)
        cut = random.randrange(len(buffer) + 1)
        first = folding.crc16(0, buffer, 0, cut)
        assert folding.crc16(first, buffer, cut, len(buffer)) == whole


def test_machine_code_is_used_where_it_runs():
    # A mistake in it would be taken for an interpreter that cannot run it.
    code = "from dsmr import backend; print(backend.scan.__name__, backend.format.__name__)"
    assert under_micropython.run("-c", code).stdout.split() == [
        b"dsmr.native.scan",
        b"dsmr.native.format",
    ]


def test_both_forms_write_the_same():
    output = under_micropython.run_script("native_format.py", 20261122, 20000)
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


def loaded(tmp_path, *telegrams):
    """After each telegram: the modules that are loaded to read lines which are not usual."""
    paths = []
    for number, data in enumerate(telegrams):
        paths.append(tmp_path / str(number))
        paths[-1].write_bytes(data)
    return under_micropython.run_script("unloading.py", *paths).decode().split()


def test_what_reads_other_lines_is_loaded_when_they_come_and_then_unloaded(tmp_path):
    # The list of peaks is new in the first telegram, and in the fourth.
    one, other = telegram(*T211), telegram(*t211(PEAKS_NEWEST_FIRST))
    assert loaded(tmp_path, one, one, one, other, other, other) == [
        "lists,objects",
        "none",
        "none",
        "lists,objects",
        "none",
        "none",
    ]


def test_what_reads_forms_of_few_meters_is_loaded_when_they_come_and_then_unloaded(tmp_path):
    one, other = telegram(*S211), telegram(*S211, "1-0:13.7.0(0.998)")
    assert loaded(tmp_path, one, other, other, one, one) == [
        "none",
        "forms,objects",
        "forms,objects",
        "none",
        "none",
    ]
    clock = telegram("TST5 CLOCK", "0-0:0.9.1(194500)", "0-0:0.9.2(261122)")
    assert loaded(tmp_path, clock, clock, one) == ["clock,objects"] * 2 + ["none"]


def test_what_reads_other_lines_stays_where_each_telegram_has_some(tmp_path):
    one = telegram(*S211, "0-0:17.0.0(016*A)")
    assert loaded(tmp_path, one, one, one) == ["objects"] * 3
    old = telegram(*DSMR30, crc="")
    assert loaded(tmp_path, old, old) == ["next_line,objects"] * 2


def test_nothing_is_loaded_for_lines_of_unknown_objects(tmp_path):
    one = telegram(*S211, "0-0:99.9.9(1)", "1-0:32.24.0(0000.230*kV)")
    assert loaded(tmp_path, one, one) == ["none"] * 2
    register = telegram(*S211, "1-0:7.8.9(1)")
    assert loaded(tmp_path, register) == ["objects"]


def test_nothing_is_loaded_for_a_telegram_that_is_rejected(tmp_path):
    one = telegram(*S211, "0-0:17.0.0(016*A)")
    damaged = one.replace(b"1-0:1.8.1", b"1-0:1.8.2")
    assert loaded(tmp_path, damaged, damaged) == ["none"] * 2
    assert loaded(tmp_path, damaged, one) == ["none", "objects"]
