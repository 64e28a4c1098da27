"""The parser's table of cases: what comes in, and which events it makes.

An event is the JSON object that `python -m dsmr` prints for it, in a form that is short to write
and exact to compare: fields as {name: "value unit"} with the value's JSON text, digit for digit,
and problems as [(OBIS code, reason)].
"""

import contextlib
import io
import json
from collections import namedtuple

from telegrams import (
    AUSTRIA,
    CRC_LINES,
    DSMR5,
    DSMR30,
    DSMR42,
    ENCRYPTED,
    LUXEMBOURG,
    PEAKS_NEWEST_FIRST,
    PEAKS_OLDEST_FIRST,
    S211,
    SMALL,
    SWEDEN,
    T211,
    T211_50221,
    crc16,
    octets,
    t211,
    telegram,
)

from dsmr.__main__ import Command

#: crc_required is the parser's argument; False is the command's --no-crc.
Case = namedtuple("Case", "name data events crc_required")

MAX_TELEGRAM = 11520

CASES = []


class _Number(str):
    """A JSON number by its digits."""


def _token(value):
    """JSON text of a value that was loaded with its numbers as digits."""
    if isinstance(value, _Number):
        return str(value)
    if isinstance(value, list):
        return "[%s]" % ",".join(_token(entry) for entry in value)
    if isinstance(value, dict):
        return "{%s}" % ",".join('"%s":%s' % (key, _token(value[key])) for key in value)
    return json.dumps(value)


def short(line):
    """An event's line of JSON in this table's form."""
    event = json.loads(line, parse_int=_Number, parse_float=_Number)
    if event["event"] == "rejected":
        event["bytes"] = int(event["bytes"])
        return event
    fields = event["fields"]
    for name in fields:
        assert set(fields[name]) == {"value", "unit"}
        fields[name] = "%s %s" % (_token(fields[name]["value"]), fields[name]["unit"])
    event["problems"] = [(problem["obis"], problem["reason"]) for problem in event["problems"]]
    return event


def printed(data, size, crc_required):
    """What the command prints for data that comes in chunks."""
    at = 0

    def read(_):
        nonlocal at
        at += size or len(data)
        return data[at - (size or len(data)) : at]

    out = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", newline="\n")
    with contextlib.redirect_stdout(out):
        Command(crc_required).read(read)
        out.flush()
    return out.buffer.getvalue()


def accepted(data, fields, problems=()):
    """The event of a good telegram; its CRC is computed here, if `data` has one."""
    data = data[data.rindex(b"/") :]
    crc = None
    mark = data.rindex(b"\n!") + 2
    if data[mark : mark + 1] not in (b"", b"\r", b"\xff"):
        crc = "%04X" % crc16(data[:mark])
    return {"event": "telegram", "crc": crc, "fields": fields, "problems": list(problems)}


def rejected(reason, size):
    return {"event": "rejected", "reason": reason, "bytes": size}


def case(name, data, *events, crc_required=True):
    CASES.append(Case(name, data, list(events), crc_required))


# How values are written in `fields`.


def text(value):
    return json.dumps(value) + " String"


def time(value):
    return '"%s" Timestamp' % value


def watt(value):
    return "%s Watt" % value


def kwh(value):
    return "%s KilowattHour" % value


def m3(value):
    return "%s CubicMeter" % value


def integer(value):
    return "%s Integer" % value


OPEN = "true Boolean"
SHUT = "false Boolean"


def identity(line, device_id):
    """The fields of the first line."""
    return {
        "identification": text(line),
        "device_name": text(line[:3]),
        "device_id": text(device_id),
    }


def device(channel, kind, identifier, value, unit, timestamp, ean=None, valve=None):
    """An entry of devices_on_bus."""
    members = ['"channel":%d' % channel]
    if kind is not None:
        members.append('"type":%d' % kind)
    if identifier is not None:
        members.append('"id":"%s"' % identifier)
    if ean is not None:
        members.append('"ean":"%s"' % ean)
    members.append('"value":%s,"unit":"%s","timestamp":"%s"' % (value, unit, timestamp))
    if valve is not None:
        members.append('"valve":%s' % valve)
    return "{%s}" % ",".join(members)


def listed(*entries):
    return "[%s] List" % ",".join(entries)


def gas(value, timestamp, identifier=None, valve=None):
    """The fields of the gas meter."""
    fields = {
        "device_type": integer(3),
        "gas_used": m3(value),
        "gas_usage_timestamp": time(timestamp),
    }
    if identifier:
        fields["gas_device_id"] = fields["gas_device_serial_number"] = text(identifier)
    if valve:
        fields["gas_breaker_state"] = valve
    return fields


SMALL_FIELDS = {
    **identity("TST5 SMALL", "SMALL"),
    "protocol_version": text("50"),
    "timestamp": time("2026-11-22T19:45:00+01:00"),
    "power_used_tariff_1": kwh("123.456"),
    "energy_used_total": kwh("123.456"),
}
SMALL_TELEGRAM = telegram(*SMALL)
SMALL_EVENT = accepted(SMALL_TELEGRAM, SMALL_FIELDS)


def small(name, *lines, problems=(), **fields):
    """A case of a few lines after those that every meter sends."""
    data = telegram(*SMALL, *lines)
    case(name, data, accepted(data, {**SMALL_FIELDS, **fields}, problems))


def odd(name, line, reason, obis=None):
    """A case of one line that costs itself only, and a sum that it would have been part of."""
    after = "1-0:2.8.1(000007.000*kWh)"
    fields = {"power_generated_tariff_1": kwh("7.000"), "energy_generated_total": kwh("7.000")}
    if line.startswith("1-0:2.8.") and "()" not in line:
        del fields["energy_generated_total"]
    small(name, line, after, problems=[(obis or line.partition("(")[0], reason)], **fields)


# --- Whole telegrams of meters


DSMR5_FIELDS = {
    **identity("TST5\\2DUTCH-1", "2DUTCH-1"),
    "protocol_version": text("50"),
    "timestamp": time("2026-11-22T19:45:00+01:00"),
    "power_device_serial_number": text("E0000000000000001"),
    "current_tariff": integer(2),
    "energy_used_total": kwh("48476.148"),
    "power_used_tariff_1": kwh("46077.141"),
    "power_used_tariff_2": kwh("2399.007"),
    "energy_generated_total": kwh("10.500"),
    "power_generated_tariff_1": kwh("0.000"),
    "power_generated_tariff_2": kwh("10.500"),
    "total_power_used": watt(244),
    "total_power_generated": watt(0),
    "total_power_net": watt(244),
    "l1_power_usage": watt(70),
    "l2_power_usage": watt(32),
    "l3_power_usage": watt(142),
    "l1_power_generated": watt(0),
    "l2_power_generated": watt(0),
    "l3_power_generated": watt(0),
    "l1_voltage": "230.1 Volt",
    "l2_voltage": "229.9 Volt",
    "l3_voltage": "231.0 Volt",
    "l1_amperage": "1 Ampere",
    "l2_amperage": "2 Ampere",
    "l3_amperage": "3 Ampere",
    "power_failure_count": integer(13),
    "long_power_failure_count": integer(2),
    "power_failure_log": listed(
        '{"end":"2026-02-08T15:04:02+01:00","duration":240}',
        '{"end":"2026-06-08T00:51:00+02:00","duration":301}',
    ),
    "l1_voltage_sags": integer(4),
    "l2_voltage_sags": integer(3),
    "l3_voltage_sags": integer(2),
    "l1_voltage_swells": integer(1),
    "l2_voltage_swells": integer(0),
    "l3_voltage_swells": integer(5),
    **gas("1234.567", "2026-11-22T19:40:00+01:00", "G0000000000000001"),
    "devices_on_bus": listed(
        device(1, 3, "G0000000000000001", "1234.567", "CubicMeter", "2026-11-22T19:40:00+01:00")
    ),
}
DSMR5_TELEGRAM = telegram(*DSMR5)
DSMR5_EVENT = accepted(DSMR5_TELEGRAM, DSMR5_FIELDS)
case("dsmr 5, three phases and gas", DSMR5_TELEGRAM, DSMR5_EVENT)

S211_FIELDS = {
    **identity("FLU5\\253000001_A", "253000001_A"),
    "protocol_version": text("50216"),
    "timestamp": time("2026-08-19T22:03:27+02:00"),
    "power_device_serial_number": text("1SAG1100000001"),
    "current_tariff": integer(2),
    "energy_used_total": kwh("10.629"),
    "power_used_tariff_1": kwh("3.689"),
    "power_used_tariff_2": kwh("6.940"),
    "energy_generated_total": kwh("26.618"),
    "power_generated_tariff_1": kwh("22.354"),
    "power_generated_tariff_2": kwh("4.264"),
    "total_power_used": watt(278),
    "total_power_generated": watt(0),
    "total_power_net": watt(278),
    "l1_power_usage": watt(278),
    "l1_power_generated": watt(0),
    "l1_voltage": "233.3 Volt",
    "l1_amperage": "1.51 Ampere",
    "power_breaker_state": OPEN,
    "max_phase_power": watt(999900),
    "l1_fuse_threshold": "999 Ampere",
}
S211_TELEGRAM = telegram(*S211)
S211_EVENT = accepted(S211_TELEGRAM, S211_FIELDS)
case("s211, single phase", S211_TELEGRAM, S211_EVENT)


def _without(fields, *names):
    return {name: fields[name] for name in fields if name not in names}


_OLD_S211 = telegram(
    *(
        line.replace("50216", "50213").replace("001.51", "002")
        for line in S211
        if "21.7.0" not in line and "22.7.0" not in line
    )
)
case(
    "s211 of firmware 50213: whole amperes, no power per phase",
    _OLD_S211,
    accepted(
        _OLD_S211,
        {
            **_without(S211_FIELDS, "l1_power_usage", "l1_power_generated"),
            "protocol_version": text("50213"),
            "l1_amperage": "2 Ampere",
        },
    ),
)

_PEAKS = (
    '{"month":"2026-08","time":"2026-08-17T18:45:00+02:00","value":3695}',
    '{"month":"2026-09","time":"2026-09-30T07:00:00+02:00","value":5980}',
    '{"month":"2026-10","time":"2026-10-25T02:15:00+01:00","value":4318}',
)
T211_FIELDS = {
    **identity("FLU5\\253000002_A", "253000002_A"),
    "protocol_version": text("50217"),
    "timestamp": time("2026-11-22T17:46:29+01:00"),
    "power_device_serial_number": text("1SAG3100000002"),
    "current_tariff": integer(1),
    "energy_used_total": kwh("2336.061"),
    "power_used_tariff_1": kwh("1209.869"),
    "power_used_tariff_2": kwh("1126.192"),
    "energy_generated_total": kwh("1509.624"),
    "power_generated_tariff_1": kwh("1040.710"),
    "power_generated_tariff_2": kwh("468.914"),
    "total_power_used": watt(0),
    "total_power_generated": watt(1200),
    "total_power_net": watt(-1200),
    "l1_power_usage": watt(0),
    "l2_power_usage": watt(363),
    "l3_power_usage": watt(0),
    "l1_power_generated": watt(900),
    "l2_power_generated": watt(0),
    "l3_power_generated": watt(663),
    "l1_voltage": "229.7 Volt",
    "l2_voltage": "0.0 Volt",
    "l3_voltage": "230.3 Volt",
    "l1_amperage": "3.91 Ampere",
    "l2_amperage": "1.58 Ampere",
    "l3_amperage": "2.88 Ampere",
    "current_average_demand": watt(160),
    "max_demand_month": watt(3506),
    "max_demand_month_timestamp": time("2026-11-04T19:00:00+01:00"),
    "max_demand_history": listed(*_PEAKS),
    # 811 seconds are left of the quarter-hour: 3346 W of energy over them, as 3346 * 900 / 811.
    "demand_forecast": watt(160),
    "demand_headroom": watt(3713),
    # 13993 / 3
    "demand_average_12_months": watt(4664),
    "power_breaker_state": OPEN,
    "max_phase_power": watt(999900),
    "l1_fuse_threshold": "999 Ampere",
    **gas("3806.070", "2026-11-22T17:45:56+01:00", "7FLO0000000002", OPEN),
    "devices_on_bus": listed(
        device(
            1,
            3,
            "7FLO0000000002",
            "3806.070",
            "CubicMeter",
            "2026-11-22T17:45:56+01:00",
            valve="true",
        )
    ),
}


def _t211_case(name, peaks, history, average=None, problems=()):
    data = telegram(*t211(peaks))
    fields = {**T211_FIELDS, "max_demand_history": history, "demand_average_12_months": average}
    if history is None:
        del fields["max_demand_history"]
    if average is None:
        del fields["demand_average_12_months"]
    case(name, data, accepted(data, fields, problems))


