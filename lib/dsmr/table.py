"""The one table: fields, the kinds and units of their values, and the M-Bus devices.

All else follows from it: what the parser reads, `/metrics`, the texts for Prometheus and Home
Assistant, the tables in docs/ and the numbers in modules of machine code (`make fields`).

Sources: DSMR P1 Companion Standard 5.0.2 (clause 6.12), 4.2.2 and 3.0; e-MUCS-H 1.3 (Belgium);
Smarty 1.1.3 (Luxembourg); the Swedish H1 recommendation. An object that is not listed costs
nothing: its line is counted among the telegram's problems. docs/meters.md says which meters were
seen to send what, and why some objects are not listed.

`dsmr.build` makes of it what the program needs while it runs, and both are dropped then: they
would take 8 KB of a board's memory.
"""

#: Highest M-Bus channel that is read. The standards have four.
MAX_CHANNEL = 8

#: What stands between an object's parentheses: a letter, a name, and the form. A kind's number is
#: its row, from 1 on. The order matters to `dsmr.objects`: texts stand together, and what has one
#: group comes before what has several.
KINDS = b"""\
C COUNT (digits)
S STATE (0|1|2): 1 is connected or open; 0 disconnected; 2 ready for reconnection
P PLAIN (text)
O OCTETS (hexadecimal digits of an identifier)
M MESSAGE (hexadecimal digits of a text)
V VERSION (text); a telegram that has it would carry a CRC
T TIME (TST); a telegram that has it would carry a CRC
Q QUANTITY (value*unit)
X FACTOR (value) from -1 to 1, or four digits or more without a point: thousandths
L LIMIT (value*unit), in one of LIMIT_UNITS
2 PAIR (value*unit)(value*unit) or (value*unit,value*unit): the second is that of the next row
D DEMAND (TST)(value*unit) or the other way round: the time is that of the next row
R READING (TST)(value*unit), in one of READING_UNITS: the time is that of the next row
N NEXT_LINE (TST)(...)(unit), the value on the next line: fills what the READING fills
I INTERVALS (n)(codes) n x (TST)(status)(value*unit)(value*unit): the newest counts, whose second \
value and time are those of the next two rows
H DEMANDS (n)(codes) n x (period end)(TST)(value*unit): the next row is what some have besides
F FAILURES (n)(code) n x (TST of the end)(duration*s)
E EXPORTS a second (TST)(value*unit) in each entry of the row before
B DEVICES what is alive on the M-Bus
"""

#: The units of published values: a letter for templates, the name in `/metrics`, and how it stands
#: in telegrams, with the power of ten that leads to it if that is not 0; "-" is no unit. A unit's
#: number is its row, from 1 on; what is no number comes first. The power is a multiple of three,
#: from -9 to 12. Letter case in a telegram does not matter, as Swedish meters write kVArh, but for
#: an M at the beginning: mA are milliamperes and MW megawatts.
UNITS = b"""\
b Boolean
s String
t Timestamp
l List
i Integer
n Number -
W Watt kW:3 W MW:6
V Volt V kV:3
A Ampere A mA:-3 kA:3
C CubicMeter m3 M3 dm3:-3 l:-3
K KilowattHour kWh Wh:-3 MWh:3 GWh:6
G GigaJoule GJ MJ:-3 kJ:-6
H Hertz Hz mHz:-3 kHz:3
R Var kvar:3 var Mvar:6
P VoltAmpere kVA:3 VA MVA:6
Q KilovarHour kvarh varh:-3 Mvarh:3
S Second s
U KilovoltAmpereHour kVAh VAh:-3 MVAh:3
"""

#: A limiter's threshold is a power, an apparent power or a current.
LIMIT_UNITS = b"Watt VoltAmpere Ampere"
READING_UNITS = b"CubicMeter GigaJoule KilowattHour"

#: Types of M-Bus devices (EN 13757-3, table 3) that have a name here.
DEVICE_TYPES = b"""\
2 electricity
3 gas
4 heat
6 warm_water
7 water
10 cooling
11 cooling
12 inlet_heat
"""

