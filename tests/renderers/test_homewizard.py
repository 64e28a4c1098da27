"""The HomeWizard API: its keys, exact values, and what HomeWizard's own clients make of it."""

import json
import os
import subprocess
import sys
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import captures
import pytest
from conftest import START
from telegrams import SMALL, octets, telegram

from dsmr import Rejected, TelegramParser, build, table
from firmware.meter import Readout
from firmware.renderers import Writer, homewizard
from host import identity
from host.tree import REPO
from sim.meter import ALL_KINDS, Meter

#: The API's keys for a P1 meter, as its documentation spells them.
KEYS = """
    wifi_ssid wifi_strength smr_version meter_model unique_id active_tariff
    total_power_import_kwh total_power_import_t1_kwh total_power_import_t2_kwh
    total_power_import_t3_kwh total_power_import_t4_kwh
    total_power_export_kwh total_power_export_t1_kwh total_power_export_t2_kwh
    total_power_export_t3_kwh total_power_export_t4_kwh
    active_power_w active_power_l1_w active_power_l2_w active_power_l3_w
    active_voltage_l1_v active_voltage_l2_v active_voltage_l3_v
    active_current_a active_current_l1_a active_current_l2_a active_current_l3_a
    active_frequency_hz
    voltage_sag_l1_count voltage_sag_l2_count voltage_sag_l3_count
    voltage_swell_l1_count voltage_swell_l2_count voltage_swell_l3_count
    any_power_fail_count long_power_fail_count
    active_power_average_w montly_power_peak_w montly_power_peak_timestamp
    total_gas_m3 gas_timestamp gas_unique_id external
"""

ROWS = [line.split() for line in (REPO / "firmware/renderers/homewizard.keys").open()]

STATION = ("24a160c0ffee", "home", -61)

#: Where the Makefile puts the version of the library that is not for every Python.
NEW_LIBRARY = Path(sys.prefix) / "clients" / "homewizard-10"


def read(data):
    reader = TelegramParser(crc_required=False)
    reader.receive_data(data)
    event = reader.next_event()
    if event is None:
        # Without a CRC the end of the stream is its end.
        reader.receive_data(b"")
        event = reader.next_event()
    return event


def rendered(data, station=STATION):
    """What is answered to a telegram's bytes: a dict, numbers as the texts that they are."""
    readout = Readout(None, None, None)
    readout.telegram = read(data)
    out = Writer(16)
    assert len(list(homewizard.render(readout, out, station))) >= 1
    text = out.getvalue().decode()
    assert text.startswith('{"wifi_ssid":') and text.endswith("}\n")
    return json.loads(text, parse_int=Number, parse_float=Number)


class Number(str):
    """A number of a JSON text, as it was written."""


def small(*lines):
    return rendered(telegram(*SMALL, *lines))


# The table


def test_each_key_is_made_of_fields_that_there_are():
    named = {word.lstrip("-") for row in ROWS for word in row[1:]}
    assert named <= set(build.column(table.FIELDS))


def test_the_keys_are_those_of_the_documentation():
    assert ["wifi_ssid", "wifi_strength", *(row[0] for row in ROWS)] == KEYS.split()


# Values


def expected(fields):
    """What numbers follow from a telegram's fields, by another way: {key: Decimal}."""
    found = {}
    for key, *names in ROWS:
        terms = [
            -Decimal(fields[name[1:]][0]) if name[0] == "-" else Decimal(fields[name][0])
            for name in names
            if name.lstrip("-") in fields
            and fields[name.lstrip("-")][1] not in ("String", "Timestamp", "List")
        ]
        if terms:
            found[key] = sum(terms)
    return found


@pytest.mark.parametrize("path", captures.paths(), ids=lambda path: path.stem)
def test_captures_come_out_exactly(path):
    data = captures.require(path).read_bytes()
    if captures.index()[path.stem] == "wrong":
        assert isinstance(read(data), Rejected)
    else:
        check(data, read(data).fields)


