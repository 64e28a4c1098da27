// Texts, numbers and dates as whoever looks is used to them.

import { LANGUAGES, TEXTS } from "./texts.js";

const asked = new URLSearchParams(location.search).get("lang");
const wished = LANGUAGES.includes(asked) ? [asked] : navigator.languages;
const languageOf = (tag) => LANGUAGES.indexOf(tag.slice(0, 2));
const known = wished.find((tag) => languageOf(tag) >= 0) ?? "en";
const language = languageOf(known);

/** For Intl: the language of the page with its region. "en-US@posix" is what Linux may add. */
const [LOCALE] = known.split("@");

document.documentElement.lang = LOCALE;

/** The text of this name in the language of the page, with `more` in the place of its "{}". */
export const say = (name, more) => TEXTS[name][language].replace("{}", more);

/** The name of a register: of "import" or "export", in a tariff where there are several. */
export const register = (word, tariff) =>
  tariff ? `${say(word)}, ${say("tariff", tariff)}` : say(word);

/** Write the texts into the elements that name one. */
export function translate() {
  for (const element of document.querySelectorAll("[data-text]")) {
    element.textContent = say(element.dataset.text);
  }
}

/** What stands in the place of a value that there is not. */
export const NOTHING = "–";

/** A number with its unit, and so many decimals at most and at least. */
export function number(value, unit = "", most = 0, least = most) {
  if (!Number.isFinite(value)) return NOTHING;
  const options = { maximumFractionDigits: most, minimumFractionDigits: least };
  return value.toLocaleString(LOCALE, options) + (unit && `\u00a0${unit}`);
}

export const watts = (value) => number(value, "W");
export const kilowatts = (value, least) => number(value / 1000, "kW", 2, least);

/** How much a value is above or below another, in percent. */
export function difference(value, other) {
  if (!other) return NOTHING;
  const options = { style: "percent", signDisplay: "exceptZero" };
  return (value / other - 1).toLocaleString(LOCALE, options);
}

const SIZES = { day: 86400, hour: 3600, minute: 60, second: 1 };

/** The largest unit of which a time span has two, and how many it has. */
function inUnit(seconds) {
  const [unit, size] = Object.entries(SIZES).find(([, size]) => seconds >= 2 * size) ?? [
    "second",
    1,
  ];
  return [Math.floor(seconds / size), unit];
}

/** A time span: "31 sec". */
export function span(seconds) {
  const [count, unit] = inUnit(seconds);
  return count.toLocaleString(LOCALE, { style: "unit", unit, unitDisplay: "short" });
}

/** A time in the past: "31 sec. ago", "now". */
export function ago(seconds) {
  const [count, unit] = inUnit(seconds);
  return new Intl.RelativeTimeFormat(LOCALE, { style: "short", numeric: "auto" }).format(
    -count,
    unit,
  );
}

/** A formatter of wall clocks (clock.js); options are those of Intl.DateTimeFormat. */
export function dates(options) {
  const format = new Intl.DateTimeFormat(LOCALE, { ...options, timeZone: "UTC" });
  return (time) => format.format(time);
}

export const dayAndTime = dates({
  weekday: "short",
  day: "numeric",
  month: "short",
  hour: "2-digit",
  minute: "2-digit",
});
export const timeOfDay = dates({ hour: "2-digit", minute: "2-digit" });
