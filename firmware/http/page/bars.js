// Bars over days, quarter-hours or months, with a cursor that pointer and arrow keys move.

import { make, write } from "./dom.js";
import { ceiling, draw } from "./svg.js";

/** The kinds of bars, which are drawn in this order; style.css has their colours. */
const KINDS = ["import", "export", "gas", "water", "pale", "running"];

/**
 * Make a chart in an element; returns the function that shows something in it.
 *
 * choose(index) is called at a click and at Enter, where it is given. The chart is a slider to who
 * does not see it: the value is the text of the bar at the cursor.
 */
export function bars(root, choose) {
  const readout = make("p", root, "readout");
  const plot = make("div", root, "plot");
  plot.tabIndex = 0;
  plot.role = "slider";
  plot.setAttribute("aria-labelledby", root.dataset.title);
  const svg = draw("svg", plot);
  svg.setAttribute("preserveAspectRatio", "none");
  svg.setAttribute("aria-hidden", "true");
  const cursorBar = draw("path", svg, "cursor");
  const paths = KINDS.map((kind) => draw("path", svg, kind));
  const zero = draw("path", svg, "zero");
  const markLine = draw("path", svg, "mark");
  const top = make("span", plot);
  const bottom = make("span", plot, "bottom");
  const axis = make("div", root, "axis");
  axis.ariaHidden = "true";
  let shown; // what show() was given, with the ends of the scale
  let cursor = null; // the index of a bar, or null
  let pointed = false; // whether a mouse has put it there

  function point() {
    const { size, describe, summary, high, low } = shown;
    const at = cursor === null ? null : Math.max(0, Math.min(cursor, size - 1));
    const text = at === null ? summary : describe(at);
    write(readout, text);
    cursorBar.setAttribute("d", at === null ? "" : bar(at, -low, high, 0));
    plot.ariaValueMax = size - 1;
    plot.ariaValueNow = at ?? size - 1;
    plot.ariaValueText = text;
  }

  function move(to) {
    cursor = to;
    point();
  }

  const under = ({ clientX }) => {
    const { left, width } = plot.getBoundingClientRect();
    return Math.floor(((clientX - left) / width) * shown.size);
  };
  plot.onpointermove = plot.onpointerdown = (event) => {
    pointed = event.pointerType === "mouse"; // a finger that is lifted leaves its bar chosen
    move(under(event));
  };
  plot.onpointerleave = () => pointed && move(null);
  plot.onblur = () => move(null);
  plot.onclick = (event) => choose?.(under(event));
  plot.onkeydown = (event) => {
    pointed = false;
    const end = shown.size - 1;
    const at = cursor ?? shown.size;
    const to = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: end }[event.key];
    if (to !== undefined) move(Math.max(0, Math.min(to, end)));
    else if (event.key === "Enter" && cursor !== null) choose?.(cursor);
    else return;
    event.preventDefault();
  };

  /**
   * size: how many bars; parts: [[index, kind, value], …], those below 0 are drawn downwards;
   * ticks: [[index, text], …]; unit(value, decimals): texts of the scale; summary: what is said
   * without a cursor; describe(index): what is said with one; mark: where a line is drawn across.
   */
  return function show(chart) {
    const { size, parts, ticks, unit, mark = 0 } = chart;
    const ends = parts.map(([, , value]) => value);
    const low = ceiling(-Math.min(0, ...ends));
    const high = ceiling(Math.max(0, mark, ...ends)) || (low ? 0 : 1);
    svg.setAttribute("viewBox", `0 ${-high} ${size} ${high + low}`);
    KINDS.forEach((kind, index) => {
      const own = parts.filter((part) => part[1] === kind);
      const path = own.map(([at, , value]) => bar(at, 0, value, 0.1)).join("");
      paths[index].setAttribute("d", path);
    });
    zero.setAttribute("d", `M0 0H${size}`);
    markLine.setAttribute("d", mark ? `M0 ${-mark}H${size}` : "");
    write(top, high ? unit(high, 0) : "");
    write(bottom, low ? unit(low, 0) : "");
    axis.replaceChildren();
    for (const [index, text] of ticks) {
      const tick = make("span", axis);
      tick.style.left = `${((index + 0.5) / size) * 100}%`;
      tick.textContent = text;
    }
    shown = { ...chart, high, low };
    point();
  };
}

function bar(at, from, to, margin) {
  return `M${at + margin} ${-from}h${1 - 2 * margin}V${-to}h${2 * margin - 1}z`;
}