@pytest.mark.parametrize("kind", ALL_KINDS)
def test_simulated_meters_come_out_exactly(kind):
    data = next(Meter(kind, START).telegrams())
    check(data, read(data).fields)


def check(data, fields):
    answer = rendered(data)
    numbers = expected(fields)
    texts = {"smr_version", "meter_model", "unique_id", "gas_unique_id", "external"}
    times = {"montly_power_peak_timestamp", "gas_timestamp"}
    said = {key for key in answer if isinstance(answer[key], Number)}
    assert said - times - {"smr_version", "wifi_strength"} == set(numbers)
    for key, number in numbers.items():
        assert Decimal(answer[key]) == number, key
        # As many decimals as the meter sends.
        assert Decimal(answer[key]).as_tuple().exponent == number.as_tuple().exponent, key
    for key, field in (
        ("montly_power_peak_timestamp", "max_demand_month_timestamp"),
        ("gas_timestamp", "gas_usage_timestamp"),
    ):
        assert (key in answer) == (field in fields)
        if key in answer:
            moment = datetime.strptime(answer[key].zfill(12), "%y%m%d%H%M%S")
            assert fields[field][0].startswith(moment.isoformat())
    assert answer["meter_model"] == fields["identification"][0]
    assert ("unique_id" in answer) == ("power_device_serial_number" in fields)
    if "unique_id" in answer:
        assert answer["unique_id"].encode() in data
    assert ("external" in answer) == ("devices_on_bus" in fields)
    if "external" in answer:
        named = {"gas_meter": 3, "heat_meter": 4, "warm_water_meter": 6, "water_meter": 7}
        named["inlet_heat_meter"] = 12
        assert [(named[one["type"]], one["value"]) for one in answer["external"]] == [
            (one["type"], one["value"])
            for one in fields["devices_on_bus"][0]
            if one.get("type") in named.values() and "id" in one
        ]
    assert texts | times | set(numbers) >= set(answer) - {"wifi_ssid", "wifi_strength"}


def test_net_power_is_negative_while_more_is_fed_in():
    answer = small(
        "1-0:1.7.0(00.000*kW)",
        "1-0:2.7.0(01.234*kW)",
        "1-0:21.7.0(00.100*kW)",
        "1-0:22.7.0(00.000*kW)",
        "1-0:42.7.0(01.334*kW)",
    )
    assert answer["active_power_w"] == "-1234"
    assert answer["active_power_l1_w"] == "100"
    assert answer["active_power_l2_w"] == "-1334"
    assert "active_power_l3_w" not in answer


def test_power_that_is_only_used_is_that():
    assert small("1-0:1.7.0(00.244*kW)")["active_power_w"] == "244"


def test_currents_have_no_sign_and_are_summed_with_their_decimals():
    answer = small("1-0:31.7.0(001*A)", "1-0:51.7.0(002.37*A)", "1-0:71.7.0(000.0*A)")
    assert answer["active_current_a"] == "3.37"
    assert answer["active_current_l1_a"] == "1"
    assert answer["active_current_l2_a"] == "2.37"
    assert answer["active_current_l3_a"] == "0.0"


@pytest.mark.parametrize(
    "version, said", [("50", "50"), ("42", "42"), ("50217", "50"), ("5", "5"), ("A5", None)]
)
def test_the_version_is_a_number_of_two_digits(version, said):
    lines = [line.replace("(50)", f"({version})") for line in SMALL]
    assert rendered(telegram(*lines)).get("smr_version") == said


def test_identifiers_are_the_digits_that_the_meter_sends():
    answer = small("0-0:96.1.1(%s)" % octets("12345678"))
    assert answer["unique_id"] == "3132333435363738"