T211_TELEGRAM = telegram(*T211)
T211_EVENT = accepted(T211_TELEGRAM, T211_FIELDS)
case("t211 with gas, peaks oldest first", T211_TELEGRAM, T211_EVENT)
_t211_case("t211, peaks newest first", PEAKS_NEWEST_FIRST, listed(*_PEAKS), watt(4664))
_t211_case("t211, no peaks yet", "0-0:98.1.0(0)(1-0:1.6.0)(1-0:1.6.0)()", listed())
_t211_case("t211, no peaks yet and no group", "0-0:98.1.0(0)(1-0:1.6.0)(1-0:1.6.0)", listed())
_t211_case("t211, an empty group for the peaks", "0-0:98.1.0()", None)
_t211_case(
    "t211, a month without a peak",
    "0-0:98.1.0(2)(1-0:1.6.0)(1-0:1.6.0)"
    "(231101000000W)(632525252525W)(00.000*kW)(261101000000W)(261025021500W)(04.318*kW)",
    listed(_PEAKS[2]),
    watt(4318),
)
_t211_case(
    "t211, thirteen peaks round a year's end",
    "0-0:98.1.0(13)(1-0:1.6.0)(1-0:1.6.0)"
    + "".join(
        "(%02d%02d01000000%s)(%s)(%02d.%03d*kW)" % (year, month, mark, peak, n, n)
        for n, (year, month, mark, peak) in enumerate(
            (
                (25, 11, "W", "251025023000S"),
                (25, 12, "W", "251101000000W"),
                (26, 1, "W", "251231234500W"),
                (26, 2, "W", "260101001500W"),
                (26, 3, "W", "260228120000W"),
                (26, 4, "S", "260329030000S"),
                (26, 5, "S", "260401001500S"),
                (26, 6, "S", "260531234500S"),
                (26, 7, "S", "260630234500S"),
                (26, 8, "S", "260731234500S"),
                (26, 9, "S", "260831234500S"),
                (26, 10, "S", "260930234500S"),
                (26, 11, "W", "261031234500W"),
            )
        )
    ),
    listed(
        '{"month":"2025-10","time":"2025-10-25T02:30:00+02:00","value":0}',
        '{"month":"2025-11","time":"2025-11-01T00:00:00+01:00","value":1001}',
        '{"month":"2025-12","time":"2025-12-31T23:45:00+01:00","value":2002}',
        '{"month":"2026-01","time":"2026-01-01T00:15:00+01:00","value":3003}',
        '{"month":"2026-02","time":"2026-02-28T12:00:00+01:00","value":4004}',
        '{"month":"2026-03","time":"2026-03-29T03:00:00+02:00","value":5005}',
        '{"month":"2026-04","time":"2026-04-01T00:15:00+02:00","value":6006}',
        '{"month":"2026-05","time":"2026-05-31T23:45:00+02:00","value":7007}',
        '{"month":"2026-06","time":"2026-06-30T23:45:00+02:00","value":8008}',
        '{"month":"2026-07","time":"2026-07-31T23:45:00+02:00","value":9009}',
        '{"month":"2026-08","time":"2026-08-31T23:45:00+02:00","value":10010}',
        '{"month":"2026-09","time":"2026-09-30T23:45:00+02:00","value":11011}',
        '{"month":"2026-10","time":"2026-10-31T23:45:00+01:00","value":12012}',
    ),
    # The oldest falls out, the next two count as 2500: (5000 + 75075) / 12.
    watt(6673),
)
_t211_case(
    "t211, two peaks of one month stay in their order",
    "0-0:98.1.0(13)(1-0:1.6.0)(1-0:1.6.0)"
    + "".join("(261101000000W)(2610%02d120000S)(00.%03d*kW)" % (n, n) for n in range(1, 14)),
    listed(
        *(
            '{"month":"2026-10","time":"2026-10-%02dT12:00:00+02:00","value":%d}' % (n, n)
            for n in range(1, 14)
        )
    ),
    watt(2500),
)
_t211_case(
    "t211, peaks in watts, one with a decimal",
    "0-0:98.1.0(2)(1-0:1.6.0)(1-0:1.6.0)"
    "(260901000000S)(260817184500S)(3695*W)(261001000000S)(260930070000S)(5.9801*kW)",
    listed(
        '{"month":"2026-08","time":"2026-08-17T18:45:00+02:00","value":3695}',
        '{"month":"2026-09","time":"2026-09-30T07:00:00+02:00","value":5980.1}',
    ),
    watt(4838),
)
_t211_case(
    "t211, peaks in whole kilowatts and of nine digits",
    "0-0:98.1.0(2)(1-0:1.6.0)(1-0:1.6.0)"
    "(260901000000S)(260817184500S)(4*kW)(261001000000S)(260930070000S)(123456.789*kW)",
    listed(
        '{"month":"2026-08","time":"2026-08-17T18:45:00+02:00","value":4000}',
        '{"month":"2026-09","time":"2026-09-30T07:00:00+02:00","value":123456789}',
    ),
    watt(61730395),
)
_t211_case(
    "t211, peaks in any order",
    "0-0:98.1.0(3)(1-0:1.6.0)(1-0:1.6.0)"
    "(261001000000S)(260930070000S)(05.980*kW)"
    "(261101000000W)(261025021500W)(04.318*kW)"
    "(260901000000S)(260817184500S)(03.695*kW)",
    listed(*_PEAKS),
    watt(4664),
)
_t211_case(
    "t211, peaks newest first and a month without one",
    "0-0:98.1.0(3)(1-0:1.6.0)(1-0:1.6.0)"
    "(261101000000W)(261025021500W)(04.318*kW)"
    "(261001000000S)(632525252525S)(00.000*kW)"
    "(260901000000S)(260817184500S)(03.695*kW)",
    listed(_PEAKS[0], _PEAKS[2]),
    watt(4007),
)
_t211_case(
    "t211, no month with a peak",
    "0-0:98.1.0(2)(1-0:1.6.0)(1-0:1.6.0)"
    "(261001000000S)(632525252525S)(00.000*kW)(261101000000W)(632525252525W)(00.000*kW)",
    listed(),
)
_t211_case(
    "t211, peaks whose times have no s or w",
    "0-0:98.1.0(3)(1-0:1.6.0)(1-0:1.6.0)"
    "(260901000000)(260817184500)(03.695*kW)"
    "(261001000000)(260930070000)(05.980*kW)"
    "(261101000000)(261025021500)(04.318*kW)",
    listed(*_PEAKS),
    watt(4664),
)
_t211_case(
    "t211, one peak with an end without s or w",
    "0-0:98.1.0(1)(1-0:1.6.0)(1-0:1.6.0)(260901000000)(260817184500S)(03.695*kW)",
    listed(_PEAKS[0]),
    watt(3695),
)
_t211_case(
    "t211, peaks with leading zeros and in capitals",
    "0-0:98.1.0(2)(1-0:1.6.0)(1-0:1.6.0)"
    "(260901000000S)(260817184500S)(0000000003.695*kW)"
    "(261001000000S)(260930070000S)(05.980*KW)",
    listed(*_PEAKS[:2]),
    watt(4838),
)
_t211_case(
    "t211, a period that does not end with a month",
    "0-0:98.1.0(1)(1-0:1.6.0)(1-0:1.6.0)(261115120000W)(261104190000W)(03.506*kW)",
    listed('{"month":"2026-11","time":"2026-11-04T19:00:00+01:00","value":3506}'),
    watt(3506),
)
for _name, _peaks, _reason in (
    ("too few entries", "(2)(1-0:1.6.0)(1-0:1.6.0)(261101000000W)(261025021500W)(1*kW)", None),
    (
        "too many entries",
        "(0)(1-0:1.6.0)(1-0:1.6.0)(261101000000W)(261025021500W)(1*kW)",
        "malformed",
    ),
    ("no number of entries", "()(1-0:1.6.0)(1-0:1.6.0)", "unknown list"),
    ("256 entries", "(256)(1-0:1.6.0)(1-0:1.6.0)", "unknown list"),
    ("-1 entries", "(-1)(1-0:1.6.0)(1-0:1.6.0)", "unknown list"),
    ("1.0 entries", "(1.0)(1-0:1.6.0)(1-0:1.6.0)()", "unknown list"),
    ("another heading", "(0)(1-0:1.6.0)(1-0:1.6.1)", "unknown list"),
    (
        "hungary's",
        "(261001000000S)(000001.000*kWh)(000002.000*kWh)(000.000*kvarh)",
        "unknown list",
    ),
    (
        "a time that is none",
        "(1)(1-0:1.6.0)(1-0:1.6.0)(261101000000W)(261325021500W)(1*kW)",
        "not a time",
    ),
    (
        "a period that never ended",
        "(1)(1-0:1.6.0)(1-0:1.6.0)(632525252525W)(632525252525W)(0*kW)",
        "not a time",
    ),
    (
        "a value that is none",
        "(1)(1-0:1.6.0)(1-0:1.6.0)(261101000000W)(261025021500W)(x*kW)",
        "not a number",
    ),
    (
        "a negative value",
        "(1)(1-0:1.6.0)(1-0:1.6.0)(261101000000W)(261025021500W)(-1*kW)",
        "not a number",
    ),
    (
        "a value of ten digits",
        "(1)(1-0:1.6.0)(1-0:1.6.0)(261101000000W)(261025021500W)(1234567.890*kW)",
        "not a number",
    ),
    (
        "another unit",
        "(1)(1-0:1.6.0)(1-0:1.6.0)(261101000000W)(261025021500W)(1*kWh)",
        "wrong unit",
    ),
    (
        "no unit",
        "(1)(1-0:1.6.0)(1-0:1.6.0)(261101000000W)(261025021500W)(1)",
        "wrong unit",
    ),
):
    _t211_case(
        "t211, peaks with %s" % _name,
        "0-0:98.1.0" + _peaks,
        None if _reason in (None, "malformed", "unknown list") else listed(),
        problems=[("0-0:98.1.0", _reason or "malformed")],
    )

T211_50221_TELEGRAM = telegram(*T211_50221)
case(
    "t211 of firmware 50221: ean, grid, relays, gas and water uncorrected",
    T211_50221_TELEGRAM,
    accepted(
        T211_50221_TELEGRAM,
        {
            **identity("FLU5\\253000003_A", "253000003_A"),
            "protocol_version": text("50221"),
            "grid_configuration": integer(400),
            "power_device_serial_number": text("1SAG3100000003"),
            "ean": text("541440000000000003"),
            "timestamp": time("2026-07-12T13:54:09+02:00"),
            "energy_used_total": kwh("15.792"),
            "power_used_tariff_1": kwh("0.034"),
            "power_used_tariff_2": kwh("15.758"),
            "energy_generated_total": kwh("0.011"),
            "power_generated_tariff_1": kwh("0.000"),
            "power_generated_tariff_2": kwh("0.011"),
            "current_tariff": integer(1),
            "current_average_demand": watt(2351),
            "max_demand_month": watt(2589),
            "max_demand_month_timestamp": time("2026-07-09T13:45:58+02:00"),
            "max_demand_history": listed(),
            # 351 seconds are left: 2351 * 351 / 900 are 916.9, 238 * 900 / 351 are 610.3.
            "demand_forecast": watt(3268),
            "demand_headroom": watt(610),
            "total_power_used": watt(2351),
            "total_power_generated": watt(0),
            "total_power_net": watt(2351),
            "power_breaker_state": OPEN,
            "max_phase_power": watt(99999),
            "l1_fuse_threshold": "999.99 Ampere",
            "relay_1_state": SHUT,
            "relay_2_state": OPEN,
            "relay_3_state": SHUT,
            "relay_4_state": SHUT,
            **gas("112.384", "2026-07-12T13:45:58+02:00", "7FLO0000000003", OPEN),
            "water_used": m3("872.234"),
            "water_usage_timestamp": time("2026-07-12T13:45:58+02:00"),
            "devices_on_bus": listed(
                device(
                    1,
                    3,
                    "7FLO0000000003",
                    "112.384",
                    "CubicMeter",
                    "2026-07-12T13:45:58+02:00",
                    ean="541440000000000103",
                    valve="true",
                ),
                device(
                    2,
                    7,
                    "8SAG0000000003",
                    "872.234",
                    "CubicMeter",
                    "2026-07-12T13:45:58+02:00",
                ),
            ),
        },
    ),
)

DSMR42_TELEGRAM = telegram(*DSMR42)
case(
    "dsmr 4.2",
    DSMR42_TELEGRAM,
    accepted(
        DSMR42_TELEGRAM,
        {
            **identity("TST5DUTCH-42", "DUTCH-42"),
            "protocol_version": text("42"),
            "timestamp": time("2026-11-13T20:57:57+01:00"),
            "power_device_serial_number": text("K0000000000000042"),
            "energy_used_total": kwh("3016.829"),
            "power_used_tariff_1": kwh("1581.123"),
            "power_used_tariff_2": kwh("1435.706"),
            "energy_generated_total": kwh("0.000"),
            "power_generated_tariff_1": kwh("0.000"),
            "power_generated_tariff_2": kwh("0.000"),
            "current_tariff": integer(2),
            "total_power_used": watt(2027),
            "total_power_generated": watt(0),
            "total_power_net": watt(2027),
            "max_phase_power": watt(999900),
            "power_breaker_state": OPEN,
            "power_failure_count": integer(15),
            "long_power_failure_count": integer(7),
            "power_failure_log": listed(
                '{"end":"2000-01-01T00:00:01+01:00","duration":2147483647}'
            ),
            "l1_voltage_sags": integer(0),
            "l1_voltage_swells": integer(0),
            "l1_amperage": "6 Ampere",
            "l1_power_usage": watt(2027),
            "l1_power_generated": watt(0),
            **gas("981.443", "2026-11-13T20:00:00+01:00", "G0000000000000042", OPEN),
            "devices_on_bus": listed(
                device(
                    1,
                    3,
                    "G0000000000000042",
                    "981.443",
                    "CubicMeter",
                    "2026-11-13T20:00:00+01:00",
                    valve="true",
                )
            ),
        },
    ),
)

