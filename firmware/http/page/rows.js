// Rows of /history, and what their columns are.

import { QUARTER, dateOf } from "./clock.js";
import { get } from "./connection.js";
import { number, say } from "./format.js";

/** An amount of a series as a text; rows have watt-hours, or cubic decimetres. */
export const AMOUNTS = {
  energy: (amount, least) => number(amount / 1000, "kWh", 2, least),
  gas: (amount, least) => number(amount / 1000, "m³", 2, least),
  water: (amount) => number(amount, "L"),
};

export const isExport = (column) => column.startsWith("export");

/** The number of a column's tariff, as it ends with it; "" where it has none. */
export const tariffOf = (column) => column.match(/\d*$/)[0];

/** The field of a telegram whose register counts what a column says. */
export function fieldOf(column) {
  if (!/^(im|ex)port/.test(column)) return `${column}_used`;
  const word = isExport(column) ? "generated" : "used";
  const tariff = tariffOf(column);
  return tariff ? `power_${word}_tariff_${tariff}` : `energy_${word}_total`;
}

/**
 * Ask for rows: [{time, day, gap, used: {column: amount}}, …]. The days are those of the wall
 * clocks `from` and `to`, of which the second is left out; time is the beginning of the row.
 */
export async function read(series, resolution, from, to) {
  const range = `from=${dateOf(from)}&to=${dateOf(to)}`;
  const path = `/history?series=${series}&resolution=${resolution}&${range}&format=json`;
  const { columns, rows } = await get(path);
  return rows.map((row) => {
    const cells = Object.fromEntries(columns.map((column, at) => [column, row[at]]));
    const { time, gap, ...used } = cells;
    return { time, gap, used, day: time.slice(0, 10) };
  });
}

/** Ask for power, and make of it rows of quarter-hours as if energy had been asked for. */
export async function readPower(from, to) {
  const quarters = {};
  for (const row of await read("power", "minute", from, to)) {
    (quarters[Math.floor(Date.parse(row.time) / QUARTER)] ??= []).push(row);
  }
  return Object.values(quarters).map((rows) => {
    const used = sumsOf(rows);
    for (const column of Object.keys(used)) used[column] /= 4 * rows.length; // watt-hours
    return { ...rows[0], used };
  });
}

/** The columns of some rows, without time and gap. */
export const columnsOf = (rows) => Object.keys(rows[0]?.used ?? {});

/** What some rows sum up to: {import, export}. Gas and water are imported only. */
export function sumsOf(rows) {
  const sums = { import: 0, export: 0 };
  for (const { used } of rows) {
    for (const column of Object.keys(used)) {
      sums[isExport(column) ? "export" : "import"] += used[column];
    }
  }
  return sums;
}

/** Sums as a text; with words for import and export where the series has both. */
export function textOf(series, sums, amount = AMOUNTS[series]) {
  if (series !== "energy") return amount(sums.import);
  return ["import", "export"].map((word) => `${say(word)} ${amount(sums[word])}`).join(", ");
}
