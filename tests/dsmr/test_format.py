"""Times and the texts of values, in plain Python; native_format.py compares the other form."""

import calendar
import datetime
import json
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dsmr import scan, times
from dsmr.format import (
    decimal,
    put,
    put_decimal,
    put_month,
    put_name,
    put_octets,
    put_plain,
    put_time,
)

quick = settings(deadline=None, max_examples=200)

# Times


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
        assert put_time(found, 2, source, start, end) == 27
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
            assert scan.scan_time(tst, 0, 13) == expected
            assert scan.scan_time(tst, 0, 12) == (12 if expected else 0)


def test_scan_time_knows_every_second_of_a_day():
    for hour in range(100):
        for other in range(100):
            valid = hour < 24 and other < 60
            assert scan.scan_time(b"261122%02d%02d00S" % (hour, other), 0, 13) == 13 * valid
            assert scan.scan_time(b"261122%02d00%02dS" % (hour, other), 0, 13) == 13 * valid


# Texts


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


def test_part_of_something_is_put():
    for source in (b"0123456789", bytearray(b"0123456789"), memoryview(b"0123456789")):
        found = bytearray(20)
        assert put(found, 0, source, 3, 7) == 4
        assert put(found, 4, source, 9, 9) == 4
        assert put_name(found, 4, b"<", source, 0, 1, b">>") == 8
        assert found[:8] == b"3456<0>>"


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
