"""The one table of data objects: OBIS code, field name, kind and unit.

Sources: DSMR P1 Companion Standard 5.0.2 (clause 6.12), 4.2.2 and 3.0; e-MUCS-H 1.3 (Belgium);
Smarty 1.1.3 (Luxembourg); the Swedish H1 recommendation. What only one output needs to know of a
field (a Prometheus name, a device class) lives with that output.

An object that is not listed costs nothing: its line is kept among the telegram's problems.
"""

# Kinds: what stands between the parentheses, and how many slots it fills. The single groups come
# first and the texts stand together, which `dsmr.lines` relies on.
QUANTITY = 1  # (value*unit)
COUNT = 2  # (digits)
STATE = 3  # (0|1|2): 1 is connected or open; 0 disconnected; 2 ready for reconnection
OCTETS = 4  # (hexadecimal digits of an identifier)
MESSAGE = 5  # (hexadecimal digits of a text)
PLAIN = 6  # (text)
TIME = 7  # (TST)
LIMIT = 8  # (value*unit), whose unit may be of current, active or apparent power
PAIR = 9  # (value*unit)(value*unit); the second fills the next slot
DEMAND = 10  # (TST)(value*unit) or the other way round; the time fills the next slot
READING = 11  # (TST)(value*unit); the time fills the next slot
READING_NEXT_LINE = 12  # (TST)(…)(unit), the value on the next line; fills as READING
DEMANDS = 13  # (n)(code)(code) n x (period end)(TST)(value*unit)
FAILURES = 14  # (n)(code) n x (TST of the end)(duration*s)
PART = 15  # a slot that the kind before it fills

#: (codes, field name, kind, unit where the meter leaves it out). The order is that of `/metrics`.
#: A field that several standards number differently has several codes.
FIELDS = (
    ("1-3:0.2.8 0-0:96.1.4", "protocol_version", PLAIN, ""),
    ("0-0:1.0.0 0-0:1.1.0", "timestamp", TIME, ""),
    ("0-0:96.1.1", "power_device_serial_number", OCTETS, ""),
    ("0-0:96.1.2", "ean", OCTETS, ""),
    ("0-0:42.0.0", "logical_device_name", OCTETS, ""),
    ("1-0:94.32.1", "grid_configuration", COUNT, ""),
    ("0-0:96.14.0", "current_tariff", COUNT, ""),
    ("1-0:1.8.0", "energy_used_total", QUANTITY, "kWh"),
    ("1-0:1.8.1", "power_used_tariff_1", QUANTITY, "kWh"),
    ("1-0:1.8.2", "power_used_tariff_2", QUANTITY, "kWh"),
    ("1-0:1.8.3", "power_used_tariff_3", QUANTITY, "kWh"),
    ("1-0:1.8.4", "power_used_tariff_4", QUANTITY, "kWh"),
    ("1-0:2.8.0", "energy_generated_total", QUANTITY, "kWh"),
    ("1-0:2.8.1", "power_generated_tariff_1", QUANTITY, "kWh"),
    ("1-0:2.8.2", "power_generated_tariff_2", QUANTITY, "kWh"),
    ("1-0:2.8.3", "power_generated_tariff_3", QUANTITY, "kWh"),
    ("1-0:2.8.4", "power_generated_tariff_4", QUANTITY, "kWh"),
    ("1-0:3.8.0", "reactive_energy_used", QUANTITY, "kvarh"),
    ("1-0:4.8.0", "reactive_energy_generated", QUANTITY, "kvarh"),
    ("1-0:1.7.0", "total_power_used", QUANTITY, "kW"),
    ("1-0:2.7.0", "total_power_generated", QUANTITY, "kW"),
    ("1-0:21.7.0", "l1_power_usage", QUANTITY, "kW"),
    ("1-0:41.7.0", "l2_power_usage", QUANTITY, "kW"),
    ("1-0:61.7.0", "l3_power_usage", QUANTITY, "kW"),
    ("1-0:22.7.0", "l1_power_generated", QUANTITY, "kW"),
    ("1-0:42.7.0", "l2_power_generated", QUANTITY, "kW"),
    ("1-0:62.7.0", "l3_power_generated", QUANTITY, "kW"),
    ("1-0:32.7.0", "l1_voltage", QUANTITY, "V"),
    ("1-0:52.7.0", "l2_voltage", QUANTITY, "V"),
    ("1-0:72.7.0", "l3_voltage", QUANTITY, "V"),
    ("1-0:31.7.0", "l1_amperage", QUANTITY, "A"),
    ("1-0:51.7.0", "l2_amperage", QUANTITY, "A"),
    ("1-0:71.7.0", "l3_amperage", QUANTITY, "A"),
    ("1-0:14.7.0", "frequency", QUANTITY, "Hz"),
    ("1-0:3.7.0", "reactive_power_used", QUANTITY, "kvar"),
    ("1-0:4.7.0", "reactive_power_generated", QUANTITY, "kvar"),
    ("1-0:23.7.0", "l1_reactive_power_used", QUANTITY, "kvar"),
    ("1-0:43.7.0", "l2_reactive_power_used", QUANTITY, "kvar"),
    ("1-0:63.7.0", "l3_reactive_power_used", QUANTITY, "kvar"),
    ("1-0:24.7.0", "l1_reactive_power_generated", QUANTITY, "kvar"),
    ("1-0:44.7.0", "l2_reactive_power_generated", QUANTITY, "kvar"),
    ("1-0:64.7.0", "l3_reactive_power_generated", QUANTITY, "kvar"),
    ("1-0:9.7.0", "apparent_power_used", QUANTITY, "kVA"),
    ("1-0:10.7.0", "apparent_power_generated", QUANTITY, "kVA"),
    ("1-0:29.7.0", "l1_apparent_power_used", QUANTITY, "kVA"),
    ("1-0:49.7.0", "l2_apparent_power_used", QUANTITY, "kVA"),
    ("1-0:69.7.0", "l3_apparent_power_used", QUANTITY, "kVA"),
    ("1-0:30.7.0", "l1_apparent_power_generated", QUANTITY, "kVA"),
    ("1-0:50.7.0", "l2_apparent_power_generated", QUANTITY, "kVA"),
    ("1-0:70.7.0", "l3_apparent_power_generated", QUANTITY, "kVA"),
    ("1-0:1.4.0", "current_average_demand", QUANTITY, "kW"),
    ("1-0:1.6.0", "max_demand_month", DEMAND, "kW"),
    ("", "max_demand_month_timestamp", PART, ""),
    ("0-0:98.1.0", "max_demand_history", DEMANDS, "kW"),
    ("0-0:96.7.21", "power_failure_count", COUNT, ""),
    ("0-0:96.7.9", "long_power_failure_count", COUNT, ""),
    ("1-0:99.97.0", "power_failure_log", FAILURES, "s"),
    ("1-0:32.32.0", "l1_voltage_sags", COUNT, ""),
    ("1-0:52.32.0", "l2_voltage_sags", COUNT, ""),
    ("1-0:72.32.0", "l3_voltage_sags", COUNT, ""),
    ("1-0:32.36.0", "l1_voltage_swells", COUNT, ""),
    ("1-0:52.36.0", "l2_voltage_swells", COUNT, ""),
    ("1-0:72.36.0", "l3_voltage_swells", COUNT, ""),
    ("0-0:96.3.10", "power_breaker_state", STATE, ""),
    ("0-1:96.3.10", "relay_1_state", STATE, ""),
    ("0-2:96.3.10", "relay_2_state", STATE, ""),
    ("0-3:96.3.10", "relay_3_state", STATE, ""),
    ("0-4:96.3.10", "relay_4_state", STATE, ""),
    ("0-0:17.0.0", "max_phase_power", LIMIT, "kW"),
    ("1-0:31.4.0", "l1_fuse_threshold", QUANTITY, "A"),
    ("1-1:31.4.0", "fuse_threshold_used", PAIR, "A"),
    ("", "fuse_threshold_generated", PART, "A"),
    ("0-0:96.13.1", "message_code", MESSAGE, ""),
    ("0-0:96.13.0", "text_message", MESSAGE, ""),
    ("0-0:96.13.2", "text_message_2", MESSAGE, ""),
    ("0-0:96.13.3", "text_message_3", MESSAGE, ""),
    ("0-0:96.13.4", "text_message_4", MESSAGE, ""),
    ("0-0:96.13.5", "text_message_5", MESSAGE, ""),
)

