// Small drawn things: the mark of a severity (shape and fill, never colour alone), tags, pauses, ages, names.

import "./care-words.js";
import { h, s } from "./dom.js";
import { isSite, siteOf } from "./groups.js";
import { isSnoozed } from "./order.js";
import { age, clockTime, fullTime, hubNow, shortTime } from "./clock.js";
import { state } from "./store.js";
import { figure, said, sourceWord, t, unitWord } from "./words.js";

const SHAPES = { high: "M12 2.5 22.5 21H1.5Z", medium: "M12 1.5 22.5 12 12 22.5 1.5 12Z", low: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18Z" };

/** Triangle high, diamond medium, circle low; filled clinical, hollow technical. */
export function mark(alert) {
  if (!alert) return s("svg", { cls: "mark calm", viewBox: "0 0 24 24", "aria-hidden": "true" }, s("path", { d: "M8 12h8" }));
  const hollow = alert.category === "technical";
  const sign = alert.severity === "high" ? s("path", { cls: "sign", d: "M12 9v5.5M12 17.4v.2" }) : null;
  return s("svg", { cls: `mark ${alert.severity} ${hollow ? "hollow" : "full"}`, viewBox: "0 0 24 24", "aria-hidden": "true" }, s("path", { cls: "shape", d: SHAPES[alert.severity] }), sign);
}

export const ageOf = (when, words = "ago") => h("time", { "data-age": when, "data-words": words, datetime: when, title: fullTime(when) }, t(words, age(when)));

let looks = 0;
/** Rewrite the ages below the node: each second those that show seconds, every 20 s all of them. */
export function refreshAges(root) {
  const all = looks++ % 20 === 0, young = hubNow() - 120_000;
  for (const node of root.querySelectorAll("[data-age]")) {
    if (!all && Date.parse(node.dataset.age) < young) continue;
    const text = node.dataset.words === "bare" ? age(node.dataset.age) : t(node.dataset.words, age(node.dataset.age));
    if (node.textContent !== text) node.textContent = text;
  }
}
export const bareAge = (when) => h("time", { "data-age": when, "data-words": "bare", datetime: when, title: fullTime(when) }, age(when));

const MEASURE = /^\d+-\d$/;

/** The first value behind an alert that is a measure, not a rule's own. */
export const measured = (alert) => alert?.evidence.find((item) => MEASURE.test(item.code)) ?? null;

/** The newest value known of the alert's first measure: that of the patient, or one of its evidence if that is newer. */
export function newest(alert, patient) {
  const code = measured(alert)?.code;
  // A score is not one of its measures.
  if (!code || alert.evidence[0].code.startsWith("rule:")) return null;
  const known = [...(patient?.latest ?? []), ...alert.evidence].filter((item) => item.code === code);
  return known.reduce((a, b) => (Date.parse(b.measured_at) > Date.parse(a.measured_at) ? b : a));
}

/** "now 39.3 °C, 8 min ago": what an alert's sentence, which stays as it was, cannot say. */
export function newestLine(alert, patient) {
  const item = newest(alert, patient);
  if (!item) return null;
  const raw = alert.evidence.some((each) => each.code === item.code && each.corrected !== null);
  return h("span", { cls: "newest" }, t(alert.category === "technical" ? "lastIs" : "nowIs"), " ", h("b", null, figure(item.text), " ", unitWord(item.unit)), raw && ` (${t("uncorrected")})`, ", ", ageOf(item.measured_at));
}

export function stateWord(alert) {
  if (isSnoozed(alert, hubNow())) return t("snoozed", shortTime(alert.snoozed_until));
  const who = alert.state === "acknowledged" && alert.acknowledged_by ? ` ${t("by", alert.acknowledged_by)}` : "";
  return t(alert.state) + who;
}

export function tags(alert) {
  return [
    alert.category !== "clinical" && h("span", { cls: "tag" }, t(alert.category)),
    alert.late && h("span", { cls: "tag warn", title: t("lateHelp") }, t("late")),
    alert.disproved && h("span", { cls: "tag", title: t("disprovedHelp") }, t("disproved")),
    alert.condition_to && h("span", { cls: "tag" }, t("cleared")),
  ];
}

/** Where a value comes from: "appareil, axillaire". */
export const source = (item) => [sourceWord(item.by), item.body_site && said(item.body_site), item.quality && item.quality !== "ok" && t(item.quality)].filter(Boolean).join(", ");

/** Step reached and when the next is due: "étape 1, étape suivante à 14:05"; null when there is neither. */
export function stepLine(alert) {
  const { step, next_at: next } = alert.escalation;
  return [step > 0 && t("escStep", step), next && t("nextStep", clockTime(next))].filter(Boolean).join(", ") || null;
}

const BARS = "M7 5h3.4v14H7ZM13.6 5H17v14h-3.4Z";
export const pauseWords = (pause) => (pause.until ? t("pausedUntil", t(`p_${pause.kind}`), shortTime(pause.until)) : t("pausedOpen", t(`p_${pause.kind}`)));
/** Two bars and words: a paused patient is never told from another by colour alone. */
export const pauseSign = () => s("svg", { cls: "bars-sign", viewBox: "0 0 24 24", "aria-hidden": "true" }, s("path", { d: BARS }));
export const pauseTag = (pause) => h("span", { cls: "paused small", title: pause.reason }, pauseSign(), pauseWords(pause));

const siteName = (id) => t("siteNamed", state.sites.get(siteOf(id)) ?? siteOf(id));
export const fullName = (patient) => (isSite(patient.id) ? siteName(patient.id) : [patient.name.family?.toLocaleUpperCase(), patient.name.given].filter(Boolean).join(" ") || patient.id);
