// The draft of a hand-over: what is open on a site, a line an alert, the worst first; technical matters counted.

import { hubNow, shortTime } from "../clock.js";
import { compareAlerts } from "../order.js";
import { fullName, stateWord } from "../marks.js";
import { person, state } from "../store.js";
import { figure, said, t } from "../words.js";

export const MOST = 2000; // what a note may hold

export function draftOf(site) {
  const now = hubNow();
  const open = [...state.alerts.values()].filter((alert) => alert.site === site && alert.state !== "pending").sort((a, b) => compareAlerts(a, b, now));
  const care = open.filter((alert) => alert.category !== "technical"), technical = open.length - care.length;
  const paused = [...state.patients.values()].filter((patient) => patient.site === site && patient.pause);
  const rows = [...care.map(line), ...paused.map((patient) => `– ${fullName(patient)} : ${patient.pause.reason}`)];
  if (technical > 0) rows.push(`– ${t("technical")} : ${technical}`);
  return rows.length === 0 ? t("nothingOpen") : fitted(rows);
}

const line = (alert) => `– ${fullName(person(alert.patient))} : ${t(alert.severity)}, ${figure(said(alert.reason))} (${shortTime(alert.condition_from)}, ${stateWord(alert)})`;

/** As many lines as a note can hold, and how many are left out: never a cut sentence that nobody sees. */
function fitted(rows) {
  const kept = [];
  let length = 0;
  for (const row of rows) {
    if (length + row.length + 1 > MOST - 60) { kept.push(`… + ${rows.length - kept.length}`); break; }
    kept.push(row);
    length += row.length + 1;
  }
  return kept.join("\n");
}
