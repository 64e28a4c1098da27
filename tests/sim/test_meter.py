"""The simulated meters: registers, demand, time and telegrams agree with each other."""

import json
import os
import re
import subprocess
import sys
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from itertools import islice, pairwise

import pytest

from host.tree import REPO
from sim.faults import DAMAGES, Fault, Faults, arrived
from sim.local_time import is_summer, to_local, to_utc, tst
from sim.meter import KINDS, Meter
from sim.replay import Replay, split

DAY = 86400
ROOT = REPO


def crc_by_table(data: bytes) -> int:
    """CRC-16/ARC another way: reflect the input, divide by 8005 unreflected, reflect the rest."""
    crc = 0
    for byte in data:
        crc ^= int(f"{byte:08b}"[::-1], 2) << 8
        for _ in range(8):
            crc = (crc << 1 ^ 0x8005 if crc & 0x8000 else crc << 1) & 0xFFFF
    return int(f"{crc:016b}"[::-1], 2)


def lines_of(telegram: bytes) -> dict[str, str]:
    """OBIS code -> what stands in the brackets, for lines of one or more brackets."""
    found = {}
    for line in telegram.decode("ascii").split("\r\n"):
        code, bracket, value = line.partition("(")
        if bracket:
            found[code] = value[:-1]
    return found


def watts(text: str) -> int:
    return int(text.replace(".", "").removesuffix("*kW"))


def watt_hours(text: str) -> int:
    return int(text.replace(".", "").removesuffix("*kWh"))


@pytest.fixture(scope="module")
def day():
    """Every reading of a day in spring, in which sun and load both show."""
    return list(islice(Meter("t211", start=datetime(2026, 4, 14), seed=3).readings(), DAY))


@pytest.mark.parametrize("kind", KINDS)
def test_telegram_is_well_formed(kind):
    telegram = next(Meter(kind, start=datetime(2026, 1, 15, 12), seed=2).telegrams())
    body, mark, rest = telegram.partition(b"!")
    assert re.fullmatch(rb"[0-9A-F]{4}\r\n", rest)
    assert int(rest, 16) == crc_by_table(body + mark)
    assert telegram.startswith(b"/") and telegram.count(b"/") == 1
    assert telegram.count(b"\n") == telegram.count(b"\r\n") == telegram.count(b"\r")
    assert telegram.split(b"\r\n")[1] == b""
    assert len(telegram) <= 11520


@pytest.mark.parametrize("kind", KINDS)
def test_telegram_says_what_the_reading_holds(kind):
    meter = Meter(kind, start=datetime(2026, 6, 21, 13), seed=2)
    for reading in islice(meter.readings(), 50):
        said = lines_of(meter.spell(reading))
        assert said["0-0:1.0.0"] == reading.timestamp
        assert watt_hours(said["1-0:1.8.1"]) == reading.energy_used_tariff_1_wh
        assert watt_hours(said["1-0:1.8.2"]) == reading.energy_used_tariff_2_wh
        assert watt_hours(said["1-0:2.8.1"]) == reading.energy_generated_tariff_1_wh
        assert watt_hours(said["1-0:2.8.2"]) == reading.energy_generated_tariff_2_wh
        assert watts(said["1-0:1.7.0"]) == reading.power_used_w
        assert watts(said["1-0:2.7.0"]) == reading.power_generated_w
        assert len(reading.phases) == (1 if kind == "s211" else 3)
        for c, phase in zip((21, 41, 61), reading.phases, strict=False):
            assert watts(said[f"1-0:{c}.7.0"]) == phase.power_used_w
            assert watts(said[f"1-0:{c + 1}.7.0"]) == phase.power_generated_w
            volts = said[f"1-0:{c + 11}.7.0"]
            assert re.fullmatch(r"\d{3}\.\d\*V", volts)
            assert int(volts.replace(".", "")[:4]) == phase.voltage_dv
            amperes = said[f"1-0:{c + 10}.7.0"]
            expected = r"\d{3}\*A" if kind in ("dsmr5", "lux") else r"\d{3}\.\d\d\*A"
            assert re.fullmatch(expected, amperes)
        gas = said["0-1:24.2.1" if kind in ("dsmr5", "lux") else "0-1:24.2.3"]
        assert gas == (
            f"{reading.gas_time})({reading.gas_dm3 // 1000:05d}.{reading.gas_dm3 % 1000:03d}*m3"
        )


