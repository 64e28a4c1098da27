"""The parser's smaller parts, each by itself: times, text, line ends, the table, the dict."""

import calendar
import datetime
import json
from decimal import Decimal

import pytest
from dsmr_cases import CASES
from hypothesis import given, settings
from hypothesis import strategies as st
from telegrams import DSMR5, DSMR30, S211, SMALL, T211, telegram

from dsmr import Telegram, TelegramParser, encrypted, kernel, obis, table, times, units
from dsmr.asdict import field_name, unit_name
from dsmr.kernel import unit_key
from dsmr.lineends import LineEnds
from dsmr.metrics import MetricsSink
from dsmr.telegram import text
from dsmr.writer import (
    Writer,
    put,
    put_between,
    put_decimal,
    put_month,
    put_octets,
    put_plain,
    put_time,
)
from dsmr.writer_plain import decimal

quick = settings(deadline=None, max_examples=200)


def parse(*lines, **options):
    parser = TelegramParser()
    parser.receive_data(telegram(*lines, **options))
    event = parser.next_event()
    assert isinstance(event, Telegram)
    return event


# --- times


@pytest.mark.parametrize("month", (3, 10))
def test_last_sunday_of_every_year(month):
    for year in range(100):
        weeks = calendar.monthcalendar(2000 + year, month)
        assert times.last_sunday(year, month) == max(week[calendar.SUNDAY] for week in weeks)


def test_summer_time_in_every_hour_of_a_century():
    moment = datetime.datetime(2000, 1, 1)
    hour = datetime.timedelta(hours=1)
    while moment.year < 2100:
        first, last = (
            datetime.datetime(moment.year, month, times.last_sunday(moment.year - 2000, month))
            for month in (3, 10)
        )
        # The hour from 2 to 3 does not exist in March; in October it counts as winter's.
        expected = first + 2 * hour <= moment < last + 2 * hour
        digits = moment.strftime("%y%m%d%H%M%S").encode()
        assert times.is_summer(b"(" + digits, 1) == expected
        # Days on which nothing can change are passed over quickly.
        near = min(abs(moment - first), abs(moment - last)) < 48 * hour
        moment += hour if near else 12 * hour


@pytest.mark.parametrize(
    ("tst", "expected"),
    (
        (b"261122194500W", "2026-11-22T19:45:00+01:00"),
        (b"260722194500S", "2026-07-22T19:45:00+02:00"),
        (b"260722194500W", "2026-07-22T19:45:00+01:00"),
        (b"260722194500", "2026-07-22T19:45:00+02:00"),
        (b"261122194500", "2026-11-22T19:45:00+01:00"),
        (b"991231235959W", "2099-12-31T23:59:59+01:00"),
    ),
)
def test_a_time_with_its_offset(tst, expected):
    for around in (b"", b"()"):
        source = around + tst + around
        start, end = len(around), len(around) + len(tst)
        found = bytearray(30)
        assert put_time(found, 2, source, start, times.summer_time(source, start, end)) == 27
        assert found[2:27].decode() == expected
    assert datetime.datetime.fromisoformat(expected).utcoffset() is not None


def month_before(source, start):
    found = bytearray(7)
    assert put_month(found, 0, source, start) == 7
    return found.decode()


def test_a_month_that_ended_is_the_one_before():
    for year in range(1, 100):
        for month in range(1, 13):
            before = "20%02d-%02d" % ((year, month - 1) if month > 1 else (year - 1, 12))
            assert month_before(b"(%02d%02d01000000W)" % (year, month), 1) == before
            # Any other moment lies in its month.
            for rest in (b"01000001", b"01001500", b"02000000", b"28000000"):
                here = month_before(b"%02d%02d%sW" % (year, month, rest), 0)
                assert here == "20%02d-%02d" % (year, month)


@pytest.mark.parametrize("year", (0, 23, 24, 26, 28, 99))
def test_scan_time_knows_every_day_of_a_year(year):
    for month in range(100):
        for day in range(100):
            tst = b"%02d%02d%02d120000W" % (year, month, day)
            try:
                datetime.date(2000 + year, month, day)
                expected = 13
            except ValueError:
                expected = 0
            assert kernel.scan_time(tst, 0, 13) == expected
            assert kernel.scan_time(tst, 0, 12) == (12 if expected else 0)


def test_scan_time_knows_every_second_of_a_day():
    for hour in range(100):
        for other in range(100):
            valid = hour < 24 and other < 60
            assert kernel.scan_time(b"261122%02d%02d00S" % (hour, other), 0, 13) == 13 * valid
            assert kernel.scan_time(b"261122%02d00%02dS" % (hour, other), 0, 13) == 13 * valid


