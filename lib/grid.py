"""What a telegram says about the house's connection to the grid: power, voltage, current, energy.

Energy meters that are read over the network give all of these, for each phase. A P1 meter leaves
some of them out. What is missing is derived here, by rules that are the same for every output:

- power of the phases: where the telegram has none, all power is on L1;
- voltage: 230 V, the nominal voltage, for a phase of which the telegram has power or current
  (EN 50160, clause 4.2.2), and 0 V for a phase of which it has nothing;
- current: power divided by voltage;
- frequency: 50 Hz, the nominal frequency (EN 50160, clause 4.2.1).
"""

from dsmr.const import const
from dsmr.fields import slot

_VOLTS = const(230_000)
_HERTZ = const(50_000)


class Grid:
    """The values of one telegram, see `read`. All are integers, in thousandths of their units.

    - `power` (W, negative while more is fed in than drawn), `apparent` (VA), `factor` (the power
      factor, from 0 to 1) and `current` (A, without a sign): lists of the total and L1, L2, L3;
    - `voltage` (V, between phase and neutral): a list of the mean and L1, L2, L3;
    - `frequency` (Hz); `imported` and `exported` (kWh).
    """

    def __init__(self):
        fields = [b"total_power_used", b"total_power_generated"]
        for end in (b"power_usage", b"power_generated", b"voltage", b"amperage"):
            fields += [b"l%d_%s" % (phase, end) for phase in (1, 2, 3)]
        fields += [b"frequency", b"energy_used_total", b"energy_generated_total"]
        self._slots = bytes([slot(field) for field in fields])
        self.power = [0] * 4
        self.apparent = [0] * 4
        self.factor = [0] * 4
        self.current = [0] * 4
        self.voltage = [0] * 4
        self.frequency = self.imported = self.exported = 0

    def read(self, telegram):
        """Take the values of a telegram; False, and no values, if it has no power."""
        found = [_thousandths(telegram, field) for field in self._slots]
        total = _net(found[0], found[1])
        phases = [_net(found[2 + phase], found[5 + phase]) for phase in range(3)]
        known = [watts for watts in phases if watts is not None]
        if total is None:
            if not known:
                return False
            total = sum(known)
        elif not known:
            phases[0] = total
        power, apparent, current, voltage = self.power, self.apparent, self.current, self.voltage
        power[0] = total
        current[0] = apparent[0] = voltage[0] = live = 0
        for phase in range(3):
            watts, volts, amperes = phases[phase], found[8 + phase], found[11 + phase]
            if volts is None:
                volts = 0 if watts is None and amperes is None else _VOLTS
            watts = watts or 0
            if amperes is None:
                amperes = abs(watts) * 1000 // volts if volts else 0
            power[phase + 1] = watts
            voltage[phase + 1] = volts
            current[phase + 1] = amperes
            # Some meters round currents to whole amperes; power is never more than apparent power.
            apparent[phase + 1] = max(abs(watts), volts * amperes // 1000)
            current[0] += amperes
            apparent[0] += apparent[phase + 1]
            voltage[0] += volts
            live += volts > 0
        voltage[0] //= live or 1
        for number in range(4):
            most = apparent[number]
            self.factor[number] = min(1000, abs(power[number]) * 1000 // most) if most else 0
        self.frequency = found[14] or _HERTZ
        self.imported = found[15] or 0
        self.exported = found[16] or 0
        return True


def _net(used, generated):
    """Power drawn less power fed in; None where the telegram has neither."""
    if used is None and generated is None:
        return None
    return (used or 0) - (generated or 0)


def _thousandths(telegram, field):
    """A field's value in thousandths, rounded; None if it was not sent."""
    if not telegram.unit[field]:
        return None
    decimals = telegram.decimals[field]
    if decimals <= 3:
        return telegram.number[field] * 10 ** (3 - decimals)
    part = 10 ** (decimals - 3)
    return (telegram.number[field] + part // 2) // part