@pytest.mark.parametrize("kind", KINDS)
def test_reader_finds_in_the_telegrams_what_the_meter_counted(kind):
    meter = Meter(kind, start=datetime(2026, 10, 25, 0, 59, 30, tzinfo=timezone.utc), seed=6)
    readings = list(islice(meter.readings(), 60))
    done = subprocess.run(
        [sys.executable, "-m", "dsmr"],
        capture_output=True,
        check=True,
        input=b"".join(meter.spell(reading) for reading in readings),
        env=dict(os.environ, PYTHONPATH=str(ROOT / "lib")),
    )
    events = [json.loads(line, parse_float=Decimal) for line in done.stdout.splitlines()]
    assert len(events) == len(readings)
    for event, reading in zip(events, readings, strict=True):
        assert event["event"] == "telegram" and event["problems"] == []
        found = {key: field["value"] for key, field in event["fields"].items()}
        offset = "+02:00" if reading.timestamp.endswith("S") else "+01:00"
        assert found["timestamp"][-6:] == offset
        assert found["power_used_tariff_1"] * 1000 == reading.energy_used_tariff_1_wh
        assert found["power_used_tariff_2"] * 1000 == reading.energy_used_tariff_2_wh
        assert found["power_generated_tariff_1"] * 1000 == reading.energy_generated_tariff_1_wh
        assert found["total_power_used"] == reading.power_used_w
        assert found["total_power_generated"] == reading.power_generated_w
        assert found["l1_voltage"] * 10 == reading.phases[0].voltage_dv
        assert found["gas_used"] * 1000 == reading.gas_dm3
        if kind == "t211":
            assert found["max_demand_month"] == reading.peak_w
            assert [m["value"] for m in found["max_demand_history"]] == [
                power for _, _, power in reading.peak_history
            ]
        if kind == "dsmr5":
            assert [f["duration"] for f in found["power_failure_log"]] == [
                seconds for _, seconds in reading.failure_log
            ]


def test_registers_add_up_with_power_over_a_day(day):
    fields = (
        "energy_used_tariff_1_wh",
        "energy_used_tariff_2_wh",
        "energy_generated_tariff_1_wh",
        "energy_generated_tariff_2_wh",
    )
    for name in fields:
        power, tariff = ("power_used_w" if "used" in name else "power_generated_w"), int(name[-4])
        counted = sum(getattr(r, power) for r in day[1:] if r.tariff == tariff)
        grown = getattr(day[-1], name) - getattr(day[0], name)
        # Both ends are cut to whole Wh.
        assert abs(grown * 3600 - counted) < 3600, name
        # On a weekday the sun shines in the day tariff only.
        assert grown > 0 or name == "energy_generated_tariff_2_wh"
    assert sum(r.power_used_w for r in day) > 4_000 * 3600
    assert sum(r.power_generated_w for r in day) > 1_000 * 3600


def test_registers_never_fall_and_move_in_their_tariff_only(day):
    for before, after in pairwise(day):
        assert after.energy_used_tariff_1_wh - before.energy_used_tariff_1_wh in (
            (0, 1, 2, 3) if after.tariff == 1 else (0,)
        )
        assert after.energy_used_tariff_2_wh - before.energy_used_tariff_2_wh in (
            (0, 1, 2, 3) if after.tariff == 2 else (0,)
        )


def test_phases_add_up(day):
    for reading in day[::61]:
        net = sum(p.power_used_w - p.power_generated_w for p in reading.phases)
        assert net == reading.power_used_w - reading.power_generated_w
        assert not (reading.power_used_w and reading.power_generated_w)
        for phase in reading.phases:
            power = phase.power_used_w + phase.power_generated_w
            apparent = phase.voltage_dv * phase.current_ca / 1000
            assert power <= apparent <= power * 1.04 + 15
            assert 2070 <= phase.voltage_dv <= 2530


