"""How meters spell a reading: an S211, a T211, a Dutch DSMR 5 meter and one of Luxembourg.

Widths and order of the lines follow the e-MUCS-H and DSMR P1 companion standards and what such
meters send. Every identity here is invented. The CRC is the simulation's own, on purpose apart
from the reader's: the one checks the other.
"""

from collections.abc import Callable

from sim.reading import Reading


def _step(crc: int) -> int:
    """Eight shifts of the CRC's register, one for each bit of a byte."""
    for _ in range(8):
        crc = (crc >> 1) ^ (0xA001 if crc & 1 else 0)
    return crc


#: What each byte does to the register. Shifting bit by bit for every byte of a telegram took
#: 0.7 ms of the 0.8 ms that a T211's telegram needs, which an accelerated run feels.
_STEPS = tuple(_step(byte) for byte in range(256))


def crc16(data: bytes) -> int:
    """CRC-16/ARC: polynomial 8005 reflected (A001), start 0, no final XOR."""
    crc = 0
    for byte in data:
        crc = (crc >> 8) ^ _STEPS[(crc ^ byte) & 0xFF]
    return crc


def seal(lines: list[str]) -> bytes:
    """A whole telegram from its lines, the identification first: line ends, `!` and CRC."""
    identification, *data = lines
    text = "\r\n".join([identification, "", *data, "!"])
    body = text.encode("ascii")
    return body + b"%04X\r\n" % crc16(body)


def in_hex(text: str) -> str:
    return text.encode("ascii").hex().upper()


def kwh(watt_hours: int) -> str:
    return f"{watt_hours // 1000:06d}.{watt_hours % 1000:03d}*kWh"


def kw(watts: int) -> str:
    return f"{watts // 1000:02d}.{watts % 1000:03d}*kW"


def _m3(dm3: int) -> str:
    return f"{dm3 // 1000:05d}.{dm3 % 1000:03d}*m3"


def volt(tenths: int) -> str:
    return f"{tenths // 10:03d}.{tenths % 10}*V"


def ampere(hundredths: int) -> str:
    return f"{hundredths // 100:03d}.{hundredths % 100:02d}*A"


def registers(reading: "Reading") -> list[str]:
    return [
        f"1-0:1.8.1({kwh(reading.energy_used_tariff_1_wh)})",
        f"1-0:1.8.2({kwh(reading.energy_used_tariff_2_wh)})",
        f"1-0:2.8.1({kwh(reading.energy_generated_tariff_1_wh)})",
        f"1-0:2.8.2({kwh(reading.energy_generated_tariff_2_wh)})",
        f"0-0:96.14.0({reading.tariff:04d})",
    ]


def power(reading: "Reading") -> list[str]:
    return [
        f"1-0:1.7.0({kw(reading.power_used_w)})",
        f"1-0:2.7.0({kw(reading.power_generated_w)})",
    ]


def per_phase(reading: "Reading", code: str, spell: Callable) -> list[str]:
    """One line a phase: L1, L2 and L3 lie 20 apart in the C of an OBIS code (21, 41, 61)."""
    c, _, rest = code.partition(".")
    return [
        f"1-0:{int(c) + 20 * number}.{rest}({spell(phase)})"
        for number, phase in enumerate(reading.phases)
    ]


def phase_power(reading: "Reading") -> list[str]:
    return per_phase(reading, "21.7.0", lambda phase: kw(phase.power_used_w)) + per_phase(
        reading, "22.7.0", lambda phase: kw(phase.power_generated_w)
    )


def voltage(reading: "Reading") -> list[str]:
    return per_phase(reading, "32.7.0", lambda phase: volt(phase.voltage_dv))


def _belgian_head(identification: str, version: str, serial: str, reading: "Reading") -> list[str]:
    return [
        identification,
        f"0-0:96.1.4({version})",
        f"0-0:96.1.1({in_hex(serial)})",
        f"0-0:1.0.0({reading.timestamp})",
        *registers(reading),
    ]


def belgian_tail(reading: "Reading") -> list[str]:
    """Switches and limits (none set), then the M-Bus: gas uncorrected (24.2.3) on channel 1."""
    lines = [
        *power(reading),
        *phase_power(reading),
        *voltage(reading),
        *per_phase(reading, "31.7.0", lambda phase: ampere(phase.current_ca)),
        "0-0:96.3.10(1)",
        "0-0:17.0.0(999.9*kW)",
        "1-0:31.4.0(999*A)",
        "0-0:96.13.0()",
    ]
    if reading.gas_dm3 is not None:
        lines += [
            "0-1:24.1.0(003)",
            f"0-1:96.1.1({in_hex('7FLO2600000001')})",
            "0-1:24.4.0(1)",
            f"0-1:24.2.3({reading.gas_time})({_m3(reading.gas_dm3)})",
        ]
    if reading.water_dm3 is not None:
        lines += [
            "0-2:24.1.0(007)",
            f"0-2:96.1.1({in_hex('8SIM2600000002')})",
            f"0-2:24.2.1({reading.water_time})({_m3(reading.water_dm3)})",
        ]
    return lines


