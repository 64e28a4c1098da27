"""/metrics as Prometheus' text: the names that docs/prometheus.md promises, and exact values."""

import http.client
import json
import re
from datetime import datetime, timedelta, timezone
from decimal import Decimal

import pytest
from conftest import START
from pages import table as table_of
from prometheus_text import parse, sample
from rendering import HEALTH, prometheus_of
from telegrams import SMALL, octets, telegram

from dsmr import build, frames, parser, table, times
from firmware.http.accept import prefers_text
from firmware.renderers import prometheus
from host.fields import FieldsError
from host.fields import prometheus as rules
from host.tree import REPO
from sim.meter import KINDS, Meter

TEMPLATE = (REPO / "firmware/renderers/prometheus.prom").read_text().splitlines()


def documented():
    """{name: (type, labels)} in docs/prometheus.md."""
    found = {}
    for row in table_of((REPO / "docs/prometheus.md").read_text()):
        name = row[0].strip("`")
        if name.startswith("p1_"):
            found[name] = row[1], sorted(re.findall(r"`(\w+)`", row[2]))
    return found


def templated():
    """{name: (type, labels)} in the template."""
    found = {}
    name = None
    for line in TEMPLATE:
        words = line.split(" ")
        if line.startswith("# TYPE "):
            name = words[2]
            found[name] = words[3], set()
        elif line and not line.startswith("#"):
            labels = found[name][1]
            labels.update(re.findall(r'[{,](\w+)="', line))
            if name.startswith("p1_mbus"):
                labels.update(("channel", "type"))
            if words[-1] == "s":
                labels.update(("id", "ean") if name == "p1_mbus_info" else words[:1])
    return {name: (kind, sorted(labels)) for name, (kind, labels) in found.items()}


def test_names_types_and_labels_are_those_of_the_page():
    assert templated() == documented()


def test_help_and_type_come_before_each_metric_and_once():
    helps = [line.split(" ")[2] for line in TEMPLATE if line.startswith("# HELP ")]
    types = [line.split(" ")[2] for line in TEMPLATE if line.startswith("# TYPE ")]
    assert helps == types
    assert len(set(types)) == len(types)


def test_counters_end_in_total_and_nothing_else_does():
    for name, (kind, _) in templated().items():
        assert name.startswith("p1_")
        assert name.endswith("_total") == (kind == "counter")


def test_every_field_has_a_name_but_messages_lists_and_devices():
    meters = TEMPLATE[: TEMPLATE.index("")]
    used = {
        line.rsplit(" ", 2)[1]
        for line in meters
        if not line.startswith(("#", "p1_mbus")) and line.count(" ") >= 2
    }
    types = build.column(table.DEVICE_TYPES, 1)
    for name, kind, _, _, made_of in build.fields():
        # A text that changes would be a new series each time; a list has times of its own; each
        # device on the M-Bus has samples. Of a quarter-hour's energy there is the counter.
        is_without = kind in "MHFE" or (made_of and made_of[0] in [*types, "devices"])
        is_without = is_without or name.startswith("quarter_")
        assert (name in used) is not is_without, name


# The rule


@pytest.mark.parametrize(
    "field, name, labels",
    [
        ("energy_used_total", "energy", {"direction": "used"}),
        ("l2_apparent_power_used", "apparent_power", {"direction": "used", "phase": "2"}),
        ("l3_power_usage", "power", {"direction": "used", "phase": "3"}),
        ("demand_average_12_months", "demand_average_12_months", {}),
        ("power_failure_count", "power_failures_total", {}),
        ("pump_2_speed", "speed", {"pump": "2"}),
        ("power_factor", "power_factor", {}),
    ],
)
def test_a_field_is_called_by_the_rule(field, name, labels):
    assert rules._name(field, []) == (name, labels)


def test_a_field_is_called_as_its_exception_says():
    found = rules.read_rules(
        '# remark\n\nfield lN_x_M voltage phase="N"\nhelp p1_a A thing.\n\ntext\nrest\n'
    )
    assert rules._name("l2_x_M", found.exceptions) == ("voltage", {"phase": "2"})
    assert rules._name("l2_x", found.exceptions) == ("x", {"phase": "2"})
    assert (found.helps, found.rest) == ({"p1_a": "A thing."}, "rest\n")


