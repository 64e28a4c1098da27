"""Write the table of fields in docs/fields.md, from the parser's own table.

    PYTHONPATH=lib python -m host.fields_table

Name, OBIS codes and unit of a field are in `dsmr.table`; what it means to a reader is here.
"""

import argparse
import re
import sys

from dsmr import table as parsers
from dsmr import units
from dsmr.asdict import unit_name
from dsmr.kernel import unit_key
from host import PYTHON, tree

PAGE = "docs/fields.md"
BEGIN = "<!-- Made by `make readme`; what stands here is written over. -->"
END = "<!-- What follows is written by hand. -->"

#: What a field means. Fields that differ in one number only (a phase, a tariff) stand in one row;
#: their name here has an "n" in its place.
MEANINGS = {
    "identification": "the telegram's first line, without its `/`",
    "device_name": "the first three letters of it: `FLU` is Fluvius",
    "device_id": "what follows the `\\` in it",
    "device_type": "the gas meter's device type: 3",
    "protocol_version": "version of the telegram: `50` in the Netherlands, `50217` in Belgium "
    "(5.0.2, P1 1.7)",
    "timestamp": "when the meter sent the telegram, by its own clock",
    "power_device_serial_number": "equipment identifier of the electricity meter",
    "ean": "EAN of the connection",
    "logical_device_name": "name of the meter in the grid operator's system (Luxembourg)",
    "grid_configuration": "230: three phases of 230 V without neutral; 400: with neutral",
    "current_tariff": "number of the tariff that counts now",
    "energy_used_total": "energy taken from the grid, all tariffs",
    "power_used_tariff_n": "energy taken from the grid in that tariff: a register",
    "energy_generated_total": "energy fed into the grid, all tariffs",
    "power_generated_tariff_n": "energy fed into the grid in that tariff: a register",
    "reactive_energy_used": "reactive energy taken",
    "reactive_energy_generated": "reactive energy fed in",
    "total_power_used": "power taken from the grid now, all phases together",
    "total_power_generated": "power fed into the grid now, all phases together",
    "total_power_net": "the first less the second: below 0 while more is fed in",
    "ln_power_usage": "power taken from the grid now, by phase",
    "ln_power_generated": "power fed into the grid now, by phase",
    "ln_voltage": "voltage, by phase; L2 says 0 on a grid without neutral",
    "ln_amperage": "current, by phase; it has no sign. Some meters send whole amperes",
    "frequency": "frequency of the grid",
    "reactive_power_used": "reactive power taken now",
    "reactive_power_generated": "reactive power fed in now",
    "ln_reactive_power_used": "reactive power taken now, by phase",
    "ln_reactive_power_generated": "reactive power fed in now, by phase",
    "apparent_power_used": "apparent power taken now",
    "apparent_power_generated": "apparent power fed in now",
    "ln_apparent_power_used": "apparent power taken now, by phase",
    "ln_apparent_power_generated": "apparent power fed in now, by phase",
    "current_average_demand": "energy of the running quarter-hour so far, spread over the whole "
    "of it: rises from 0 to its average (Belgium)",
    "max_demand_month": "highest quarter-hour of the running month (Belgium)",
    "max_demand_month_timestamp": "when that was",
    "max_demand_history": "highest quarter-hour of each of the last 13 months: "
    "[format](#max_demand_history)",
    "demand_forecast": "where the running quarter-hour will end at the present power: "
    "[more](#the-quarter-hour)",
    "demand_headroom": "power that may be used for the rest of it without a new peak of the "
    "month: [more](#the-quarter-hour)",
    "demand_average_12_months": "average of the last twelve months' peaks: "
    "[more](#the-quarter-hour)",
    "power_failure_count": "power failures so far, short ones too",
    "long_power_failure_count": "long power failures so far",
    "power_failure_log": "the last long power failures: [format](#power_failure_log)",
    "ln_voltage_sags": "voltage sags so far, by phase",
    "ln_voltage_swells": "voltage swells so far, by phase",
    "power_breaker_state": "`true`: the meter's breaker is connected; `false`: disconnected, or "
    "ready for reconnection",
    "relay_n_state": "`true`: that relay is connected",
    "max_phase_power": "threshold of the limiter; 999.9 or 99.999 kW, thus 999900 or 99999, mean "
    "that it is off",
    "l1_fuse_threshold": "threshold of the fuse supervision; 999 or 999.99 mean that it is off",
    "fuse_threshold_used": "the same for power taken (Luxembourg)",
    "fuse_threshold_generated": "the same for power fed in (Luxembourg)",
    "message_code": "code of a message from the grid operator",
    "text_message": "message from the grid operator",
    "text_message_n": "further messages (Luxembourg)",
    "gas_used": "reading of the gas meter, at 15 °C if the meter sends that one",
    "gas_usage_timestamp": "when that was read",
    "gas_device_id": "equipment identifier of the gas meter",
    "gas_device_serial_number": "the same",
    "gas_breaker_state": "`true`: the gas meter's valve is open",
    "water_used": "reading of the water meter",
    "water_usage_timestamp": "when that was read",
    "heat_used": "reading of the heat meter",
    "heat_usage_timestamp": "when that was read",
    "devices_on_bus": "every M-Bus device that is alive: [format](#devices_on_bus)",
}

