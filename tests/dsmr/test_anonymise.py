"""Telegrams that can be shown to others: what is replaced, and what is not."""

import os
import subprocess
import sys

import pytest
import under_micropython
from dsmr_cases import CASES
from telegrams import DSMR30, T211_50221, crc16, octets, telegram
from under_micropython import ROOT

from dsmr import Telegram, TelegramParser
from dsmr.anonymise import Anonymiser, Telegrams


def anonymised(*lines, **options):
    return Anonymiser().telegram(telegram(*lines, **options))


def lines_of(data):
    return data.decode().split("\r\n")


def parsed(data, **options):
    parser = TelegramParser(**options)
    parser.receive_data(data)
    event = parser.next_event()
    assert isinstance(event, Telegram), event
    return event


def test_identifiers_are_made_up_and_all_else_stays():
    before = telegram(*T211_50221)
    after = Anonymiser().telegram(before)
    made_up = {}
    for old, new in zip(lines_of(before), lines_of(after)):
        code, _, text = new.partition("(")
        if ":96.1." in code and code != "0-0:96.1.4" and text != ")":
            made_up[code] = text.rstrip(")")
        elif not old.startswith("!"):
            assert new == old
    assert made_up == {
        "0-0:96.1.1": octets("1SAG0000000001"),
        "0-0:96.1.2": octets("500000000000000002"),
        "0-1:96.1.1": octets("7FLO0000000003"),
        "0-1:96.1.2": octets("500000000000000004"),
        "0-2:96.1.1": octets("8SAG0000000005"),
    }
    assert len(after) == len(before)


def test_the_crc_is_right_and_one_that_is_absent_stays_absent():
    for data in (
        anonymised(*T211_50221),
        anonymised(*T211_50221, crc="0000"),
        anonymised(*T211_50221, crc="%x"),
    ):
        mark = data.rindex(b"!") + 1
        assert data[mark:] == b"%04X\r\n" % crc16(data[:mark])
        parsed(data)
    assert anonymised(*DSMR30, crc="").endswith(b"\r\n!\r\n")


def test_the_same_identifier_is_replaced_by_the_same_one():
    anonymiser = Anonymiser()
    one = lines_of(anonymiser.telegram(telegram("TST5", "0-0:96.1.1(%s)" % octets("E0012345"))))
    two = lines_of(
        anonymiser.telegram(
            telegram("TST5", "0-0:96.1.2(%s)" % octets("E9876543"), "0-0:42.0.0(E0012345)")
        )
    )
    assert one[2] == "0-0:96.1.1(%s)" % octets("E0000001")
    assert two[2:4] == ["0-0:96.1.2(%s)" % octets("E0000002"), "0-0:42.0.0(E0000001)"]


@pytest.mark.parametrize(
    ("line", "other"),
    (
        ("MCS50050010225141", "MCS50000000000001"),
        ("KMP5 ZABF001770315713", "KMP5 ZABF000000000001"),
        ("XMX5LGBBFFB123456789", "XMX5LGBBFFB000000001"),
        # Types of meters say nothing about whose it is.
        ("FLU5\\253769484_A", "FLU5\\253769484_A"),
        ("ISk5\\2MT382-1000", "ISk5\\2MT382-1000"),
        ("LG_E660_Fluvius_3N400V", "LG_E660_Fluvius_3N400V"),
    ),
)
def test_a_serial_number_in_the_identification(line, other):
    assert lines_of(anonymised(line))[0] == "/" + other