@pytest.mark.parametrize("text", ("field x y\n", "fields x y\n\ntext\n"))
def test_rules_that_cannot_be_read_are_an_error(text):
    with pytest.raises(FieldsError, match=r"prometheus\.rules"):
        rules.read_rules(text)


def test_what_no_field_has_is_an_error():
    found = rules.read_rules("help p1_pints_total Beer.\n\ntext\n")
    with pytest.raises(FieldsError, match="p1_pints_total"):
        rules.template(found, rules.samples(found))


def test_labels_of_a_metric_are_the_same_in_all_samples():
    found = rules.read_rules((REPO / rules.RULES).read_text("utf-8"))
    for name, samples in rules.metrics(found, rules.samples(found)).items():
        if name != rules.INFO:
            assert len({tuple(sample.labels) for sample in samples}) == 1, name


def test_every_unit_is_one_that_prometheus_has():
    numbers = set(build.column(table.UNITS, 1)) - {"String", "List"}
    assert set(rules._SUFFIXES) == numbers


def test_every_reason_of_the_parser_is_counted_from_0_on():
    names = ("_WRONG_CRC", "_NO_CRC", "_TOO_LONG", "_TRUNCATED", "_MALFORMED")
    reasons = {getattr(parser, name) for name in names}
    reasons |= {frames._ENCRYPTED, frames._WRONG_TAG}
    assert {frames._TOO_LONG, frames._TRUNCATED, frames._MALFORMED} <= reasons
    samples, _ = prometheus_of(None, fresh=False)
    found = {
        dict(labels)["reason"]: number
        for (name, labels), number in samples.items()
        if name == "p1_rejected_telegrams_total"
    }
    assert set(found) == reasons
    assert found["crc"] == "3"
    assert found["too long"] == "1"
    assert found["encrypted"] == "0"


@pytest.mark.parametrize("kind", KINDS)
def test_registers_are_exact_to_the_wh(kind):
    data = next(Meter(kind, START).telegrams())
    samples, _ = prometheus_of(data)
    registers = re.findall(r"1-0:([12])\.8\.([12])\(([\d.]+)\*kWh\)", data.decode())
    assert len(registers) == 4
    for direction, tariff, written in registers:
        key = sample(
            "p1_tariff_energy_joules_total",
            direction="used" if direction == "1" else "generated",
            tariff=tariff,
        )
        assert Decimal(samples[key]) == Decimal(written) * 3_600_000
        assert samples[key].isdigit()


def test_powers_voltages_and_currents_have_the_meters_decimals():
    data = next(Meter("t211", START).telegrams())
    text = data.decode()
    samples, _ = prometheus_of(data)
    for phase, code in (("1", 3), ("2", 5), ("3", 7)):
        volts = re.search(rf"1-0:{code}2\.7\.0\(0*([\d.]+)\*V\)", text)[1]
        assert samples[sample("p1_voltage_volts", phase=phase)] == volts
        amperes = re.search(rf"1-0:{code}1\.7\.0\(0*([\d.]+)\*A\)", text)[1]
        assert samples[sample("p1_current_amperes", phase=phase)].lstrip("0") == amperes.lstrip(
            "0"
        )
    watts = int(re.search(r"1-0:1\.7\.0\(([\d.]+)\*kW\)", text)[1].replace(".", ""))
    assert samples[sample("p1_power_watts", direction="used")] == str(watts)


