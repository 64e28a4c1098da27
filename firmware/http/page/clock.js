// The meter's wall clock, which decides what "today" is wherever somebody looks from.
//
// A time is the number of milliseconds that a clock in UTC has when it shows what the meter's wall
// clock shows. So nothing depends on the browser's time zone.

export const SECOND = 1000;
export const QUARTER = 900 * SECOND;
export const HOUR = 4 * QUARTER;
export const DAY = 24 * HOUR;

/** The wall clock at a time in ISO 8601, whose offset does not matter. */
export const wall = (iso) => Date.parse(`${iso.slice(0, 19)}Z`);

/** The beginning of a date YYYY-MM-DD. */
export const midnight = (date) => Date.parse(date);

/** The date YYYY-MM-DD of a wall clock. */
export const dateOf = (time) => new Date(time).toISOString().slice(0, 10);

/** The wall clock at a telegram; the browser's, where the meter does not send its own. */
export function clockOf({ timestamp }) {
  if (timestamp) return wall(timestamp);
  return Date.now() - new Date().getTimezoneOffset() * 60 * SECOND;
}
