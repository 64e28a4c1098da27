"""The quarter-hour: forecast, headroom, and the mean of twelve months' peaks.

`Meter` here is made apart from the reader: it knows the energy to the watt-second, cuts its
averages off to whole watts as meters do, and goes by UTC.
"""

import itertools
import json
from datetime import datetime, timedelta, timezone
from fractions import Fraction
from pathlib import Path
from random import Random

import pytest
import under_micropython
from dsmr_cases import printed
from hypothesis import given, settings
from hypothesis import strategies as st
from telegrams import DSMR5, S211, T211, telegram

from dsmr import Telegram, TelegramParser, derived, lists
from sim.local_time import to_local, to_utc, tst
from sim.meter import Meter as HouseholdMeter

quick = settings(deadline=None, max_examples=300)

FIELDS = ("demand_forecast", "demand_headroom", "demand_average_12_months")


def read(data, **options):
    """The telegrams in a stream, each as the dict of its fields; all must be good."""
    parser = TelegramParser(**options)
    parser.receive_data(data)
    found = []
    event = parser.next_event()
    while event is not None:
        assert isinstance(event, Telegram)
        assert event.problems == []
        found.append(event.fields)
        event = parser.next_event()
    return found


def quarter_of(*lines, **options):
    """(forecast, headroom, average) of one telegram with these lines, None where absent."""
    ((fields),) = read(telegram("TST5 QUARTER", *lines), **options)
    return tuple(watts(fields, name) for name in FIELDS)


def watts(fields, name):
    if name not in fields:
        return None
    value, unit = fields[name]
    assert unit == "Watt"
    assert str(value) == str(int(value))  # no decimals, no float
    return int(value)


def at(tst, demand, power, peak=None):
    lines = ["0-0:1.0.0(%s)" % tst, "1-0:1.4.0(%s*kW)" % demand, "1-0:1.7.0(%s*kW)" % power]
    return lines + ([] if peak is None else ["1-0:1.6.0%s" % peak])


def history(*entries):
    """The line of the months' peaks: (end of the month, time, kW)."""
    heading = "0-0:98.1.0(%d)(1-0:1.6.0)(1-0:1.6.0)" % len(entries)
    return heading + "".join("(%s)(%s)(%s*kW)" % entry for entry in entries)


NOT_YET = "632525252525W"


# --- exact values


