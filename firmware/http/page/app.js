// The page: takes what the reader says, and keeps it in sight how old that is.

import { SECOND } from "./clock.js";
import { PATIENCE, connection } from "./connection.js";
import { find, write } from "./dom.js";
import { ago, say, span, translate, watts } from "./format.js";
import { followHistory } from "./history.js";
import { addRecent, drawLine } from "./line.js";
import { directionOf, netPower, showLive } from "./live.js";
import { showQuarter } from "./quarter.js";
import { followReader } from "./reader.js";

const SPEAK_EVERY = 15 * SECOND; // between two sentences about power, at least
const SPEAK_FROM = 0.2; // the share by which the power must have changed for another sentence

let values = {}; // of the newest telegram
let cameAt = null; // when that came, by performance.now()
let heardAt = performance.now(); // when the reader last said something
let reason = null; // why the values do not count, as the reader says; null: they do
let state = "starting"; // then live, stale (says the reader) or lost (it says nothing)
let spokenAt = 0;
let spokenPower = 0;

const page = connection({
  recent: addRecent,
  values(newest, age) {
    hear(null, age);
    values = newest;
    showLive(values);
    showQuarter(values);
    update();
  },
  stale(sentence, age) {
    hear(sentence, age);
    update();
  },
});

function hear(sentence, age) {
  heardAt = performance.now();
  reason = sentence;
  if (age !== undefined) cameAt = heardAt - age * SECOND;
}

function stateNow() {
  if (performance.now() - heardAt > PATIENCE) return "lost";
  if (reason !== null) return "stale";
  return cameAt === null ? "starting" : "live";
}

/** Show how old the values are, and say what is new about them. */
function update() {
  const before = state;
  state = stateNow();
  const age = cameAt === null ? null : (performance.now() - cameAt) / SECOND;
  const title = age === null ? say("no_values") : say("old", span(age));
  const why = state === "lost" ? say("lost") : (reason ?? "");
  const power = watts(netPower(values));
  document.title = state === "live" ? `${power} · power-readout` : "power-readout";
  write(find("age"), age === null ? "" : ago(age));
  const old = state === "stale" || state === "lost";
  document.body.classList.toggle("old", old);
  find("banner").hidden = !old;
  write(find("banner-title"), title);
  write(find("banner-why"), why);
  // The reader's sentences are English; those of the page are not always.
  find("banner-why").lang = state === "stale" ? "en" : "";
  if (state === "live") speakPower(before !== state);
  else if (state !== before) write(find("spoken"), `${title}. ${why}`);
}

/** Let a screen reader say the power when it has become another, and not too often. */
function speakPower(now) {
  const power = netPower(values);
  if (power === undefined) return;
  const turned = directionOf(power) !== directionOf(spokenPower);
  const changed = turned || Math.abs(power - spokenPower) > SPEAK_FROM * Math.abs(spokenPower);
  if (!now && (!changed || performance.now() - spokenAt < SPEAK_EVERY)) return;
  spokenAt = performance.now();
  spokenPower = power;
  write(find("spoken"), `${say(`${directionOf(power)}_now`)}: ${watts(Math.abs(power))}`);
}

function tick() {
  if (document.hidden) return;
  update();
  drawLine();
  if (state === "starting") return;
  followHistory(values);
  followReader();
}

/** A page that nobody sees gives its place at the reader to others. */
function look() {
  if (document.hidden) return page.close();
  heardAt = performance.now();
  page.open();
}

translate();
write(find("begin"), ago(300));
write(find("end"), ago(0));
document.onvisibilitychange = look;
setInterval(tick, SECOND);
look();