# --- writer


@quick
@given(st.integers(-(10**25), 10**25), st.integers(0, 30))
def test_decimal(number, decimals):
    found = decimal(number, decimals)
    assert Decimal(found) == Decimal(number).scaleb(-decimals)
    assert len(found.partition(".")[2]) == decimals
    assert json.loads(found, parse_int=Decimal, parse_float=Decimal) == Decimal(found)


@pytest.mark.parametrize(
    ("number", "decimals", "expected"),
    (
        (46077141, 3, "46077.141"),
        (0, 0, "0"),
        (0, 3, "0.000"),
        (7, 3, "0.007"),
        (-7, 3, "-0.007"),
        (-1000, 3, "-1.000"),
        (5, 0, "5"),
        (-5, 0, "-5"),
        (12, 2, "0.12"),
        (123, 2, "1.23"),
    ),
)
def test_decimal_of(number, decimals, expected):
    assert decimal(number, decimals) == expected
    found = bytearray(20)
    end = put_decimal(found, 1, number, decimals)
    assert found[1:end] == expected.encode()


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


def test_part_of_something_is_put():
    for source in (b"0123456789", bytearray(b"0123456789"), memoryview(b"0123456789")):
        found = bytearray(20)
        assert put(found, 0, source, 3, 7) == 4
        assert put(found, 4, source, 9, 9) == 4
        assert put_between(found, 4, b"<", source, 0, 1, b">>") == 8
        assert found[:8] == b"3456<0>>"


def test_a_writer_makes_room():
    writer = Writer(4)
    writer.write(b"0123")
    assert len(writer.reserve(100)) >= 104
    assert writer.getvalue() == b"0123"


def test_plain_text_and_octets():
    for plain in ("", "plain text", "~!#$%&'()*+,-./:;<=>?@[]^_`{|}"):
        encoded = plain.encode()
        for write, source in (
            (put_plain, encoded),
            (put_octets, encoded.hex().encode()),
            (put_octets, encoded.hex().upper().encode()),
        ):
            found = bytearray(60)
            assert write(found, 1, b"(" + source + b")", 1, 1 + len(source)) == 1 + len(encoded)
            assert bytes(found) == (b"\x00" + encoded).ljust(60, b"\x00")
    # What JSON escapes, and what is not ASCII, is not for them.
    for byte in (*range(32), 34, 92, *range(127, 256)):
        assert put_plain(bytearray(9), 0, b"a%cb" % byte, 0, 3) == -1
        assert put_octets(bytearray(9), 0, b"61%02x62" % byte, 0, 6) == -1
    for digits in (
        b"4",
        b"414",
        b"4g",
        b"g4",
        b"4 ",
        b" 4",
        b"41 42 ",
        b"0x41",
        b"\xb4\xb1",
        b"+4",
    ):
        assert put_octets(bytearray(9), 0, digits, 0, len(digits)) == -1


# --- lineends


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


# --- telegram and encrypted


@quick
@given(st.binary(max_size=30))
def test_text_is_what_it_was_or_a_character_for_each_byte(octets):
    found = text(octets)
    try:
        assert found == octets.decode("utf-8")
    except UnicodeDecodeError:
        assert found == octets.decode("latin-1")
    assert text(bytearray(octets)) == text(memoryview(octets)) == found


@quick
@given(st.binary(max_size=40), st.binary(min_size=8, max_size=8), st.binary(max_size=40))
def test_an_encrypted_header_is_seen_whatever_stands_around_it(before, title, after):
    head = b"\xdb\x08" + title + b"\x82\x01\x20\x30"
    frame = before + head + after
    assert encrypted.is_in(bytearray(frame + b"\x00" * 20), len(frame))
    # Byte by byte it is seen unless what came before began like a header.
    if 0xDB not in before:
        seen = 0
        for byte in before + head:
            seen = encrypted.match(seen, byte)
        assert seen == encrypted.HEADER_SIZE


def test_no_header_is_seen_beyond_the_end():
    head = b"\xdb\x08" + b"SYSTITLE" + b"\x82\x01\x20\x30"
    assert encrypted.is_in(bytearray(head), len(head))
    assert not encrypted.is_in(bytearray(head), len(head) - 1)
    assert not encrypted.is_in(bytearray(b"\xdb\x08" * 20), 40)


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
                    if unit > units.NAMES.split(b" ").index(b"List")
                ]
                if max(numbers, default=0) >= 1 << 30:
                    large += 1
                    assert event.large, case.name
            event = parser.next_event()
    assert large >= 5