def test_texts_are_escaped():
    lines = ['TST5 A"B\\C\tD', *SMALL[1:]]
    answer = rendered(telegram(*lines), ("x", 'a"b\\c', None))
    assert answer["meter_model"] == 'TST5 A"B\\C\tD'
    assert answer["wifi_ssid"] == 'a"b\\c'


@pytest.mark.parametrize("rssi, said", [(-30, "100"), (-61, "78"), (-100, "0"), (-120, "0")])
def test_the_strength_of_the_wifi_is_a_percentage(rssi, said):
    assert rendered(telegram(*SMALL), ("x", "x", rssi))["wifi_strength"] == said


def test_without_wifi_the_key_that_tells_the_version_is_there():
    answer = rendered(telegram(*SMALL), ("x", "", None))
    assert answer["wifi_ssid"] == "Ethernet"
    assert "wifi_strength" not in answer


def device(channel, kind, value, name="7FLO0000000000", time="261122194000W"):
    lines = [f"0-{channel}:24.1.0({kind:03})"]
    if name:
        lines.append(f"0-{channel}:96.1.1({octets(name)})")
    return [*lines, f"0-{channel}:24.2.1({time})({value})"]


def test_external_devices():
    answer = small(
        *device(1, 3, "00012.345*m3"),
        *device(2, 7, "00000.007*m3", "8W"),
        *device(3, 4, "001.5*GJ", "6H", "010203040506W"),
        *device(4, 12, "12*kWh", "5I"),
    )
    assert answer["external"] == [
        {
            "unique_id": octets("7FLO0000000000"),
            "type": "gas_meter",
            "timestamp": "261122194000",
            "value": "12.345",
            "unit": "m3",
        },
        {
            "unique_id": octets("8W"),
            "type": "water_meter",
            "timestamp": "261122194000",
            "value": "0.007",
            "unit": "m3",
        },
        {
            "unique_id": octets("6H"),
            "type": "heat_meter",
            "timestamp": "10203040506",
            "value": "1.5",
            "unit": "GJ",
        },
        {
            "unique_id": octets("5I"),
            "type": "inlet_heat_meter",
            "timestamp": "261122194000",
            "value": "12",
            "unit": "kWh",
        },
    ]
    assert answer["total_gas_m3"] == "12.345"
    assert answer["gas_unique_id"] == octets("7FLO0000000000")


def test_devices_that_have_no_word_or_no_identifier_are_left_out():
    answer = small(*device(1, 2, "12*kWh"), *device(2, 7, "1.5*m3", name=None))
    assert answer["external"] == []


def test_what_is_not_sent_is_absent():
    assert set(small()) == {
        *("wifi_ssid", "wifi_strength", "smr_version", "meter_model"),
        *("total_power_import_kwh", "total_power_import_t1_kwh"),
    }


# Served


def test_paths_on_a_board(board, meter_line):
    firmware = board(meter_line("t211", speed=5))
    firmware.wait_until_ready()
    firmware.wait_until(lambda: firmware.json("/healthz")["wifi"]["connected"], "connected")
    status, headers, body = firmware.get("/api")
    assert (status, headers["Content-Type"]) == (200, "application/json")
    assert json.loads(body) == {
        "product_type": "HWE-P1",
        "product_name": "P1 Meter",
        "serial": "24a160c0ffee",
        "firmware_version": firmware.json("/livez")["version"],
        "api_version": "v1",
    }
    status, headers, body = firmware.get("/api/v1/data")
    assert (status, headers["Content-Type"]) == (200, "application/json")
    answer = json.loads(body)
    assert answer["wifi_ssid"] == "demo"
    assert answer["wifi_strength"] == 78
    assert set(answer) <= set(KEYS.split())
    # The one buffer has not been spoilt for the other.
    assert "wifi_ssid" not in firmware.json("/metrics")
    # Between the two the next one may come.
    firmware.wait_until(
        lambda: firmware.get("/api/v1/telegram")[2] == firmware.get("/telegram")[2], "the same"
    )
    for path in ("/api/v1/state", "/api/v2/data"):
        assert firmware.get(path)[0] == 404, path


