"""The one table of fields: name, kind, unit and OBIS code of each; and that of units.

Sources: DSMR P1 Companion Standard 5.0.2 (clause 6.12), 4.2.2 and 3.0; e-MUCS-H 1.3 (Belgium);
Smarty 1.1.3 (Luxembourg); the Swedish H1 recommendation. What only one output needs to know of a
field (a Prometheus name, a device class) lives with that output.

An object that is not listed costs nothing: its line is kept among the telegram's problems.

`dsmr.obis` makes of them what is needed while the program runs, and drops this module: on a board
its 4 KB are what sockets live on. A field's number is its row.
"""

# Kinds: what stands between the parentheses. A kind's number is its letter's place here, from 1
# on. The order matters to `dsmr.lines`: single groups first, and of these the texts together.
#
#  1 Q QUANTITY           (value*unit)
#  2 C COUNT              (digits)
#  3 S STATE              (0|1|2): 1 is connected or open; 0 disconnected; 2 ready for reconnection
#  4 O OCTETS             (hexadecimal digits of an identifier)
#  5 M MESSAGE            (hexadecimal digits of a text)
#  6 P PLAIN              (text)
#  7 T TIME               (TST)
#  8 L LIMIT              (value*unit), the unit of current, active or apparent power
#  9 2 PAIR               (value*unit)(value*unit); the second fills the next slot
# 10 D DEMAND             (TST)(value*unit) or the other way round; the time fills the next slot
# 11 R READING            (TST)(value*unit); the time fills the next slot
# 12 N READING_NEXT_LINE  (TST)(…)(unit), the value on the next line; fills as READING
# 13 H DEMANDS            (n)(code)(code) n x (period end)(TST)(value*unit)
# 14 F FAILURES           (n)(code) n x (TST of the end)(duration*s)
# 15 B DEVICES            what is alive on the M-Bus
LETTERS = "QCSOMPTL2DRNHFB"