@pytest.mark.parametrize(
    "line, key, value",
    [
        (
            "1-0:1.8.2(999999.999*kWh)",
            sample("p1_tariff_energy_joules_total", direction="used", tariff="2"),
            "3599999996400",
        ),
        (
            "1-0:1.8.2(000000.0001*kWh)",
            sample("p1_tariff_energy_joules_total", direction="used", tariff="2"),
            "360.0",
        ),
        (
            "1-0:3.8.0(00000012.345*kvarh)",
            sample("p1_reactive_energy_var_seconds_total", direction="used"),
            "44442000",
        ),
        (
            "1-0:24.7.0(0000.123*kvar)",
            sample("p1_phase_reactive_power_vars", direction="generated", phase="1"),
            "123",
        ),
        (
            "1-0:50.7.0(0000.077*kVA)",
            sample("p1_phase_apparent_power_voltamperes", direction="generated", phase="2"),
            "77",
        ),
        ("0-0:17.0.0(016.1*kW)", sample("p1_limit_watts"), "16100"),
        ("0-0:17.0.0(016*A)", sample("p1_limit_amperes"), "16"),
        ("0-0:17.0.0(016.1*kVA)", sample("p1_limit_voltamperes"), "16100"),
        ("0-0:96.3.10(2)", sample("p1_breaker_connected"), "0"),
        ("0-3:96.3.10(1)", sample("p1_relay_connected", relay="3"), "1"),
        ("1-0:52.32.0(00007)", sample("p1_voltage_sags_total", phase="2"), "7"),
        ("1-0:14.7.0(50.01*Hz)", sample("p1_frequency_hertz"), "50.01"),
    ],
)
def test_one_line_one_sample(line, key, value):
    samples, _ = prometheus_of(telegram(*SMALL, line))
    assert samples[key] == value


def test_a_value_in_a_unit_of_another_kind_has_no_sample():
    samples, _ = prometheus_of(telegram(*SMALL, "1-0:32.7.0(010*A)"))
    assert sample("p1_voltage_volts", phase="1") not in samples


def test_devices_on_the_mbus():
    samples, types = prometheus_of(
        telegram(
            *SMALL,
            "0-1:24.1.0(003)",
            "0-1:96.1.0(%s)" % octets("GAS01"),
            "0-1:24.4.0(1)",
            "0-1:24.2.1(261122190000W)(00123.456*m3)",
            "0-2:24.1.0(004)",
            "0-2:24.2.1(260722190000S)(12.345*GJ)",
            "0-3:24.1.0(099)",
            "0-3:24.2.1(261122190000W)(00007.5*m3)",
            "0-4:24.2.1(261122190000W)(00001.5*kWh)",
        )
    )
    found = {key: value for key, value in samples.items() if key[0].startswith("p1_mbus")}
    gas = {"channel": "1", "type": "gas"}
    assert found == {
        sample("p1_mbus_volume_cubic_metres_total", **gas): "123.456",
        sample("p1_mbus_volume_cubic_metres_total", channel="3", type="99"): "7.5",
        sample("p1_mbus_energy_joules_total", channel="4", type="unknown"): "5400000",
        sample("p1_mbus_energy_joules_total", channel="2", type="heat"): "12345000000",
        sample("p1_mbus_reading_timestamp_seconds", **gas): "1795370400",
        sample("p1_mbus_reading_timestamp_seconds", channel="2", type="heat"): "1784739600",
        sample("p1_mbus_reading_timestamp_seconds", channel="3", type="99"): "1795370400",
        sample("p1_mbus_reading_timestamp_seconds", channel="4", type="unknown"): "1795370400",
        sample("p1_mbus_valve_open", **gas): "1",
        sample("p1_mbus_info", **gas, id="GAS01"): "1",
        sample("p1_mbus_info", channel="2", type="heat"): "1",
        sample("p1_mbus_info", channel="3", type="99"): "1",
        sample("p1_mbus_info", channel="4", type="unknown"): "1",
    }
    assert types["p1_mbus_volume_cubic_metres_total"] == "counter"


def test_labels_are_escaped():
    lines = ('TST5\\NAME"X', *SMALL[1:], "0-0:96.1.1(%s)" % octets('A\\B"C'))
    samples, _ = prometheus_of(telegram(*lines))
    labels = dict(next(labels for name, labels in samples if name == "p1_meter_info"))
    assert labels["identification"] == 'TST5\\NAME"X'
    assert labels["device_id"] == 'NAME"X'
    assert labels["serial"] == 'A\\B"C'
    assert "ean" not in labels