#: One row a field, in the order of `/metrics`: name, kind, unit where the meter leaves it out ("-"
#: if there is none), OBIS codes; a field that several standards number differently has several. A
#: field that no object gives, or not every meter's, says after "=" what it is made of
#: (`dsmr.derived`):
#:
#: - line; line letters; line name: the identification; its three letters; what follows them
#: - sum A B ...: of those that are there, if the meter does not send the field itself
#: - difference A B: A less B, if both are there
#: - absolute A B C ...: A, which has no sign, if none of B, C ... is there and not 0
#: - after A: the second value or the time of A, which is the row before
#: - gas C, water C ...: column C of MBUS, of the device of that type with the newest reading
#: - devices: all devices
#: - quarter: the running quarter-hour and the months' peaks
FIELDS = b"""\
identification P - = line
device_name P - = line letters
device_id P - = line name
device_type C - = gas type
protocol_version V - 1-3:0.2.8 0-0:96.1.4
timestamp T - 0-0:1.0.0 0-0:1.1.0
firmware_version P - 1-0:0.2.0
power_device_serial_number O - 0-0:96.1.1 0-0:96.1.0 0-0:96.1.255
ean O - 0-0:96.1.2
logical_device_name O - 0-0:42.0.0
grid_configuration C - 1-0:94.32.1
current_tariff C - 0-0:96.14.0 0-0:96.14.1
energy_used_total Q kWh 1-0:1.8.0 = sum power_used_tariff_1 power_used_tariff_2 \
power_used_tariff_3 power_used_tariff_4 power_used_tariff_5
power_used_tariff_1 Q kWh 1-0:1.8.1 1-0:1.8.11
power_used_tariff_2 Q kWh 1-0:1.8.2 1-0:1.8.12
power_used_tariff_3 Q kWh 1-0:1.8.3 1-0:1.8.13
power_used_tariff_4 Q kWh 1-0:1.8.4
power_used_tariff_5 Q kWh 1-0:1.8.5
energy_generated_total Q kWh 1-0:2.8.0 = sum power_generated_tariff_1 power_generated_tariff_2 \
power_generated_tariff_3 power_generated_tariff_4 power_generated_tariff_5
power_generated_tariff_1 Q kWh 1-0:2.8.1 1-0:2.8.11
power_generated_tariff_2 Q kWh 1-0:2.8.2 1-0:2.8.12
power_generated_tariff_3 Q kWh 1-0:2.8.3 1-0:2.8.13
power_generated_tariff_4 Q kWh 1-0:2.8.4
power_generated_tariff_5 Q kWh 1-0:2.8.5
energy_absolute_total Q kWh 1-0:15.8.0
reactive_energy_used Q kvarh 1-0:3.8.0
reactive_energy_used_tariff_1 Q kvarh 1-0:3.8.1
reactive_energy_used_tariff_2 Q kvarh 1-0:3.8.2
reactive_energy_used_tariff_3 Q kvarh 1-0:3.8.3
reactive_energy_used_tariff_4 Q kvarh 1-0:3.8.4
reactive_energy_generated Q kvarh 1-0:4.8.0
reactive_energy_generated_tariff_1 Q kvarh 1-0:4.8.1
reactive_energy_generated_tariff_2 Q kvarh 1-0:4.8.2
reactive_energy_generated_tariff_3 Q kvarh 1-0:4.8.3
reactive_energy_generated_tariff_4 Q kvarh 1-0:4.8.4
reactive_energy_quadrant_1 Q kvarh 1-0:5.8.0
reactive_energy_quadrant_2 Q kvarh 1-0:6.8.0
reactive_energy_quadrant_3 Q kvarh 1-0:7.8.0
reactive_energy_quadrant_4 Q kvarh 1-0:8.8.0
apparent_energy_used Q kVAh 1-0:9.8.0
apparent_energy_generated Q kVAh 1-0:10.8.0
quarter_energy_used I kWh 1-0:99.1.0
quarter_energy_generated Q kWh = after quarter_energy_used
quarter_energy_timestamp T - = after quarter_energy_generated
total_power_used Q kW 1-0:1.7.0 = absolute total_power_absolute total_power_generated \
l1_power_generated l2_power_generated l3_power_generated
total_power_generated Q kW 1-0:2.7.0
total_power_absolute Q kW 1-0:15.7.0
total_power_net Q kW = difference total_power_used total_power_generated
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
power_factor X - 1-0:13.7.0
l1_power_factor X - 1-0:33.7.0
l2_power_factor X - 1-0:53.7.0
l3_power_factor X - 1-0:73.7.0
reactive_power_used Q kvar 1-0:3.7.0
reactive_power_generated Q kvar 1-0:4.7.0
l1_reactive_power_used Q kvar 1-0:23.7.0
l2_reactive_power_used Q kvar 1-0:43.7.0
l3_reactive_power_used Q kvar 1-0:63.7.0
l1_reactive_power_generated Q kvar 1-0:24.7.0
l2_reactive_power_generated Q kvar 1-0:44.7.0
l3_reactive_power_generated Q kvar 1-0:64.7.0
reactive_power_quadrant_1 Q kvar 1-0:5.7.0
reactive_power_quadrant_2 Q kvar 1-0:6.7.0
reactive_power_quadrant_3 Q kvar 1-0:7.7.0
reactive_power_quadrant_4 Q kvar 1-0:8.7.0
apparent_power_used Q kVA 1-0:9.7.0
apparent_power_generated Q kVA 1-0:10.7.0
l1_apparent_power_used Q kVA 1-0:29.7.0
l2_apparent_power_used Q kVA 1-0:49.7.0
l3_apparent_power_used Q kVA 1-0:69.7.0
l1_apparent_power_generated Q kVA 1-0:30.7.0
l2_apparent_power_generated Q kVA 1-0:50.7.0
l3_apparent_power_generated Q kVA 1-0:70.7.0
current_average_demand Q kW 1-0:1.4.0
current_average_demand_generated Q kW 1-0:2.4.0
max_demand_month D kW 1-0:1.6.0
max_demand_month_timestamp T - = after max_demand_month
max_demand_month_generated D kW 1-0:2.6.0
max_demand_month_generated_timestamp T - = after max_demand_month_generated
max_demand_history H kW 0-0:98.1.0
max_demand_history_generated E kW = after max_demand_history
demand_forecast Q kW = quarter
demand_headroom Q kW = quarter
demand_average_12_months Q kW = quarter
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
l2_fuse_threshold Q A 1-0:51.4.0
l3_fuse_threshold Q A 1-0:71.4.0
fuse_threshold_used 2 A 1-1:31.4.0
fuse_threshold_generated Q A = after fuse_threshold_used
message_code M - 0-0:96.13.1
text_message M - 0-0:96.13.0
text_message_2 M - 0-0:96.13.2
text_message_3 M - 0-0:96.13.3
text_message_4 M - 0-0:96.13.4
text_message_5 M - 0-0:96.13.5
gas_used Q m3 = gas value
gas_usage_timestamp T - = gas value_time
gas_device_id O - = gas id
gas_device_serial_number O - = gas id
gas_breaker_state S - = gas valve
water_used Q m3 = water value
water_usage_timestamp T - = water value_time
warm_water_used Q m3 = warm_water value
warm_water_usage_timestamp T - = warm_water value_time
heat_used Q GJ = heat value
heat_usage_timestamp T - = heat value_time
cooling_used Q GJ = cooling value
cooling_usage_timestamp T - = cooling value_time
devices_on_bus B - = devices
"""

#: Words that many of the fields' names have: a board holds each once, and a byte for it in a name.
WORDS = b"_generated reactive_ power _tariff_ _used energy apparent_ timestamp _quadrant_ \
voltage fuse_threshold demand device_ _usage text_message _failure_ max_ _factor _state total"

#: An M-Bus device's objects, in the same form: its columns. n is the channel. "uncorrected" counts
#: where there is no "value", the reading at 15 degrees Celsius. A reading's unit here is the usual
#: one: one without a unit was never taken. NEXT_LINE is DSMR 2.2 and 3.0.
MBUS = b"""\
type C - 0-n:24.1.0
id O - 0-n:96.1.0 0-n:96.1.1
ean O - 0-n:96.1.2
value R m3 0-n:24.2.1
value_time T - = after value
uncorrected R m3 0-n:24.2.3
uncorrected_time T - = after uncorrected
valve S - 0-n:24.4.0
"""
MBUS_NEXT_LINE = b"0-n:24.3.0"
