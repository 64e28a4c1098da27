"""How meters spell a reading that are not those of the Netherlands' and Belgium's documents.

Each has what such meters were seen to send and others do not: other units, other registers, other
lists. docs/meters.md has what is known of them. Every identity here is invented. The household of
the simulation draws no reactive power of its own; a share of the energy stands for it.
"""

from collections.abc import Callable

from sim.reading import Reading
from sim.telegram import (
    ampere,
    belgian_tail,
    in_hex,
    kw,
    kwh,
    per_phase,
    phase_power,
    power,
    registers,
    seal,
    volt,
    voltage,
)

#: How the E360 writes a time that was never measured.
_NEVER = "35255255255255255S"


def _used(reading: "Reading") -> int:
    return (reading.energy_used_tariff_1_wh + reading.energy_used_tariff_2_wh) % 10**9


def _generated(reading: "Reading") -> int:
    return (reading.energy_generated_tariff_1_wh + reading.energy_generated_tariff_2_wh) % 10**9


def _kvarh(watt_hours: int) -> str:
    """A register of reactive energy: a twentieth of the energy."""
    return kwh(watt_hours // 20).replace("kWh", "kvarh")


def _kvar(watts: int) -> str:
    return kw(watts // 20).replace("kW", "kvar")


def _months(reading: "Reading") -> list[tuple[str, str, int]]:
    """The past months' peaks, of which the first was never measured."""
    (end, _, _), *others = reading.peak_history
    return [(end, _NEVER, 0), *others]


def e360(reading: "Reading") -> bytes:
    """Landis+Gyr E360 in Flanders: EAN, grid, relays, and a month without a peak."""
    months = _months(reading)
    listed = "".join(f"({end})({time})({kw(watts)})" for end, time, watts in months)
    lines = [
        "/LGF5E360",
        "0-0:96.1.4(50221)",
        "1-0:94.32.1(400)",
        f"0-0:96.1.1({in_hex('1LGZ0000000011')})",
        f"0-0:96.1.2({in_hex('540000000000000011')})",
        f"0-0:1.0.0({reading.timestamp})",
        *registers(reading),
        f"1-0:1.4.0({kw(reading.average_demand_w)})",
        f"1-0:1.6.0({reading.peak_time})({kw(reading.peak_w)})",
        f"0-0:98.1.0({len(months)})(1-0:1.6.0)(1-0:1.6.0){listed}",
        *belgian_tail(reading),
        *(f"0-{channel}:96.3.10(0)" for channel in (1, 2, 3, 4)),
    ]
    return seal(lines)


def e660(reading: "Reading") -> bytes:
    """Landis+Gyr E660 for industry in Flanders: totals, quadrants, peaks both ways."""
    generated_peak = reading.peak_w // 3
    listed = "".join(
        f"({end})(15)({time})({kw(watts)})({time})({kw(watts // 3)})"
        for end, time, watts in reading.peak_history
    )
    lines = [
        "/LG_E660_Sim_3N400V",
        "0-0:96.1.4(50250)",
        f"0-0:96.1.1({in_hex('60000012')})",
        f"0-0:1.0.0({reading.timestamp})",
        f"1-0:1.8.0({kwh(_used(reading))})",
        f"1-0:2.8.0({kwh(_generated(reading))})",
        *power(reading),
        *phase_power(reading),
        *voltage(reading),
        *per_phase(reading, "31.7.0", lambda phase: ampere(phase.current_ca)),
        f"1-0:3.7.0({_kvar(reading.power_used_w)})",
        f"1-0:4.7.0({_kvar(reading.power_generated_w)})",
        f"1-0:5.8.0({_kvarh(_used(reading))})",
        "1-0:6.8.0(000000.000*kvarh)",
        f"1-0:7.8.0({_kvarh(_generated(reading))})",
        "1-0:8.8.0(000000.000*kvarh)",
        f"1-0:1.4.0({kw(reading.average_demand_w)})",
        "1-0:2.4.0(00.000*kW)",
        f"1-0:1.6.0({reading.peak_time})({kw(reading.peak_w)})",
        f"1-0:2.6.0({reading.peak_time})({kw(generated_peak)})",
        f"0-0:98.1.0({len(reading.peak_history)})"
        f"(0-0:0.1.0)(1-0:1.6.0)(1-0:1.6.0)(1-0:2.6.0)(1-0:2.6.0){listed}",
    ]
    return seal(lines)


def iskra(reading: "Reading") -> bytes:
    """Iskra in Wallonia: five tariffs, a version in hexadecimal, the peak before its time."""
    lines = [
        "/ISk5\\2MIE5T-200",
        f"0-0:96.1.4({in_hex('21110')})",
        f"0-0:96.1.1({in_hex('90000013')})",
        f"0-0:1.0.0({reading.timestamp})",
        *registers(reading)[:4],
        *(f"1-0:{way}.8.{tariff}(000000.000*kWh)" for way in (1, 2) for tariff in (3, 4, 5)),
        f"0-0:96.14.0({reading.tariff:04d})",
        f"1-0:1.4.0({kw(reading.average_demand_w)})",
        f"1-0:1.6.0({kw(reading.peak_w)})({reading.peak_time[:12]})",
        *belgian_tail(reading),
        "0-1:96.3.10(0)",
        "0-2:96.3.10(0)",
    ]
    return seal(lines)


def mcs(reading: "Reading") -> bytes:
    """MCS, for companies in the Netherlands: milliamperes, failures without units."""
    log = "".join(f"({end})({seconds})" for end, seconds in reading.failure_log)
    lines = [
        "/MCS50000000000014",
        "1-3:0.2.8(50)",
        f"0-0:1.0.0({reading.timestamp})",
        "0-0:96.1.1(10000014)",
        *registers(reading),
        *power(reading),
        f"0-0:96.7.21({reading.power_failures:05d})",
        f"0-0:96.7.9({reading.long_power_failures:05d})",
        f"1-0:99.97.0({len(reading.failure_log)})(0-0:96.7.19){log}",
        "0-0:96.13.0()",
        *voltage(reading),
        *per_phase(reading, "31.7.0", lambda phase: f"{phase.current_ca * 10}*mA"),
        *phase_power(reading),
        "0-1:24.1.0(000)",
        "0-1:96.1.0()",
        "0-1:24.2.1()",
    ]
    return seal(lines)


def hu(reading: "Reading") -> bytes:
    """Hungary's: totals, four tariffs, quadrants, energy both ways, power factors."""
    used, generated = _used(reading), _generated(reading)
    lines = [
        "/SAG5SAG-METER",
        f"0-0:1.0.0({reading.timestamp})",
        f"0-0:42.0.0({in_hex('SAG3000000000015')})",
        f"0-0:96.1.0({in_hex('890000000000015')})",
        f"0-0:96.14.0({reading.tariff:04d})",
        "0-0:96.3.10(1)",
        "0-0:17.0.0(90.000*kW)",
        f"1-0:1.8.0({kwh(used)})",
        f"1-0:2.8.0({kwh(generated)})",
        *registers(reading)[:4],
        *(f"1-0:{way}.8.{tariff}(000000.000*kWh)" for way in (1, 2) for tariff in (3, 4)),
        f"1-0:3.8.0({_kvarh(used)})",
        f"1-0:4.8.0({_kvarh(generated)})",
        f"1-0:5.8.0({_kvarh(used)})",
        "1-0:6.8.0(000000.000*kvarh)",
        f"1-0:7.8.0({_kvarh(generated)})",
        "1-0:8.8.0(000000.000*kvarh)",
        f"1-0:15.8.0({kwh((used + generated) % 10**9)})",
        *voltage(reading),
        *per_phase(reading, "31.7.0", lambda phase: f"{(phase.current_ca + 50) // 100:03d}*A"),
        "1-0:13.7.0(0.998)",
        *per_phase(reading, "33.7.0", lambda phase: "0.998"),
        "1-0:14.7.0(50.00*Hz)",
        *power(reading),
        f"1-0:5.7.0({_kvar(reading.power_used_w)})",
        "1-0:6.7.0(00.000*kvar)",
        f"1-0:7.7.0({_kvar(reading.power_generated_w)})",
        "1-0:8.7.0(00.000*kvar)",
        *per_phase(reading, "31.4.0", lambda phase: "200.00*A"),
        "0-0:96.13.0()",
    ]
    return seal(lines)


def _wide(text: str) -> str:
    """A number with eight digits before its point."""
    whole, point, rest = text.partition(".")
    return whole.zfill(8) + point + rest


def _kilo(thousandths: int, unit: str) -> str:
    return f"{thousandths // 1000:04d}.{thousandths % 1000:03d}*k{unit}"


def lt(reading: "Reading") -> bytes:
    """Lithuania's: kV, kA and kHz, power factors in thousandths, power without a direction."""
    used, generated = _used(reading), _generated(reading)

    def by_phase(code: str, spell: Callable) -> list[str]:
        return per_phase(reading, code, lambda phase: _wide(spell(phase)))

    lines = [
        "/ESO5\\253000016_C",
        f"0-0:1.0.0({reading.timestamp})",
        f"1-0:1.8.0({_wide(kwh(used))})",
        f"1-0:3.8.0({_wide(_kvarh(used))})",
        f"1-0:4.8.0({_wide(_kvarh(generated))})",
    ]
    for way, energy in ((1, used), (2, generated), (3, used), (4, generated)):
        # All of it in the first tariff, as with many customers there.
        spell = kwh if way < 3 else _kvarh
        lines += [
            f"1-0:{way}.8.{tariff}({_wide(spell(energy if tariff == 1 else 0))})"
            for tariff in (1, 2, 3, 4)
        ]
    lines += [
        *per_phase(reading, "32.7.0", lambda phase: _kilo(phase.voltage_dv // 10, "V")),
        *per_phase(reading, "31.7.0", lambda phase: _kilo(phase.current_ca // 100, "A")),
        "1-0:14.7.0(0000.050*kHz)",
        f"1-0:15.7.0({_wide(kw(reading.power_used_w + reading.power_generated_w))})",
        *by_phase("21.7.0", lambda phase: kw(phase.power_used_w)),
        *by_phase("22.7.0", lambda phase: kw(phase.power_generated_w)),
        *by_phase("23.7.0", lambda phase: _kvar(phase.power_used_w)),
        *by_phase("24.7.0", lambda phase: _kvar(phase.power_generated_w)),
        f"1-0:9.7.0({_wide(kw(reading.power_used_w))[:-1]}VA)",
        f"1-0:10.7.0({_wide(kw(reading.power_generated_w))[:-1]}VA)",
        "1-0:13.7.0(00998)",
        *per_phase(reading, "33.7.0", lambda phase: "01000"),
        f"1-0:1.4.0({_wide(kw(reading.average_demand_w))})",
        "1-0:2.4.0(00000000.000*kW)",
        f"0-0:96.7.21({reading.power_failures:05d})",
        "1-0:0.2.0(01.19)",
    ]
    return seal(lines)


def il(reading: "Reading") -> bytes:
    """Kaifa in Israel: tariffs 11 to 13, and the last quarter-hour's energy."""
    quarter = reading.timestamp[:8] + f"{int(reading.timestamp[8:10]) // 15 * 15:02d}00"
    lines = [
        "/KFM5KAIFA-METER",
        "1-3:0.2.8(50)",
        f"0-0:1.0.0({reading.timestamp})",
        "0-0:96.1.1(K00017)",
        f"1-0:1.8.11({kwh(reading.energy_used_tariff_1_wh)})",
        f"1-0:1.8.12({kwh(reading.energy_used_tariff_2_wh)})",
        "1-0:1.8.13(000000.000*kWh)",
        f"1-0:2.8.11({kwh(reading.energy_generated_tariff_1_wh)})",
        f"1-0:2.8.12({kwh(reading.energy_generated_tariff_2_wh)})",
        "1-0:2.8.13(000000.000*kWh)",
        f"0-0:96.14.1({reading.tariff:02d})",
        *power(reading),
        "0-0:96.13.0()",
        f"1-0:32.7.0({volt(reading.phases[0].voltage_dv)})",
        f"1-0:31.7.0({reading.phases[0].current_ca // 10 / 10:05.1f}*A)",
        "1-0:99.1.0(1)(0-0:96.10.7)(1-0:1.29.0)(1-0:2.29.0)"
        f"({quarter}{reading.timestamp[12]})(00)(000000.165*kWh)(000000.000*kWh)",
    ]
    return seal(lines)


def ch(reading: "Reading") -> bytes:
    """A Landis+Gyr E360 of a heat pump in Switzerland: registers under channel 1-1."""
    used, generated = _used(reading), _generated(reading)
    lines = [
        "/LGF5E360",
        f"0-0:1.0.0({reading.timestamp})",
        f"1-1:1.8.0({_wide(kwh(used))})",
        f"1-1:2.8.0({_wide(kwh(generated))})",
        f"1-1:3.8.0({_wide(_kvarh(used))})",
        f"1-1:4.8.0({_wide(_kvarh(generated))})",
        *power(reading),
        f"1-0:3.7.0({_kvar(reading.power_used_w)})",
        f"1-0:4.7.0({_kvar(reading.power_generated_w)})",
        *phase_power(reading),
        *voltage(reading),
        *per_phase(reading, "31.7.0", lambda phase: f"{phase.current_ca // 10 / 10:05.1f}*A"),
    ]
    return seal(lines)


#: The spelling of each kind of meter, and what it is, for help.
FORMATS = {
    "e360": e360,
    "e660": e660,
    "iskra": iskra,
    "mcs": mcs,
    "hu": hu,
    "lt": lt,
    "il": il,
    "ch": ch,
}
KINDS = tuple(FORMATS)
HELP = (
    "e360 and e660 are Landis+Gyr's in Flanders, for homes and for industry; iskra is one of "
    "Wallonia; mcs a Dutch one for companies; hu, lt, il and ch are those of Hungary, Lithuania, "
    "Israel and Switzerland"
)
