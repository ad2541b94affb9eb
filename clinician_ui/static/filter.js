// Which rows of the work list are shown: pure, but for the one filter that is on, which outlives a redraw of the page.
// It stands in the address; what was typed into the search does not (names stay out of the browser's history).

import { isSite } from "./groups.js";
import { standing } from "./order.js";

/** @type {Readonly<Record<string, string>>} */
export const NONE = Object.freeze({ q: "", site: "", protocol: "", phase: "", kind: "", mine: "" });
export const KINDS = ["unattended", "silence", "technical", "adherence"];
const IN_ADDRESS = ["site", "protocol", "phase", "kind", "mine"];

export const isSilence = (alert) => alert.rule.startsWith("silence.");
export const isOn = (filter) => Object.values(filter).some(Boolean);
/** Who has an alert: the person it was assigned to, else whoever acknowledged it. */
export const holder = (alert) => alert.assignee ?? (alert.state === "acknowledged" ? alert.acknowledged_by : null) ?? null;

const fold = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

/** "#/board?site=paris&mine=1" as a filter; what it does not name stays out. */
export function fromAddress(hash, kept = NONE) {
  const asked = new URLSearchParams(/^#\/board\?(.*)$/.exec(hash)?.[1] ?? "");
  return { ...NONE, q: kept.q, ...Object.fromEntries(IN_ADDRESS.map((name) => [name, asked.get(name) ?? ""])) };
}

export function toAddress(filter) {
  const said = new URLSearchParams(IN_ADDRESS.filter((name) => filter[name]).map((name) => [name, filter[name]])).toString();
  return said ? `#/board?${said}` : "";
}

const OF_KIND = {
  unattended: (alert, now) => standing(alert, now) === 2, silence: isSilence,
  technical: (alert) => alert.category === "technical" && !isSilence(alert), adherence: (alert) => alert.category === "adherence",
};

/** Whether a row passes. `about`: {patient, name, windows: Map, me, now}. A site's own row has neither protocol nor window. */
export function passes(row, filter, { patient, name, windows, me, now }) {
  const site = row.members[0]?.site ?? patient.site;
  if (filter.site && site !== filter.site) return false;
  if (filter.protocol && (isSite(row.patient) || patient.plan?.protocol !== filter.protocol)) return false;
  if (filter.phase === "aplasia" && !windows.has(row.patient)) return false;
  if (filter.mine && patient.responsible?.person !== me && !row.members.some((alert) => holder(alert) === me)) return false;
  if (filter.kind in OF_KIND && !row.members.some((alert) => OF_KIND[filter.kind](alert, now))) return false;
  const text = fold(`${name} ${row.patient}`);
  return fold(filter.q).split(/\s+/).every((word) => text.includes(word));
}

/** High alerts that nobody attends to, in rows that the filter hides. */
export const outside = (all, shown, now) => [...all.values()].filter((row) => !shown.has(row.key)).flatMap((row) => row.members).filter((alert) => alert.severity === "high" && standing(alert, now) === 2).length;
