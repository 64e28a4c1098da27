// The bars of the last month's days, and of one day's quarter-hours.

import { bars } from "./bars.js";
import { DAY, HOUR, QUARTER, dateOf, midnight, wall } from "./clock.js";
import { find } from "./dom.js";
import { NOTHING, dates, kilowatts, say, timeOfDay } from "./format.js";
import { AMOUNTS, read, readPower, sumsOf, textOf } from "./rows.js";

const DAYS = 31;
const QUARTERS = 96; // of a day without a change of time
const MONDAY = 1;

const dayName = dates({ weekday: "short", day: "numeric", month: "short" });
const shortDay = dates({ day: "numeric", month: "short" });
const drawDays = bars(find("days-bars"), (at) => choose(days[at]));
const drawDay = bars(find("day-bars"));
const dateInput = find("day-date");

let series = "energy";
let now = 0; // wall clock of the meter
let kept = {}; // rows from the beginning of yesterday, by series
let first = ""; // the first date of which anything is kept, where that is known
let days = []; // dates of the bars
let chosen = ""; // date of the day that is shown by quarter-hours; empty: today

/** Show both charts anew. quarters: rows from the beginning of yesterday, by series. */
export async function showHistory(quarters, clock) {
  kept = quarters;
  now = clock;
  for (const name of Object.keys(quarters)) find(`series-${name}`).hidden = false;
  await showDays();
  await showDay();
}

/** Show the quarter-hours of a reader that keeps nothing but the last day's power. */
export async function showLastDay(clock) {
  now = clock;
  kept.energy = await readPower(clock - DAY, clock + DAY);
  first = kept.energy[0].day;
  await showDay();
}

async function showDays() {
  const shown = series;
  const begin = now - (DAYS - 1) * DAY;
  const rows = await read(shown, "day", begin, now + DAY);
  if (shown !== series) return; // another one was chosen while this was on its way
  days = Array.from({ length: DAYS }, (_, at) => dateOf(begin + at * DAY));
  const byDay = days.map((day) => rows.find((row) => row.day === day));
  const mondays = [...days.entries()].filter(([, day]) => new Date(day).getUTCDay() === MONDAY);
  drawDays({
    size: DAYS,
    parts: byDay.flatMap((row, at) => partsOf(shown, row, at, 1)),
    ticks: mondays.map(([at, day]) => [at, shortDay(midnight(day))]),
    unit: AMOUNTS[shown],
    summary: textOf(shown, sumsOf(rows)),
    describe: (at) => `${dayName(midnight(days[at]))}: ${describe(shown, byDay[at])}`,
  });
}

async function showDay() {
  const shown = series;
  const today = dateOf(now);
  const day = chosen || today;
  dateInput.value = day;
  dateInput.max = today;
  dateInput.min = first;
  find("day-after").disabled = day >= today;
  find("day-before").disabled = day <= first;
  const isKept = midnight(day) >= midnight(today) - DAY;
  const rows = isKept
    ? kept[shown]
    : await read(shown, "quarter", midnight(day), midnight(day) + DAY);
  if (shown !== series || day !== (chosen || today)) return;
  drawDay(
    chartOfDay(
      shown,
      day,
      rows.filter((row) => row.day === day),
    ),
  );
}

/** A day has 92 or 100 quarter-hours when the time changes: its rows say so by their offsets. */
function chartOfDay(shown, day, rows) {
  const offset = (row) => (row ? wall(row.time) - Date.parse(row.time) : 0);
  const size = QUARTERS + (offset(rows[0]) - offset(rows.at(-1))) / QUARTER;
  const begin = midnight(day) - offset(rows[0]);
  const bySlot = [];
  for (const row of rows) bySlot[Math.floor((Date.parse(row.time) - begin) / QUARTER)] = row;
  // The average power of a quarter-hour, in watts, is four times its watt-hours.
  const [factor, unit] = shown === "energy" ? [4, kilowatts] : [1, AMOUNTS[shown]];
  return {
    size,
    parts: bySlot.flatMap((row, at) => partsOf(shown, row, at, factor)),
    ticks: [6, 12, 18].map((hour) => [4 * hour + size - QUARTERS, timeOfDay(hour * HOUR)]),
    unit,
    summary: `${dayName(midnight(day))}: ${textOf(shown, sumsOf(rows))}`,
    describe: (at) => {
      const time = bySlot[at] ? wall(bySlot[at].time) : midnight(day) + at * QUARTER;
      const text = describe(shown, bySlot[at], (amount) => unit(factor * amount));
      return `${timeOfDay(time)}–${timeOfDay(time + QUARTER)}: ${text}`;
    },
  };
}

function describe(shown, row, amount) {
  if (!row) return NOTHING;
  return textOf(shown, sumsOf([row]), amount) + (row.gap ? `, ${say("gap")}` : "");
}

/** The bars of a row: import upwards, export downwards. */
function partsOf(shown, row, at, factor) {
  if (!row) return [];
  const sums = sumsOf([row]);
  const up = shown === "energy" ? "import" : shown;
  return [
    [at, row.gap ? "pale" : up, factor * sums.import],
    [at, row.gap ? "pale" : "export", -factor * sums.export],
  ];
}

/** Show another day by quarter-hours; any day but today stays until another one is chosen. */
function choose(day) {
  chosen = day === dateOf(now) ? "" : day;
  attempt(showDay());
}

/** Say so where what was chosen does not come. */
async function attempt(showing) {
  find("day-error").hidden = true;
  await showing.catch(() => (find("day-error").hidden = false));
}

const shownDay = () => midnight(dateInput.value);
dateInput.onchange = () => dateInput.value && choose(dateInput.value);
find("day-before").onclick = () => choose(dateOf(shownDay() - DAY));
find("day-after").onclick = () => choose(dateOf(shownDay() + DAY));
find("series").onchange = (event) => {
  series = event.target.value;
  attempt(showDays().then(showDay));
};
