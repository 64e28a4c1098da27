// The card of today: what has been used so far, beside yesterday at this time.

import { DAY, QUARTER, clockOf, dateOf, wall } from "./clock.js";
import { fill, find } from "./dom.js";
import { difference, register, say } from "./format.js";
import { AMOUNTS, columnsOf, fieldOf, isExport, tariffOf } from "./rows.js";

const registers = {}; // by column: the register when its rows came

/** Remember the registers: the rows that have just come go up to this moment. */
export function keepRegisters(rows, values) {
  for (const column of columnsOf(rows)) registers[column] = values[fieldOf(column)];
}

/** quarters: rows from the beginning of yesterday by series; values: of the newest telegram. */
export function showToday(quarters, values) {
  const now = clockOf(values);
  const table = [];
  for (const [series, rows] of Object.entries(quarters)) {
    const amount = AMOUNTS[series];
    for (const column of columnsOf(rows)) {
      const today = sum(rows, column, dateOf(now)) + sinceRows(column, values);
      const yesterday = sum(rows, column, dateOf(now - DAY), now - DAY);
      if (!today && !yesterday) continue;
      const name = labelOf(series, column);
      table.push([name, amount(today), amount(yesterday), difference(today, yesterday)]);
    }
  }
  fill(find("today-table"), table, ["", say("today"), say("yesterday"), "±"]);
}

/** The sum of a day, or of a part of it; the quarter-hour in which that ends counts in part. */
function sum(rows, column, day, until = Infinity) {
  let total = 0;
  for (const row of rows) {
    const passed = (until - wall(row.time)) / QUARTER;
    if (row.day === day && passed > 0) total += row.used[column] * Math.min(1, passed);
  }
  return total;
}

/** What a register has counted since its rows came, in their unit: a thousandth of its own. */
function sinceRows(column, values) {
  return Math.round(1000 * (values[fieldOf(column)] - registers[column])) || 0;
}

function labelOf(series, column) {
  if (series !== "energy") return say(series);
  return register(isExport(column) ? "export" : "import", tariffOf(column));
}
