// The hub's clock: every age on the page is counted from it, not from this computer's. Times are shown for Europe/Paris.

import { language } from "./words.js";

let base = Date.now(), at = performance.now(), speed = 1;

/** The hub said its time is `now`; until it says more, its clock advances `rate` times as fast as ours. */
export function setClock(now, rate) { base = Date.parse(now); at = performance.now(); speed = rate || 1; }
/** Real milliseconds since an instant of the hub. */
export const elapsed = (when) => (hubNow() - Date.parse(when)) / speed;
export const hubNow = () => base + (performance.now() - at) * speed;

const locale = () => (language() === "fr" ? "fr-FR" : "en-GB");
const formats = new Map();
/** Each way of writing a time is made once: making one costs a hundred times what using it does. */
function format(place, options) {
  const key = `${place} ${JSON.stringify(options)}`;
  if (!formats.has(key)) formats.set(key, new Intl.DateTimeFormat(place, { timeZone: "Europe/Paris", ...options }));
  return formats.get(key);
}
/** A moment in Europe/Paris as the present language writes it. */
export const paris = (when, options) => format(locale(), options).format(new Date(when));
export const clockTime = (when) => paris(when, { hour: "2-digit", minute: "2-digit" });
export const secondTime = (when) => paris(when, { timeStyle: "medium" });
const day = (when) => paris(when, { year: "numeric", month: "2-digit", day: "2-digit" });

/** 14:05 today, else 21/11 14:05. */
export function shortTime(when) {
  const ms = typeof when === "string" ? Date.parse(when) : when;
  if (day(ms) === day(hubNow())) return clockTime(ms);
  return `${paris(ms, { day: "2-digit", month: "2-digit" })} ${clockTime(ms)}`;
}
export const fullTime = (when) => paris(when, { dateStyle: "medium", timeStyle: "medium" });

/** "45 s", "12 min", "3 h 05", "2 j". */
export function span(ms) {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return `${hours} h ${String(minutes % 60).padStart(2, "0")}`;
  return `${Math.floor(hours / 24)} ${language() === "fr" ? "j" : "d"}`;
}
export const age = (when) => span(hubNow() - Date.parse(when));

/** The day of the cycle that is today, day 1 its first; null without a start. */
export const cycleDay = (start) => (start ? Math.floor((Date.parse(`${toParis(hubNow()).slice(0, 10)}T00:00Z`) - Date.parse(`${start}T00:00Z`)) / 86_400_000) + 1 : null);

/** The value of a datetime-local field, read as Europe/Paris, as ISO 8601 with Z; null when it cannot be read. */
export function fromParis(text) {
  const asUtc = Date.parse(`${text}Z`);
  if (Number.isNaN(asUtc)) return null;
  const offset = (ms) => Date.parse(`${toParis(ms, true)}Z`) - Math.floor(ms / 1000) * 1000;
  const guess = asUtc - offset(asUtc);
  return new Date(asUtc - offset(guess)).toISOString();
}
/** An instant as the value of a datetime-local field in Europe/Paris. */
export function toParis(when, seconds = false) {
  const text = format("sv-SE", { dateStyle: "short", timeStyle: "medium" }).format(new Date(when));
  return text.replace(" ", "T").slice(0, seconds ? 19 : 16);
}