#: What a field is made from that has no OBIS code of its own, or not always.
MADE_FROM = {
    "identification": "first line",
    "device_name": "first line",
    "device_id": "first line",
    "device_type": "`0-n:24.1.0`",
    "energy_used_total": "else the sum of the tariffs",
    "energy_generated_total": "else the sum of the tariffs",
    "total_power_net": "`1-0:1.7.0` less `1-0:2.7.0`",
    "max_demand_month_timestamp": "`1-0:1.6.0`",
    "demand_forecast": "`1-0:1.4.0` `1-0:1.7.0` and the time",
    "demand_headroom": "`1-0:1.4.0` `1-0:1.6.0` and the time",
    "demand_average_12_months": "`0-0:98.1.0`",
    "fuse_threshold_generated": "`1-1:31.4.0`",
    "gas_used": "`0-n:24.2.1` `0-n:24.2.3` `0-n:24.3.0`",
    "gas_usage_timestamp": "the same",
    "gas_device_id": "`0-n:96.1.0` `0-n:96.1.1`",
    "gas_device_serial_number": "the same",
    "gas_breaker_state": "`0-n:24.4.0`",
    "water_used": "`0-n:24.2.1` `0-n:24.3.0`",
    "water_usage_timestamp": "the same",
    "heat_used": "`0-n:24.2.1` `0-n:24.3.0`",
    "heat_usage_timestamp": "the same",
    "devices_on_bus": "all objects of the channels",
}

#: The page's sections: the first field of each, and its heading.
SECTIONS = {
    "identification": "The meter",
    "current_tariff": "Registers",
    "total_power_used": "Power",
    "l1_voltage": "Voltage, current and frequency",
    "reactive_power_used": "Reactive and apparent power",
    "current_average_demand": "Demand",
    "power_failure_count": "Failures",
    "power_breaker_state": "Switches and limits",
    "message_code": "Messages",
    "gas_used": "Gas, water, heat and other M-Bus devices",
}

# Units of the kinds that have no unit on the wire; the letters are those of dsmr.table.
_UNITS = {"C": "Integer", "S": "Boolean", "T": "Timestamp", "H": "List", "F": "List", "B": "List"}
_TEXTS = "OMP"


def rows():
    """A list of (field, published unit, OBIS codes) of the parser's table."""
    found = []
    for name, kind, unit, *codes in parsers.rows(parsers.TABLE):
        found.append((name, _published(kind, unit), codes))
    return found


def _published(kind, unit):
    if kind == "L":
        return "Watt, Ampere or VoltAmpere"
    if kind in _TEXTS:
        return "String"
    return _UNITS.get(kind) or unit_name(units.SCALES[unit_key(unit)] >> 3)


def key(name):
    """A field's key in MEANINGS."""
    if name in MEANINGS:
        return name
    return re.sub(r"\d", "n", name, count=1)


def table():
    """The generated part of the page, without its marks."""
    lines: list = []
    groups: list = []
    for name, unit, codes in rows():
        if name in SECTIONS:
            groups.append((name, []))
        members = groups[-1][1]
        if members and members[-1][0] == key(name):
            members[-1][2].append(name)
            members[-1][3].append(codes)
        else:
            members.append((key(name), unit, [name], [codes]))
    for first, members in groups:
        lines += ["", f"## {SECTIONS[first]}", ""]
        lines += ["| field | OBIS code | unit | meaning |", "|---|---|---|---|"]
        for meaning, unit, names, codes in members:
            source = [" ".join(f"`{code}`" for code in each) for each in codes]
            if names[0] in MADE_FROM:
                source.append(MADE_FROM[names[0]])
            cells = (
                "<br>".join(f"`{name}`" for name in names),
                "<br>".join(text for text in source if text),
                unit,
                MEANINGS[meaning],
            )
            lines.append("| " + " | ".join(cells) + " |")
    return "\n".join([*lines, ""])


def page(text):
    """The page with its table made anew. Raises ValueError if the marks are not in it."""
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{PAGE} has lost its marks: {BEGIN} and {END}")
    return f"{before}{begin}\n{table()}\n{end}{after}"


def main(argv=None, repo=tree.REPO):
    parser = argparse.ArgumentParser(
        prog="python -m host.fields_table",
        description=f"Write the table of fields in {PAGE}.",
    )
    parser.add_argument(
        "--check", action="store_true", help="change nothing; exit code 1 if it is out of date"
    )
    args = parser.parse_args(argv)
    path = repo / PAGE
    try:
        text = path.read_text(encoding="utf-8")
        wanted = page(text)
    except (OSError, ValueError) as error:
        print(f"fields_table: {error}", file=sys.stderr)
        return 1
    if text == wanted:
        print(f"{PAGE} is up to date.")
        return 0
    if args.check:
        print(
            f"{PAGE} is out of date: make readme, or PYTHONPATH=lib {PYTHON} -m host.fields_table",
            file=sys.stderr,
        )
        return 1
    path.write_text(wanted, encoding="utf-8")
    print(f"{PAGE}: {len(rows())} fields.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