# --- the table


#: OBIS code -> (a value, the field, what it publishes). Not made from the table that it checks.
OBJECTS = {
    "1-3:0.2.8": ("(50)", "protocol_version", "50"),
    "0-0:96.1.4": ("(50217)", "protocol_version", "50217"),
    "0-0:1.0.0": ("(261122194500W)", "timestamp", "2026-11-22T19:45:00+01:00"),
    "0-0:1.1.0": ("(261122194500W)", "timestamp", "2026-11-22T19:45:00+01:00"),
    "0-0:96.1.1": ("(4131)", "power_device_serial_number", "A1"),
    "0-0:96.1.2": ("(4132)", "ean", "A2"),
    "0-0:42.0.0": ("(4133)", "logical_device_name", "A3"),
    "1-0:94.32.1": ("(230)", "grid_configuration", "230"),
    "0-0:96.14.0": ("(0002)", "current_tariff", "2"),
    "1-0:3.8.0": ("(1.5*kvarh)", "reactive_energy_used", "1.5"),
    "1-0:4.8.0": ("(1.5*kvarh)", "reactive_energy_generated", "1.5"),
    "1-0:14.7.0": ("(50.01*Hz)", "frequency", "50.01"),
    "1-0:1.4.0": ("(1.5*kW)", "current_average_demand", "1500"),
    "1-0:1.6.0": ("(261122194500W)(1.5*kW)", "max_demand_month", "1500"),
    "0-0:98.1.0": ("(0)(1-0:1.6.0)(1-0:1.6.0)()", "max_demand_history", []),
    "0-0:96.7.21": ("(00007)", "power_failure_count", "7"),
    "0-0:96.7.9": ("(00007)", "long_power_failure_count", "7"),
    "1-0:99.97.0": ("(0)(0-0:96.7.19)", "power_failure_log", []),
    "0-0:96.13.1": ("(41)", "message_code", "A"),
    "0-0:96.13.0": ("(41)", "text_message", "A"),
    "0-0:96.3.10": ("(1)", "power_breaker_state", True),
    "0-0:17.0.0": ("(1.5*kW)", "max_phase_power", "1500"),
    "1-0:31.4.0": ("(63*A)", "l1_fuse_threshold", "63"),
    "1-1:31.4.0": ("(63*A)(40*A)", "fuse_threshold_used", "63"),
    **{
        "1-0:%d.8.%d" % (way, tariff): ("(1.5*kWh)", "power_%s_tariff_%d" % (name, tariff), "1.5")
        for way, name in ((1, "used"), (2, "generated"))
        for tariff in (1, 2, 3, 4)
    },
    **{
        "1-0:%d.8.0" % way: ("(1.5*kWh)", "energy_%s_total" % name, "1.5")
        for way, name in ((1, "used"), (2, "generated"))
    },
    **{"0-%d:96.3.10" % n: ("(0)", "relay_%d_state" % n, False) for n in (1, 2, 3, 4)},
    **{"0-0:96.13.%d" % n: ("(41)", "text_message_%d" % n, "A") for n in (2, 3, 4, 5)},
    # All phases together, then L1, L2 and L3, whose codes are 20, 40 and 60 higher.
    **{
        "1-0:%d.7.0" % (code + 20 * phase): ("(1.5*%s)" % unit, field % line, "1500")
        for phase, line in ((0, "total"), (1, "l1"), (2, "l2"), (3, "l3"))
        for code, unit, field in (
            (1, "kW", "%s_power_used" if not phase else "%s_power_usage"),
            (2, "kW", "%s_power_generated"),
        )
    },
    **{
        "1-0:%d.7.0" % (code + 20 * phase): ("(1.5*%s)" % unit, line + field, "1500")
        for phase, line in ((0, ""), (1, "l1_"), (2, "l2_"), (3, "l3_"))
        for code, unit, field in (
            (3, "kvar", "reactive_power_used"),
            (4, "kvar", "reactive_power_generated"),
            (9, "kVA", "apparent_power_used"),
            (10, "kVA", "apparent_power_generated"),
        )
    },
    **{
        "1-0:%d.%s" % (code + 20 * phase, rest): (value, "l%d_%s" % (phase, field), published)
        for phase in (1, 2, 3)
        for code, rest, value, field, published in (
            (12, "7.0", "(230.5*V)", "voltage", "230.5"),
            (11, "7.0", "(1.5*A)", "amperage", "1.5"),
            (12, "32.0", "(00007)", "voltage_sags", "7"),
            (12, "36.0", "(00007)", "voltage_swells", "7"),
        )
    },
}