_GAS_DSMR30 = {
    **gas("1.001", "2009-02-12T16:00:00+01:00", "G0000000000000030", OPEN),
    "devices_on_bus": listed(
        device(
            1,
            3,
            "G0000000000000030",
            "1.001",
            "CubicMeter",
            "2009-02-12T16:00:00+01:00",
            valve="true",
        )
    ),
}
_DSMR30_WITHOUT_GAS = {
    **identity("TST5\\2DUTCH-30", "2DUTCH-30"),
    "power_device_serial_number": text("K0000000000000030"),
    "energy_used_total": kwh("24691.357"),
    "power_used_tariff_1": kwh("12345.678"),
    "power_used_tariff_2": kwh("12345.679"),
    "energy_generated_total": kwh("0.001"),
    "power_generated_tariff_1": kwh("0.000"),
    "power_generated_tariff_2": kwh("0.001"),
    "current_tariff": integer(2),
    "total_power_used": watt(1190),
    "total_power_generated": watt(0),
    "total_power_net": watt(1190),
    "max_phase_power": "16 Ampere",
    "power_breaker_state": OPEN,
    "message_code": text("01234567"),
    "text_message": text("All is well"),
}
DSMR30_TELEGRAM = telegram(*DSMR30, crc="")
DSMR30_EVENT = accepted(DSMR30_TELEGRAM, {**_DSMR30_WITHOUT_GAS, **_GAS_DSMR30})
case("dsmr 3.0: no crc, gas on the next line", DSMR30_TELEGRAM, DSMR30_EVENT)
case(
    "dsmr 3.0 with --no-crc",
    DSMR30_TELEGRAM,
    DSMR30_EVENT,
    crc_required=False,
)
_DSMR30_WITH_CRC = telegram(*DSMR30)
case(
    "dsmr 3.0 with a crc",
    _DSMR30_WITH_CRC,
    accepted(_DSMR30_WITH_CRC, {**_DSMR30_WITHOUT_GAS, **_GAS_DSMR30}),
)

SWEDEN_FIELDS = {
    **identity("TST9 SWEDEN", "SWEDEN"),
    "timestamp": time("2026-01-08T16:49:40+01:00"),
    "energy_used_total": kwh("10117.368"),
    "energy_generated_total": kwh("0.000"),
    "reactive_energy_used": "1759.974 KilovarHour",
    "reactive_energy_generated": "1260.519 KilovarHour",
    "total_power_used": watt(4251),
    "total_power_generated": watt(0),
    "total_power_net": watt(4251),
    "l1_power_usage": watt(1462),
    "l1_power_generated": watt(0),
    "l1_voltage": "221.2 Volt",
    "l1_amperage": "7.0 Ampere",
    "reactive_power_used": "1279 Var",
    "reactive_power_generated": "0 Var",
    "l1_reactive_power_used": "529 Var",
    "l1_reactive_power_generated": "0 Var",
}
SWEDEN_TELEGRAM = telegram(*SWEDEN)
SWEDEN_WITHOUT_CRC = telegram(*SWEDEN, crc="")
case("sweden", SWEDEN_TELEGRAM, accepted(SWEDEN_TELEGRAM, SWEDEN_FIELDS))
case(
    "sweden without its crc is refused",
    SWEDEN_WITHOUT_CRC,
    rejected("no crc", len(SWEDEN_WITHOUT_CRC)),
)
case(
    "sweden without its crc and with --no-crc",
    SWEDEN_WITHOUT_CRC,
    accepted(SWEDEN_WITHOUT_CRC, SWEDEN_FIELDS),
    crc_required=False,
)

LUXEMBOURG_TELEGRAM = telegram(*LUXEMBOURG)
case(
    "luxembourg, decrypted",
    LUXEMBOURG_TELEGRAM,
    accepted(
        LUXEMBOURG_TELEGRAM,
        {
            **identity("Tst5\\253000004_D", "253000004_D"),
            "protocol_version": text("42"),
            "timestamp": time("2026-01-30T10:21:22+01:00"),
            "logical_device_name": text("SAG1030000000004"),
            "energy_used_total": kwh("6.695"),
            "energy_generated_total": kwh("0.025"),
            "reactive_energy_used": "0.818 KilovarHour",
            "reactive_energy_generated": "2.745 KilovarHour",
            "total_power_used": watt(0),
            "total_power_generated": watt(150),
            "total_power_net": watt(-150),
            "reactive_power_used": "0 Var",
            "reactive_power_generated": "7 Var",
            "apparent_power_used": "151 VoltAmpere",
            "max_phase_power": "77376 VoltAmpere",
            "fuse_threshold_used": "63 Ampere",
            "fuse_threshold_generated": "-63 Ampere",
            "power_breaker_state": OPEN,
            "power_failure_count": integer(69),
            "text_message_3": text("third"),
        },
    ),
)

AUSTRIA_TELEGRAM = telegram(*AUSTRIA)
case(
    "austria: watt-hours, watts and a group f",
    AUSTRIA_TELEGRAM,
    accepted(
        AUSTRIA_TELEGRAM,
        {
            **identity("TST5\\2AUSTRIA", "2AUSTRIA"),
            "timestamp": time("2026-04-11T15:45:00+02:00"),
            "energy_used_total": kwh("12345.678"),
            "power_used_tariff_1": kwh("12300.678"),
            "power_used_tariff_2": kwh("45.000"),
            "energy_generated_total": kwh("0.007"),
            "reactive_energy_used": "1.234 KilovarHour",
            "total_power_used": watt(321),
            "total_power_generated": watt(0),
            "total_power_net": watt(321),
            "reactive_power_used": "12 Var",
        },
    ),
)


# --- The frame and the CRC


_B9F = (*SMALL, CRC_LINES[0x0B9F])
_UNKNOWN = [("0-0:99.99.9", "unknown object")]
_EVENT_B9F = accepted(telegram(*_B9F), SMALL_FIELDS, _UNKNOWN)
_FACE = (*SMALL, CRC_LINES[0xFACE])
_EVENT_FACE = accepted(telegram(*_FACE), SMALL_FIELDS, _UNKNOWN)
case("nothing", b"")
case("noise without a telegram", b"\x00\xff!EF3C\r\n1-0:1.8.1(000001.000*kWh)\r\n!\r\n")
case("crc padded", telegram(*_B9F), _EVENT_B9F)
case("crc unpadded", telegram(*_B9F, crc="%X"), _EVENT_B9F)
case("crc unpadded, lower case", telegram(*_B9F, crc="%x"), _EVENT_B9F)
case("crc lower case", telegram(*_FACE, crc="%04x"), _EVENT_FACE)
case("crc mixed case", telegram(*_FACE, crc="fAcE"), _EVENT_FACE)
for _crc, _digits in ((0x0052, "52"), (0x0007, "7"), (0x0000, "0"), (0x0000, "0000")):
    _data = telegram(*SMALL, CRC_LINES[_crc], crc=_digits)
    case("crc %s" % _digits, _data, accepted(_data, SMALL_FIELDS, _UNKNOWN))
for _name, _digits, _reason in (
    ("crc absent", "", "no crc"),
    ("crc too long", "00B9F", "malformed"),
    ("crc much too long", "B9FB9FB9F", "malformed"),
    ("crc not hexadecimal", "GHIJ", "malformed"),
    ("crc with its first digit not hexadecimal", "gB9F", "malformed"),
    ("crc with a control character for its first digit", "\x10B9F", "malformed"),
    ("crc with its last digit not hexadecimal", "0B9g", "crc"),
    ("crc of another telegram", "B9E", "crc"),
    ("crc with a digit lost", "09F", "crc"),
    ("crc backwards", "F9B0", "crc"),
):
    for _required in (True, False):
        if _digits or _required:
            _data = telegram(*_B9F, crc=_digits)
            case(
                _name + ("" if _required else ", with --no-crc"),
                _data + SMALL_TELEGRAM,
                rejected(_reason, len(_data)),
                SMALL_EVENT,
                crc_required=_required,
            )
for _digits in ("000p", "000\x10", "00 0"):
    _data = telegram(*SMALL, CRC_LINES[0], crc=_digits)
    case("crc %r where it is 0000" % _digits, _data, rejected("malformed", len(_data)))
_data = telegram(*_B9F, crc="")
case("crc absent and --no-crc", _data, accepted(_data, SMALL_FIELDS, _UNKNOWN), crc_required=False)

for _name, _prefix in (
    ("noise", b"\x00\xff\x81noise"),
    ("the end of a telegram", b"21.7.0(00.070*kW)\r\n!6EEE\r\n"),
    ("line ends", b"\r\n\r\n\n"),
    ("exclamation marks", b"!\r\n!!\r\n"),
):
    case("%s before a telegram" % _name, _prefix + SMALL_TELEGRAM, SMALL_EVENT)
case("a slash before a telegram", b"/" + SMALL_TELEGRAM, rejected("truncated", 1), SMALL_EVENT)
case(
    "slashes and noise before a telegram",
    b"!/\r\n!/x!/" + SMALL_TELEGRAM,
    rejected("no crc", 4),
    rejected("truncated", 3),
    rejected("truncated", 1),
    SMALL_EVENT,
)
_end = SMALL_TELEGRAM[:-2]
for _name, _tail in (
    ("0xff between crc and line end", b"\xff\r\n"),
    ("0xff after the line end", b"\r\n\xff\xff"),
    ("a space after the crc", b" \r\n"),
    ("no cr after the crc", b"\n"),
    ("no lf after the crc", b"\r"),
    ("no line end after the crc", b""),
    ("twenty 0xff after the crc", b"\xff" * 20 + b"\r\n"),
):
    case(_name, (_end + _tail) * 2, SMALL_EVENT, SMALL_EVENT)
_data = telegram(*DSMR30, crc="", end=b"\xff\r\n")
case("0xff in place of a crc, dsmr 3.0", _data, DSMR30_EVENT)

case(
    "cut by the next telegram's slash",
    SMALL_TELEGRAM[:50] + DSMR5_TELEGRAM,
    rejected("truncated", 50),
    DSMR5_EVENT,
)
case(
    "cut after a line",
    SMALL_TELEGRAM[: SMALL_TELEGRAM.index(b"1-0:")] + SMALL_TELEGRAM,
    rejected("truncated", SMALL_TELEGRAM.index(b"1-0:")),
    SMALL_EVENT,
)
_mark = SMALL_TELEGRAM.index(b"!")
case("cut after !", SMALL_TELEGRAM[: _mark + 1] * 2, *[rejected("no crc", _mark + 1)] * 2)
case("cut in the crc", SMALL_TELEGRAM[: _mark + 3] * 2, *[rejected("crc", _mark + 3)] * 2)
case(
    "cut after !, dsmr 3.0",
    DSMR30_TELEGRAM[:-2] * 2,
    DSMR30_EVENT,
    DSMR30_EVENT,
)
case("the stream ends in a line", SMALL_TELEGRAM[:60], rejected("truncated", 60))
case("the stream ends in the identification", b"/TST5", rejected("truncated", 5))
case(
    "the stream ends after the last line",
    SMALL_TELEGRAM[:_mark],
    rejected("truncated", _mark),
)
case(
    "! in the middle of a line",
    telegram("TST5!1234", *SMALL[1:], "0-0:98.98.9(!!!)"),
    accepted(
        telegram("TST5!1234", *SMALL[1:], "0-0:98.98.9(!!!)"),
        {**SMALL_FIELDS, **identity("TST5!1234", "1234")},
        [("0-0:98.98.9", "unknown object")],
    ),
)
case(
    "a 1 at the start of a line became !",
    SMALL_TELEGRAM.replace(b"1-0", b"!-0") + SMALL_TELEGRAM,
    rejected(
        "malformed", len(SMALL_TELEGRAM) - len(b"1-0:1.8.1(000123.456*kWh)\r\n!....\r\n") + 16
    ),
    SMALL_EVENT,
)
case("no more than a frame", b"/\r\n!\r\n", rejected("no crc", 6))
case(
    "no more than a frame, with --no-crc", b"/\r\n!\r\n", rejected("no crc", 6), crc_required=False
)
_data = telegram("TST5 EMPTY")
case(
    "a telegram without objects",
    _data,
    accepted(_data, identity("TST5 EMPTY", "EMPTY")),
)
_data = telegram("", *SMALL[1:])
case(
    "no identification",
    _data,
    accepted(_data, _without(SMALL_FIELDS, "identification", "device_name", "device_id")),
)
_data = telegram("TST5", SMALL[-1], crc="")
case("a short identification, no crc and no version", _data, rejected("no crc", len(_data)))
for _line in ("000*kWh)", "TS 5 OLD", "TSTX OLD", "123456", "T"):
    _data = telegram(_line, SMALL[-1], crc="")
    case("no crc, and %s for the identification" % _line, _data, rejected("no crc", len(_data)))
_data = telegram("TST5X", "0-0:96.14.0(0001)", crc="")
case(
    "no crc, and the shortest identification",
    _data,
    accepted(_data, {**identity("TST5X", "X"), "current_tariff": integer(1)}),
)
_data = telegram("TST5 OLD", SMALL[-1], crc="")
case(
    "no crc, no version and no time",
    _data,
    accepted(
        _data,
        {
            **identity("TST5 OLD", "OLD"),
            "power_used_tariff_1": kwh("123.456"),
            "energy_used_total": kwh("123.456"),
        },
    ),
)
for _line in (
    "1-3:0.2.8(50)",
    "0-0:96.1.4(50217)",
    "0-0:1.0.0(261122194500W)",
    # What cannot be read is there as well.
    "1-3:0.2.8()",
    "1-3:0.2.8(5",
    "0-0:1.0.0(2611221945XXW)",
    "0-0:1.0.0()",
    "0-0:1.0.0(261122194500W",
):
    _data = telegram("TST5 OLD", SMALL[-1], _line, crc="")
    case("no crc, but %s" % _line, _data, rejected("no crc", len(_data)))