#: An M-Bus device's objects: (codes after "0-n:", name, kind, unit where the meter leaves it out).
#: A reading without a unit is one that was never taken, so readings have no default.
MBUS = (
    ("24.1.0", "type", COUNT, ""),
    ("96.1.0 96.1.1", "id", OCTETS, ""),
    ("96.1.2", "ean", OCTETS, ""),
    ("24.2.1", "value", READING, ""),
    ("", "timestamp", PART, ""),
    ("24.2.3", "uncorrected", READING, ""),
    ("", "uncorrected_timestamp", PART, ""),
    ("24.4.0", "valve", STATE, ""),
)
#: DSMR 2.2 and 3.0: fills the slots of "value".
MBUS_NEXT_LINE = "24.3.0"

#: Highest M-Bus channel that is read. The standards have four.
MAX_CHANNEL = 8

# Device types on the M-Bus (EN 13757-3, table 3; P1 Companion Standard 5.0.2, clause 6.12).
GAS = 3
HEAT = 4
WATER = 7

# Columns of MBUS, and the slot where a channel's objects begin.
TYPE, ID, EAN, READ, READ_TIME, UNCORRECTED, UNCORRECTED_TIME, VALVE = range(len(MBUS))
WIDTH = len(MBUS)
SLOTS = len(FIELDS) + MAX_CHANNEL * WIDTH


def channel_slot(channel):
    """First slot of an M-Bus channel (1 to MAX_CHANNEL)."""
    return len(FIELDS) + (channel - 1) * WIDTH


def objects():
    """Each readable object once: (OBIS code, slot, kind, default unit)."""
    for slot, (codes, _, kind, unit) in enumerate(FIELDS):
        for code in codes.split():
            yield code, slot, kind, unit
    for channel in range(1, MAX_CHANNEL + 1):
        base = channel_slot(channel)
        for column, (codes, _, kind, unit) in enumerate(MBUS):
            for code in codes.split():
                yield "0-%d:%s" % (channel, code), base + column, kind, unit
        yield "0-%d:%s" % (channel, MBUS_NEXT_LINE), base + READ, READING_NEXT_LINE, ""
