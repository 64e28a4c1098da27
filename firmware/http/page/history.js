// When the reader is asked for its history, which the cards of today and of the days show.

import { DAY, QUARTER, SECOND, clockOf, dateOf } from "./clock.js";
import { showHistory, showLastDay } from "./days.js";
import { find } from "./dom.js";
import { fieldOf, read } from "./rows.js";
import { keepRegisters, showToday } from "./today.js";

const SETTLED = 20 * SECOND; // after the end of a quarter-hour, until it is asked for
const AFTER_ERROR = 60 * SECOND;

let latest = {}; // values of the newest telegram
const quarters = {}; // rows from the beginning of yesterday, by series
let loaded = ""; // which quarter-hour was the last to have ended then, and the series
let loadedDay = "";
let loading = false;
let retryAt = 0; // of performance.now()

/** Take the values of a telegram; once in a quarter-hour, ask for the history anew. */
export function followHistory(values) {
  latest = values;
  const clock = clockOf(values);
  const series = ["energy", "gas", "water"].filter(
    (name) => name === "energy" || fieldOf(name) in values,
  );
  const due = [Math.floor((clock - SETTLED) / QUARTER), ...series].join();
  if (due !== loaded && !loading && performance.now() >= retryAt) load(clock, series, due);
  if (loadedDay === dateOf(clock)) showToday(quarters, values);
}

async function load(clock, series, due) {
  loading = true;
  try {
    await loadAll(clock, series).catch((error) => {
      if (error.message !== "404") throw error;
      return showLastDay(clock); // a board without PSRAM keeps nothing else
    });
    loaded = due;
    find("day").hidden = false;
  } catch {
    retryAt = performance.now() + AFTER_ERROR;
  }
  find("no-history").hidden = !find("day").hidden;
  loading = false;
}

async function loadAll(clock, series) {
  for (const name of series) {
    quarters[name] = await read(name, "quarter", clock - DAY, clock + DAY);
    keepRegisters(quarters[name], latest);
  }
  await showHistory(quarters, clock);
  loadedDay = dateOf(clock);
  showToday(quarters, latest);
  for (const id of ["today", "days"]) find(id).hidden = false;
}
