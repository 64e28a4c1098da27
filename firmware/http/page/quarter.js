// Belgium's capacity tariff: the running quarter-hour, and the highest one of each month.

import { bars } from "./bars.js";
import { HOUR, QUARTER, SECOND, midnight, wall } from "./clock.js";
import { fill, find, write } from "./dom.js";
import { dates, dayAndTime, kilowatts, number, say, span } from "./format.js";
import { ceiling } from "./svg.js";

const BELGIAN = /^50\d{3}$/; // version of a telegram: first of DSMR, then of the P1 of Belgium
const FIRST_WITH_PEAKS = "50217";

const letterOf = dates({ month: "narrow" });
const monthOf = dates({ month: "long", year: "numeric" });
const showMonths = bars(find("months"));

let shownMonths = "";

/** Show the card where a meter measures quarter-hours, or should. */
export function showQuarter(values) {
  const { protocol_version: version, timestamp } = values;
  const demand = timestamp && values.current_average_demand;
  const { max_demand_month: peak, max_demand_history: peaks = [] } = values;
  const belgian = BELGIAN.test(version) && version >= FIRST_WITH_PEAKS;
  const missing = belgian && peak === undefined && !peaks.length;
  find("quarter").hidden = demand === undefined && !missing;
  find("no-peaks").hidden = !missing;
  find("running").hidden = demand === undefined;
  find("with-peak").hidden = peak === undefined;
  find("months-part").hidden = !timestamp || !peaks.length;
  if (demand !== undefined) showRunning(values, demand, peak);
  if (timestamp && peaks.length) showPeaks(values, peak, peaks);
}

function showRunning(values, demand, peak) {
  const { demand_forecast: forecast, demand_headroom: headroom = 0, timestamp } = values;
  const left = QUARTER - (wall(timestamp) % QUARTER);
  const rows = [
    [say("quarter_left"), span(left / SECOND)],
    [say("quarter_used"), kilowatts(demand)],
    [say("quarter_end"), kilowatts(forecast)],
  ];
  if (peak !== undefined) {
    // The headroom knows the floor below which no peak is billed. Where there is none left, the
    // peak is above that floor.
    const limit = headroom ? Math.round(demand + (headroom * left) / QUARTER) : peak;
    showGauge(demand, forecast, limit);
    const time = dayAndTime(wall(values.max_demand_month_timestamp));
    rows.push([say("quarter_headroom"), number((headroom * left) / HOUR / 1000, "kWh", 2)]);
    rows.push([say("peak"), `${kilowatts(peak)}, ${time}`]);
  }
  fill(find("quarter-table"), rows);
}

function showGauge(demand, forecast, limit) {
  const over = forecast > limit;
  const end = ceiling(1.05 * Math.max(limit, forecast));
  find("quarter").dataset.over = over;
  write(find("verdict"), say(over ? "peak_new" : "peak_below", kilowatts(limit)));
  place("gauge-forecast", "width", forecast / end);
  place("gauge-used", "width", demand / end);
  place("gauge-limit", "left", limit / end);
}

/** Set a length of an element in its parent, as a share of the parent's. */
function place(id, length, share) {
  find(id).style[length] = `${100 * share}%`;
}

function showPeaks(values, peak, peaks) {
  const { max_demand_month_timestamp: time, demand_average_12_months: average } = values;
  const key = JSON.stringify([peaks, peak, time, average]);
  if (key === shownMonths) return;
  shownMonths = key;
  const running = { month: values.timestamp.slice(0, 7), time, value: peak };
  const all = peak ? [...peaks, running] : peaks;
  const nameOf = (at, format) => format(midnight(`${all[at].month}-01`));
  showMonths({
    size: all.length,
    parts: all.map((one, at) => [at, one === running ? "running" : "import", one.value]),
    ticks: all.map((_, at) => [at, nameOf(at, letterOf)]),
    unit: kilowatts,
    mark: average,
    summary: average ? say("average", kilowatts(average)) : "",
    describe: (at) => {
      const when = dayAndTime(wall(all[at].time));
      return `${nameOf(at, monthOf)}: ${kilowatts(all[at].value)}, ${when}`;
    },
  });
}
