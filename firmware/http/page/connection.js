// The way to the reader: server-sent events, or /metrics while the places for those are taken.

import { SECOND } from "./clock.js";

/** So long without a word means that the reader does not answer. */
export const PATIENCE = 5 * SECOND;

const ASK_EVERY = 2 * SECOND;
const ASK_AT_MOST = 20 * SECOND; // a board may be slow with a long answer
const EVENTS_SOON = 3 * SECOND; // when this page is reloaded, its old place is free a bit later
const EVENTS_AGAIN = 60 * SECOND;
const FIRST_WAIT = SECOND;
const LONGEST_WAIT = 30 * SECOND;

/**
 * A connection that comes back by itself until it is closed: {open, close}.
 *
 * hear: {recent(minutes), values(values, age), stale(sentence, age)}; an age is in seconds, and
 * undefined where it goes on from what it was.
 */
export function connection(hear) {
  let source; // of events; a closed one stays here until the next
  let polling = false;
  let refusals = 0; // of /metrics, one after the other
  let lastText; // of /metrics
  let wait = FIRST_WAIT;
  let listenTimer, askTimer, silenceTimer;

  function open() {
    close();
    wait = FIRST_WAIT;
    listen();
  }

  function close() {
    source?.close();
    stopPolling();
    clearTimeout(listenTimer);
    clearTimeout(silenceTimer);
  }

  function listen() {
    source = new EventSource("/events");
    source.addEventListener("recent", (event) => hear.recent(JSON.parse(event.data)));
    source.addEventListener("values", (event) => {
      stopPolling();
      wait = FIRST_WAIT;
      expectMore();
      const { fresh, m, age, error } = JSON.parse(event.data);
      if (fresh) hear.values(m, age);
      else hear.stale(error, age);
    });
    // A browser closes a source for good whose answer is not 200: the places are taken.
    source.onerror = () => (source.readyState === EventSource.CLOSED ? poll() : again());
    expectMore();
  }

  /** A connection that has died is not always told: it falls silent. */
  function expectMore() {
    clearTimeout(silenceTimer);
    silenceTimer = setTimeout(again, PATIENCE);
  }

  function listenIn(milliseconds) {
    source.close();
    clearTimeout(silenceTimer);
    clearTimeout(listenTimer);
    listenTimer = setTimeout(listen, milliseconds);
  }

  function again() {
    listenIn(polling ? EVENTS_AGAIN : wait);
    wait = Math.min(2 * wait, LONGEST_WAIT);
  }

  function poll() {
    listenIn(polling ? EVENTS_AGAIN : EVENTS_SOON);
    if (polling) return;
    polling = true;
    ask();
  }

  function stopPolling() {
    polling = false;
    clearTimeout(askTimer);
  }

  async function ask() {
    try {
      const headers = { Accept: "application/json" };
      const answer = await fetch("/metrics", { headers, signal: AbortSignal.timeout(PATIENCE) });
      const text = await answer.text();
      if (!polling) return;
      refusals = answer.ok ? 0 : refusals + 1;
      if (answer.ok) hear.values(plain(JSON.parse(text)), text === lastText ? undefined : 0);
      // One refusal alone may be because the reader has too many clients for the moment.
      else if (refusals > 1) hear.stale(JSON.parse(text).error);
      lastText = text;
      askTimer = setTimeout(ask, ASK_EVERY);
    } catch {
      if (!polling) return;
      stopPolling();
      again();
    }
  }

  return { open, close };
}

/** The values of /metrics without their units. */
function plain(metrics) {
  return Object.fromEntries(Object.entries(metrics).map(([name, { value }]) => [name, value]));
}

let last = Promise.resolve();

/** The JSON at a path; throws on any error. One request at a time: a board has few connections. */
export function get(path) {
  const answer = last.then(async () => {
    const response = await fetch(path, { signal: AbortSignal.timeout(ASK_AT_MOST) });
    if (!response.ok) throw new Error(response.status);
    return response.json();
  });
  last = answer.catch(() => {});
  return answer;
}
