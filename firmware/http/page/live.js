// The cards that follow each telegram: power, phases, registers, the meter.

import { wall } from "./clock.js";
import { fill, find, write } from "./dom.js";
import { dayAndTime, number, register, say, watts } from "./format.js";
import { addPower } from "./line.js";

/** What is taken less what is fed in, in watts; undefined where the meter sends neither. */
function netOf(used, generated) {
  return used === undefined && generated === undefined
    ? undefined
    : (used ?? 0) - (generated ?? 0);
}

export const netPower = (values) => netOf(values.total_power_used, values.total_power_generated);

/** "import" or "export". */
export const directionOf = (power) => (power < 0 ? "export" : "import");

export function showLive(values) {
  showPower(netPower(values));
  showPhases(values);
  showRegisters(values);
  showMeter(values);
}

function showPower(power) {
  write(find("power"), number(Math.abs(power)));
  if (power === undefined) return;
  find("now").dataset.direction = directionOf(power);
  write(find("direction"), power ? say(`${directionOf(power)}_now`) : "");
  addPower(power);
}

function showPhases(values) {
  const rows = [];
  for (const phase of ["l1", "l2", "l3"]) {
    const power = netOf(values[`${phase}_power_usage`], values[`${phase}_power_generated`]);
    const voltage = values[`${phase}_voltage`];
    const current = values[`${phase}_amperage`];
    if ((power ?? voltage ?? current) === undefined) continue;
    const texts = [watts(power), number(voltage, "V", 1), number(current, "A", 1)];
    rows.push([phase.toUpperCase(), ...texts]);
  }
  find("phases").hidden = !rows.length;
  fill(
    find("phases-table"),
    rows,
    ["phase", "power", "voltage", "current"].map((name) => say(name)),
  );
}

function showRegisters(values) {
  const rows = [];
  const add = (label, name, unit) => {
    if (name in values) rows.push([label, number(values[name], unit, 3)]);
  };
  for (const [word, name] of [
    ["import", "used"],
    ["export", "generated"],
  ]) {
    const before = rows.length;
    for (const tariff of [1, 2, 3, 4]) {
      add(register(word, tariff), `power_${name}_tariff_${tariff}`, "kWh");
    }
    if (rows.length === before) add(register(word), `energy_${name}_total`, "kWh");
  }
  add(say("gas"), "gas_used", "m³");
  add(say("water"), "water_used", "m³");
  add(say("heat"), "heat_used", "GJ");
  fill(find("registers-table"), rows);
}

function showMeter(values) {
  const rows = [
    [say("model"), values.identification],
    [say("serial"), values.power_device_serial_number],
    [say("version"), values.protocol_version],
    [say("clock"), values.timestamp && dayAndTime(wall(values.timestamp))],
    [say("tariff_now"), values.current_tariff],
    [say("gas_meter"), values.gas_device_serial_number],
    [say("failures"), values.power_failure_count],
    [say("message"), values.text_message],
  ];
  fill(
    find("meter-table"),
    rows.filter(([, text]) => text !== undefined && text !== ""),
  );
}
