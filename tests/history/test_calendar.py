"""The history's dates, compared with Python's and with the parser's."""

from datetime import date, datetime, timedelta, timezone

import pytest

from dsmr import times
from firmware.history import calendar
from sim.local_time import is_summer, tst

EPOCH = date(1970, 1, 1)


def test_every_day_until_2099():
    for number in range((date(2100, 1, 1) - EPOCH).days):
        day = EPOCH + timedelta(number)
        assert calendar.date(number) == (day.year, day.month, day.day)
        assert calendar.day_of(day.year, day.month, day.day) == number


@pytest.mark.parametrize("year", [2024, 2025, 2026, 2098])
def test_each_quarter_hour_of_a_year(year):
    utc = datetime(year, 1, 1, tzinfo=timezone.utc)
    while utc.year == year:
        time = int(utc.timestamp()) // 60
        ahead = 120 if is_summer(utc) else 60
        assert calendar.offset(time) == ahead
        wall = utc + timedelta(minutes=ahead)
        offset = timezone(timedelta(minutes=ahead))
        assert calendar.iso(time, ahead) == utc.astimezone(offset).isoformat()
        # Of the hour that comes twice, the wall clock means the second.
        is_first = ahead == 120 and not is_summer(utc + timedelta(hours=1))
        minute = wall.hour * 60 + wall.minute
        found = calendar.moment((wall.date() - EPOCH).days, minute)
        assert found == time + (60 if is_first else 0)
        stamp = tst(utc).encode()
        for text in (stamp, stamp[:-1]):
            read, _ = calendar.read(b"(%s)" % text, 1, 1 + len(text))
            assert read == times.unix_seconds(text, 0, len(text)) // 60
        assert calendar.read(stamp, 0, 13) == (time, ahead)
        utc += timedelta(minutes=15)