def test_while_there_is_no_telegram_only_the_device_is_said(board):
    firmware = board(None)
    assert firmware.get("/api")[0] == 200, firmware.printed
    for path in ("/api/v1/data", "/api/v1/telegram"):
        status, headers, body = firmware.get(path)
        assert status == 503
        assert int(headers["Retry-After"]) > 0
        assert "No telegram" in json.loads(body)["error"]


def test_off_by_a_setting(board, meter_line):
    firmware = board(meter_line("t211", speed=5), homewizard=False)
    firmware.wait_until_ready()
    for path in ("/api", "/api/v1/data"):
        assert firmware.get(path)[0] == 404


def test_the_serial_of_a_pc_is_made_up_once(monkeypatch, tmp_path):
    serial = identity.serial(80)
    assert serial == identity.serial(80)
    assert len(bytes.fromhex(serial)) == 6
    assert serial == serial.lower()
    # Nobody's own, and no group's.
    assert bytes.fromhex(serial)[0] & 3 == 2
    assert identity.serial(8080) != serial
    monkeypatch.setattr(identity, "_MACHINE_ID", tmp_path / "none")
    assert len(bytes.fromhex(identity.serial(80))) == 6


def client(version, host):
    """What the library's version reads from a host."""
    environment = dict(os.environ)
    if version == "10":
        if sys.version_info < (3, 11):
            pytest.skip("version 10 uses what Python has from 3.11 on")
        assert NEW_LIBRARY.exists(), (
            f"{NEW_LIBRARY} is missing: python -m pip install --no-deps --ignore-requires-python "
            f"--target {NEW_LIBRARY} -r tests/homewizard-10.txt"
        )
        environment["PYTHONPATH"] = str(NEW_LIBRARY)
    done = subprocess.run(
        [sys.executable, "tests/support/homewizard_client.py", host],
        cwd=REPO,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["version"].split(".")[0] == version
    return found


@pytest.mark.parametrize("version", ["6", "10"])
@pytest.mark.parametrize("place", ["board", "pc"])
def test_the_library_of_home_assistant(board, program, meter_line, version, place):
    line = meter_line("t211", speed=0, count=1)
    if place == "board":
        # Version 6 opens five connections at once, one more than the board serves.
        running = board(line, stale_after=60)
        running.wait_until_ready()
        host = running.url.removeprefix("http://")
    else:
        running = program("--source", f"tcp://127.0.0.1:{line.port}", "--stale-after", "60")
        running.wait_for("/readyz")
        host = f"127.0.0.1:{running.port}"
    found = client(version, host)
    sent = next(Meter("t211", START).telegrams())
    assert found["telegram"].encode() == sent
    assert found["device"]["product_type"] == "HWE-P1"
    assert len(found["device"]["serial"]) == 12
    data = found["data"]
    old = version == "6"
    assert data["unique_meter_id" if old else "unique_id"] == "1SAG3100000001"
    register = float(sent.partition(b"1-0:1.8.1(")[2].partition(b"*")[0])
    assert data["total_energy_import_t1_kwh" if old else "energy_import_t1_kwh"] == register
    peak = sent.partition(b"1-0:1.6.0(")[2][:12].decode()
    assert data["monthly_power_peak_timestamp"] == str(datetime.strptime(peak, "%y%m%d%H%M%S"))
    devices = data["external_devices"]
    assert {name.rpartition("_")[0] for name in devices} == {"gas_meter", "water_meter"}
    # What is not there is an answer too, and no error.
    combined = found["combined"]
    assert combined.get("state") is None
    assert combined["system"]["cloud_enabled"] is False
    if not old:
        assert combined["device"] == found["device"]
        assert combined["measurement"]["energy_import_t1_kwh"] == register
        assert combined["batteries"] is None
