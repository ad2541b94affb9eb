// Which alerts stand together: those of one patient with one cause. Only the display; each keeps its own state, steps and clock. Pure.

import { RANK, byKey, standing } from "./order.js";

const SITE = "site.";
/** What is wrong with a whole site is an alert of the site's own entry. */
export const isSite = (patient) => patient.startsWith(SITE);
export const siteOf = (patient) => patient.slice(SITE.length);

/** No id holds a space. An alert without a cause stands alone. */
export const keyOf = (alert) => `${alert.patient} ${alert.cause || alert.id}`;
export const patientOf = (key) => key.split(" ")[0];

/** In front: what waits for somebody before what does not; then the highest severity, the lowest place, the oldest. */
export function compareMembers(a, b, now) {
  return standing(b, now) - standing(a, now)
    || RANK[b.severity] - RANK[a.severity]
    || a.place - b.place
    || Date.parse(a.opened_at) - Date.parse(b.opened_at)
    || byKey(a.id, b.id);
}

/** The rows of the work list by key: {key, patient, members}, the front first. A patient without alerts has one row without members. */
export function rowsOf(patients, alerts, now) {
  const rows = new Map(), told = new Set();
  for (const alert of alerts) {
    const key = keyOf(alert);
    if (!rows.has(key)) rows.set(key, { key, patient: alert.patient, members: [] });
    rows.get(key).members.push(alert);
    told.add(alert.patient);
  }
  for (const row of rows.values()) row.members.sort((a, b) => compareMembers(a, b, now));
  for (const id of patients) if (!told.has(id)) rows.set(id, { key: id, patient: id, members: [] });
  return rows;
}