#: One row a field, in the order of `/metrics`: name, kind, unit where the meter leaves it out ("-"
#: if there is none), OBIS codes. A field that several standards number differently has several
#: codes; one that has none is made from others, by `dsmr.derived` or the kind of the row before.
TABLE = b"""\
identification P -
device_name P -
device_id P -
device_type C -
protocol_version P - 1-3:0.2.8 0-0:96.1.4
timestamp T - 0-0:1.0.0 0-0:1.1.0
power_device_serial_number O - 0-0:96.1.1
ean O - 0-0:96.1.2
logical_device_name O - 0-0:42.0.0
grid_configuration C - 1-0:94.32.1
current_tariff C - 0-0:96.14.0
energy_used_total Q kWh 1-0:1.8.0
power_used_tariff_1 Q kWh 1-0:1.8.1
power_used_tariff_2 Q kWh 1-0:1.8.2
power_used_tariff_3 Q kWh 1-0:1.8.3
power_used_tariff_4 Q kWh 1-0:1.8.4
energy_generated_total Q kWh 1-0:2.8.0
power_generated_tariff_1 Q kWh 1-0:2.8.1
power_generated_tariff_2 Q kWh 1-0:2.8.2
power_generated_tariff_3 Q kWh 1-0:2.8.3
power_generated_tariff_4 Q kWh 1-0:2.8.4
reactive_energy_used Q kvarh 1-0:3.8.0
reactive_energy_generated Q kvarh 1-0:4.8.0
total_power_used Q kW 1-0:1.7.0
total_power_generated Q kW 1-0:2.7.0
total_power_net Q kW
l1_power_usage Q kW 1-0:21.7.0
l2_power_usage Q kW 1-0:41.7.0
l3_power_usage Q kW 1-0:61.7.0
l1_power_generated Q kW 1-0:22.7.0
l2_power_generated Q kW 1-0:42.7.0
l3_power_generated Q kW 1-0:62.7.0
l1_voltage Q V 1-0:32.7.0
l2_voltage Q V 1-0:52.7.0
l3_voltage Q V 1-0:72.7.0
l1_amperage Q A 1-0:31.7.0
l2_amperage Q A 1-0:51.7.0
l3_amperage Q A 1-0:71.7.0
frequency Q Hz 1-0:14.7.0
reactive_power_used Q kvar 1-0:3.7.0
reactive_power_generated Q kvar 1-0:4.7.0
l1_reactive_power_used Q kvar 1-0:23.7.0
l2_reactive_power_used Q kvar 1-0:43.7.0
l3_reactive_power_used Q kvar 1-0:63.7.0
l1_reactive_power_generated Q kvar 1-0:24.7.0
l2_reactive_power_generated Q kvar 1-0:44.7.0
l3_reactive_power_generated Q kvar 1-0:64.7.0
apparent_power_used Q kVA 1-0:9.7.0
apparent_power_generated Q kVA 1-0:10.7.0
l1_apparent_power_used Q kVA 1-0:29.7.0
l2_apparent_power_used Q kVA 1-0:49.7.0
l3_apparent_power_used Q kVA 1-0:69.7.0
l1_apparent_power_generated Q kVA 1-0:30.7.0
l2_apparent_power_generated Q kVA 1-0:50.7.0
l3_apparent_power_generated Q kVA 1-0:70.7.0
current_average_demand Q kW 1-0:1.4.0
max_demand_month D kW 1-0:1.6.0
max_demand_month_timestamp T -
max_demand_history H kW 0-0:98.1.0
demand_forecast Q kW
demand_headroom Q kW
demand_average_12_months Q kW
power_failure_count C - 0-0:96.7.21
long_power_failure_count C - 0-0:96.7.9
power_failure_log F s 1-0:99.97.0
l1_voltage_sags C - 1-0:32.32.0
l2_voltage_sags C - 1-0:52.32.0
l3_voltage_sags C - 1-0:72.32.0
l1_voltage_swells C - 1-0:32.36.0
l2_voltage_swells C - 1-0:52.36.0
l3_voltage_swells C - 1-0:72.36.0
power_breaker_state S - 0-0:96.3.10
relay_1_state S - 0-1:96.3.10
relay_2_state S - 0-2:96.3.10
relay_3_state S - 0-3:96.3.10
relay_4_state S - 0-4:96.3.10
max_phase_power L kW 0-0:17.0.0
l1_fuse_threshold Q A 1-0:31.4.0
fuse_threshold_used 2 A 1-1:31.4.0
fuse_threshold_generated Q A
message_code M - 0-0:96.13.1
text_message M - 0-0:96.13.0
text_message_2 M - 0-0:96.13.2
text_message_3 M - 0-0:96.13.3
text_message_4 M - 0-0:96.13.4
text_message_5 M - 0-0:96.13.5
gas_used Q m3
gas_usage_timestamp T -
gas_device_id O -
gas_device_serial_number O -
gas_breaker_state S -
water_used Q m3
water_usage_timestamp T -
heat_used Q GJ
heat_usage_timestamp T -
devices_on_bus B -
"""

# An M-Bus device's objects, in the same form; n is its channel. A reading without a unit is one
# that was never taken, so readings have no default.
MBUS = b"""\
type C - 0-n:24.1.0
id O - 0-n:96.1.0 0-n:96.1.1
ean O - 0-n:96.1.2
value R - 0-n:24.2.1
value_time T -
uncorrected R - 0-n:24.2.3
uncorrected_time T -
valve S - 0-n:24.4.0
"""
# DSMR 2.2 and 3.0; fills the slots of value.
MBUS_NEXT_LINE = "0-n:24.3.0"

# Units: as one stands in a telegram, its name, and the power of ten that leads to it.
# Letter case is ignored: Swedish meters write kVArh.
UNITS = b"""\
kWh KilowattHour 0
Wh KilowattHour -3
MWh KilowattHour 3
kW Watt 3
W Watt 0
V Volt 0
A Ampere 0
Hz Hertz 0
m3 CubicMeter 0
dm3 CubicMeter -3
GJ GigaJoule 0
MJ GigaJoule -3
kvar Var 3
var Var 0
kvarh KilovarHour 0
varh KilovarHour -3
kVA VoltAmpere 3
VA VoltAmpere 0
s Second 0
"""


def rows(text):
    """Yield the words of each row."""
    for row in text.strip().split(b"\n"):
        yield row.decode().split(" ")
