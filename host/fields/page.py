"""The table of fields in docs/fields.md: name, OBIS codes and unit, and what a field means."""

import re

from dsmr import build, table
from host.fields import between, fields, in_words, is_of_device, ranges, row

PAGE = "docs/fields.md"
BEGIN = "<!-- Made by `make fields`; what stands here is written over. -->"
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
    "firmware_version": "version of the meter's firmware",
    "power_device_serial_number": "equipment identifier of the electricity meter",
    "ean": "EAN of the connection",
    "logical_device_name": "name of the meter in the grid operator's system (Luxembourg)",
    "grid_configuration": "230: three phases of 230 V without neutral; 400: with neutral",
    "current_tariff": "number of the tariff that counts now",
    "energy_used_total": "energy taken from the grid, all tariffs",
    "power_used_tariff_n": "energy taken from the grid in that tariff: a register",
    "energy_generated_total": "energy fed into the grid, all tariffs",
    "power_generated_tariff_n": "energy fed into the grid in that tariff: a register",
    "energy_absolute_total": "energy taken and fed in together, whatever its direction",
    "reactive_energy_used": "reactive energy taken",
    "reactive_energy_used_tariff_n": "reactive energy taken in that tariff",
    "reactive_energy_generated": "reactive energy fed in",
    "reactive_energy_generated_tariff_n": "reactive energy fed in during that tariff",
    "reactive_energy_quadrant_n": "reactive energy of that quadrant",
    "apparent_energy_used": "apparent energy taken",
    "apparent_energy_generated": "apparent energy fed in",
    "quarter_energy_used": "energy taken in the quarter-hour that ended last (Israel)",
    "quarter_energy_generated": "energy fed in during the same quarter-hour",
    "quarter_energy_timestamp": "when that quarter-hour ended",
    "total_power_used": "power taken from the grid now, all phases together; where the meter "
    "sends `1-0:15.7.0` only, that, unless a phase feeds in",
    "total_power_generated": "power fed into the grid now, all phases together",
    "total_power_absolute": "power now, whatever its direction",
    "total_power_net": "the first less the second: below 0 while more is fed in",
    "ln_power_usage": "power taken from the grid now, by phase",
    "ln_power_generated": "power fed into the grid now, by phase",
    "ln_voltage": "voltage, by phase; L2 says 0 on a grid without neutral",
    "ln_amperage": "current, by phase; it has no sign. Some meters send whole amperes",
    "frequency": "frequency of the grid",
    "power_factor": "power factor, all phases together: 1 at the most",
    "ln_power_factor": "power factor, by phase",
    "reactive_power_used": "reactive power taken now",
    "reactive_power_generated": "reactive power fed in now",
    "ln_reactive_power_used": "reactive power taken now, by phase",
    "ln_reactive_power_generated": "reactive power fed in now, by phase",
    "reactive_power_quadrant_n": "reactive power of that quadrant now",
    "apparent_power_used": "apparent power taken now",
    "apparent_power_generated": "apparent power fed in now",
    "ln_apparent_power_used": "apparent power taken now, by phase",
    "ln_apparent_power_generated": "apparent power fed in now, by phase",
    "current_average_demand": "energy of the running quarter-hour so far, spread over the whole "
    "of it: rises from 0 to its average (Belgium)",
    "current_average_demand_generated": "the same of what is fed in",
    "max_demand_month": "highest quarter-hour of the running month (Belgium)",
    "max_demand_month_timestamp": "when that was",
    "max_demand_month_generated": "highest quarter-hour of the running month of what was fed in",
    "max_demand_month_generated_timestamp": "when that was",
    "max_demand_history_generated": "the same of what was fed in, where the list has both "
    "(Fluvius E660): [format](#max_demand_history)",
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
    "ln_fuse_threshold": "threshold of the fuse supervision, by phase where the meter sends more "
    "than one; 999 or 999.99 mean that it is off",
    "fuse_threshold_used": "the same for power taken (Luxembourg, Brussels)",
    "fuse_threshold_generated": "the same for power fed in (Luxembourg, Brussels)",
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
    "warm_water_used": "reading of the warm water meter",
    "warm_water_usage_timestamp": "when that was read",
    "cooling_used": "reading of the cooling meter",
    "cooling_usage_timestamp": "when that was read",
    "heat_used": "reading of the heat meter",
    "heat_usage_timestamp": "when that was read",
    "devices_on_bus": "every M-Bus device that is alive: [format](#devices_on_bus)",
}