def s211(reading: "Reading") -> bytes:
    """Sagemcom S211: single phase, firmware of 50216, which knows no peaks."""
    head = _belgian_head("/FLU5\\253000002_A", "50216", "1SAG1100000002", reading)
    return seal(head + belgian_tail(reading))


def t211(reading: "Reading") -> bytes:
    """Sagemcom T211: three phases, firmware of 50217 with demand and peaks."""
    head = _belgian_head("/FLU5\\253000001_A", "50217", "1SAG3100000001", reading)
    months = "".join(f"({end})({time})({kw(watts)})" for end, time, watts in reading.peak_history)
    demand = [
        f"1-0:1.4.0({kw(reading.average_demand_w)})",
        f"1-0:1.6.0({reading.peak_time})({kw(reading.peak_w)})",
        f"0-0:98.1.0({len(reading.peak_history)})(1-0:1.6.0)(1-0:1.6.0){months}",
    ]
    return seal(head + demand + belgian_tail(reading))


def dsmr5(reading: "Reading") -> bytes:
    """A Dutch three-phase meter of DSMR 5.0: whole amperes, failure log, sags and swells."""
    log = "".join(f"({end})({seconds:010d}*s)" for end, seconds in reading.failure_log)
    lines = [
        "/SIM5\\3P000003",
        "1-3:0.2.8(50)",
        f"0-0:1.0.0({reading.timestamp})",
        f"0-0:96.1.1({in_hex('E0099000000000003')})",
        *registers(reading),
        *power(reading),
        f"0-0:96.7.21({reading.power_failures:05d})",
        f"0-0:96.7.9({reading.long_power_failures:05d})",
        f"1-0:99.97.0({len(reading.failure_log)})(0-0:96.7.19){log}",
        *per_phase(reading, "32.32.0", lambda phase: f"{phase.sags:05d}"),
        *per_phase(reading, "32.36.0", lambda phase: f"{phase.swells:05d}"),
        "0-0:96.13.0()",
        *voltage(reading),
        *per_phase(reading, "31.7.0", lambda phase: f"{(phase.current_ca + 50) // 100:03d}*A"),
        *phase_power(reading),
    ]
    if reading.gas_dm3 is not None:
        lines += [
            "0-1:24.1.0(003)",
            f"0-1:96.1.0({in_hex('G0099000000000001')})",
            f"0-1:24.2.1({reading.gas_time})({_m3(reading.gas_dm3)})",
        ]
    if reading.water_dm3 is not None:
        lines += [
            "0-2:24.1.0(007)",
            f"0-2:96.1.0({in_hex('W0099000000000002')})",
            f"0-2:24.2.1({reading.water_time})({_m3(reading.water_dm3)})",
        ]
    return seal(lines)


def lux(reading: "Reading") -> bytes:
    """Luxembourg's Smarty: sums beside the tariffs, reactive energy, five messages.

    The household draws no reactive power.
    """
    used = reading.energy_used_tariff_1_wh + reading.energy_used_tariff_2_wh
    generated = reading.energy_generated_tariff_1_wh + reading.energy_generated_tariff_2_wh
    lines = [
        "/SIM5\\253000004_D",
        "1-3:0.2.8(42)",
        f"0-0:1.0.0({reading.timestamp})",
        f"0-0:42.0.0({in_hex('SIM0000000000004')})",
        f"1-0:1.8.0({kwh(used % 10**9)})",
        f"1-0:2.8.0({kwh(generated % 10**9)})",
        *registers(reading),
        "1-0:3.8.0(000000.818*kvarh)",
        "1-0:4.8.0(000002.745*kvarh)",
        *power(reading),
        "1-0:3.7.0(00.000*kvar)",
        "1-0:4.7.0(00.000*kvar)",
        "0-0:17.0.0(27.712*kVA)",
        "0-0:96.3.10(1)",
        f"0-0:96.7.21({reading.power_failures:05d})",
        *per_phase(reading, "32.32.0", lambda phase: f"{phase.sags:05d}"),
        *per_phase(reading, "32.36.0", lambda phase: f"{phase.swells:05d}"),
        *(f"0-0:96.13.{number}()" for number in (0, 2, 3, 4, 5)),
        *voltage(reading),
        *per_phase(reading, "31.7.0", lambda phase: f"{(phase.current_ca + 50) // 100:03d}*A"),
        *phase_power(reading),
    ]
    if reading.gas_dm3 is not None:
        lines += [
            "0-1:24.1.0(003)",
            f"0-1:96.1.0({in_hex('G0099000000000004')})",
            f"0-1:24.2.1({reading.gas_time})({_m3(reading.gas_dm3)})",
        ]
    return seal(lines)


#: The spelling of each kind of meter.
FORMATS = {"s211": s211, "t211": t211, "dsmr5": dsmr5, "lux": lux}