def test_the_readers_own():
    samples, _ = prometheus_of(telegram(*SMALL))
    assert samples[sample("p1_telegrams_total")] == "12"
    assert samples[sample("p1_telegram_age_seconds")] == "1.234"
    assert samples[sample("p1_bytes_total", result="rejected")] == "150"
    assert samples[sample("p1_settings_problems")] == "1"
    assert samples[sample("p1_wifi_signal_dbm")] == "-61"
    assert samples[sample("p1_wifi_connected")] == "1"
    info = sample("p1_reader_info", version="0.1.0", board="esp32", reset_cause="power on")
    assert samples[info] == "1"
    assert samples[sample("p1_up")] == "1"


def test_a_pc_has_no_wifi_and_no_heap():
    health = {
        key: HEALTH[key] for key in HEALTH if key not in ("wifi", "free_heap", "reset_cause")
    }
    samples, types = prometheus_of(telegram(*SMALL), {**health, "board": "host"})
    assert not {name for name in types if "wifi" in name or "heap" in name}
    assert sample("p1_reader_info", version="0.1.0", board="host") in samples


def test_without_fresh_data_the_reader_stays_and_the_meter_goes():
    for data in (None, telegram(*SMALL)):
        samples, types = prometheus_of(data, fresh=False)
        reader = TEMPLATE[TEMPLATE.index("") :]
        names = {line.split(" ")[2] for line in reader if line.startswith("# TYPE")}
        assert set(types) == names - ({"p1_telegram_age_seconds"} if data is None else set())
        assert samples[sample("p1_up")] == "0"


def test_unix_seconds_of_every_day_of_the_century():
    moment = datetime(2000, 1, 1, 23, 59, 58)
    while moment.year < 2100:
        for mark, hours in (("W", 1), ("S", 2)):
            zone = timezone(timedelta(hours=hours))
            tst = moment.strftime("%y%m%d%H%M%S").encode() + mark.encode()
            expected = moment.replace(tzinfo=zone).timestamp()
            assert times.unix_seconds(b"(" + tst, 1, 14) == expected
        moment += timedelta(days=1)


def test_unix_seconds_of_a_time_without_a_mark_follow_the_calendar():
    assert times.unix_seconds(b"260722190000", 0, 12) == times.unix_seconds(
        b"260722190000S", 0, 13
    )
    assert times.unix_seconds(b"261122190000", 0, 12) == times.unix_seconds(
        b"261122190000W", 0, 13
    )


PROMETHEUS_2 = (
    "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,"
    "text/plain;version=0.0.4;q=0.5,*/*;q=0.1"
)
PROMETHEUS_3 = (
    "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,"
    "application/openmetrics-text;version=0.0.1;q=0.5,"
    "text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2"
)
PROMETHEUS_PROTOBUF = (
    "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited,"
    "application/openmetrics-text;version=1.0.0;q=0.8,application/openmetrics-text;version=0.0.1;"
    "q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1"
)
PROMETHEUS_1 = "text/plain;version=0.0.4;q=1,*/*;q=0.1"
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"


@pytest.mark.parametrize(
    "accept, text",
    [
        (None, False),
        ("", False),
        ("*/*", False),
        (PROMETHEUS_1, True),
        (PROMETHEUS_2, True),
        (PROMETHEUS_3, True),
        (PROMETHEUS_PROTOBUF, True),
        (BROWSER, False),
        ("application/json", False),
        ("application/json, text/plain", False),
        ("application/json, text/plain, */*", False),
        ("text/plain", True),
        ("TEXT/PLAIN", True),
        ("text/*", True),
        ("text/*, application/json;q=0.9", True),
        ("text/plain;q=0.5, application/json;q=0.50", False),
        ("text/plain;q=0.5, application/json;q=0.499", True),
        ("text/plain ; q=0.9 , application/* ; q=0.8", True),
        ("text/plain;q=0.1, */*", False),
        ("text/*;q=1, text/plain;q=0, */*;q=0.5", False),
        ("application/json;q=0, */*;q=0.1", True),
        ("text/plain;q=0, application/json;q=0", False),
        ("text/plain;q=abc, */*;q=0.1", False),
        (";;,q=1,,/", False),
        ("application/openmetrics-text", False),
    ],
)
def test_accept(accept, text):
    assert prefers_text(accept) is text