@pytest.mark.parametrize(
    ("tst", "demand", "power", "peak", "forecast", "headroom"),
    (
        # A third has passed, and 600 seconds are left.
        ("261122173500W", "01.000", "03.000", "04.000", 1000 + 2000, 3000 * 3 // 2),
        # Half.
        ("261122175230W", "02.000", "04.000", "03.000", 4000, 2000),
        # Nothing is used now, or more is fed in than used.
        ("261122175230W", "02.000", "00.000", "03.000", 2000, 2000),
        # The first second and the last.
        ("261122174501W", "00.004", "04.000", "03.000", 4 + 3996, 2996 * 900 // 899),
        ("261122175959W", "02.999", "09.000", "03.000", 3009, 900),
        # At the peak, and above it: what is used cannot be given back.
        ("261122175959W", "03.000", "09.000", "03.000", 3010, 0),
        ("261122175230W", "03.001", "00.000", "03.000", 3001, 0),
        # Both are rounded to the safe side: 1 * 899 / 900 up, 2999 * 900 / 899 = 3002.3 down.
        ("261122174501W", "00.001", "00.001", "03.000", 2, 3002),
        # The moment between two quarter-hours is the next one's, and nothing of it is used.
        ("261122174500W", "00.000", "01.234", "03.000", 1234, 3000),
        ("261122174500W", "02.987", "01.234", "03.000", 1234, 3000),
        # Each of the hour's four quarters.
        ("261122170100W", "00.100", "00.900", "03.000", 940, 3107),
        ("261122171600W", "00.100", "00.900", "03.000", 940, 3107),
        ("261122173100W", "00.100", "00.900", "03.000", 940, 3107),
        ("261122174600W", "00.100", "00.900", "03.000", 940, 3107),
        # A time without S or W; numbers with other decimals; watts.
        ("261122175230", "2", "4.0", "3.00", 4000, 2000),
        ("261122175230W", "2.00099", "4.00099", "3.00099", 4000, 2000),
    ),
)
def test_forecast_and_headroom(tst, demand, power, peak, forecast, headroom):
    lines = at(tst, demand, power, "(261104190000W)(%s*kW)" % peak)
    assert quarter_of(*lines) == (forecast, headroom, None)


def test_a_meter_that_sends_watts():
    lines = [line.replace("kW", "W") for line in at("261122175230W", "02000", "04000")]
    assert quarter_of(*lines) == (4000, 1000, None)


@pytest.mark.parametrize(
    ("floor", "headroom"),
    ((2500, 3000), (0, 2000), (2000, 2000), (2001, 2002), (3000, 4000), (1000, 2000)),
)
def test_a_peak_below_the_floor_counts_as_the_floor(floor, headroom):
    lines = at("261122175230W", "01.000", "00.000", "(261104190000W)(02.000*kW)")
    assert quarter_of(*lines, demand_floor=floor) == (1000, headroom, None)
    # With the peak above it the floor does nothing.
    lines = at("261122175230W", "01.000", "00.000", "(261104190000W)(03.000*kW)")
    assert quarter_of(*lines, demand_floor=floor) == (1000, 4000, None)


def test_the_floor_is_2500_watts_where_nothing_is_said():
    assert derived.FLOOR == 2500
    assert quarter_of(*at("261122175230W", "00.000", "00.000")) == (0, 5000, None)


@pytest.mark.parametrize("peak", (None, "()", "(%s)(00.000*kW)" % NOT_YET))
def test_in_a_month_without_a_peak_the_floor_is_the_limit(peak):
    assert quarter_of(*at("261101003000W", "00.000", "01.000", peak)) == (1000, 2500, None)


@pytest.mark.parametrize(
    ("now", "peak_time", "counts"),
    (
        # The month's first quarter-hour, with a peak that a slow meter has not yet put away.
        ("261101000001W", "261025021500W", False),
        ("261101001459W", "261025021500W", False),
        # October's last quarter-hour ended at midnight of 1 November.
        ("261101000001W", "261101000000W", False),
        ("261130120000W", "261101000000W", False),
        ("261130120000W", "261101000001W", True),
        ("261101001501W", "261101001500W", True),
        ("261130235959W", "261130234500W", True),
        ("261110120000W", "261110000000W", True),
        ("261111120000W", "261111000000W", True),
        # The same month of another year; a year's end.
        ("261122120000W", "251122114500W", False),
        ("270101000730W", "261231234500W", False),
        ("270101000730W", "270101000000W", False),
    ),
)
def test_only_a_peak_of_the_running_month_counts(now, peak_time, counts):
    lines = at(now, "00.000", "00.000", "(%s)(05.000*kW)" % peak_time)
    left = 900 - int(now[8:10]) % 15 * 60 - int(now[10:12])
    limit = 5000 if counts else 2500
    assert quarter_of(*lines) == (0, limit * 900 // left, None)


def test_the_hour_that_comes_twice_does_not_disturb_a_quarter():
    peak = "(261004190000S)(03.000*kW)"
    for now in ("261025025230S", "261025025230W", "260329015230W", "260329035230S"):
        lines = at(now, "02.000", "04.000", peak.replace("2610", now[:4]))
        assert quarter_of(*lines) == (4000, 2000, None)


def test_numbers_of_nine_digits():
    lines = at("261122174501W", "999999.998", "999999.999", "(261104190000W)(999999.999*kW)")
    forecast = 999999998 + 998888888  # 999999999 * 899 / 900 is 998888887.9
    assert quarter_of(*lines) == (forecast, 1, None)
    lines = at("261122175959W", "000000.000", "000000.000", "(261104190000W)(999999.999*kW)")
    assert quarter_of(*lines) == (0, 899999999100, None)


# --- what is absent


def test_a_meter_without_the_quarter_hour_has_none_of_the_fields():
    for lines in (S211, DSMR5):
        ((fields),) = read(telegram(*lines))
        assert not set(fields) & {*FIELDS, "current_average_demand"}


def test_what_each_field_needs():
    lines = at("261122175230W", "02.000", "04.000", "(261104190000W)(03.000*kW)")
    lines.append(history(("261101000000W", "261025021500W", "04.318")))
    assert quarter_of(*lines) == (4000, 2000, 4318)
    time, demand, power, peak, peaks = lines
    assert quarter_of(demand, power, peak, peaks) == (None, None, 4318)
    assert quarter_of(time, power, peak, peaks) == (None, None, 4318)
    assert quarter_of(time, demand, peak, peaks) == (None, 2000, 4318)
    assert quarter_of(time, demand, power, peaks) == (4000, 1000, 4318)
    assert quarter_of(time, demand, power, peak) == (4000, 2000, None)
    # The order of lines is free.
    for order in itertools.permutations(lines):
        assert quarter_of(*order) == (4000, 2000, 4318)


def test_nothing_stays_from_the_telegram_before():
    full = telegram(*T211)
    without = telegram(*(line for line in T211 if "1.4.0" not in line and "98.1.0" not in line))
    first, second, third = read(full + without + full)
    assert set(FIELDS) <= set(first)
    assert not set(FIELDS) & set(second)
    assert third == first


# --- the mean of twelve months


def months(count, newest=(2026, 11)):
    """The ends of `count` months as TSTs, the oldest first."""
    number = newest[0] * 12 + newest[1] - 1
    for n in range(number - count + 1, number + 1):
        yield "%02d%02d01000000%s" % (
            n // 12 % 100,
            n % 12 + 1,
            "S" if 3 < n % 12 + 1 < 11 else "W",
        )


def listed(peaks):
    """A list of peaks in watts, None where a month has none."""
    return history(
        *(
            (end, NOT_YET if peak is None else end, "%02d.%03d" % divmod(peak or 0, 1000))
            for end, peak in zip(months(len(peaks)), peaks)
        )
    )


@pytest.mark.parametrize(
    ("peaks", "average"),
    (
        ([], None),
        ([4318], 4318),
        ([4000, 4001], 4001),  # a half is rounded up
        ([4000, 4000, 4001], 4000),
        ([2000], 2500),
        ([2000, 3000], 2750),
        ([0] * 12, 2500),
        ([3000] * 12, 3000),
        # Of thirteen months the oldest falls out.
        ([9000] + [3000] * 12, 3000),
        ([9000, 6000] + [3000] * 11, 3250),
        # A month without a peak does not count, neither as nothing nor as the floor.
        ([None], None),
        ([None] * 13, None),
        ([None, 4000, 4002], 4001),
        ([4000, None, 4002], 4001),
        ([9000, 6000] + [3000] * 5 + [None] + [3000] * 5, 3273),  # (6000 + 10 * 3000) / 11
        ([99999] * 12, 99999),
    ),
)
def test_average_of_twelve_months(peaks, average):
    assert quarter_of(listed(peaks)) == (None, None, average)


def test_order_of_the_months_does_not_matter():
    peaks = [9000, 6000] + [3000] * 11
    entries = list(zip(months(13), months(13), ("%d.000" % (peak // 1000) for peak in peaks)))
    random = Random(1)
    for _ in range(50):
        assert quarter_of(history(*entries)) == (None, None, 3250)
        assert quarter_of(history(*reversed(entries))) == (None, None, 3250)
        random.shuffle(entries)


def test_months_of_a_meter_that_was_away_do_not_count():
    (old,) = months(1, (2023, 11))
    entries = [(old, old, "9.000"), *((end, end, "3.000") for end in months(3))]
    assert quarter_of(history(*entries)) == (None, None, 3000)


def test_a_month_that_was_ended_early():
    # Twelve months and the first days of the thirteenth: the oldest is out.
    entries = [(end, end, "3.000") for end in months(12)]
    entries[0] = (*entries[0][:2], "9.000")
    entries.append(("261115120000W", "261110120000W", "3.000"))
    assert quarter_of(history(*entries)) == (None, None, 3000)


def test_average_with_another_floor():
    peaks = listed([2000, 3000])
    for floor, average in ((0, 2500), (2000, 2500), (2500, 2750), (20000, 20000)):
        assert quarter_of(peaks, demand_floor=floor) == (None, None, average)


def test_average_is_made_anew_when_the_list_changes_only(monkeypatch):
    calls = []
    whole = lists.demands
    monkeypatch.setattr(lists, "demands", lambda *to: calls.append(1) or whole(*to))
    one, two = (telegram("TST5 TEST", listed(peaks)) for peaks in ([3000] * 13, [4000] * 13))
    moved = telegram("TST5 LONGER", listed([4000] * 13))
    other = telegram("TST5 TEST", "0-0:1.0.0(261122174500W)")
    found = []
    for data, anew in ((one, 1), (one, 0), (one, 0), (two, 1), (two, 0), (moved, 1), (other, 0)):
        found.append((data, bool(anew)))
    found += [(two, True), (two, False), (one, True), (one, False)]
    parser = TelegramParser()
    for data, anew in found:
        calls.clear()
        parser.receive_data(data)
        fields = parser.next_event().fields
        expected = None if data is other else 3000 if data is one else 4000
        assert watts(fields, "demand_average_12_months") == expected
        assert bool(calls) == anew


@pytest.mark.parametrize("peaks", ([], [None], [None] * 13))
def test_a_list_without_a_peak_stays_without_an_average(peaks):
    full, empty = telegram("TST5 TEST", listed([4000])), telegram("TST5 TEST", listed(peaks))
    averages = [watts(fields, FIELDS[2]) for fields in read(2 * full + 3 * empty + full)]
    assert averages == [4000, 4000, None, None, None, 4000]


def test_a_damaged_telegram_between_does_not_matter():
    one, two = (telegram("TST5 TEST", listed([peak] * 13)) for peak in (3000, 4000))
    parser = TelegramParser()
    damaged = two.replace(b"04.000", b"04.001", 1)
    parser.receive_data(one + damaged + one + two + damaged + two)
    averages = []
    event = parser.next_event()
    while event is not None:
        if isinstance(event, Telegram):
            averages.append(watts(event.fields, "demand_average_12_months"))
        event = parser.next_event()
    assert averages == [3000, 3000, 4000, 4000]


# --- a month


class Meter:
    """A meter that is asked now and then; the power is constant in between."""

    def __init__(self, start, peaks):
        self.utc = start
        self.used = 0  # watt-seconds of the running quarter-hour
        self.peak = 0
        self.peak_time = None
        self.history = list(peaks)
        self.averages = []  # every quarter-hour's

    def advance(self, seconds, power):
        while seconds:
            step = min(seconds, self.left())
            self.utc += timedelta(seconds=step)
            self.used += power * step
            if self.left() == 900:
                self._end_quarter()
            seconds -= step

    def _end_quarter(self):
        average = self.used // 900
        self.averages.append(average)
        self.used = 0
        if self.peak_time is None or average > self.peak:
            self.peak, self.peak_time = average, tst(self.utc)
        local, _ = to_local(self.utc)
        if (local.day, local.hour, local.minute) == (1, 0, 0):
            self.history.append((tst(self.utc), self.peak_time, self.peak))
            self.history = self.history[-13:]
            self.peak, self.peak_time = 0, None

    def left(self):
        return 900 - int(self.utc.timestamp()) % 900

    def limit(self, floor):
        return max(floor, self.peak)

    def average(self, floor):
        peaks = [max(floor, peak) for _, time, peak in self.history if time != NOT_YET][-12:]
        return int(Fraction(sum(peaks), len(peaks)) + Fraction(1, 2))

    def telegram(self, power):
        kilowatts = "%02d.%03d"
        peak = "(%s)(%s*kW)" % (self.peak_time or NOT_YET, kilowatts % divmod(self.peak, 1000))
        entries = [(end, time, kilowatts % divmod(peak, 1000)) for end, time, peak in self.history]
        return telegram(
            "TST5 MONTH",
            *at(
                tst(self.utc),
                kilowatts % divmod(self.used // 900, 1000),
                kilowatts % divmod(power, 1000),
                peak,
            ),
            history(*entries),
        )


def a_month(seed, floor, start, end):
    """Telegrams of a time, of which most are missed: yields (bytes, expected fields' watts)."""
    random = Random(seed)
    month, _ = to_local(start)
    # The oldest month has no peak; the others rise from 1850 W on.
    before = [
        (end, end if n else NOT_YET, 1500 + 350 * n if n else 0)
        for n, end in enumerate(months(13, (month.year, month.month)))
    ]
    meter = Meter(start, before)
    power = 400
    while meter.utc < end:
        # Now and then nothing comes for hours; most of the time a telegram is as good as another.
        gap = random.choice((1, 1, 30, 119, 300, 601, 899, 900, random.randrange(1, 4000)))
        meter.advance(gap, power)
        if random.random() < 0.3:
            power = random.choice((0, 1, 250, 800, 1999, 2500, 3700, 7400))
        left = meter.left()
        used = meter.used // 900
        forecast = used - (-power * left) // 900
        limit = meter.limit(floor)
        headroom = max(0, (limit - used) * 900 // left)
        # Checked against the energy itself, to the watt-second.
        assert forecast - 1 <= Fraction(meter.used + power * left, 900) < forecast + 1
        if used < limit:
            assert (meter.used + headroom * left) // 900 <= limit
        yield meter.telegram(power), (forecast, headroom, meter.average(floor)), meter


# October has the change to winter time, March that to summer time; the year ends in December.
MONTHS = (
    (datetime(2026, 10, 1), datetime(2026, 11, 1, 6)),
    (datetime(2026, 3, 1), datetime(2026, 4, 1, 6)),
    (datetime(2026, 12, 20), datetime(2027, 1, 3)),
)


@pytest.mark.parametrize(("start", "end"), MONTHS)
@pytest.mark.parametrize("floor", (2500, 0))
def test_a_month(start, end, floor):
    parser = TelegramParser(demand_floor=floor)
    count = 0
    for data, expected, meter in a_month(floor, floor, to_utc(start), to_utc(end)):  # noqa: B007
        parser.receive_data(data)
        event = parser.next_event()
        assert event.problems == []
        fields = event.fields
        assert tuple(watts(fields, name) for name in FIELDS) == expected
        count += 1
    assert count > 2000
    # Not one quarter-hour was lost, and the list has gone on to the month that ended.
    quarters = (to_utc(end) - to_utc(start)).total_seconds() / 900
    assert quarters <= len(meter.averages) < quarters + 5
    assert meter.history[-1][0] == tst(to_utc(datetime(end.year, end.month, 1)))


def test_a_month_under_micropython(tmp_path):
    start, end = (to_utc(moment) for moment in (datetime(2026, 10, 24), datetime(2026, 11, 2)))
    pairs = [(data, expected) for data, expected, _ in a_month(3, 2500, start, end)]
    # Its heap has no room for all of them at once.
    parts = [pairs[first : first + 100] for first in range(0, len(pairs), 100)]
    streams = {n: (b"".join(data for data, _ in part), True) for n, part in enumerate(parts)}
    expected = {}
    for n, (stream, _) in streams.items():
        expected[n, 0] = printed(stream, 0, True)
        lines = expected[n, 0].splitlines()
        assert len(lines) == len(parts[n])
        for line, (_, values) in zip(lines, parts[n]):
            fields = json.loads(line)["fields"]
            assert tuple(fields[name]["value"] for name in FIELDS) == values
    for micro in under_micropython.BACKENDS:
        assert under_micropython.run_cases(micro, streams, (0,), tmp_path) == expected


# --- what the two promise


@quick
@given(st.integers(0, 20000), st.integers(1, 899), st.integers(0, 20000), st.integers(0, 9000))
def test_all_of_the_headroom_may_be_used_and_no_more(before, passed, floor, peak):
    # `before` is the power up to now; then the headroom is used to the quarter-hour's end.
    utc = datetime(2026, 11, 22, 16, 45, tzinfo=timezone.utc)
    meter = Meter(utc, ())
    meter.peak, meter.peak_time = peak, "261104190000W"
    meter.advance(passed, before)
    _, headroom, _ = quarter_of(
        *at(
            tst(meter.utc),
            "%.3f" % Fraction(meter.used // 900, 1000),
            "0",
            "(%s)(%.3f*kW)" % (meter.peak_time, Fraction(peak, 1000)),
        ),
        demand_floor=floor,
    )
    limit = max(floor, peak)
    reached = meter.used // 900 >= limit
    assert reached == (headroom == 0)
    if not reached:
        left = 900 - passed
        assert (meter.used + headroom * left) // 900 <= limit
        assert Fraction(meter.used + (headroom + 1) * left, 900) > limit


@quick
@given(st.integers(0, 99999), st.integers(0, 899))
def test_the_forecast_of_a_constant_power_is_that_power(power, passed):
    meter = Meter(datetime(2026, 11, 22, 16, 45, tzinfo=timezone.utc), ())
    meter.advance(passed, power)
    ((fields),) = read(meter_telegram(meter, power))
    assert watts(fields, "demand_forecast") == power


def meter_telegram(meter, power):
    return telegram(
        "TST5 CONSTANT",
        *at(tst(meter.utc), *("%02d.%03d" % divmod(w, 1000) for w in (meter.used // 900, power))),
    )


def test_the_simulated_household():
    meter = HouseholdMeter("t211", datetime(2026, 10, 31, 23, 40), seed=3)
    parser = TelegramParser()
    ended = 0
    forecast = None
    for _ in range(2400):
        reading = meter.advance()
        parser.receive_data(meter.spell(reading))
        fields = parser.next_event().fields
        second = int(reading.utc.timestamp()) % 900
        # The running average begins at 0 and ends at what the quarter-hour comes to.
        if second == 0 and forecast is not None:
            assert reading.average_demand_w == 0
            average = max(0, ended + (reading.power_used_w + 899) // 900)
            assert abs(average - forecast) <= 1 + reading.power_used_w // 900
        forecast, headroom = (watts(fields, name) for name in FIELDS[:2])
        used, left = reading.average_demand_w, 900 - second
        assert forecast == used + -(-reading.power_used_w * left // 900)
        limit = max(2500, reading.peak_w)
        assert headroom == max(0, (limit - used) * 900 // left)
        ended = used
        peaks = [max(2500, peak) for _, _, peak in reading.peak_history[-12:]]
        mean = Fraction(sum(peaks), 12)
        assert watts(fields, "demand_average_12_months") == int(mean + Fraction(1, 2))


# --- the parts


def test_seconds_left_in_every_second_of_an_hour():
    for minute in range(60):
        for second in range(60):
            text = b"(261122%02d%02d%02dW)" % (minute % 24, minute, second)
            assert derived.seconds_left(text, 1) == 900 - (60 * minute + second) % 900


@pytest.mark.parametrize("module", (derived, lists))
def test_no_float_and_no_division_is_in_it(module):
    source = Path(module.__file__).read_text(encoding="utf-8")
    code = source.split('"""', 2)[2]
    code = "\n".join(line.partition("#")[0] for line in code.splitlines())
    assert "float" not in code
    assert " / " not in code