#: What a field is made from, where that is more than its row says.
MADE_FROM = {
    "timestamp": "else `0-0:0.9.1` and `0-0:0.9.2`",
    "quarter_energy_timestamp": "`1-0:99.1.0`",
    "demand_forecast": "`1-0:1.4.0` `1-0:1.7.0` and the time",
    "demand_headroom": "`1-0:1.4.0` `1-0:1.6.0` and the time",
    "demand_average_12_months": "`0-0:98.1.0`",
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


def made(repo):
    text = (repo / PAGE).read_text(encoding="utf-8")
    return {PAGE: between(text, BEGIN, END, sections(), PAGE)}


def rows():
    """A list of (field, published unit, OBIS codes)."""
    return [(field.name, _unit(field), field.codes) for field in fields()]


def _unit(field):
    *others, last = [unit for _, unit in field.units]
    return f"{', '.join(others)} or {last}" if others else last


def key(name):
    """A field's key in MEANINGS."""
    if name in MEANINGS:
        return name
    return re.sub(r"\d", "n", name, count=1)


def sections():
    """The generated part of the page."""
    groups: list = []
    before = ""
    for field in fields():
        if field.name in SECTIONS or not groups:
            groups.append((field.name, []))
        members = groups[-1][1]
        source = _source(field)
        said = "the same" if source == before and is_of_device(field) else source
        before = source
        if members and members[-1][0] == key(field.name):
            members[-1][2].append(field.name)
            members[-1][3].append(said)
        else:
            members.append((key(field.name), _unit(field), [field.name], [said]))
    lines: list = []
    for first, members in groups:
        lines += ["", f"## {SECTIONS.get(first) or in_words(first)}", ""]
        lines += ["| field | OBIS code | unit | meaning |", "|---|---|---|---|"]
        for meaning, unit, names, sources in members:
            cells = (
                "<br>".join(f"`{name}`" for name in names),
                "<br>".join(sources),
                unit,
                MEANINGS.get(meaning) or in_words(names[0]),
            )
            lines.append(row(cells))
    return "\n".join([*lines, ""])


def _source(field):
    """The OBIS codes of a field, and what else it is made from."""
    found = _codes(field.codes)
    other = MADE_FROM.get(field.name) or _made_from(field)
    return "<br>".join(text for text in (found, other) if text)


def _made_from(field):
    if not field.made_of:
        return ""
    codes_of = {other.name: _codes(other.codes) for other in fields()}
    how, *parts = field.made_of
    if how == "line":
        return "first line"
    if how == "sum":
        return f"else the sum of {ranges(parts)}"
    if how == "absolute":
        return "else " + codes_of[parts[0]]
    if how == "difference":
        return " less ".join(codes_of[part] for part in parts)
    if how == "after":
        return codes_of[parts[0]]
    if is_of_device(field):
        return _codes(_codes_of_column(parts[0]))
    return "all objects of the channels" if how == "devices" else "other fields"


def _codes_of_column(column):
    """The OBIS codes of a column of M-Bus devices."""
    if column == "value_time":
        column = "value"
    codes = {name: codes for name, _, _, codes, _ in build.fields(table.MBUS)}
    found = codes[column]
    if column == "value":
        found = [*found, *codes["uncorrected"], table.MBUS_NEXT_LINE.decode()]
    return found


def _codes(codes):
    return " ".join(f"`{code}`" for code in codes)
