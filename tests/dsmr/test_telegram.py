"""What a telegram says of itself."""

from dsmr_cases import CASES
from hypothesis import given, settings
from hypothesis import strategies as st
from telegrams import DSMR5, DSMR30, S211, SMALL, telegram

from dsmr import Telegram, TelegramParser, table
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


def test_problems_beyond_the_limit_are_counted_only():
    found = parse(*SMALL, *("0-0:99.9.%d(1)" % n for n in range(100)))
    assert found.odd_lines == 100
    assert found.problems == [("0-0:99.9.%d" % n, "unknown object") for n in range(32)]


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
