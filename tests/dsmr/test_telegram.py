"""What a telegram says of itself."""

from dsmr_cases import CASES
from hypothesis import given, settings
from hypothesis import strategies as st
from telegrams import DSMR5, DSMR30, S211, SMALL, telegram

from dsmr import Telegram, TelegramParser, table
from dsmr.problems import MAX_CODES, by_code
from dsmr.values import text

quick = settings(deadline=None, max_examples=200)


def parse(*lines, **options):
    parser = TelegramParser()
    parser.receive_data(telegram(*lines, **options))
    event = parser.next_event()
    assert isinstance(event, Telegram)
    return event


@quick
@given(st.binary(max_size=30))
def test_text_is_what_it_was_or_a_character_for_each_byte(octets):
    found = text(octets)
    try:
        assert found == octets.decode("utf-8")
    except UnicodeDecodeError:
        assert found == octets.decode("latin-1")
    assert text(bytearray(octets)) == text(memoryview(octets)) == found


def test_what_a_telegram_says_of_itself():
    found = parse(*DSMR5, "0-0:99.9.9(1)")
    assert found.identification == "TST5\\2DUTCH-1"
    assert found.version == "50"
    assert found.raw == telegram(*DSMR5, "0-0:99.9.9(1)")
    assert found.problems == [("0-0:99.9.9", "unknown object")]
    assert (found.odd_lines, found.objects) == (1, len(DSMR5) - 1)
    assert parse(*DSMR30, crc="").version == ""
    assert parse(*S211).version == "50216"


def test_each_of_many_odd_lines_is_a_problem():
    found = parse(*SMALL, *("0-0:99.9.%d(1)" % n for n in range(100)))
    assert found.odd_lines == 100
    assert found.problems == [("0-0:99.9.%d" % n, "unknown object") for n in range(100)]


def test_odd_lines_are_counted_by_code_with_an_example():
    found = parse(
        *SMALL,
        "0-0:99.9.1(1)",
        "1-0:1.7.0(x)",
        "0-0:99.9.1(2)",
        "1-0:1.8.1(000001.000*kWh)",
        "0-0:99.9.2(%s)" % ("3" * 100),
    )
    assert list(by_code(found)) == [
        ["0-0:99.9.1", "unknown object", 2, "0-0:99.9.1(1)"],
        ["1-0:1.7.0", "not a number", 1, "1-0:1.7.0(x)"],
        ["1-0:1.8.1", "repeated", 1, "1-0:1.8.1(000001.000*kWh)"],
        ["0-0:99.9.2", "unknown object", 1, "0-0:99.9.2(" + "3" * 53],
    ]


def test_odd_lines_beyond_the_codes_that_are_told_apart_are_in_one_entry():
    lines = ["0-0:99.9.%d(1)" % (n % 80) for n in range(160)]
    found = list(by_code(parse(*SMALL, *lines)))
    assert len(found) == MAX_CODES + 1 == 65
    assert found[63] == ["0-0:99.9.63", "unknown object", 2, "0-0:99.9.63(1)"]
    assert found[64] == ["", "", 32, ""]


def test_a_line_that_gives_way_to_a_later_one_is_a_problem():
    found = parse(*SMALL[:3], "1-1:1.8.1(000001.000*kWh)", *SMALL[3:])
    assert list(by_code(found)) == [["1-1:1.8.1", "repeated", 1, "1-1:1.8.1(000001.000*kWh)"]]
    assert (found.objects, found.odd_lines) == (3, 1)
    assert found.fields["power_used_tariff_1"] == ("123.456", "KilowattHour")


def test_no_odd_line_is_no_problem():
    found = parse(*SMALL)
    assert found.problems == list(by_code(found)) == []


def test_a_reading_that_was_announced_and_has_not_come_is_a_problem():
    found = parse(*SMALL, "0-1:24.3.0(090212160000)(00)(60)(1)(0-1:24.2.1)(m3)")
    assert [(code, reason) for code, reason, _, _ in by_code(found)] == [
        ("0-1:24.3.0", "malformed")
    ]


def test_to_ask_for_problems_changes_nothing():
    found = parse(*SMALL, *DSMR5[5:], "0-0:99.9.9(1)", "0-0:0.9.1(194500)", crc="%04X")
    before = (bytes(found.raw), found.fields, bytes(found.unit), list(found.number))
    assert found.problems and found.problems
    assert (bytes(found.raw), found.fields, bytes(found.unit), list(found.number)) == before


def test_numbers_that_do_not_fit_a_word_of_machine_code_are_announced():
    """MicroPython on a PC has words of 64 bits and would not notice."""
    large = 0
    for case in CASES:
        parser = TelegramParser(crc_required=case.crc_required)
        parser.receive_data(case.data)
        event = parser.next_event()
        while event is not None:
            if isinstance(event, Telegram):
                numbers = [
                    abs(number)
                    for number, unit in zip(event.number, event.unit)
                    if unit > table.UNITS.split(b"\n").index(b"l List") + 1
                ]
                if max(numbers, default=0) >= 1 << 30:
                    large += 1
                    assert event.large, case.name
            event = parser.next_event()
    assert large >= 5
