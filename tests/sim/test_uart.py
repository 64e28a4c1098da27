"""A UART that is set otherwise than its line; and what no single meter sends."""

import random

import pytest

from sim import streams
from sim.faults import arrived
from sim.meter import Meter
from sim.telegram import crc16, seal
from sim.uart import Setting, levels, misread, sample

DATA = bytes(range(256)) + b"/FLU5\\253000002_A\r\n\r\n"
TEXT = b"/ISK5\\2MT382-1000\r\n\r\n1-0:1.8.1(00101.777*kWh)\r\n!\r\n"


@pytest.mark.parametrize("setting", [Setting(), Setting(inverted=True), Setting(9600)])
def test_the_same_setting_reads_what_was_sent(setting):
    assert misread(DATA, setting, setting) == DATA


@pytest.mark.parametrize("parity", "EO")
def test_seven_bits_with_parity(parity):
    setting = Setting(9600, 7, parity)
    assert misread(TEXT, setting, setting) == TEXT


def test_levels_are_start_bit_lowest_bit_first_parity_stop_bit():
    assert levels(b"A", Setting()).strip("1") == "0" + "1000001"[::-1].rstrip("1") + "10"
    line = levels(b"A", Setting(bits=7, parity="E"))
    begin = line.index("0")
    assert line[begin : begin + 10] == "0" + "1000001" + "0" + "1"


def test_a_speed_that_is_two_per_cent_off_is_read():
    assert misread(DATA, Setting(115200), Setting(117500)) == DATA


def test_a_parity_bit_is_read_as_the_eighth_bit():
    read = misread(TEXT, Setting(9600, 7, "E"), Setting(9600))
    assert bytes(byte & 127 for byte in read) == TEXT
    assert all(bin(byte).count("1") % 2 == 0 for byte in read)


def test_of_a_wrong_polarity_no_telegram_begins():
    read = misread(TEXT, Setting(), Setting(inverted=True))
    assert len(read) > 10
    assert b"\n!" not in read and TEXT[:5] not in read


def test_a_break_is_one_byte_of_zeros():
    line = "1" * 20 + "0" * 300 + "1" * 20 + levels(b"A", Setting())
    assert sample(line, Setting(), Setting()) == b"\0A"


def test_a_full_telegram_fills_the_line_exactly():
    telegram = next(Meter("s211").telegrams())
    for size in (len(telegram) + 30, 5000, 11519, streams.FULL):
        filled = streams.full(telegram, size)
        assert len(filled) == size
        body = filled[: filled.index(b"!") + 1]
        assert int(filled[len(body) :], 16) == crc16(body)
        assert max(map(len, filled.split(b"\r\n"))) < 1100


def test_interleaved_meters_lose_no_byte():
    one, other = (
        [seal([f"/SIM5{letter}", f"0-0:1.0.0({n})"]) for n in range(300)] for letter in "AB"
    )
    dice = random.Random(1)
    stream = b"".join(streams.interleaved(one, other, 200, dice))
    assert sorted(stream) == sorted(b"".join(one + other))
    assert 500 < len(arrived(stream, one + other)) < 600
    apart = b"".join(streams.interleaved(one, other, 1_000_000, dice))
    assert len(arrived(apart, one + other)) == 600


WHOLE = b"/A5B\r\n\r\n1-0:1.8.1(1)\r\n!0AB1\r\n"


@pytest.mark.parametrize(
    "stream, whole",
    [
        (WHOLE, True),
        (b"\xff/A" + WHOLE + b"noise", True),
        (WHOLE[:-1], True),
        (WHOLE.replace(b"0AB1", b"ab1"), True),
        (WHOLE.replace(b"0AB1", b"0ab1"), True),
        (WHOLE.replace(b"0AB1\r", b"0AB1\xff"), True),
        (WHOLE.replace(b"0AB1", b"0AB12"), False),
        (WHOLE.replace(b"0AB1", b"0AB"), False),
        (WHOLE.replace(b"0AB1", b""), False),
        (WHOLE.replace(b"A5B", b"A5C"), False),
        (WHOLE.replace(b"(1)", b"(1"), False),
        (WHOLE.replace(b"!", b"!!"), False),
        (b"", False),
    ],
)
def test_what_counts_as_damaged(stream, whole):
    assert arrived(stream, [WHOLE]) == [WHOLE] * whole
