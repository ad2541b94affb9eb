// What the page knows: patients and alerts of the last snapshot, moved on by frames. Views ask; only frames and snapshots change it.

import { hubNow } from "./clock.js";
import { isSilence } from "./filter.js";
import { isSite, keyOf, compareMembers, rowsOf, siteOf } from "./groups.js";
import { compareAlerts, isSnoozed } from "./order.js";

export const state = { me: null, sites: new Map(), patients: new Map(), alerts: new Map(), waiting: new Map(), windows: new Map(), clocks: new Map(), away: [], awaySince: null, loaded: false };

export function takeSnapshot(snapshot) {
  state.alerts = new Map(snapshot.alerts.map((alert) => [alert.id, same(state.alerts.get(alert.id), alert)]));
  takePatients(snapshot);
  state.waiting.clear();
  state.loaded = true;
}

export function takePatients(snapshot) {
  state.patients = new Map(snapshot.patients.map((patient) => [patient.id, same(state.patients.get(patient.id), patient)]));
  state.sites = new Map((snapshot.sites ?? []).map((site) => [site.id, site.name]));
}

/** What was there before, when it says the same: views know by it that there is nothing to draw. */
const same = (before, now) => (before && JSON.stringify(before) === JSON.stringify(now) ? before : now);

/** Open aplasia windows and running clocks; true when anything changed. */
export function takeWindows(found) {
  const before = JSON.stringify([[...state.windows], [...state.clocks]]);
  state.windows = new Map(found.windows.map((each) => [each.patient, same(state.windows.get(each.patient), each)]));
  state.clocks = new Map(found.clocks.map((each) => [each.alert, same(state.clocks.get(each.alert), each)]));
  return before !== JSON.stringify([[...state.windows], [...state.clocks]]);
}

/** Apply one frame; says what became of the alert. */
export function takeFrame(frame) {
  if (frame.action) state.waiting.delete(frame.action);
  const alert = frame.alert;
  if (!alert) return { unreadable: true };
  if (alert.state === "closed") state.alerts.delete(alert.id);
  else state.alerts.set(alert.id, alert);
  return { alert, unknownPatient: !state.patients.has(alert.patient) && !isSite(alert.patient) };
}

export function alertsOf(patient) {
  const now = hubNow();
  return [...state.alerts.values()].filter((alert) => alert.patient === patient).sort((a, b) => compareAlerts(a, b, now));
}

/** A patient; who is not on the list of patients but has an alert (a site, an ended stay) is somebody without values. */
export function person(id) {
  return state.patients.get(id) ?? { id, site: isSite(id) ? siteOf(id) : "", name: {}, phone: null, plan: null, last_contact: null, latest: [], devices: [], quarantine: 0, pause: null, responsible: null };
}

/** The rows of the work list by key. */
export const rowsNow = () => rowsOf(state.patients.keys(), state.alerts.values(), hubNow());

/** The alert and those shown together with it that are not closed, the front first. */
export function togetherWith(alert) {
  const now = hubNow(), key = keyOf(alert);
  return [...state.alerts.values()].filter((each) => keyOf(each) === key).sort((a, b) => compareMembers(a, b, now));
}

export function counts() {
  const now = hubNow(), result = { high: 0, medium: 0, low: 0, acknowledged: 0, technical: 0, silence: 0, patients: state.patients.size };
  for (const alert of state.alerts.values()) {
    if (alert.state === "pending") continue;
    if (isSilence(alert)) result.silence += 1;
    else if (alert.category === "technical") result.technical += 1;
    if (alert.state === "open" && !isSnoozed(alert, now)) result[alert.severity] += 1;
    else result.acknowledged += 1;
  }
  return result;
}

export const quarantined = () => [...state.patients.values()].reduce((sum, patient) => sum + patient.quarantine, 0);
export const may = (verb) => Boolean(state.me?.may.includes(verb));
export const waitingFor = (alert) => [...state.waiting.values()].includes(alert);
