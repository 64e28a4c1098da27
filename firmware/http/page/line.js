// The last five minutes of power as a line: import above zero, export below it.

import { find, write } from "./dom.js";
import { say, watts } from "./format.js";
import { ceiling, draw } from "./svg.js";

const SECONDS = 300;
const BREAK = 25; // seconds without a value that interrupt the line; slow meters send every ten

const svg = find("line");
const area = draw("path", svg, "area");
const course = draw("path", svg, "course");
const zero = draw("path", svg, "zero");
zero.setAttribute("d", `M${-SECONDS} 0H0`);

let points = []; // [milliseconds of performance.now(), watts], the oldest first

/** Add the power of this moment. */
export function addPower(power) {
  const now = performance.now();
  points = points.filter(([at]) => at > now - (SECONDS + BREAK) * 1000);
  points.push([now, power]);
  drawLine();
}

/** Add what the reader remembers: a value for every `step` seconds, the oldest first. */
export function addRecent({ step, power }) {
  const begin = performance.now() - (power.length - 1) * step * 1000;
  const remembered = power.map((value, index) => [begin + index * step * 1000, value]);
  const known = remembered.filter(([, value]) => value !== null);
  // A reader that has just started remembers less than this page.
  points = [...points.filter(([at]) => !(at >= known[0]?.[0])), ...known];
  drawLine();
}

/** Draw the line as it is now. */
export function drawLine() {
  if (!points.length) return;
  const now = performance.now();
  const visible = points.filter(([at]) => at > now - SECONDS * 1000);
  const values = visible.map(([, power]) => power);
  const high = Math.max(...values);
  const low = Math.min(...values);
  const bottom = ceiling(-low);
  const top = ceiling(high) || (bottom ? 0 : 100);
  svg.setAttribute("viewBox", `${-SECONDS} ${-top} ${SECONDS} ${top + bottom}`);
  const sign = find("sign");
  sign.setAttribute("y1", -top);
  sign.setAttribute("y2", bottom);
  for (const stop of sign.children) stop.setAttribute("offset", top / (top + bottom));
  let line = "";
  let below = "";
  let before;
  for (const [at, power] of visible) {
    const x = ((at - now) / 1000).toFixed(1);
    const goesOn = at - before?.at < BREAK * 1000;
    if (!goesOn) below += `${before ? `L${before.x} 0` : ""}M${x} 0`;
    line += `${goesOn ? "L" : "M"}${x} ${-power}`;
    below += `L${x} ${-power}`;
    before = { at, x };
  }
  if (before) below += `L${before.x} 0`;
  course.setAttribute("d", line);
  area.setAttribute("d", below);
  write(find("line-top"), watts(top));
  write(find("line-bottom"), bottom ? watts(bottom) : "");
  svg.setAttribute("aria-label", `${say("minutes")}: ${watts(low)} … ${watts(high)}`);
}