@pytest.mark.parametrize("code", OBJECTS)
def test_object(code):
    value, field, published = OBJECTS[code]
    for group in ("", "*255"):
        found = parse("TST5 TEST", code + group + value)
        assert found.problems == []
        assert found.fields[field][0] == published


def codes_in_the_table():
    return [code for row in table.rows(table.TABLE) for code in row[3:]]


def test_the_objects_above_are_all_of_the_table():
    assert sorted(codes_in_the_table()) == sorted(OBJECTS)


def test_fields_and_their_numbers():
    names = [row[0] for row in table.rows(table.TABLE)]
    assert len(names) == obis.FIELDS == len(set(names))
    assert [field_name(number) for number in range(obis.FIELDS)] == names


def test_every_m_bus_channel():
    for channel in range(1, 9):
        at = "261122194500W"
        lines = [
            "24.1.0(003)",
            "96.1.0(4131)",
            "96.1.2(4132)",
            "24.2.3(%s)(7*m3)" % at,
            "24.4.0(1)",
        ]
        found = parse("TST5 TEST", *("0-%d:%s" % (channel, line) for line in lines))
        assert found.problems == []
        assert found.fields["devices_on_bus"] == (
            [
                {
                    "channel": channel,
                    "type": 3,
                    "id": "A1",
                    "ean": "A2",
                    "value": "7",
                    "unit": "CubicMeter",
                    "timestamp": "2026-11-22T19:45:00+01:00",
                    "valve": True,
                }
            ],
            "List",
        )


@pytest.mark.parametrize(
    ("written", "unit", "published"),
    (
        ("kWh", "KilowattHour", "12.5"),
        ("Wh", "KilowattHour", "0.0125"),
        ("MWh", "KilowattHour", "12500"),
        ("kW", "Watt", "12500"),
        ("W", "Watt", "12.5"),
        ("V", "Volt", "12.5"),
        ("A", "Ampere", "12.5"),
        ("Hz", "Hertz", "12.5"),
        ("m3", "CubicMeter", "12.5"),
        ("dm3", "CubicMeter", "0.0125"),
        ("GJ", "GigaJoule", "12.5"),
        ("MJ", "GigaJoule", "0.0125"),
        ("kvar", "Var", "12500"),
        ("var", "Var", "12.5"),
        ("kvarh", "KilovarHour", "12.5"),
        ("varh", "KilovarHour", "0.0125"),
        ("kVA", "VoltAmpere", "12500"),
        ("VA", "VoltAmpere", "12.5"),
        ("s", "Second", "12.5"),
    ),
)
def test_unit(written, unit, published):
    for spelled in (written, written.upper(), written.lower()):
        scale = units.SCALES[unit_key(spelled)]
        assert unit_name(scale >> 3) == unit
        exponent = (scale & 7) - 3
        assert decimal(125 * 10 ** max(0, exponent - 1), max(0, 1 - exponent)) == published


# --- asdict


def same(value, token):
    """Whether a value of the dict is what JSON says, whose numbers are loaded as Decimal."""
    if isinstance(token, list):
        return len(value) == len(token) and all(map(same, value, token))
    if isinstance(token, dict):
        return list(value) == list(token) and all(same(value[key], token[key]) for key in token)
    if isinstance(token, Decimal):
        return str(value) == str(token) and not isinstance(value, (bool, float))
    return type(value) is type(token) and value == token


def test_the_dict_of_every_case_is_what_metrics_has():
    writer = Writer()
    sink = MetricsSink(writer)
    compared = 0
    for case in CASES:
        parser = TelegramParser(crc_required=case.crc_required)
        parser.receive_data(case.data)
        event = parser.next_event()
        while event is not None:
            if isinstance(event, Telegram):
                writer.clear()
                sink.render(event)
                json_fields = json.loads(
                    b"{" + writer.getvalue() + b"}", parse_int=Decimal, parse_float=Decimal
                )
                fields = event.fields
                assert list(fields) == list(json_fields)
                for name, (value, unit) in fields.items():
                    assert unit == json_fields[name]["unit"]
                    assert same(value, json_fields[name]["value"]), (case.name, name)
                    compared += 1
            event = parser.next_event()
    assert compared > 1000
