// Which alerts ring on this console, when, and the mute. Worked out from all alerts at every tick, so that one which came while the
// feed was away rings too. High: until somebody sees it here or takes it. Medium: slower, likewise. Low: once.

import { BURSTS, lasts } from "./alarm-sounds.js";
import { RANK, standing } from "./order.js";

export const MUTE_FOR = 120_000;
const keyOf = (alert) => `${alert.id} ${alert.severity}`;

/** `play(severity)` answers whether it was heard. Times are real milliseconds that only rise, given with each call. */
export function makeAlarm(play) {
  let seen = new Set(), sounded = new Set(), first = true, last = { at: -Infinity, severity: null }, mute = null;

  /** The alerts that ring now, worst first. Whoever loads a page is not greeted by what was there, but for high alerts. */
  function ringing(alerts, now) {
    const waiting = alerts.filter((alert) => alert.rings && standing(alert, now) === 2);
    if (first) { first = false; for (const alert of waiting) if (alert.severity !== "high") seen.add(keyOf(alert)); }
    // What is no longer unattended rings again when it comes back.
    const there = new Set(waiting.map(keyOf));
    seen = new Set([...seen].filter((key) => there.has(key)));
    sounded = new Set([...sounded].filter((key) => there.has(key)));
    return waiting.filter((alert) => !seen.has(keyOf(alert))).sort((a, b) => RANK[b.severity] - RANK[a.severity]);
  }

  /** Once or twice a second. Says what rings, whether it could be heard, and how much of the mute is left (ms). */
  function tick(alerts, now, at) {
    const found = ringing(alerts, now), fresh = found.filter((alert) => !sounded.has(keyOf(alert)));
    if (mute && (at >= mute.until || fresh.some((alert) => alert.severity === "high" && !mute.keys.has(keyOf(alert))))) mute = null;
    const worst = found[0]?.severity ?? null;
    let heard = true;
    if (worst && !mute && due(worst, fresh, at)) heard = sound(worst, found, at);
    return { ringing: found, heard, muted: mute ? mute.until - at : 0 };
  }

  /** A new alert is not kept waiting for the pause between bursts, only for the end of the burst before it. */
  function due(worst, fresh, at) {
    const { every } = BURSTS[worst];
    const begun = fresh.some((alert) => alert.severity === worst);
    if (begun && (last.severity === null || RANK[worst] > RANK[last.severity] || at - last.at >= lasts(BURSTS[last.severity]) * 1000)) return true;
    return every !== null && at - last.at >= every * 1000;
  }

  function sound(worst, found, at) {
    if (!play(worst)) return false;
    last = { at, severity: worst };
    for (const alert of found) {
      if (alert.severity !== worst) continue;
      sounded.add(keyOf(alert));
      if (worst === "low") seen.add(keyOf(alert));
    }
    return true;
  }

  return {
    tick,
    /** A person has these alerts in front of them. */
    saw: (alerts) => alerts.forEach((alert) => seen.add(keyOf(alert))),
    /** Two minutes at most, for what rings now; a high alert that comes meanwhile ends it. */
    muteFor: (alerts, at) => { mute = { until: at + MUTE_FOR, keys: new Set(alerts.map(keyOf)) }; },
    unmute: () => { mute = null; last = { at: -Infinity, severity: null }; },
  };
}
