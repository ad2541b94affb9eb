// Small drawn things as templates: the mark of a severity (shape and fill, never colour alone), tags, pauses, ages, names.

import "./care-words.js";
import { html, nothing, svg } from "./components/element.js";
import { isSite, siteOf } from "./groups.js";
import { isSnoozed } from "./order.js";
import { age, clockTime, fullTime, hubNow, shortTime } from "./clock.js";
import { state } from "./store.js";
import { figure, said, sourceWord, t, unitWord } from "./words.js";

const SHAPES = { high: "M12 2.5 22.5 21H1.5Z", medium: "M12 1.5 22.5 12 12 22.5 1.5 12Z", low: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18Z" };

/** Triangle high, diamond medium, circle low; filled clinical, hollow technical. */
export function mark(alert) {
  if (!alert) return html`<svg class="mark calm" viewBox="0 0 24 24" aria-hidden="true"><path d="M8 12h8"></path></svg>`;
  const hollow = alert.category === "technical";
  return html`<svg class="mark ${alert.severity} ${hollow ? "hollow" : "full"}" viewBox="0 0 24 24" aria-hidden="true"><path class="shape" d=${SHAPES[alert.severity]}></path>${alert.severity === "high" ? svg`<path class="sign" d="M12 9v5.5M12 17.4v.2"></path>` : nothing}</svg>`;
}

/** How long ago, ticked by `refreshAges`; a redraw writes only what that has not. */
export const ageOf = (when, words = "ago") => html`<time data-age=${when} data-words=${words} datetime=${when} title=${fullTime(when)} .textContent=${spoken(when, words)}></time>`;
export const bareAge = (when) => ageOf(when, "bare");
const spoken = (when, words) => (words === "bare" ? age(when) : t(words, age(when)));

let looks = 0;
/** The one clock of all ages below the node: each second those that show seconds, every 20 s all of them. */
export function refreshAges(root) {
  const all = looks++ % 20 === 0, young = hubNow() - 120_000;
  for (const node of root.querySelectorAll("[data-age]")) {
    if (!all && Date.parse(node.dataset.age) < young) continue;
    const text = spoken(node.dataset.age, node.dataset.words);
    if (node.textContent !== text) node.textContent = text;
  }
}

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
  return html`<span class="newest">${t(alert.category === "technical" ? "lastIs" : "nowIs")} <b>${figure(item.text)} ${unitWord(item.unit)}</b>${raw ? ` (${t("uncorrected")})` : nothing}, ${ageOf(item.measured_at)}</span>`;
}

export function stateWord(alert) {
  if (isSnoozed(alert, hubNow())) return t("snoozed", shortTime(alert.snoozed_until));
  const who = alert.state === "acknowledged" && alert.acknowledged_by ? ` ${t("by", alert.acknowledged_by)}` : "";
  return t(alert.state) + who;
}

export function tags(alert) {
  return [
    alert.category !== "clinical" && html`<span class="tag">${t(alert.category)}</span>`,
    alert.late && html`<span class="tag warn" title=${t("lateHelp")}>${t("late")}</span>`,
    alert.disproved && html`<span class="tag" title=${t("disprovedHelp")}>${t("disproved")}</span>`,
    alert.condition_to && html`<span class="tag">${t("cleared")}</span>`,
  ].filter(Boolean);
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
export const pauseSign = () => html`<svg class="bars-sign" viewBox="0 0 24 24" aria-hidden="true"><path d=${BARS}></path></svg>`;
export const pauseTag = (pause) => html`<span class="paused small" title=${pause.reason}>${pauseSign()}${pauseWords(pause)}</span>`;

const siteName = (id) => t("siteNamed", state.sites.get(siteOf(id)) ?? siteOf(id));
export const fullName = (patient) => (isSite(patient.id) ? siteName(patient.id) : [patient.name.family?.toLocaleUpperCase(), patient.name.given].filter(Boolean).join(" ") || patient.id);
