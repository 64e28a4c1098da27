"""Weeks and years: counters that wrap, clocks that are changed, meters that are replaced."""

import os
import random
import subprocess
import sys
import time
from datetime import datetime, timedelta, timezone
from itertools import islice

import pytest
import under_micropython
from dsmr_cases import CASES, printed
from meters import PERIOD, START, FakeClock, readout
from rendering import prometheus_of
from telegrams import DSMR30, DSMR42, LUXEMBOURG, SWEDEN, T211_50221, crc16, telegram
from under_micropython import SCRIPTS

from dsmr import TelegramParser
from sim.firmware import Firmware
from sim.line import Line
from sim.local_time import spell
from sim.meter import Meter
from sim.ports import free_port

LIB = f"{under_micropython.ROOT}/lib:{under_micropython.ROOT}"


def read(data, parser=None):
    """The fields of each telegram in the stream."""
    parser = parser or TelegramParser(crc_required=False)
    parser.receive_data(data)
    found = []
    while (event := parser.next_event()) is not None:
        found.append(event.fields)
    return found


# --- Counters that wrap


@pytest.mark.parametrize(
    "step, turns",
    [
        (9_000, 400),  # an hour, with the wrap after 90 seconds
        (61_000, 1500),  # a day
        (86_400_000, 400),  # a year, with 32 wraps
        (PERIOD // 2 - 1, 400),  # the longest step that a wrap allows: six days
    ],
)
def test_what_counts_goes_on_where_the_ticks_wrap(tmp_path, step, turns):
    sent = b"".join(islice(Meter("s211", START).telegrams(), 2))
    (tmp_path / "sent").write_bytes(sent)
    outputs = []
    for command in ([sys.executable], [under_micropython.command()]):
        done = subprocess.run(
            [*command, SCRIPTS / "weeks.py", str(step), str(turns), tmp_path / "sent"],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": LIB, "MICROPYPATH": LIB + ":.frozen"},
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr + done.stdout
        outputs.append(done.stdout)
    assert outputs[0] == outputs[1]
    first, second = outputs[0].splitlines()
    _, fresh, stale, said, telegrams, *sequences = map(int, first.split())
    assert int(first.split()[0]) == turns
    # A telegram counts for ten seconds, and every fourth turn brings none.
    assert (fresh, stale) == ((turns, 0) if step < 10_000 else (turns * 3 // 4, turns // 4))
    # One line a minute, where there is a turn in it.
    assert said in (step * turns // 60_000 * 60 // 63, turns - 1, turns)
    assert telegrams == turns // 4 * 3 * 2
    # Each has a sequence of its own, also where that begins anew.
    assert sequences == [telegrams, 0, PERIOD - 1]
    # Beyond 2 ** 30, where a small integer ends on the ESP32.
    bytes_in = PERIOD - 100_000 + len(sent) * turns // 4 * 3
    assert second == f"{bytes_in} {bytes_in} {turns * step}"


def test_the_firmware_runs_on_where_its_ticks_wrap(tmp_path):
    before = 2500
    meter = Meter("t211", START)
    with Line(meter, listen=("127.0.0.1", 0), speed=20) as line:
        firmware = Firmware(
            tmp_path, line.port, {"http_port": free_port(), "stale_after": 1, "log_interval": 1}
        )
        firmware.run_instead(SCRIPTS / "wrapping.py", str(firmware.root), str(before))
        with firmware:
            firmware.wait_until_ready()
            uptimes, telegrams = [], []
            end = time.monotonic() + 4.5
            while time.monotonic() < end:
                health = firmware.json("/healthz")
                uptimes.append(health["uptime"])
                telegrams.append(health["telegrams"])
                assert health["age"] == 0 and health["fresh"]
                time.sleep(0.1)
            # It has been up for longer than there was before the wrap, and counts on.
            assert uptimes == sorted(uptimes) and uptimes[-1] - uptimes[0] in (4, 5)
            assert telegrams == sorted(telegrams) and telegrams[-1] > telegrams[0] + 40
            line.pause()
            firmware.wait_until(lambda: firmware.get("/readyz")[0] == 503, "stale")
            line.resume()
            firmware.wait_until_ready()


# --- Clocks


CHANGES = {
    "to winter": (datetime(2026, 10, 25, 0, 44, 30, tzinfo=timezone.utc), "+02:00", "+01:00"),
    "to summer": (datetime(2026, 3, 29, 0, 44, 30, tzinfo=timezone.utc), "+01:00", "+02:00"),
}


@pytest.fixture(scope="module", params=CHANGES)
def change(request):
    """Half an hour of telegrams with the change of the clocks in its middle: (telegrams, name)."""
    meter = Meter("t211", CHANGES[request.param][0])
    return list(islice(meter.telegrams(), 1800)), request.param


def test_each_second_of_a_change_of_the_clocks_has_its_own_moment(change):
    sent, name = change
    begin, before, after = CHANGES[name]
    fields = read(b"".join(sent))
    for number, found in enumerate(fields):
        moment = datetime.fromisoformat(found["timestamp"][0])
        assert moment == begin + timedelta(seconds=number)
        assert found["timestamp"][0].endswith(before if number < 930 else after)


def test_prometheus_sees_no_jump_where_the_clocks_are_changed(change):
    sent, _ = change
    # Rendering all would take long; the seconds around the change are what matters.
    found = [
        prometheus_of(data)[0][("p1_telegram_timestamp_seconds", ())] for data in sent[920:940]
    ]
    assert [int(one) - int(found[0]) for one in found] == list(range(20))


def test_the_quarter_hour_goes_on_where_the_clocks_are_changed(change):
    sent, _ = change
    fields = read(b"".join(sent))
    for number, found in enumerate(fields):
        # 44:30 is half a minute before a quarter ends, and so is every 900 seconds after it.
        left = (29 - number) % 900 + 1
        demand = int(found["current_average_demand"][0]) if left < 900 else 0
        power = int(found["total_power_used"][0])
        assert int(found["demand_forecast"][0]) == demand - -power * left // 900, number


def test_both_pythons_agree_on_the_change_of_the_clocks(change, tmp_path):
    data = b"".join(change[0][900:960])
    (found,) = under_micropython.run_cases("viper", {"x": (data, True)}, (0,), tmp_path).values()
    assert found == printed(data, 0, True)


JUMPS = (
    "260115120000W",
    "260115120001W",
    "260116120002W",  # a day on
    "260116120003W",
    "251116120004W",  # two months back
    "000101000000W",  # as after a loss of its clock
    "991231235959W",
    "260715120000S",
    "260715120000S",  # stands still
    "260715115959S",
)


def test_a_meter_whose_clock_jumps_is_followed_at_once():
    parser = TelegramParser()
    for number, stamp in enumerate(JUMPS):
        (found,) = read(
            telegram(
                "TST5 CLOCK",
                "1-3:0.2.8(50)",
                f"0-0:1.0.0({stamp})",
                f"1-0:1.8.1({number:06d}.000*kWh)",
                "1-0:1.7.0(01.800*kW)",
                "1-0:1.4.0(00.100*kW)",
            ),
            parser,
        )
        text = found["timestamp"][0]
        assert text[2:19] == datetime.strptime(stamp[:12], "%y%m%d%H%M%S").isoformat()[2:]
        assert text[19:] == ("+02:00" if stamp.endswith("S") else "+01:00")
        assert found["power_used_tariff_1"][0] == f"{number}.000"
        # The forecast goes by the clock of its own telegram.
        left = 900 - int(stamp[8:10]) % 15 * 60 - int(stamp[10:12])
        demand = 100 if left < 900 else 0
        assert int(found["demand_forecast"][0]) == demand - -1800 * left // 900


def test_a_meter_whose_clock_jumps_stays_fresh(board):
    """Whether the data is fresh is decided by the program's clock alone."""
    sent = [
        telegram(
            "TST5 CLOCK", "1-3:0.2.8(50)", f"0-0:1.0.0({stamp})", f"0-0:96.7.21({number:05d})"
        )
        for number, stamp in enumerate(JUMPS)
    ]
    with Line(iter(sent), listen=("127.0.0.1", 0), speed=5) as line:
        firmware = board(line, stale_after=1)
        firmware.wait_until_ready()
        end = time.monotonic() + 1.5
        while time.monotonic() < end:
            assert firmware.get("/readyz")[0] == 200
            time.sleep(0.05)


# --- Meters that are replaced


def houses():
    """Telegrams of meters that have little in common, in turns and at random."""
    dice = random.Random(20261122)
    meters = [
        Meter("t211", START, 1).telegrams(),
        Meter("dsmr5", START, 2).telegrams(),
        Meter("s211", START, 3, gas=False).telegrams(),
        Meter("t211", START + timedelta(days=400), 4, water=False).telegrams(),
        Meter("dsmr5", datetime(2026, 7, 1, 12), 5, gas=False, water=False).telegrams(),
    ]
    others = [
        *(telegram(*lines) for lines in (DSMR42, LUXEMBOURG, SWEDEN, T211_50221)),
        telegram(*DSMR30, crc=""),
        telegram("TST5 SMALL"),
    ]
    # Those of the table, that are one good telegram each.
    others += [
        case.data
        for case in CASES
        if len(case.events) == 1
        and case.events[0]["event"] == "telegram"
        and len(case.data) < 2000
    ]
    found = []
    while len(found) < 1500:
        if dice.random() < 0.3:
            found.append(dice.choice(others))
        else:
            found += islice(dice.choice(meters), dice.randrange(1, 4))
    return [data[data.rindex(b"/") :] for data in found]


def test_nothing_of_another_meter_stays():
    """What is said of a telegram does not depend on those before it."""
    parser = TelegramParser(crc_required=False)
    for data in houses():
        assert read(data, parser) == read(data), data


def test_nothing_of_another_meter_stays_under_micropython(tmp_path):
    sent = houses()[:700]
    stream = b"".join(sent)
    (found,) = under_micropython.run_cases(
        "viper", {"houses": (stream, False)}, (1000,), tmp_path
    ).values()
    expected = {data: printed(data, 0, False) for data in sent}
    assert found == b"".join(expected[data] for data in sent)


def test_a_meter_is_replaced_while_the_firmware_runs(board):
    """Another meter, with registers that begin again, without water, with another gas meter."""
    old = list(islice(Meter("t211", START, 1).telegrams(), 30))
    new = []
    for data in islice(Meter("s211", datetime(2026, 1, 15, 15, 2), 8).telegrams(), 30):
        body = data[: data.index(b"!") + 1]
        for code in (b"1.8.1", b"1.8.2", b"2.8.1", b"2.8.2"):
            at = body.index(b"1-0:%s(" % code) + 10
            body = body[:at] + b"000000" + body[at + 6 :]
        body = body.replace(b"253000002_A", b"253999999_A").replace(b"7FLO26", b"7FLO31")
        new.append(body + b"%04X\r\n" % crc16(body))
    with Line(iter([*old, *new]), listen=("127.0.0.1", 0), speed=0, wait=True) as line:
        line.pause()
        firmware = board(line, environment={"SIM_BACKPRESSURE": "1"})
        line.resume()
        firmware.wait_until(lambda: firmware.json("/healthz")["telegrams"] == 60, "read")
        found = {name: entry["value"] for name, entry in firmware.json("/metrics").items()}
        raw = firmware.get("/telegram")[2]
    assert raw == new[-1]
    (alone,) = read(new[-1])
    assert set(found) == set(alone)
    assert found["identification"] == "FLU5\\253999999_A"
    assert found["power_used_tariff_1"] < 1 and found["power_used_tariff_2"] < 1
    assert "water_used" not in found and "max_demand_history" not in found
    assert [device["channel"] for device in found["devices_on_bus"]] == [1]


def test_the_age_that_counts_follows_the_meter_that_is_there_now():
    state = readout(FakeClock())
    parser = TelegramParser()
    for lines, seconds in ((DSMR42, 30), (T211_50221, 10), (DSMR42, 30)):
        parser.receive_data(telegram(*lines))
        state.accept(parser.next_event())
        assert state.stale_after == seconds


def test_the_calendar_of_the_tests_knows_both_hours_of_october():
    """S comes first, then W; so that the tests above test what they say."""
    meter = Meter("s211", datetime(2026, 10, 25, 0, 59, 59, tzinfo=timezone.utc))
    first, second = islice(meter.readings(), 2)
    assert first.timestamp == spell(datetime(2026, 10, 25, 2, 59, 59), True)
    assert second.timestamp == spell(datetime(2026, 10, 25, 2, 0, 0), False)