@pytest.mark.parametrize(
    ("line", "other"),
    (
        # Serial numbers that are no hexadecimal digits of characters.
        ("0-0:96.1.0(91318181)", "0-0:96.1.0(90000001)"),
        ("0-0:96.1.1(K06725)", "0-0:96.1.1(K00001)"),
        ("0-0:96.1.1(00000000000000)", "0-0:96.1.1(00000000000001)"),
        (
            "0-0:96.1.1(%s)" % octets("e0012345").lower(),
            "0-0:96.1.1(%s)" % octets("e0000001").lower(),
        ),
        ("0-0:96.1.1()", "0-0:96.1.1()"),
        # Messages may say a name.
        (
            "0-0:96.13.0(%s)" % octets("Dear Ms X1, hello"),
            "0-0:96.13.0(%s)" % octets("Xxxx Xx X0, xxxxx"),
        ),
        ("0-0:96.13.1(01234567)", "0-0:96.13.1(00000000)"),
        # Lines that are not known, or odd.
        ("0-0:96.1.9(%s)" % octets("E0012345"), "0-0:96.1.9(%s)" % octets("E0000001")),
        ("0-0:96.1.9(12345678)(261122194500W)", "0-0:96.1.9(10000001)(261122194500W)"),
        ("0-0:99.9.9(00012345.678*kWh)(12345)", "0-0:99.9.9(00012345.678*kWh)(12345)"),
        ("0-0:99.9.9(2)(0-0:96.10.7)(1-0:1.29.0)", "0-0:99.9.9(2)(0-0:96.10.7)(1-0:1.29.0)"),
        ("0-0:96.1.1(4531)32)", "0-0:96.1.1(4000)01)"),
        ("E00123456789", "E00123456789"),
        # What a report is about.
        ("1-0:1.8.1(001234.567*kWh)", "1-0:1.8.1(001234.567*kWh)"),
        ("0-0:1.0.0(261122194500W)", "0-0:1.0.0(261122194500W)"),
        ("1-0:99.97.0(1)(0-0:96.7.19)(261104190000W)(10112059)",) * 2,
    ),
)
def test_a_line(line, other):
    if line == "E00123456789":
        # Without parentheses it may be anything.
        other = "E00000000001"
    assert lines_of(anonymised("TST5 TEST", line))[2] == other


def test_a_stream_is_cut_into_telegrams_whatever_stands_between_them():
    one, two = telegram(*T211_50221), telegram(*DSMR30, crc="")
    stream = b"noise!\r\n" + one + b"\xff/cut short\r\n" + two + b"/TST5 the end\r\n\r\n!12AB"
    for size in (1, 7, 10000):
        telegrams = Telegrams()
        found = []
        for at in range(0, len(stream), size):
            found += telegrams.cut(stream[at : at + size])
        found += telegrams.cut(b"")
        assert found == [one, two, b"/TST5 the end\r\n\r\n!12AB"]


def test_what_is_too_long_is_no_telegram():
    telegrams = Telegrams()
    found = list(telegrams.cut(b"/" + b"x" * 20000 + telegram("TST5 NEXT")))
    assert found == [telegram("TST5 NEXT")]
    assert list(telegrams.cut(b"/" + b"x" * 20000)) == []
    assert len(telegrams._data) <= Telegrams.LIMIT


@pytest.fixture(params=("python", "micropython"))
def printed(request, tmp_path):
    """What the command prints for a file of these bytes."""
    python = sys.executable if request.param == "python" else under_micropython.command()

    def run(data):
        path = tmp_path / "capture"
        path.write_bytes(data)
        places = {"PYTHONPATH": str(ROOT / "lib"), "MICROPYPATH": str(ROOT / "lib")}
        return subprocess.run(
            [python, "-m", "dsmr", "--anonymise", str(path)],
            env={**os.environ, **places},
            capture_output=True,
            timeout=60,
        )

    return run


def test_the_command_says_the_same_under_both_pythons(printed):
    data = b"".join(case.data for case in CASES if len(case.data) < 2000)
    anonymiser = Anonymiser()
    telegrams = Telegrams()
    expected = [anonymiser.telegram(one) for one in [*telegrams.cut(data), *telegrams.cut(b"")]]
    assert len(expected) > 500
    done = printed(data)
    assert done.stderr == b"" and done.returncode == 0
    assert done.stdout == b"".join(expected)


def test_the_command_restores_line_ends_and_says_when_there_is_nothing(printed):
    done = printed(telegram(*T211_50221).replace(b"\r\n", b"\n"))
    assert done.stdout == anonymised(*T211_50221)
    done = printed(b"nothing")
    assert (done.returncode, done.stdout) == (1, b"")
    assert b"no telegram found" in done.stderr
