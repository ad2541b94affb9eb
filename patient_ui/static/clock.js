// The hub's time beside this device's, and times in words. Instants are ISO texts; what people see is the patient's own zone.

import { language, t } from "./words.js";

const KEPT = "vigie-app.offset", NOTHING_ELSE = 2000;
let offset = Number(localStorage.getItem(KEPT)) || 0, zone = "Europe/Paris";  // ms that this device is ahead of the hub

/** An answer said what time it is; `asked` and `got`: Date.now() around the call. A slow answer says little and is left alone. */
export function heardNow(iso, asked, got) {
  const now = Date.parse(iso);
  if (!Number.isFinite(now) || got - asked > 10_000) return;
  const found = Math.round((asked + got) / 2 - now);
  offset = Math.abs(found) < NOTHING_ELSE ? 0 : found;
  localStorage.setItem(KEPT, String(offset));
}

export const setZone = (name) => { zone = name || zone; };
export const hubNow = () => Date.now() - offset;
/** The message's `toff`: seconds that this device's clock is ahead. */
export const toff = () => offset / 1000;
/** Now, on this device's clock, as a message wants it. */
export const localIso = (at = Date.now()) => new Date(at).toISOString();
/** An instant of the hub's time as this device's clock would have shown it. */
export const toLocal = (at) => at + offset;
/** And the other way: a time of this device's clock in the hub's time. */
export const toHub = (at) => at - offset;

const made = new Map();
function format(options) {
  const key = `${language()}${zone}${JSON.stringify(options)}`;
  if (!made.has(key)) made.set(key, new Intl.DateTimeFormat(language() === "fr" ? "fr-FR" : "en-GB", { timeZone: zone, ...options }));
  return made.get(key);
}

const ms = (at) => (typeof at === "number" ? at : Date.parse(at));
export const timeOf = (at) => format({ hour: "2-digit", minute: "2-digit" }).format(ms(at));
export const dateOf = (at) => format({ weekday: "short", day: "numeric", month: "short" }).format(ms(at));
export const longDate = (at) => format({ day: "numeric", month: "long", year: "numeric" }).format(ms(at));
export const dayOf = (at) => format({ year: "numeric", month: "2-digit", day: "2-digit" }).format(ms(at));
/** "09:12", or with the day when it is another one. */
export function whenWords(at) {
  const day = dayOf(at), now = hubNow();
  if (day === dayOf(now)) return timeOf(at);
  if (day === dayOf(now - 86_400_000)) return t("yesterdayAt", timeOf(at));
  if (day === dayOf(now + 86_400_000)) return t("tomorrowAt", timeOf(at));
  return t("dayAt", dateOf(at), timeOf(at));
}
/** The same inside a sentence: "at 09:12". */
export const atWords = (at) => (dayOf(at) === dayOf(hubNow()) ? t("atTime", timeOf(at)) : whenWords(at));
/** How long ago, in words. */
export function ago(at) {
  const minutes = Math.max(0, Math.round((hubNow() - ms(at)) / 60_000));
  if (minutes < 1) return t("justNow");
  if (minutes < 60) return t("minutesAgo", minutes);
  if (minutes < 48 * 60) return t("hoursAgo", Math.round(minutes / 60));
  return t("daysAgo", Math.round(minutes / 1440));
}

/** What an `input type=datetime-local` shows for an instant, in the patient's zone. */
export function toField(at) {
  const part = Object.fromEntries(format({ year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", hourCycle: "h23" }).formatToParts(ms(at)).map((each) => [each.type, each.value]));
  return `${part.year}-${part.month}-${part.day}T${part.hour}:${part.minute}`;
}
/** And back, in ms of the hub's time; null when it is no time. The later of two at the end of summer time. */
export function fromField(text) {
  const wall = Date.parse(`${text}:00Z`);
  if (!Number.isFinite(wall)) return null;
  for (const hours of [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14]) {
    for (const at of [wall - hours * 3_600_000, wall + hours * 3_600_000]) if (toField(at) === text) return at;
  }
  return wall;
}