def test_values_change_every_second(day):
    same = sum(a.phases == b.phases for a, b in pairwise(day))
    assert same < len(day) // 1000


def test_quarter_hour_average_is_the_mean_of_its_seconds(day):
    for quarter in range(0, 90):
        # A second belongs to the quarter-hour in which it ends: 00:00:01 to 00:15:00.
        seconds = day[quarter * 900 + 1 : quarter * 900 + 901]
        mean = sum(r.power_used_w for r in seconds) // 900
        assert seconds[-1].average_demand_w == 0  # told anew at once
        almost = sum(r.power_used_w for r in seconds[:-1]) // 900
        assert seconds[-2].average_demand_w == almost
        assert seconds[-1].peak_w >= mean
        if seconds[-1].peak_w > seconds[-2].peak_w:
            assert seconds[-1].peak_w == mean
            assert seconds[-1].peak_time == seconds[-1].timestamp


def test_peak_of_the_month_is_the_highest_quarter(day):
    means = [
        sum(r.power_used_w for r in day[q * 900 + 1 : q * 900 + 901]) // 900 for q in range(95)
    ]
    assert day[-1].peak_w == max(day[0].peak_w, *means)


def test_peaks_roll_over_at_the_end_of_a_month():
    meter = Meter("t211", start=datetime(2026, 3, 31, 23, 40), seed=1)
    readings = list(islice(meter.readings(), 1202 + 900))
    last, first = readings[1199], readings[1200]
    assert (last.timestamp, first.timestamp) == ("260331235959S", "260401000000S")
    assert first.peak_history[-1] == ("260401000000S", last.peak_time, last.peak_w)
    assert first.peak_history[:-1] == last.peak_history[1:]
    assert len(first.peak_history) == 13
    assert (first.peak_w, first.peak_time) == (0, "260401000000S")
    ended = readings[1200 + 900]
    assert ended.peak_time == ended.timestamp == "260401001500S"
    assert ended.peak_w == sum(r.power_used_w for r in readings[1201:2101]) // 900


def test_last_quarter_of_a_month_counts_for_that_month():
    meter = Meter("t211", start=datetime(2026, 3, 1, 0, 0), seed=1)
    meter._peak_w = 0  # so that every quarter-hour is a peak
    meter._utc = to_utc(datetime(2026, 3, 31, 23, 45))
    readings = list(islice(meter.readings(), 900))
    assert readings[-1].timestamp == "260401000000S"
    mean = sum(r.power_used_w for r in readings) // 900
    assert readings[-1].peak_history[-1] == ("260401000000S", "260401000000S", mean)


def test_peak_history_goes_from_the_oldest_month_to_the_newest():
    history = Meter("t211", start=datetime(2026, 6, 1), seed=9).advance().peak_history
    ends = [end for end, _, _ in history]
    assert len(ends) == 13 and ends == sorted(ends)
    assert ends[0] == "250601000000S" and ends[-1] == "260601000000S"
    for end, time, power in history:
        assert end[:6] > time[:6] or power == 0
        assert time[8:10] in ("00", "15", "30", "45")


def test_start_is_the_first_telegram():
    assert Meter(start=datetime(2026, 1, 15, 12)).advance().timestamp == "260115120000W"
    assert Meter(start=datetime(2026, 7, 15, 12)).advance().timestamp == "260715120000S"
    utc = datetime(2026, 7, 15, 12, tzinfo=timezone.utc)
    assert Meter(start=utc).advance().timestamp == "260715140000S"


def test_hour_comes_twice_in_october():
    start = datetime(2026, 10, 25, 0, 59, 58, tzinfo=timezone.utc)
    meter = Meter("t211", start=start)
    stamps = [r.timestamp for r in islice(meter.readings(), 3605)]
    assert stamps[:4] == ["261025025958S", "261025025959S", "261025020000W", "261025020001W"]
    assert stamps[3601:3604] == ["261025025959W", "261025030000W", "261025030001W"]


def test_hour_is_left_out_in_march():
    start = datetime(2026, 3, 29, 1, 59, 59)
    stamps = [r.timestamp for r in islice(Meter("dsmr5", start=start).readings(), 2)]
    assert stamps == ["260329015959W", "260329030000S"]


