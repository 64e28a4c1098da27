"""The table of fields: every object, every unit, and what is wrong with a table."""

import os
import shutil
import subprocess
import sys

import pytest
import under_micropython
from telegrams import telegram
from under_micropython import ROOT

from dsmr import Telegram, TelegramParser, build, fields, scan, table
from dsmr.format import decimal

IGNORED = shutil.ignore_patterns("__pycache__")


def parse(*lines, **options):
    parser = TelegramParser()
    parser.receive_data(telegram(*lines, **options))
    event = parser.next_event()
    assert isinstance(event, Telegram)
    return event


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


def test_the_objects_above_are_in_the_table_and_no_code_is_there_twice():
    codes = [code for _, _, _, codes, _ in build.fields() for code in codes]
    assert set(OBJECTS) <= set(codes)
    assert len(set(codes)) == len(codes)


def test_fields_and_their_numbers():
    names = build.column(table.FIELDS)
    assert len(names) == fields.FIELDS == len(set(names))
    for number, name in enumerate(names):
        assert fields.name(number) == name.encode()
        assert fields.slot(name.encode()) == number


@pytest.mark.parametrize("name", (b"", b"power", b"l1_voltage ", b"l1_voltage\nl2_voltage", b"\n"))
def test_a_name_that_no_field_has_is_an_error(name):
    with pytest.raises(ValueError, match="there is no field called"):
        fields.slot(name)


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


def scanned_scale(unit):
    """What is found for a unit as it stands in a telegram."""
    group = ("(1*%s)" % unit).encode()
    found = scan.new_scan()
    assert scan.scan_value(group, 0, len(group), found) == len(group)
    return scan.find_scale(found[4])


@pytest.mark.parametrize(
    ("written", "unit", "published"),
    (
        ("kWh", "KilowattHour", "12.5"),
        ("Wh", "KilowattHour", "0.0125"),
        ("MWh", "KilowattHour", "12500"),
        ("kW", "Watt", "12500"),
        ("W", "Watt", "12.5"),
        ("MW", "Watt", "12500000"),
        ("kV", "Volt", "12500"),
        ("mA", "Ampere", "0.0125"),
        ("kA", "Ampere", "12500"),
        ("GWh", "KilowattHour", "12500000"),
        ("l", "CubicMeter", "0.0125"),
        ("kJ", "GigaJoule", "0.0000125"),
        ("mHz", "Hertz", "0.0125"),
        ("kHz", "Hertz", "12500"),
        ("Mvar", "Var", "12500000"),
        ("Mvarh", "KilovarHour", "12500"),
        ("MVA", "VoltAmpere", "12500000"),
        ("kVAh", "KilovoltAmpereHour", "12.5"),
        ("VAh", "KilovoltAmpereHour", "0.0125"),
        ("MVAh", "KilovoltAmpereHour", "12500"),
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
    spellings = {written, written.swapcase(), written.upper(), written.lower()}
    for spelled in spellings:
        if spelled[0] in "mM" and spelled[0] != written[0] and spelled != "M3":
            # An M is mega, an m may be milli.
            expected = "-"
        else:
            expected = unit
        scale = scanned_scale(spelled)
        assert fields.unit_name(scale >> 3).decode() == expected, spelled
        if expected == "-":
            continue
        exponent = 3 * (scale & 7) - 9
        assert decimal(125 * 10 ** max(0, exponent - 1), max(0, 1 - exponent)) == published


def test_a_quantity_without_a_unit_is_a_number():
    letters = build.column(table.UNITS)
    assert build.column(table.UNITS, 1)[letters.index("n")] == "Number"
    scale = fields.SCALES[0]
    assert (fields.unit_name(scale >> 3), scale & 7) == (b"Number", 3)
    assert scan.find_scale(scan.NO_UNIT) == scale


# A table that is wrong


def import_with(change, python, tmp_path):
    """What Python says that imports the package with another text in its table."""
    shutil.copytree(ROOT / "lib" / "dsmr", tmp_path / "dsmr", ignore=IGNORED)
    path = tmp_path / "dsmr" / "table.py"
    text = path.read_text(encoding="utf-8")
    old, new = change
    assert text.count(old) == 1
    path.write_text(text.replace(old, new), encoding="utf-8")
    done = subprocess.run(
        [python(), "-c", "import dsmr"],
        env={**os.environ, "PYTHONPATH": str(tmp_path), "MICROPYPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    # MicroPython prints the error on its standard output.
    return (done.stderr or done.stdout).splitlines()[-1] if done.returncode else ""


@pytest.mark.parametrize("python", (lambda: sys.executable, under_micropython.command))
@pytest.mark.parametrize(
    ("change", "sentence"),
    (
        (
            ("max_demand_month_timestamp T", "other C - 1-0:9.9.9\nmax_demand_month_timestamp T"),
            "max_demand_month_timestamp must stand after max_demand_month",
        ),
        ((" = difference total_power_used", " = product total_power_used"), "total_power_net"),
        (("1-0:1.8.0 = sum ", "1-0:1.8.0 = product "), "nothing makes energy_used_total"),
        (("device_name P - = line letters\n", ""), "there must be a row for each of: line, line"),
        ((" = difference total_power_used", " = difference power_used"), "power_used"),
        (("gas_used Q m3 = gas value", "gas_used Q m3 = gas price"), "price"),
        (("frequency Q Hz 1-0:14.7.0", "frequency Q Hz"), "nothing makes frequency"),
        (("frequency Q Hz", "frequency Q rpm"), "rpm"),
        (("frequency Q Hz", "frequency Z Hz"), "Z"),
        (("\ntimestamp T - 0-0:1.0.0", "\nclock T - 0-0:1.0.0"), "there is no timestamp"),
        (
            ("power_failure_log F s", "other_history H kW 0-0:98.2.0\npower_failure_log F s"),
            "one list of months' peaks only",
        ),
    ),
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_a_mistake_in_the_table_is_an_error_at_import(change, sentence, python, tmp_path):
    said = import_with(change, python, tmp_path)
    assert "ValueError: dsmr/table.py: " in said
    assert sentence in said


def test_the_table_as_it_is_makes_no_error(tmp_path):
    change = ("frequency Q Hz", "frequency Q Hz")
    assert import_with(change, under_micropython.command, tmp_path) == ""
