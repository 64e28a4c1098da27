// The card of the reader itself, from /healthz.

import { SECOND } from "./clock.js";
import { get } from "./connection.js";
import { fill, find } from "./dom.js";
import { number, say, span } from "./format.js";

const EVERY = 30 * SECOND;

let askAt = 0; // of performance.now()

/** Ask how the reader is, now and then. */
export async function followReader() {
  if (performance.now() < askAt) return;
  askAt = performance.now() + EVERY;
  // Whether the reader answers is shown by the state of its values.
  const health = await get("/healthz").catch(() => null);
  if (health) showReader(health);
}

function showReader(health) {
  const { version, board, profile, uptime, wifi, telegrams, rejected, errors, problems } = health;
  const rows = [
    [say("version"), version],
    [say("board"), [board, profile].filter(Boolean).join(", ")],
    [say("uptime"), span(uptime)],
    [say("telegrams"), number(telegrams)],
    [say("rejected"), counts(rejected)],
    [say("problems"), problems?.map(({ obis, reason }) => `${obis} ${reason}`).join(", ")],
    [say("errors"), errors?.map(({ error }) => error).join(", ")],
    [say("settings"), health.settings_problems?.join(" ")],
  ];
  if (wifi?.rssi) rows.push([say("signal"), signal(wifi.rssi)]);
  fill(
    find("reader-table"),
    rows.map(([name, text]) => [name, text || say("none")]),
  );
}

function counts(rejected) {
  return Object.entries(rejected ?? {})
    .map(([reason, count]) => `${reason} ${number(count)}`)
    .join(", ");
}

/** The strength of a signal in percent, as most programs take it: 100 from -50 dBm on. */
function signal(rssi) {
  const strength = Math.max(0, Math.min(100, 2 * (rssi + 100)));
  return `${number(strength, "%")}, ${number(rssi, "dBm")}`;
}