@pytest.mark.parametrize(
    "year,begin,end",
    [
        (2024, (3, 31), (10, 27)),
        (2025, (3, 30), (10, 26)),
        (2026, (3, 29), (10, 25)),
        (2027, (3, 28), (10, 31)),
        (2030, (3, 31), (10, 27)),
    ],
)
def test_summer_time_of_known_years(year, begin, end):
    one = datetime(year, *begin, 1, tzinfo=timezone.utc)
    other = datetime(year, *end, 1, tzinfo=timezone.utc)
    second = timedelta(seconds=1)
    assert not is_summer(one - second) and is_summer(one)
    assert is_summer(other - second) and not is_summer(other)


def test_local_time_goes_there_and_back():
    for hours in range(0, 24 * 366, 7):
        utc = datetime(2026, 1, 1, tzinfo=timezone.utc) + timedelta(hours=hours)
        local, summer = to_local(utc)
        ambiguous = not summer and local.month == 10 and local.hour == 2 and local.day == 25
        if not ambiguous:
            assert to_utc(local) == utc
        assert tst(utc)[-1] == ("S" if summer else "W")


@pytest.mark.parametrize(
    "kind,moment,tariff",
    [
        ("t211", datetime(2026, 1, 15, 12), 1),
        ("t211", datetime(2026, 1, 15, 6, 59, 59), 2),
        ("t211", datetime(2026, 1, 15, 22), 2),
        ("t211", datetime(2026, 1, 17, 12), 2),
        ("s211", datetime(2026, 1, 15, 7), 1),
        ("dsmr5", datetime(2026, 1, 15, 12), 2),
        ("dsmr5", datetime(2026, 1, 15, 23), 1),
        ("dsmr5", datetime(2026, 1, 15, 22, 30), 2),
        ("dsmr5", datetime(2026, 1, 18, 12), 1),
    ],
)
def test_tariff(kind, moment, tariff):
    reading = Meter(kind, start=moment).advance()
    assert reading.tariff == tariff


def test_gas_is_read_every_five_minutes(day):
    for before, after in pairwise(day):
        if after.timestamp[9:12] in ("000", "500"):
            assert after.gas_time == after.water_time == after.timestamp
        else:
            assert after.gas_time == before.gas_time
            assert after.gas_dm3 == before.gas_dm3 and after.water_dm3 == before.water_dm3
    assert 500 < day[-1].gas_dm3 - day[0].gas_dm3 < 30_000
    assert 50 < day[-1].water_dm3 - day[0].water_dm3 < 2_000


def test_gas_and_water_can_be_left_out():
    telegram = next(Meter("t211", gas=False, water=False).telegrams())
    assert b":24." not in telegram
    telegram = next(Meter("dsmr5", gas=False).telegrams())
    assert b"0-1:24." not in telegram and b"0-2:24.2.1(" in telegram


def test_same_seed_same_meter_and_another_seed_another():
    def some(seed):
        meter = Meter("dsmr5", start=datetime(2026, 5, 5, 5), seed=seed)
        return list(islice(meter.telegrams(), 20))

    assert some(1) == some(1)
    assert some(1) != some(2)


def test_unknown_kind():
    with pytest.raises(ValueError, match="t212"):
        Meter("t212")


def test_replay_is_byte_for_byte(tmp_path):
    one, two = islice(Meter("s211").telegrams(), 2)
    odd = b"\xff\x00noise" + one + two.replace(b"\r\n", b"\n") + b"/ABC5\\cut\r\n1-0:1"
    assert b"".join(split(odd)) == odd
    assert len(split(odd)) == 3
    path = tmp_path / "capture"
    path.write_bytes(odd)
    assert b"".join(islice(Replay(path).telegrams(), 6)) == odd + odd
    assert b"".join(Replay(path, repeat=False).telegrams()) == odd


def test_replay_keeps_telegrams_without_crc():
    capture = b"/ISk5\\2ME\r\n\r\n1-0:1.7.0(0001.01*kW)\r\n!\r\n"
    assert split(capture * 2) == [capture, capture]


def test_replay_of_an_empty_file(tmp_path):
    (tmp_path / "empty").write_bytes(b"")
    with pytest.raises(ValueError, match="empty"):
        Replay(tmp_path / "empty")