def get(firmware, path="/metrics", accept=None):
    """(status, content type, body)."""
    headers = {} if accept is None else {"Accept": accept}
    status, got, body = firmware.get(path, headers=headers)
    return status, got["Content-Type"], body


@pytest.mark.parametrize("kind", KINDS)
def test_the_board_says_what_the_renderer_says(board, meter_line, kind):
    firmware = board(meter_line(kind, count=1, speed=0), stale_after=600)
    firmware.wait_until_ready()
    firmware.wait_until(lambda: "rssi" in firmware.json("/healthz")["wifi"], "connected")
    status, content_type, body = get(firmware, accept=PROMETHEUS_2)
    assert (status, content_type) == (200, prometheus.CONTENT_TYPE)
    samples, types = parse(body.decode())
    raw = firmware.get("/telegram")[2]
    expected, _ = prometheus_of(raw, firmware.json("/healthz"))
    meters = set(documented()) - {
        line.split(" ")[2] for line in TEMPLATE[TEMPLATE.index("") :] if line.startswith("# TYPE")
    }
    assert {key: samples[key] for key in samples if key[0] in meters} == {
        key: expected[key] for key in expected if key[0] in meters
    }
    assert set(samples) == set(expected)
    assert {name: documented()[name][0] for name in types} == types
    assert samples[sample("p1_up")] == "1"


def test_both_formats_from_one_buffer(board, meter_line):
    firmware = board(meter_line("t211", count=1, speed=0), stale_after=600)
    firmware.wait_until_ready()
    first = get(firmware)
    assert first[1] == "application/json"
    json.loads(first[2])
    for _ in range(3):
        assert get(firmware, accept=PROMETHEUS_3)[1] == prometheus.CONTENT_TYPE
        assert get(firmware) == first
        assert get(firmware, "/metrics?format=json", PROMETHEUS_3) == first
        by_hand = get(firmware, "/metrics?format=prometheus", "application/json")
        assert by_hand[1] == prometheus.CONTENT_TYPE
        parse(by_hand[2].decode())
    for path in ("/metrics?format=xml", "/metrics?format="):
        status, content_type, body = get(firmware, path, PROMETHEUS_3)
        assert (status, content_type) == (400, "application/json")
        assert "format=prometheus" in json.loads(body)["error"]


def test_head_has_no_body(board, meter_line):
    firmware = board(meter_line("t211", count=1, speed=0))
    connection = http.client.HTTPConnection("127.0.0.1", firmware.settings["http_port"])
    connection.request("HEAD", "/metrics?format=prometheus")
    response = connection.getresponse()
    assert response.status == 200
    assert response.headers["Content-Type"] == prometheus.CONTENT_TYPE
    assert response.read() == b""


def test_before_the_first_telegram_and_while_stale_up_is_0(board, meter_line):
    line = meter_line("t211", speed=10)
    line.pause()
    firmware = board(line, stale_after=1)

    def metrics():
        status, _, body = get(firmware, accept=PROMETHEUS_2)
        assert status == 200
        return parse(body.decode())[0]

    samples = metrics()
    assert samples[sample("p1_up")] == "0"
    assert sample("p1_telegram_age_seconds") not in samples
    line.resume()
    firmware.wait_until(lambda: metrics()[sample("p1_up")] == "1", "up")
    assert sample("p1_power_net_watts") in metrics()
    line.pause()
    firmware.wait_until(lambda: metrics()[sample("p1_up")] == "0", "stale")
    samples = metrics()
    assert not {name for name, _ in samples if "watts" in name or "mbus" in name}
    assert float(samples[sample("p1_telegram_age_seconds")]) > 1
    assert int(samples[sample("p1_telegrams_total")]) >= 1
    assert int(samples[sample("p1_free_heap_bytes")]) > 0