def _of_size(size):
    """A telegram of that many bytes, and its fields: messages fill it."""
    lines = ["TST5 LARGE", "1-3:0.2.8(50)", "0-0:1.0.0(261122194500W)"]
    fields = {
        **identity("TST5 LARGE", "LARGE"),
        **{name: SMALL_FIELDS[name] for name in ("protocol_version", "timestamp")},
    }
    names = ("text_message", "message_code", *("text_message_%d" % n for n in (2, 3, 4)))
    for number, name in enumerate(names):
        lines.append("0-0:96.13.%d(%s)" % (number, octets("M" * 1024)))
        fields[name] = text("M" * 1024)
    missing = size - len(telegram(*lines, "0-0:96.13.5()"))
    # An odd number of digits are no octets.
    digits = "4D" * (missing // 2) + "4" * (missing % 2)
    fields["text_message_5"] = text(digits if missing % 2 else "M" * (missing // 2))
    data = telegram(*lines, "0-0:96.13.5(%s)" % digits)
    assert len(data) == size
    return data, fields


_data, _fields = _of_size(MAX_TELEGRAM)
case("the longest telegram", _data + SMALL_TELEGRAM, accepted(_data, _fields), SMALL_EVENT)
for _more in (1, 2, 3, 6, 7, 8, 100):
    _data, _ = _of_size(MAX_TELEGRAM + _more)
    case(
        "%d too long" % _more,
        _data + SMALL_TELEGRAM,
        rejected("too long", MAX_TELEGRAM),
        SMALL_EVENT,
    )
case(
    "a line that never ends",
    b"/" + b"A" * 30000 + SMALL_TELEGRAM,
    rejected("too long", MAX_TELEGRAM),
    SMALL_EVENT,
)
case(
    "as long as can be, and cut",
    b"/" + b"A" * (MAX_TELEGRAM - 1) + SMALL_TELEGRAM,
    rejected("too long", MAX_TELEGRAM),
    SMALL_EVENT,
)

case("encrypted", ENCRYPTED + SMALL_TELEGRAM, rejected("encrypted", 301), SMALL_EVENT)
case("encrypted, one after the other", ENCRYPTED * 3, *[rejected("encrypted", 301)] * 3)
case(
    "not encrypted: a telegram in the middle of a header",
    ENCRYPTED[:6] + SMALL_TELEGRAM + ENCRYPTED[6:14],
    SMALL_EVENT,
)
case("encrypted, db twice", b"\xdb" + ENCRYPTED, rejected("encrypted", 301))
case(
    "encrypted, and noise that has a slash",
    ENCRYPTED + b"/" + ENCRYPTED + b"/noise" + ENCRYPTED,
    *[rejected("encrypted", 301)] * 3,
)
for _at, _name in ((10, "82"), (13, "30"), (1, "08")):
    _data = bytearray(ENCRYPTED[:14])
    _data[_at] ^= 1
    case("not encrypted: %s is missing" % _name, bytes(_data) + SMALL_TELEGRAM, SMALL_EVENT)
    case(
        "not encrypted within a telegram: %s is missing" % _name,
        b"/" + bytes(_data) + SMALL_TELEGRAM,
        rejected("truncated", 15),
        SMALL_EVENT,
    )
case(
    "encrypted within a telegram",
    b"/" + ENCRYPTED + SMALL_TELEGRAM,
    rejected("truncated", 1),
    rejected("encrypted", 301),
    SMALL_EVENT,
)

case(
    "one telegram after the other",
    DSMR5_TELEGRAM + S211_TELEGRAM + DSMR30_TELEGRAM + T211_TELEGRAM,
    DSMR5_EVENT,
    S211_EVENT,
    DSMR30_EVENT,
    T211_EVENT,
)
case(
    "what one telegram has the next has not",
    DSMR5_TELEGRAM + SMALL_TELEGRAM + telegram("TST5 EMPTY") + DSMR5_TELEGRAM,
    DSMR5_EVENT,
    SMALL_EVENT,
    accepted(telegram("TST5 EMPTY"), identity("TST5 EMPTY", "EMPTY")),
    DSMR5_EVENT,
)
_changed = telegram(*t211(PEAKS_NEWEST_FIRST.replace("04.318", "04.319")))
_CHANGED_FIELDS = {
    **T211_FIELDS,
    "max_demand_history": listed(*_PEAKS[:2], _PEAKS[2].replace("4318", "4319")),
    "demand_average_12_months": watt(4665),
}
case(
    "a list that stays, one that changes, and one that was damaged",
    T211_TELEGRAM
    + T211_TELEGRAM
    + T211_TELEGRAM.replace(b"04.318", b"04.319")
    + _changed
    + T211_TELEGRAM,
    T211_EVENT,
    T211_EVENT,
    rejected("crc", len(T211_TELEGRAM)),
    accepted(_changed, _CHANGED_FIELDS),
    T211_EVENT,
)
_odd_list = telegram(*t211(PEAKS_OLDEST_FIRST.replace("261025021500W", "261325021500W")))
_odd_event = accepted(
    _odd_list,
    # The other two months are left: 9675 / 2, rounded.
    {
        **T211_FIELDS,
        "max_demand_history": listed(*_PEAKS[:2]),
        "demand_average_12_months": watt(4838),
    },
    [("0-0:98.1.0", "not a time")],
)
case(
    "a list that turns odd and good again",
    T211_TELEGRAM + _odd_list + _odd_list + T211_TELEGRAM,
    T211_EVENT,
    _odd_event,
    _odd_event,
    T211_EVENT,
)


# --- Objects and their values


small("voltage in whole volts", "1-0:32.7.0(230*V)", l1_voltage="230 Volt")
small("current without decimals", "1-0:31.7.0(007*A)", l1_amperage="7 Ampere")
small("current with one decimal", "1-0:31.7.0(007.0*A)", l1_amperage="7.0 Ampere")
small("current with two decimals", "1-0:31.7.0(000.05*A)", l1_amperage="0.05 Ampere")
small("frequency", "1-0:14.7.0(49.98*Hz)", frequency="49.98 Hertz")
small("0-0:1.1.0 is a time as well", "0-0:96.14.0(0001)", current_tariff=integer(1))
_data = telegram("TST5 TIME", "0-0:1.1.0(261122194500W)")
case(
    "0-0:1.1.0 for the time",
    _data,
    accepted(
        _data,
        {**identity("TST5 TIME", "TIME"), "timestamp": time("2026-11-22T19:45:00+01:00")},
    ),
)
small(
    "tariffs 3 and 4",
    "1-0:1.8.3(000001.000*kWh)",
    "1-0:1.8.4(000002.000*kWh)",
    "1-0:2.8.3(000003.000*kWh)",
    "1-0:2.8.4(000004.000*kWh)",
    power_used_tariff_3=kwh("1.000"),
    power_used_tariff_4=kwh("2.000"),
    energy_used_total=kwh("126.456"),
    power_generated_tariff_3=kwh("3.000"),
    power_generated_tariff_4=kwh("4.000"),
    energy_generated_total=kwh("7.000"),
)
small("the meter's own total", "1-0:1.8.0(000500.000*kWh)", energy_used_total=kwh("500.000"))
small(
    "sum of registers with unlike decimals",
    "1-0:1.8.2(000001.5*kWh)",
    "1-0:2.8.1(7*kWh)",
    "1-0:2.8.2(0.25*kWh)",
    power_used_tariff_2=kwh("1.5"),
    energy_used_total=kwh("124.956"),
    power_generated_tariff_1=kwh("7"),
    power_generated_tariff_2=kwh("0.25"),
    energy_generated_total=kwh("7.25"),
)
small(
    "net power of unlike decimals",
    "1-0:1.7.0(01.5*kW)",
    "1-0:2.7.0(0.0005*kW)",
    total_power_used=watt(1500),
    total_power_generated=watt("0.5"),
    total_power_net=watt("1499.5"),
)
small(
    "sums of registers beyond 31 bits",
    *("1-0:1.8.%d(999999.999*kWh)" % n for n in (2, 3, 4)),
    *("1-0:2.8.%d(999999.999*kWh)" % n for n in (1, 2, 3, 4)),
    **{"power_used_tariff_%d" % n: kwh("999999.999") for n in (2, 3, 4)},
    energy_used_total=kwh("3000123.453"),
    **{"power_generated_tariff_%d" % n: kwh("999999.999") for n in (1, 2, 3, 4)},
    energy_generated_total=kwh("3999999.996"),
)
small(
    "net power beyond 31 bits",
    "1-0:1.7.0(00000.001*kW)",
    "1-0:2.7.0(999999.999*kW)",
    total_power_used=watt(1),
    total_power_generated=watt(999999999),
    total_power_net=watt(-999999998),
)
small("power in alone has no net", "1-0:1.7.0(01.500*kW)", total_power_used=watt(1500))
small("a negative power", "1-0:1.7.0(-00.500*kW)", total_power_used=watt(-500))
small("minus nothing", "1-0:1.7.0(-00.0005*kW)", total_power_used=watt("-0.5"))
for _name, _written, _published in (
    ("046077.141 kwh", "046077.141*kWh", "46077.141"),
    ("0 kwh", "000000.000*kWh", "0.000"),
    ("0.001 kwh", "000000.001*kWh", "0.001"),
    ("999999.999 kwh", "999999.999*kWh", "999999.999"),
    ("00010117.368 kwh", "00010117.368*kWh", "10117.368"),
    ("16384.001 kwh", "016384.001*kWh", "16384.001"),
    ("whole kwh", "0046077*kWh", "46077"),
    ("a point and no decimals", "0046077.*kWh", "46077"),
    ("wh", "046077141*Wh", "46077.141"),
    ("0 wh", "000000000*Wh", "0.000"),
    ("999999999 wh", "999999999*Wh", "999999.999"),
    ("tenths of wh", "46077141.5*Wh", "46077.1415"),
    ("mwh", "46.077141*MWh", "46077.141"),
    ("whole mwh", "46*MWh", "46000"),
    ("ten digits", "1000000.001*kWh", "1000000.001"),
    ("ten digits in mwh", "1234567890*MWh", "1234567890000"),
    ("sixteen digits", "9007199254740.993*kWh", "9007199254740.993"),
    ("twenty digits", "12345678901234567.890*kWh", "12345678901234567.890"),
    ("a negative one of ten digits", "-1000000.001*kWh", "-1000000.001"),
    ("no unit", "046077.141", "46077.141"),
    ("an empty unit", "046077.141*", "46077.141"),
    ("no star", "046077.141kWh", "46077.141"),
    ("capitals", "046077.141*KWH", "46077.141"),
):
    small(
        "register in %s" % _name,
        "1-0:2.8.1(%s)" % _written,
        power_generated_tariff_1=kwh(_published),
        energy_generated_total=kwh(_published),
    )
small(
    "reading in dm3 of ten digits: the unit's own digit is none of them",
    "0-1:24.1.0(007)",
    "0-1:24.2.1(261122194000W)(1234567890*dm3)",
    water_used=m3("1234567.890"),
    water_usage_timestamp=time("2026-11-22T19:40:00+01:00"),
    devices_on_bus=listed(
        device(1, 7, None, "1234567.890", "CubicMeter", "2026-11-22T19:40:00+01:00")
    ),
)
for _name, _written in (
    ("twenty-one digits", "000000000000000000001*kWh"),
    ("an underscore", "1_2*kWh"),
    ("a space before", " 12*kWh"),
    ("a space behind", "12 *kWh"),
    ("a plus sign", "+12*kWh"),
    ("a comma", "1,5*kWh"),
    ("two points", "1.2.3*kWh"),
    ("two signs", "--1*kWh"),
    ("a sign inside", "1-2*kWh"),
    ("no digit before the point", ".5*kWh"),
    ("a point only", ".*kWh"),
    ("a sign only", "-*kWh"),
    ("a unit only", "*kWh"),
    ("letters", "abc*kWh"),
    ("nothing", ""),
):
    odd("register of %s" % _name, "1-0:2.8.2(%s)" % _written, "not a number")
for _written in (
    "12*kW",
    "12*V",
    "12*kWhh",
    "12**kWh",
    "12*kWh*",
    "1e3*kWh",
    "0x1F*kWh",
    "12*\x00",
    "12*m3",
):
    odd("register with the unit of (%s)" % _written, "1-0:2.8.2(%s)" % _written, "wrong unit")

for _name, _line, _reason, _obis in (
    ("no parentheses", "1-0:2.8.2", "malformed", None),
    ("no closing parenthesis", "1-0:2.8.2(000001.000*kWh", "malformed", None),
    ("no opening parenthesis", "1-0:2.8.2 000001.000*kWh)", "malformed", "1-0:2.8.2 000001.000"),
    ("text behind it", "1-0:2.8.2(000001.000*kWh)x", "malformed", None),
    ("one group too many", "1-0:2.8.2(000001.000*kWh)(1)", "malformed", None),
    ("a text with a parenthesis in it", "0-0:96.1.1(30)31)", "malformed", None),
    ("letters for a code", "hello(1)", "unknown object", None),
    ("a code only", "0-0:98.98.98(1)", "unknown object", None),
    ("a leading zero in the code", "1-0:02.8.2(000001.000*kWh)", "unknown object", None),
    ("a part of the code above 255", "1-0:258.8.2(000001.000*kWh)", "unknown object", None),
    ("a large group a", "5-0:2.8.2(000001.000*kWh)", "unknown object", None),
    ("a large group b", "1-16:2.8.2(000001.000*kWh)", "unknown object", None),
    ("a part too many", "1-0:2.8.2.0(000001.000*kWh)", "unknown object", None),
    ("a part too few", "1-0:2.8(000001.000*kWh)", "unknown object", None),
    ("an empty group f", "1-0:2.8.2*(000001.000*kWh)", "unknown object", None),
    ("a group f of letters", "1-0:2.8.2*x(000001.000*kWh)", "unknown object", None),
    ("two groups f", "1-0:2.8.2*1*2(000001.000*kWh)", "unknown object", None),
    ("a space before the code", " 1-0:2.8.2(000001.000*kWh)", "unknown object", None),
    ("a space behind the code", "1-0:2.8.2 (000001.000*kWh)", "unknown object", None),
    ("a value without a code", "(00001.001)", "malformed", "(00001.001)"),
    ("a long text without a code", "x" * 50, "malformed", "x" * 20),
    ("a code of an m-bus channel that none has", "0-9:24.1.0(003)", "unknown object", None),
):
    odd("a line with %s" % _name, _line, _reason, _obis)
small(
    "a group f",
    "1-0:2.8.1*255(000007.000*kWh)",
    power_generated_tariff_1=kwh("7.000"),
    energy_generated_total=kwh("7.000"),
)
small(
    "lines that end in lf alone among others",
    "1-0:2.8.1(000007.000*kWh)\n1-0:1.7.0(00.500*kW)\nx\n\n1-0:2.7.0(00.000*kW)",
    problems=[("x", "malformed")],
    power_generated_tariff_1=kwh("7.000"),
    energy_generated_total=kwh("7.000"),
    total_power_used=watt(500),
    total_power_generated=watt(0),
    total_power_net=watt(500),
)
small(
    "a cr within a line",
    "1-0:2.8.1(000007.000*kWh)\r\r",
    "1-0:1.7.0\r(00.500*kW)",
    problems=[("1-0:2.8.1", "malformed"), ("1-0:1.7.0\r", "unknown object")],
)
small(
    "a hundred odd lines",
    *("0-0:99.99.%d(1)" % n for n in range(100)),
    "1-0:2.8.1(000007.000*kWh)",
    problems=[("0-0:99.99.%d" % n, "unknown object") for n in range(100)],
    power_generated_tariff_1=kwh("7.000"),
    energy_generated_total=kwh("7.000"),
)
small(
    "a repeated object: the first counts",
    "1-0:1.8.1(000999.000*kWh)",
    "0-0:1.0.0(261122194501W)",
    "0-0:1.1.0(261122194502W)",
    problems=[(code, "repeated") for code in ("1-0:1.8.1", "0-0:1.0.0", "0-0:1.1.0")],
)
small(
    "a repeated object whose first was odd",
    "1-0:1.7.0(x*kW)",
    "1-0:1.7.0(00.500*kW)",
    problems=[("1-0:1.7.0", "not a number")],
    total_power_used=watt(500),
)
small(
    "a repeated list",
    "1-0:99.97.0(1)(0-0:96.7.19)(261101000000W)(5*s)",
    "1-0:99.97.0(0)(0-0:96.7.19)",
    problems=[("1-0:99.97.0", "repeated")],
    power_failure_log=listed('{"end":"2026-11-01T00:00:00+01:00","duration":5}'),
)

odd("tariff of letters", "0-0:96.14.0(000A)", "not a number")
odd("tariff of nothing", "0-0:96.14.0()", "not a number")
odd("tariff with decimals", "0-0:96.14.0(1.0)", "not a number")
odd("tariff with a unit", "0-0:96.14.0(1*kW)", "not a number")
odd("tariff below zero", "0-0:96.14.0(-1)", "not a number")
odd("failures of ten digits", "0-0:96.7.21(1234567890)", "not a number")
odd("breaker with state 3", "0-0:96.3.10(3)", "not a number")
small("failures of nine digits", "0-0:96.7.21(999999999)", power_failure_count=integer(999999999))
small("breaker disconnected", "0-0:96.3.10(0)", power_breaker_state=SHUT)
small("breaker ready for reconnection", "0-0:96.3.10(2)", power_breaker_state=SHUT)
small("grid of three wires", "1-0:94.32.1(230)", grid_configuration=integer(230))
small(
    "0-1:96.3.10 is not 0-0:96.3.10",
    "0-1:96.3.10(0)",
    "0-0:96.3.10(1)",
    relay_1_state=SHUT,
    power_breaker_state=OPEN,
)

for _written, _published in (
    ("261122194500W", "2026-11-22T19:45:00+01:00"),
    ("260722194500S", "2026-07-22T19:45:00+02:00"),
    ("261122194500w", "2026-11-22T19:45:00+01:00"),
    ("260722194500s", "2026-07-22T19:45:00+02:00"),
    ("261025023000S", "2026-10-25T02:30:00+02:00"),
    ("261025023000W", "2026-10-25T02:30:00+01:00"),
    # A clock that is wrong about summer time is believed: it is what the meter says.
    ("260722194500W", "2026-07-22T19:45:00+01:00"),
    ("280229235959W", "2028-02-29T23:59:59+01:00"),
    ("000101000000W", "2000-01-01T00:00:00+01:00"),
    # DSMR 2.2 has no S or W; summer time is from 29 March to 25 October in 2026.
    ("260101120000", "2026-01-01T12:00:00+01:00"),
    ("260329015959", "2026-03-29T01:59:59+01:00"),
    ("260329030000", "2026-03-29T03:00:00+02:00"),
    ("260401000000", "2026-04-01T00:00:00+02:00"),
    ("260930235959", "2026-09-30T23:59:59+02:00"),
    ("261025015959", "2026-10-25T01:59:59+02:00"),
    ("261025023000", "2026-10-25T02:30:00+01:00"),
    ("261025030000", "2026-10-25T03:00:00+01:00"),
    ("261224120000", "2026-12-24T12:00:00+01:00"),
    # 2027: 28 March to 31 October.
    ("270328015959", "2027-03-28T01:59:59+01:00"),
    ("270328030000", "2027-03-28T03:00:00+02:00"),
    ("271031015959", "2027-10-31T01:59:59+02:00"),
    ("271031030000", "2027-10-31T03:00:00+01:00"),
):
    _data = telegram("TST5 TIME", "0-0:1.0.0(%s)" % _written)
    case(
        "time %s" % _written,
        _data,
        accepted(_data, {**identity("TST5 TIME", "TIME"), "timestamp": time(_published)}),
    )
for _written in (
    "",
    "W",
    "26112219450W",
    "2611221945000W",
    "261122194500X",
    "26112219450 W",
    "2611_2194500W",
    "260022194500W",
    "261322194500W",
    "261100194500W",
    "261131194500W",
    "260229194500W",
    "261122244500W",
    "261122196000W",
    "261122194560W",
    "632525252525W",
):
    _data = telegram("TST5 TIME", "0-0:1.0.0(%s)" % _written)
    case(
        "no time: (%s)" % _written,
        _data,
        accepted(_data, identity("TST5 TIME", "TIME"), [("0-0:1.0.0", "not a time")]),
    )

for _name, _message, _published in (
    ("a message", octets("Hello, meter"), "Hello, meter"),
    ("the longest message", octets("0123456789ABCDEF" * 64), "0123456789ABCDEF" * 64),
    ("a message in lower case", octets("Jklmno").lower(), "Jklmno"),
    ("a message with quotes and backslashes", octets('say "\\"'), 'say "\\"'),
    ("a message of lines", octets("one\r\n\ttwo"), "one\r\n\ttwo"),
    ("a message with a control character", "4107", "4107"),
    ("a message in utf-8", "C3A9E282AC", "é€"),
    ("a message in latin-1", "E9E8", "éè"),
    ("a message in almost utf-8", "EDA080", "\xed\xa0\x80"),
    ("a message that is not hexadecimal", "Hello", "Hello"),
    ("a message of an odd number of digits", "414", "414"),
):
    small(_name, "0-0:96.13.0(%s)" % _message, text_message=text(_published))
for _name, _written, _published in (
    ("an identifier", octets("E0001"), "E0001"),
    ("an identifier of zeros", "00000000000000", "00000000000000"),
    ("an identifier that was never encoded", "XXXMYSERIALXXX", "XXXMYSERIALXXX"),
    ("an identifier of digits", "3960221976967177082151037881335713", None),
    ("an identifier beyond ascii", "45E9", "45E9"),
    ("an identifier with a slash", "412F42", "A/B"),
    ("an identifier with blanks and a tilde", "412042207E", "A B ~"),
    ("an identifier with a delete character", "417F", "417F"),
    ("an identifier with a unit separator", "411F", "411F"),
    ("an identifier with quotes", "2241225C", '"A"\\'),
    ("an identifier in lower case", octets("Jklmno").lower(), "Jklmno"),
    ("an identifier of an odd number of digits", "41424", "41424"),
    ("an identifier with a blank between the digits", "41 42 4", "41 42 4"),
    ("an identifier with a line end's half between the digits", "4142\r43", "4142\r43"),
    ("an identifier of 0x", "0x41", "0x41"),
):
    small(
        _name,
        "0-0:96.1.1(%s)" % _written,
        power_device_serial_number=text(_published or _written),
    )
small("an empty identifier", "0-0:96.1.1()")
small("an empty ean", "0-0:96.1.2()")
small(
    "the m-bus devices' identifiers are not the meter's",
    "0-0:96.1.1(%s)" % octets("METER"),
    "0-1:96.1.1(%s)" % octets("BELGIAN"),
    "0-2:96.1.0(%s)" % octets("DUTCH"),
    power_device_serial_number=text("METER"),
)
for _name, _line, _published, _id in (
    ("utf-8", "TST5 \xe9\u20ac".encode(), "TST5 \xe9\u20ac", "\xe9\u20ac"),
    ("latin-1", b"TST5 \xe9", "TST5 \xe9", "\xe9"),
    ("a surrogate", b"TST5 \xed\xa0\x80", "TST5 \xed\xa0\x80", "\xed\xa0\x80"),
    ("an overlong sequence", b"TST5 \xc0\xa2", "TST5 \xc0\xa2", "\xc0\xa2"),
    ("five-byte beginnings", b"TST5 \xf5\x80\x80\x80", "TST5 \xf5\x80\x80\x80", None),
    ("quotes and control characters", b'TST5 "\\\x02\x1f\x7f"', 'TST5 "\\\x02\x1f\x7f"', None),
):
    _data = telegram(_line)
    case(
        "identification of %s" % _name,
        _data,
        accepted(_data, identity(_published, _published[5:])),
    )
for _line, _id in (
    ("KFM5KAIFA-METER", "KAIFA-METER"),
    ("Ene5\\T210-D ESMR5.0", "T210-D ESMR5.0"),
    ("ADN9 6534", "6534"),
    ("ISk5\x02MT382-1004", "MT382-1004"),
    ("KMP5K4-6U", "K4-6U"),
    ("TST5\\\\A", "\\A"),
):
    case(
        "identification %r" % _line,
        telegram(_line),
        accepted(telegram(_line), identity(_line, _id)),
    )
case(
    "identification without a name",
    telegram("TST5\\"),
    accepted(telegram("TST5\\"), {"identification": text("TST5\\"), "device_name": text("TST")}),
)

small("limiter in amperes", "0-0:17.0.0(016*A)", max_phase_power="16 Ampere")
small("limiter in kva", "0-0:17.0.0(17.250*kVA)", max_phase_power="17250 VoltAmpere")
odd("limiter without a unit", "0-0:17.0.0(77.376)", "doubtful")
odd("limiter of 16500 without a unit", "0-0:17.0.0(16500)", "doubtful")
odd("limiter in volts", "0-0:17.0.0(230*V)", "wrong unit")
odd("fuse with one value", "1-1:31.4.0(063*A)", "malformed")
odd("fuse with three values", "1-1:31.4.0(063*A)(063*A)(063*A)", "malformed")
odd("fuse with a second value that is none", "1-1:31.4.0(063*A)(x*A)", "not a number")
odd("fuse with a second value of another unit", "1-1:31.4.0(063*A)(63*V)", "wrong unit")
odd("fuse with a first value of another unit", "1-1:31.4.0(063*V)(63*A)", "wrong unit")
small("fuse with nothing", "1-1:31.4.0()")

small(
    "month's peak with its value first",
    "1-0:1.6.0(03.506*kW)(261104190000W)",
    max_demand_month=watt(3506),
    max_demand_month_timestamp=time("2026-11-04T19:00:00+01:00"),
)
small("month without a peak", "1-0:1.6.0(632525252525W)(00.000*kW)")
small("month without a peak, value first", "1-0:1.6.0(00.000*kW)(632525252525W)")
small("month's peak of nothing", "1-0:1.6.0()")
odd("month's peak without a time", "1-0:1.6.0(03.506*kW)", "malformed")
odd("month's peak with a time that is none", "1-0:1.6.0(261304190000W)(03.506*kW)", "not a time")
odd("month's peak in kwh", "1-0:1.6.0(261104190000W)(03.506*kWh)", "wrong unit")
odd("month's peak of three groups", "1-0:1.6.0(261104190000W)(03.506*kW)(1)", "malformed")

for _name, _groups, _entries in (
    ("nothing", "()", None),
    ("no failures", "(0)(0-0:96.7.19)", []),
    ("no failures and an empty group", "(0)(0-0:96.7.19)()", []),
    (
        "ten digits of seconds",
        "(1)(0-0:96.7.19)(261104190000W)(2317482647*s)",
        [("2026-11-04T19:00:00+01:00", 2317482647)],
    ),
    (
        "no units and long durations",
        "(3)(0-0:96.7.19)(261104190000W)(38)(261104190000W)(10112059)(261104190000W)(0)",
        [
            ("2026-11-04T19:00:00+01:00", 38),
            ("2026-11-04T19:00:00+01:00", 10112059),
            ("2026-11-04T19:00:00+01:00", 0),
        ],
    ),
    (
        "seconds with a point",
        "(1)(0-0:96.7.19)(261104190000W)(0000000240.*s)",
        [("2026-11-04T19:00:00+01:00", 240)],
    ),
    (
        "seconds without a star, and in a capital",
        "(2)(0-0:96.7.19)(261104190000W)(5s)(261104190000W)(6*S)",
        [("2026-11-04T19:00:00+01:00", 5), ("2026-11-04T19:00:00+01:00", 6)],
    ),
    (
        "minus no seconds",
        "(1)(0-0:96.7.19)(261104190000W)(-0*s)",
        [("2026-11-04T19:00:00+01:00", 0)],
    ),
):
    small(
        "failure log with %s" % _name,
        "1-0:99.97.0" + _groups,
        **(
            {}
            if _entries is None
            else {
                "power_failure_log": listed(
                    *('{"end":"%s","duration":%d}' % entry for entry in _entries)
                )
            }
        ),
    )
for _name, _groups, _reason in (
    ("no heading", "(0)", "malformed"),
    ("another heading", "(0)(0-0:96.7.18)", "unknown list"),
    ("an entry cut short", "(1)(0-0:96.7.19)(261104190000W)", "malformed"),
):
    odd("failure log with %s" % _name, "1-0:99.97.0" + _groups, _reason)
for _name, _groups, _reason in (
    ("kilowatts", "(1)(0-0:96.7.19)(261104190000W)(5*kW)", "wrong unit"),
    ("fractions of seconds", "(1)(0-0:96.7.19)(261104190000W)(5.0*s)", "not a number"),
    ("a negative duration", "(1)(0-0:96.7.19)(261104190000W)(-5*s)", "not a number"),
    (
        "a negative one of ten digits",
        "(1)(0-0:96.7.19)(261104190000W)(-2317482647*s)",
        "not a number",
    ),
    ("a time not yet come", "(1)(0-0:96.7.19)(632525252525W)(5*s)", "not a time"),
):
    for _rest in ("", "(261104190000W)(0000000007*s)"):
        small(
            "failure log with %s%s" % (_name, " and a good entry" if _rest else ""),
            "1-0:99.97.0" + (_groups.replace("(1)", "(2)", 1) if _rest else _groups) + _rest,
            problems=[("1-0:99.97.0", _reason)],
            power_failure_log=listed(
                *(['{"end":"2026-11-04T19:00:00+01:00","duration":7}'] if _rest else [])
            ),
        )


# --- Devices on the M-Bus


_AT = "2026-11-22T19:40:00+01:00"
_WATER_1 = (
    "0-1:24.1.0(007)",
    "0-1:96.1.0(%s)" % octets("W1"),
    "0-1:24.2.1(261122194000W)(00012.345*m3)",
)
_GAS_2 = (
    "0-2:24.1.0(003)",
    "0-2:96.1.0(%s)" % octets("G2"),
    "0-2:24.2.1(261122194000W)(00067.890*m3)",
)
_WATER_FIELDS = {"water_used": m3("12.345"), "water_usage_timestamp": time(_AT)}
_BUS_GAS_2 = device(2, 3, "G2", "67.890", "CubicMeter", _AT)
small(
    "water on channel 1, gas on 2",
    *_WATER_1,
    *_GAS_2,
    **_WATER_FIELDS,
    **gas("67.890", _AT, "G2"),
    devices_on_bus=listed(device(1, 7, "W1", "12.345", "CubicMeter", _AT), _BUS_GAS_2),
)
small(
    "gas on channel 2 in any order of lines",
    *reversed(_GAS_2),
    *reversed(_WATER_1),
    **_WATER_FIELDS,
    **gas("67.890", _AT, "G2"),
    devices_on_bus=listed(device(1, 7, "W1", "12.345", "CubicMeter", _AT), _BUS_GAS_2),
)
small(
    "gas of a large meter with two decimals",
    "0-4:24.1.0(003)",
    "0-4:24.2.1(261122194000W)(123456.78*m3)",
    **gas("123456.78", _AT),
    devices_on_bus=listed(device(4, 3, None, "123456.78", "CubicMeter", _AT)),
)
small(
    "gas of a small meter with three decimals",
    "0-1:24.1.0(003)",
    "0-1:24.2.1(261122194000W)(00067.890*m3)",
    "0-1:24.4.0(0)",
    **gas("67.890", _AT, valve=SHUT),
    devices_on_bus=listed(device(1, 3, None, "67.890", "CubicMeter", _AT, valve="false")),
)
small(
    "gas corrected and not: the corrected reading counts",
    "0-1:24.1.0(003)",
    "0-1:24.2.3(261122194500W)(00099.999*m3)",
    "0-1:24.2.1(261122194000W)(00067.890*m3)",
    **gas("67.890", _AT),
    devices_on_bus=listed(device(1, 3, None, "67.890", "CubicMeter", _AT)),
)
for _name, _dead, _problems in (
    (
        "without an identifier, of 1970",
        ("0-1:24.1.0(003)", "0-1:96.1.0()", "0-1:24.2.1(700101010000W)(00000000)"),
        [("0-1:24.2.1", "device never read")],
    ),
    (
        "never read",
        ("0-1:24.1.0(003)", "0-1:96.1.0()", "0-1:24.2.1(632525252525S)(00000.000)"),
        [("0-1:24.2.1", "device never read")],
    ),
    (
        "of 1970, with a unit",
        ("0-1:24.1.0(003)", "0-1:24.2.1(700101010000W)(00000.000*m3)"),
        [("0-1:24.2.1", "device never read")],
    ),
    (
        "never read, with a unit",
        ("0-1:24.1.0(003)", "0-1:24.2.3(632525252525S)(00000.000*m3)"),
        [("0-1:24.2.3", "device never read")],
    ),
    (
        "without a unit",
        ("0-1:24.1.0(003)", "0-1:24.2.1(261122194500W)(00000.000)"),
        [("0-1:24.2.1", "device never read")],
    ),
    (
        "without a value",
        ("0-1:24.1.0(003)", "0-1:24.2.1(261122194500W)()"),
        [("0-1:24.2.1", "device never read")],
    ),
    ("that sends no reading", ("0-1:24.1.0(003)", "0-1:96.1.0()"), []),
    ("that sends an empty reading", ("0-1:24.1.0(003)", "0-1:24.2.1()"), []),
    ("without a type", ("0-1:24.1.0(000)", "0-1:96.1.0()"), []),
):
    small("a dead device %s" % _name, *_dead, problems=_problems)
    small(
        "a gas meter beside a dead one %s" % _name,
        *_dead,
        *_GAS_2,
        problems=_problems,
        **gas("67.890", _AT, "G2"),
        devices_on_bus=listed(_BUS_GAS_2),
    )
small(
    "all devices dead",
    *("0-%d:24.1.0(003)" % n for n in range(1, 5)),
    *("0-%d:24.2.1(632525252525S)(00000.000)" % n for n in range(1, 5)),
    problems=[("0-%d:24.2.1" % n, "device never read") for n in range(1, 5)],
)
_OLD_GAS = (
    "0-1:24.1.0(003)",
    "0-1:96.1.0(%s)" % octets("OLD"),
    "0-1:24.2.1(250301120000W)(09999.999*m3)",
)
_OLD_ENTRY = device(1, 3, "OLD", "9999.999", "CubicMeter", "2025-03-01T12:00:00+01:00")
small(
    "a gas meter that was replaced: the newest reading counts",
    *_OLD_GAS,
    *_GAS_2,
    **gas("67.890", _AT, "G2"),
    devices_on_bus=listed(_OLD_ENTRY, _BUS_GAS_2),
)
small(
    "a gas meter that was replaced by one on a lower channel",
    *(line.replace("0-1:", "0-3:") for line in _OLD_GAS),
    *_GAS_2,
    **gas("67.890", _AT, "G2"),
    devices_on_bus=listed(_BUS_GAS_2, _OLD_ENTRY.replace('"channel":1', '"channel":3')),
)
small(
    "two gas meters in the hour that comes twice: winter is the newer",
    "0-1:24.1.0(003)",
    "0-1:24.2.1(261025023000W)(00002.000*m3)",
    "0-2:24.1.0(003)",
    "0-2:24.2.1(261025023000S)(00001.000*m3)",
    **gas("2.000", "2026-10-25T02:30:00+01:00"),
    devices_on_bus=listed(
        device(1, 3, None, "2.000", "CubicMeter", "2026-10-25T02:30:00+01:00"),
        device(2, 3, None, "1.000", "CubicMeter", "2026-10-25T02:30:00+02:00"),
    ),
)
small(
    "heat, cooling, warm water and slave electricity",
    "0-1:24.1.0(004)",
    "0-1:24.2.1(261122194000W)(00012.345*GJ)",
    "0-2:24.1.0(012)",
    "0-2:24.2.1(261122194000W)(4.421*GJ)",
    "0-3:24.1.0(006)",
    "0-3:24.2.1(261122194000W)(00001.500*m3)",
    "0-4:24.1.0(002)",
    "0-4:24.2.1(261122194000W)(00046.077*kWh)",
    heat_used="12.345 GigaJoule",
    heat_usage_timestamp=time(_AT),
    warm_water_used=m3("1.500"),
    warm_water_usage_timestamp=time(_AT),
    devices_on_bus=listed(
        device(1, 4, None, "12.345", "GigaJoule", _AT),
        device(2, 12, None, "4.421", "GigaJoule", _AT),
        device(3, 6, None, "1.500", "CubicMeter", _AT),
        device(4, 2, None, "46.077", "KilowattHour", _AT),
    ),
)
small(
    "a cooling meter that counts in m3",
    "0-1:24.1.0(012)",
    "0-1:96.1.0(%s)" % octets("000HIL866"),
    "0-1:24.2.1(261122194000W)(4.421*m3)",
    devices_on_bus=listed(device(1, 12, "000HIL866", "4.421", "CubicMeter", _AT)),
)
small(
    "heat in mj",
    "0-1:24.1.0(004)",
    "0-1:24.2.1(261122194000W)(12345*MJ)",
    heat_used="12.345 GigaJoule",
    heat_usage_timestamp=time(_AT),
    devices_on_bus=listed(device(1, 4, None, "12.345", "GigaJoule", _AT)),
)
small(
    "a device that does not tell its type",
    "0-1:24.2.1(261122194000W)(4.421*m3)",
    devices_on_bus=listed(device(1, None, None, "4.421", "CubicMeter", _AT)),
)
small(
    "a device on channel 8",
    "0-8:24.1.0(003)",
    "0-8:24.2.1(261122194000W)(4.421*m3)",
    **gas("4.421", _AT),
    devices_on_bus=listed(device(8, 3, None, "4.421", "CubicMeter", _AT)),
)
for _name, _groups, _reason in (
    ("in volts", "(261122194000W)(1*V)", "wrong unit"),
    ("of letters", "(261122194000W)(x*m3)", "not a number"),
    ("of two points", "(261122194000W)(1.2.3*m3)", "not a number"),
    ("of two points and no unit", "(261122194000W)(1.2.3)", "device never read"),
    ("at no time", "(261322194000W)(1*m3)", "not a time"),
    ("at an empty time", "()(1*m3)", "not a time"),
    ("without a time", "(1*m3)", "malformed"),
    ("with a third group", "(261122194000W)(1*m3)(1)", "malformed"),
    ("cut short", "(261122194000W)(1*m3", "malformed"),
):
    odd("a reading %s" % _name, "0-1:24.2.1" + _groups, _reason)


# --- What was seen in captures of 2020 to 2026


# Two ways to write a time that is FF in each byte.
for _never in ("35255255255255255S", "632525252525W"):
    _t211_case(
        "t211, a month without a peak as (%s)" % _never,
        "0-0:98.1.0(3)(1-0:1.6.0)(1-0:1.6.0)(260801000000S)(%s)(00.000*kW)"
        "(260901000000S)(260817184500S)(03.695*kW)(261001000000S)(260930070000S)(05.980*kW)"
        % _never,
        listed(*_PEAKS[:2]),
        watt(4838),
    )
    small("month without a peak as (%s)" % _never, "1-0:1.6.0(%s)(00.000*kW)" % _never)
    small("month without a peak as (%s), last" % _never, "1-0:1.6.0(00.000*kW)(%s)" % _never)
    small(
        "a reading at (%s)" % _never,
        "0-1:24.1.0(003)",
        "0-1:24.2.1(%s)(00000.000*m3)" % _never,
        problems=[("0-1:24.2.1", "device never read")],
    )
for _name, _entry, _reason in (
    ("no time", "(261001000000S)(261330070000S)(05.980*kW)", "not a time"),
    ("a month that is none", "(261301000000S)(260930070000S)(05.980*kW)", "not a time"),
    ("another unit", "(261001000000S)(260930070000S)(05.980*kWh)", "wrong unit"),
    ("no number", "(261001000000S)(260930070000S)(x*kW)", "not a number"),
):
    _t211_case(
        "t211, one peak of three with %s" % _name,
        "0-0:98.1.0(3)(1-0:1.6.0)(1-0:1.6.0)(260901000000S)(260817184500S)(03.695*kW)"
        + _entry
        + "(261101000000W)(261025021500W)(04.318*kW)",
        listed(_PEAKS[0], _PEAKS[2]),
        watt(4007),
        [("0-0:98.1.0", _reason)],
    )

for _name, _line, _field, _published in (
    ("milliamperes", "1-0:31.7.0(791*mA)", "l1_amperage", "0.791 Ampere"),
    ("kiloamperes", "1-0:31.7.0(0000.003*kA)", "l1_amperage", "3 Ampere"),
    ("kilovolts", "1-0:32.7.0(0000.229*kV)", "l1_voltage", "229 Volt"),
    ("kilohertz", "1-0:14.7.0(0000.049*kHz)", "frequency", "49 Hertz"),
    ("megawatts", "1-0:1.7.0(1.5*MW)", "total_power_used", "1500000 Watt"),
    ("megavarhours", "1-0:3.8.0(1.759974*MVArh)", "reactive_energy_used", "1759.974 KilovarHour"),
    ("kilovoltamperehours", "1-0:9.8.0(7.5*kVAh)", "apparent_energy_used", None),
    ("voltamperehours", "1-0:10.8.0(7500*VAh)", "apparent_energy_generated", None),
):
    _published = _published or "7.%s KilovoltAmpereHour" % ("5" if "kVA" in _line else "500")
    small("a value in %s" % _name, _line, **{_field: _published})
odd("milliwatts, which no meter sends", "1-0:1.7.0(1500*mW)", "wrong unit")
odd("megaamperes, which no meter sends", "1-0:31.7.0(1*MA)", "wrong unit")

for _written, _published in (
    ("0.998", "0.998"),
    ("-0.5", "-0.5"),
    ("1.000", "1.000"),
    ("1", "1"),
    ("01000", "1.000"),
    ("00000", "0.000"),
    ("0975", "0.975"),
):
    small(
        "a power factor of (%s)" % _written,
        "1-0:33.7.0(%s)" % _written,
        l1_power_factor="%s Number" % _published,
    )
for _written, _reason in (
    ("4.556", "doubtful"),
    ("950", "doubtful"),
    ("01001", "doubtful"),
    ("1234567890.5", "doubtful"),
    ("x", "not a number"),
    ("", "not a number"),
    ("0.5*kW", "wrong unit"),
):
    odd("a power factor of (%s)" % _written, "1-0:13.7.0(%s)" % _written, _reason)

small(
    "a fifth tariff is in the sums",
    "1-0:1.8.5(000001.000*kWh)",
    "1-0:2.8.1(000002.000*kWh)",
    "1-0:2.8.5(000003.000*kWh)",
    power_used_tariff_5=kwh("1.000"),
    energy_used_total=kwh("124.456"),
    power_generated_tariff_1=kwh("2.000"),
    power_generated_tariff_5=kwh("3.000"),
    energy_generated_total=kwh("5.000"),
)
small(
    "tariffs 11 to 13 are 1 to 3",
    "1-0:2.8.11(000849.710*kWh)",
    "1-0:2.8.12(000000.000*kWh)",
    "1-0:2.8.13(003421.613*kWh)",
    "0-0:96.14.1(03)",
    power_generated_tariff_1=kwh("849.710"),
    power_generated_tariff_2=kwh("0.000"),
    power_generated_tariff_3=kwh("3421.613"),
    energy_generated_total=kwh("4271.323"),
    current_tariff=integer(3),
)


def partial(name, *lines, problems, **fields):
    """A case of a register without which the sum of the used energy would be too small."""
    data = telegram(*SMALL, *lines)
    expected = {**_without(SMALL_FIELDS, "energy_used_total"), **fields}
    case(name, data, accepted(data, expected, problems))


partial(
    "two sets of tariffs have no sum",
    "1-0:1.8.11(000849.710*kWh)",
    problems=[("1-0:1.8.11", "repeated")],
)
_data = telegram(*SMALL[:3], "1-0:1.8.11(000849.710*kWh)", *SMALL[3:])
case(
    "two sets of tariffs have no sum, the second set first",
    _data,
    accepted(_data, _without(SMALL_FIELDS, "energy_used_total"), [("1-0:1.8.11", "repeated")]),
)
partial(
    "a tariff that is not known has no sum",
    "1-0:1.8.6(000849.710*kWh)",
    problems=[("1-0:1.8.6", "unknown object")],
)
partial(
    "a register that is odd has no sum",
    "1-0:1.8.2(000849,710*kWh)",
    problems=[("1-0:1.8.2", "not a number")],
)
small(
    "a total of the meter's own, beside a register that is odd",
    "1-0:1.8.0(000500.000*kWh)",
    "1-0:1.8.2(x)",
    problems=[("1-0:1.8.2", "not a number")],
    energy_used_total=kwh("500.000"),
)
small(
    "an empty register takes nothing from the sum",
    "1-0:1.8.3()",
    problems=[("1-0:1.8.3", "not a number")],
)
_data = telegram(
    "TST5 CHANNEL",
    "1-1:1.8.0(00000001.021*kWh)",
    "1-1:2.8.1(00000000.250*kWh)",
    "1-1:3.8.0(00000000.110*kvarh)",
    "1-1:1.7.0(0.5*kW)",
)
case(
    "registers of group 1-1",
    _data,
    accepted(
        _data,
        {
            **identity("TST5 CHANNEL", "CHANNEL"),
            "energy_used_total": kwh("1.021"),
            "energy_generated_total": kwh("0.250"),
            "power_generated_tariff_1": kwh("0.250"),
            "reactive_energy_used": "0.110 KilovarHour",
        },
        [("1-1:1.7.0", "unknown object")],
    ),
)
for _name, _lines, _problems, _value in (
    ("one", ("1-1:2.8.1(1*kWh)", "1-0:2.8.1(2*kWh)"), [("1-1:2.8.1", "repeated")], "2"),
    (
        "one that is odd",
        ("1-1:2.8.1(1*kWh)", "1-0:2.8.1(x)"),
        [("1-0:2.8.1", "not a number")],
        "1",
    ),
    (
        "two",
        ("1-1:2.8.1(1*kWh)", "1-0:2.8.1(2*kWh)", "1-0:2.8.1(3*kWh)"),
        [("1-1:2.8.1", "repeated"), ("1-0:2.8.1", "repeated")],
        "2",
    ),
):
    _fields = {"power_generated_tariff_1": kwh(_value), "energy_generated_total": kwh(_value)}
    if "(x)" in _lines[1]:
        del _fields["energy_generated_total"]
    small(
        "a register of group 1-1 before %s of 1-0" % _name, *_lines, problems=_problems, **_fields
    )
small(
    "registers of group 1-1 beside those of 1-0",
    "1-1:1.8.1(000001.000*kWh)",
    problems=[("1-1:1.8.1", "repeated")],
)

_ABSOLUTE = "1-0:15.7.0(00.500*kW)"
_IS_ABSOLUTE = {"total_power_absolute": watt(500)}
small("power without a sign", _ABSOLUTE, total_power_used=watt(500), **_IS_ABSOLUTE)
small(
    "power without a sign, no phase feeds in",
    _ABSOLUTE,
    "1-0:22.7.0(00.000*kW)",
    l1_power_generated=watt(0),
    total_power_used=watt(500),
    **_IS_ABSOLUTE,
)
small(
    "power without a sign, a phase feeds in",
    "1-0:62.7.0(00.600*kW)",
    _ABSOLUTE,
    l3_power_generated=watt(600),
    **_IS_ABSOLUTE,
)
small(
    "power without a sign, beside one that has",
    _ABSOLUTE,
    "1-0:1.7.0(00.000*kW)",
    "1-0:2.7.0(00.500*kW)",
    total_power_used=watt(0),
    total_power_generated=watt(500),
    total_power_net=watt(-500),
    **_IS_ABSOLUTE,
)
small(
    "energy both ways, reactive energy and power by tariff and quadrant",
    "1-0:15.8.0(000800.817*kWh)",
    "1-0:3.8.1(1.5*kvarh)",
    "1-0:3.8.4(2.5*kvarh)",
    "1-0:4.8.2(3.5*kvarh)",
    "1-0:5.8.0(4.5*kvarh)",
    "1-0:8.8.0(5.5*kvarh)",
    "1-0:5.7.0(0.5*kvar)",
    "1-0:8.7.0(0.25*kvar)",
    energy_absolute_total=kwh("800.817"),
    reactive_energy_used_tariff_1="1.5 KilovarHour",
    reactive_energy_used_tariff_4="2.5 KilovarHour",
    reactive_energy_generated_tariff_2="3.5 KilovarHour",
    reactive_energy_quadrant_1="4.5 KilovarHour",
    reactive_energy_quadrant_4="5.5 KilovarHour",
    reactive_power_quadrant_1="500 Var",
    reactive_power_quadrant_4="250 Var",
)
small(
    "peaks of what is fed in",
    "1-0:2.4.0(00.120*kW)",
    "1-0:2.6.0(261104190000W)(01.577*kW)",
    current_average_demand_generated=watt(120),
    max_demand_month_generated=watt(1577),
    max_demand_month_generated_timestamp=time("2026-11-04T19:00:00+01:00"),
)
_BOTH = "(0-0:0.1.0)(1-0:1.6.0)(1-0:1.6.0)(1-0:2.6.0)(1-0:2.6.0)"
for _name, _entries, _used, _generated, _average, _problems in (
    ("none as yet", "(0)%s", [], [], None, []),
    (
        "two months",
        "(2)%s(261001000000S)(15)(260930070000S)(05.980*kW)(260904120000S)(01.633*kW)"
        "(260901000000S)(15)(260817184500S)(03.695*kW)(260801120000S)(02500*W)",
        _PEAKS[:2],
        [
            '{"month":"2026-08","time":"2026-08-01T12:00:00+02:00","value":2500}',
            '{"month":"2026-09","time":"2026-09-04T12:00:00+02:00","value":1633}',
        ],
        watt(4838),
        [],
    ),
    (
        "a month without either",
        "(2)%s(261001000000S)(15)(260930070000S)(05.980*kW)(632525252525W)(00.000*kW)"
        "(260901000000S)(15)(35255255255255255S)(00.000*kW)(260801120000S)(02.500*kW)",
        _PEAKS[1:2],
        ['{"month":"2026-08","time":"2026-08-01T12:00:00+02:00","value":2500}'],
        watt(5980),
        [],
    ),
    (
        "one that is odd",
        "(1)%s(261001000000S)(15)(260930070000S)(05.980*kW)(260904120000S)(01.633*kvar)",
        _PEAKS[1:2],
        [],
        watt(5980),
        [("0-0:98.1.0", "wrong unit")],
    ),
):
    _data = telegram(*t211("0-0:98.1.0" + _entries % _BOTH))
    _fields = {
        **T211_FIELDS,
        "max_demand_history": listed(*_used),
        "max_demand_history_generated": listed(*_generated),
        "demand_average_12_months": _average,
    }
    if not _average:
        del _fields["demand_average_12_months"]
    _event = accepted(_data, _fields, _problems)
    case("t211, a list both ways, %s" % _name, _data * 2, _event, _event)
_t211_case(
    "t211, a list both ways, cut short",
    "0-0:98.1.0(1)%s(261001000000S)(15)(260930070000S)(05.980*kW)(260904120000S)" % _BOTH,
    None,
    problems=[("0-0:98.1.0", "malformed")],
)

_INTERVALS = "1-0:99.1.0(%d)(0-0:96.10.7)(1-0:1.29.0)(1-0:2.29.0)"
_QUARTER = {
    "quarter_energy_used": kwh("0.165"),
    "quarter_energy_generated": kwh("0.001"),
    "quarter_energy_timestamp": time("2026-11-22T19:30:00+01:00"),
}
_NEWEST = "(261122193000W)(00)(000000.165*kWh)(000000.001*kWh)"
_OLDER = "(261122191500W)(00)(000000.200*kWh)(000000.002*kWh)"
small("the last quarter-hour", _INTERVALS % 1 + _NEWEST, **_QUARTER)
small("the last of two quarter-hours", _INTERVALS % 2 + _OLDER + _NEWEST, **_QUARTER)
small("the first of two quarter-hours", _INTERVALS % 2 + _NEWEST + _OLDER, **_QUARTER)
small("no quarter-hours", _INTERVALS % 0)
small("nothing in place of quarter-hours", "1-0:99.1.0()")
small(
    "a quarter-hour with a status",
    _INTERVALS % 2 + _OLDER.replace("(00)", "(08)") + _NEWEST,
    problems=[("1-0:99.1.0", "doubtful")],
    **_QUARTER,
)
for _name, _groups, _reason in (
    ("another heading", "(1)(0-0:96.10.7)(1-0:1.29.0)(1-0:1.29.0)" + _NEWEST, "unknown list"),
    ("a group missing", _INTERVALS[10:] % 1 + _NEWEST[: _NEWEST.rindex("(")], "malformed"),
    ("a group too many", _INTERVALS[10:] % 1 + _NEWEST + "(1)", "malformed"),
    ("no time", _INTERVALS[10:] % 1 + _NEWEST.replace("2611", "2613"), "not a time"),
    ("no number", _INTERVALS[10:] % 1 + _NEWEST.replace("000000.165", "x"), "not a number"),
    ("another unit", _INTERVALS[10:] % 1 + _NEWEST.replace("1*kWh", "1*kW"), "wrong unit"),
):
    odd("a quarter-hour with %s" % _name, "1-0:99.1.0" + _groups, _reason)

for _name, _line, _fields in (
    ("in one group", "1-1:31.4.0(65.0*A,-40.0*A)", ("65.0", "-40.0")),
    ("in two", "1-1:31.4.0(65.0*A)(-40.0*A)", ("65.0", "-40.0")),
    ("in one group, in milliamperes", "1-1:31.4.0(65000*mA,-40*A)", ("65.000", "-40")),
):
    small(
        "a fuse both ways %s" % _name,
        _line,
        fuse_threshold_used=_fields[0] + " Ampere",
        fuse_threshold_generated=_fields[1] + " Ampere",
    )
small(
    "a fuse both ways where there is one field",
    "1-0:31.4.0(65.0*A,-65.0*A)",
    l1_fuse_threshold="65.0 Ampere",
)
small(
    "fuses of three phases",
    *("1-0:%d.4.0(200.00*A)" % (31 + 20 * n) for n in range(3)),
    **{"l%d_fuse_threshold" % n: "200.00 Ampere" for n in (1, 2, 3)},
)
for _line, _reason in (
    ("1-0:31.4.0(65.0*A,-40.0*A)", "doubtful"),
    ("1-0:31.4.0(65.0*A,-65.0*A,1*A)", "malformed"),
    ("1-0:31.4.0(65.0*A,x*A)", "not a number"),
    ("1-0:31.4.0(65.0*A,1234567890*A)", "not a number"),
    ("1-1:31.4.0(65.0*A,)", "not a number"),
    ("1-1:31.4.0(65.0*V,-65.0*A)", "wrong unit"),
    ("1-1:31.4.0(65.0*A,-65.0*V)", "wrong unit"),
    ("1-1:31.4.0(1*A,2*A,3*A)", "malformed"),
):
    odd("a fuse both ways that is odd: %s" % _line, _line, _reason)

small(
    "a channel of type 000 with nothing on it",
    "0-1:24.1.0(000)",
    "0-1:96.1.0()",
    "0-1:24.2.1(000101000000W)(00000.000*m3)",
    problems=[("0-1:24.2.1", "device never read")],
)
small(
    "a channel of type 000 that has counted nothing",
    "0-1:24.2.1(261122194000W)(00000.000*m3)",
    "0-1:24.1.0(000)",
)
small(
    "a device of type 000 that counts",
    "0-1:24.1.0(000)",
    "0-1:24.2.1(261122194000W)(00001.000*m3)",
    devices_on_bus=listed(device(1, 0, None, "1.000", "CubicMeter", _AT)),
)
small(
    "a gas meter whose clock was never set",
    "0-1:24.1.0(003)",
    "0-1:24.2.1(000101010000W)(00427.708*m3)",
    **gas("427.708", "2000-01-01T01:00:00+01:00"),
    devices_on_bus=listed(
        device(1, 3, None, "427.708", "CubicMeter", "2000-01-01T01:00:00+01:00")
    ),
)
_READING = "0-1:24.2.1(261122194000w)(00067.890*m3)"
for _name, _line, _members in (
    ("a valve", "0-1:24.4.0(1)", {"valve": "true"}),
    ("a dutch gas meter's identifier", "0-1:96.1.0(%s)" % octets("G1"), {"identifier": "G1"}),
    ("a belgian gas meter's identifier", "0-1:96.1.1(%s)" % octets("7F"), {"identifier": "7F"}),
):
    _fields = gas("67.890", _AT, _members.get("identifier"), _members.get("valve") and OPEN)
    small(
        "gas without a type, by %s" % _name,
        _READING,
        _line,
        **_without(_fields, "device_type"),
        devices_on_bus=listed(
            device(
                1,
                None,
                **{"identifier": None, **_members},
                value="67.890",
                unit="CubicMeter",
                timestamp=_AT,
            )
        ),
    )
small(
    "a device without a type and with another identifier",
    _READING,
    "0-1:96.1.0(%s)" % octets("W1"),
    devices_on_bus=listed(device(1, None, "W1", "67.890", "CubicMeter", _AT)),
)
small(
    "heat without a type, with a valve",
    _READING.replace("m3", "GJ"),
    "0-1:24.4.0(1)",
    devices_on_bus=listed(device(1, None, None, "67.890", "GigaJoule", _AT, valve="true")),
)
small(
    "cooling",
    "0-1:24.1.0(010)",
    "0-1:24.2.1(261122194000W)(00012.345*GJ)",
    cooling_used="12.345 GigaJoule",
    cooling_usage_timestamp=time(_AT),
    devices_on_bus=listed(device(1, 10, None, "12.345", "GigaJoule", _AT)),
)

for _code in ("0-0:96.1.0", "0-0:96.1.1", "0-0:96.1.255*255"):
    for _written, _published in (
        ("91318181", "91318181"),
        # Eight digits are a serial number, also where they could be four characters.
        ("41424344", "41424344"),
        ("4142434A", "ABCJ"),
        ("3638363832353134", "68682514"),
    ):
        small(
            "the meter's identifier as %s(%s)" % (_code, _written),
            "%s(%s)" % (_code, _written),
            power_device_serial_number=text(_published),
        )
small("the meter's firmware", "1-0:0.2.0(01.19)", firmware_version=text("01.19"))
for _written, _published in (
    ("3231313130", "21110"),
    ("50217", "50217"),
    ("30", "30"),
    ("4142434445", "4142434445"),
    ("323131313X", "323131313X"),
):
    _data = telegram("TST5 VERSION", "0-0:96.1.4(%s)" % _written)
    case(
        "version (%s)" % _written,
        _data,
        accepted(
            _data,
            {**identity("TST5 VERSION", "VERSION"), "protocol_version": text(_published)},
        ),
    )
for _line, _id in (
    ("MCS50050010225141", "0050010225141"),
    ("LG_E660_Test_3N400V", "E660_Test_3N400V"),
    ("LGF5E360", "E360"),
):
    case(
        "identification %r" % _line,
        telegram(_line),
        accepted(telegram(_line), identity(_line, _id)),
    )

for _lines, _published, _problems in (
    (("0-0:0.9.1(194500)", "0-0:0.9.2(261122)"), "2026-11-22T19:45:00+00:00", []),
    (("0-0:0.9.2(260722)", "0-0:0.9.1(014500)"), "2026-07-22T01:45:00+00:00", []),
    (("0-0:0.9.1(194500)",), None, []),
    (
        ("0-0:0.9.1(194500)", "0-0:0.9.2(261322)"),
        None,
        [("0-0:0.9.2", "not a time")],
    ),
    (
        ("0-0:0.9.1(19:45)", "0-0:0.9.2()"),
        None,
        [("0-0:0.9.1", "not a time"), ("0-0:0.9.2", "not a time")],
    ),
    (
        ("0-0:0.9.3(1)", "0-0:0.9.1"),
        None,
        [("0-0:0.9.3", "unknown object"), ("0-0:0.9.1", "malformed")],
    ),
    (
        ("0-0:1.0.0(261122194500W)", "0-0:0.9.1(194501)", "0-0:0.9.2(261122)"),
        "2026-11-22T19:45:00+01:00",
        [("0-0:0.9.1", "repeated"), ("0-0:0.9.2", "repeated")],
    ),
    (
        (
            "0-0:0.9.1(194501)",
            "0-0:0.9.2(261122)",
            "0-0:1.0.0(261122194500W)",
            "0-0:1.1.0(261122194500W)",
        ),
        "2026-11-22T19:45:00+01:00",
        [("0-0:1.1.0", "repeated")],
    ),
):
    _data = telegram("TST5 CLOCK", *_lines)
    _fields = identity("TST5 CLOCK", "CLOCK")
    if _published:
        _fields["timestamp"] = time(_published)
    case("a clock of two lines: %s" % " ".join(_lines), _data, accepted(_data, _fields, _problems))
_data = telegram("TST5 CLOCK", "0-0:96.14.0(0001)", "0-0:0.9.1(194500)", crc="")
case("no crc, but a clock of two lines", _data, rejected("no crc", len(_data)))


# --- DSMR 2.2 and 3.0: the reading on the next line


_ANNOUNCED = "0-1:24.3.0(090212160000)(00)(60)(1)(0-1:24.2.1)(m3)"
_GAS_ID = {
    "devices_on_bus": listed(
        device(1, 3, None, "1.001", "CubicMeter", "2009-02-12T16:00:00+01:00")
    ),
    **gas("1.001", "2009-02-12T16:00:00+01:00"),
}


def next_line(name, *lines, problems=(), **fields):
    small(
        "gas on the next line, " + name,
        "0-1:24.1.0(3)",
        *lines,
        "1-0:2.8.1(000007.000*kWh)",
        problems=problems,
        power_generated_tariff_1=kwh("7.000"),
        energy_generated_total=kwh("7.000"),
        **fields,
    )


next_line("which comes", _ANNOUNCED, "(00001.001)", **_GAS_ID)
next_line("after an empty line", _ANNOUNCED, "", "(00001.001)", **_GAS_ID)
next_line(
    "in summer",
    "0-1:24.3.0(090712160000)(00)(60)(1)(0-1:24.2.1)(m3)",
    "(00001.001)",
    devices_on_bus=listed(device(1, 3, None, "1.001", "CubicMeter", "2009-07-12T16:00:00+02:00")),
    **gas("1.001", "2009-07-12T16:00:00+02:00"),
)
next_line("which is missing", _ANNOUNCED, problems=[("0-1:24.3.0", "malformed")])
next_line(
    "which comes too late",
    _ANNOUNCED,
    "0-1:24.4.0(1)",
    "(00001.001)",
    problems=[("0-1:24.3.0", "malformed"), ("(00001.001)", "malformed")],
)
next_line(
    "which comes twice",
    _ANNOUNCED,
    "(00001.001)",
    "(00001.002)",
    problems=[("(00001.002)", "malformed")],
    **_GAS_ID,
)
for _name, _value, _reason in (
    ("of letters", "(abc)", "not a number"),
    ("with nothing in it", "()", "not a number"),
    ("with a unit", "(00001.001*m3)", "not a number"),
    ("of two groups", "(00001.001)(1)", "malformed"),
    ("cut short", "(00001.001", "malformed"),
):
    next_line("a value %s" % _name, _ANNOUNCED, _value, problems=[("0-1:24.3.0", _reason)])
for _name, _line, _reason in (
    ("announced at no time", _ANNOUNCED.replace("09021216", "09131216"), "device never read"),
    ("announced for 1970", _ANNOUNCED.replace("09021216", "70010100"), "device never read"),
    ("announced in volts", _ANNOUNCED.replace("m3", "V"), "wrong unit"),
    ("announced without a unit", _ANNOUNCED.replace("m3", ""), "wrong unit"),
    ("announced with a time only", "0-1:24.3.0(090212160000)", "malformed"),
    ("announced with nothing", "0-1:24.3.0()", "malformed"),
    ("announced by a line cut short", _ANNOUNCED[:-1], "malformed"),
):
    next_line(_name, _line, "(00001.001)", problems=[("0-1:24.3.0", _reason)])
next_line(
    "of a device that was read already",
    "0-1:24.2.1(261122194000W)(4.421*m3)",
    _ANNOUNCED,
    "(00001.001)",
    problems=[("0-1:24.3.0", "repeated")],
    devices_on_bus=listed(device(1, 3, None, "4.421", "CubicMeter", _AT)),
    **gas("4.421", _AT),
)
_data = telegram("TST5\\2DUTCH-30", SMALL[-1], _ANNOUNCED, crc="")
case(
    "gas on the next line, which the telegram's end takes the place of",
    _data,
    accepted(
        _data,
        {
            **identity("TST5\\2DUTCH-30", "2DUTCH-30"),
            "power_used_tariff_1": kwh("123.456"),
            "energy_used_total": kwh("123.456"),
        },
        [("0-1:24.3.0", "malformed")],
    ),
)
_cut = b"/TST5 CUT\r\n" + _ANNOUNCED.encode() + b"\r\n"
_next = telegram("TST5 NEXT", "(00001.001)", "0-0:96.14.0(0001)")
case(
    "gas on the next line, which is the next telegram's",
    _cut + _next,
    rejected("truncated", len(_cut)),
    accepted(
        _next,
        {**identity("TST5 NEXT", "NEXT"), "current_tariff": integer(1)},
        [("(00001.001)", "malformed")],
    ),
)
case(
    "gas on the next line, after a telegram that ended too early",
    _data + telegram(*SMALL, "(00001.001)"),
    accepted(
        _data,
        {
            **identity("TST5\\2DUTCH-30", "2DUTCH-30"),
            "power_used_tariff_1": kwh("123.456"),
            "energy_used_total": kwh("123.456"),
        },
        [("0-1:24.3.0", "malformed")],
    ),
    accepted(telegram(*SMALL, "(00001.001)"), SMALL_FIELDS, [("(00001.001)", "malformed")]),
)

assert len({case.name for case in CASES}) == len(CASES), "two cases have one name"