def whole(data: bytes) -> bool:
    """Whether some `/` … `!` of these bytes fits its CRC."""
    for begin in (i for i, byte in enumerate(data) if byte == ord("/")):
        body, mark, rest = data[begin:].partition(b"!")
        match = re.match(rb"[0-9A-Fa-f]{1,4}(?=\r)", rest)
        if match and int(match[0], 16) == crc_by_table(body + mark):
            return True
    return False


@pytest.mark.parametrize("name", DAMAGES)
def test_damage_leaves_no_whole_telegram(name):
    faults = Faults([Fault(name, 1.0)], seed=4)
    for telegram in islice(Meter("s211", seed=4).telegrams(), 60):
        outcome = faults.strike(telegram)
        assert not outcome.intact and outcome.faults == (name,)
        assert not whole(outcome.data)
    assert faults.counts == {name: 60}


def test_noise_leaves_the_telegram_whole():
    faults = Faults([Fault("noise", 1.0)])
    for telegram in islice(Meter("s211").telegrams(), 60):
        outcome = faults.strike(telegram)
        assert outcome.intact and outcome.data.endswith(telegram)
        assert len(outcome.data) > len(telegram)


def test_silence_lasts_its_seconds():
    faults = Faults([Fault("silence", 0.05, 7)], seed=1)
    lengths = [len(faults.strike(b"x!").data) for _ in range(2000)]
    silences = [len(run) for run in re.findall("0+", "".join(str(min(n, 1)) for n in lengths))]
    assert silences and all(length % 7 == 0 or length < 7 for length in silences)
    assert sum(silences) == faults.counts["silence"]


@pytest.mark.parametrize("name", ["burst", "break"])
def test_what_hides_bytes_leaves_a_telegram_whole_only_behind_its_crc(name):
    faults = Faults([Fault(name, 1.0)], seed=4)
    whole = 0
    for telegram in islice(Meter("s211").telegrams(), 2000):
        outcome = faults.strike(telegram)
        assert outcome.intact == (telegram[:-2] in outcome.data)
        whole += outcome.intact
    # The CR and the LF are two of some 600 bytes.
    assert 0 < whole < 30


def test_the_cable_is_out_for_some_seconds_and_costs_the_telegrams_of_both_ends():
    faults = Faults([Fault("cable", 0.05, 7)], seed=1)
    telegrams = list(islice(Meter("s211").telegrams(), 2000))
    outcomes = [faults.strike(telegram) for telegram in telegrams]
    assert all(outcome.intact != ("cable" in outcome.faults) for outcome in outcomes)
    runs = "".join("-" if outcome.data else "0" for outcome in outcomes).split("-")
    assert {len(run) for run in runs} == set(range(7))
    stream = b"".join(outcome.data for outcome in outcomes)
    assert arrived(stream, telegrams) == [
        telegram for telegram, outcome in zip(telegrams, outcomes) if outcome.intact
    ]


def test_faults_repeat_with_their_seed():
    def run(seed):
        faults = Faults([Fault("flip", 0.3), Fault("noise", 0.3), Fault("cut", 0.1)], seed)
        meter = Meter("s211", start=datetime(2026, 1, 1))
        return [faults.strike(telegram) for telegram in islice(meter.telegrams(), 100)]

    assert run(1) == run(1) != run(2)
    assert 40 < sum(outcome.intact for outcome in run(1)) < 95


@pytest.mark.parametrize(
    "text",
    [
        "",
        "noise",
        "noise:2",
        "noise:x",
        "rain:0.1",
        "flip:0.1:3",
        "silence:0.1:0",
        "silence:0.1:3:4",
    ],
)
def test_bad_faults_are_refused_with_a_sentence(text):
    with pytest.raises(ValueError, match=r"\.$"):
        Fault.parse(text)


def test_faults_are_parsed():
    assert Fault.parse("noise:0.1") == Fault("noise", 0.1)
    assert Fault.parse("silence:0.01:30") == Fault("silence", 0.01, 30)
    assert Fault.parse("cable:0.01:3") == Fault("cable", 0.01, 3)
