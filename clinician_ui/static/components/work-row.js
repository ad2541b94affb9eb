// One row of the work list, drawn into its own <li>: Lit touches what differs, so the row, its buttons and the focus in them stay.

import { shortTime } from "../clock.js";
import { holder, isSilence } from "../filter.js";
import { isSite } from "../groups.js";
import { ageOf, bareAge, fullName, mark, newestLine, pauseTag, source, stateWord, stepLine, tags } from "../marks.js";
import { state } from "../store.js";
import { figure, language, said, t, unitWord } from "../words.js";
import { html, nothing, render } from "./element.js";

const COLUMNS = [["8310-5", "T°"], ["8867-4", "FC"], ["59408-5", "SpO₂"], ["9279-1", "FR"], ["8480-6", "PA"]];
const ENGLISH = { FC: "HR", FR: "RR", PA: "BP" };
const short = (name) => (language() === "en" ? ENGLISH[name] ?? name : name);

/** The short names of the values that a row shows, in their order. */
export const columnNames = () => COLUMNS.map(([, name]) => short(name));

/**
 * @param {HTMLElement} item
 * @param {any} view `row`, `patient`; `front`: what stands in front; `wide`: its members are open; `elsewhere`: other rows of the
 *   patient; `open(patient, alert)`, `toggle()`
 */
export function drawRow(item, view) {
  const { row, patient, front, selected } = view, worst = row.members[0];
  const kind = worst ? `${worst.severity} ${worst.state} ${worst.category}${isSilence(worst) ? " silence" : ""}` : "calm";
  item.className = `row ${kind}${selected ? " selected" : ""}${isSite(row.patient) ? " of-site" : ""}`;
  Object.assign(item.dataset, { patient: row.patient, key: row.key, front });
  render(html`${severityCell(worst, row.gone)}${whoCell(patient, worst, view.open)}${reasonCell(view)}${valuesCell(patient, worst)}${contactCell(patient)}`, item);
}

function severityCell(alert, gone) {
  return html`<div class="sev">${mark(alert)}<span class="word">${t(alert ? alert.severity : gone ? "gone" : "none")}</span>${alert && alert.category !== "clinical" ? html`<span class="tag">${t(isSilence(alert) ? "silence" : alert.category)}</span>` : nothing}</div>`;
}

function whoCell(patient, worst, open) {
  const lines = isSite(patient.id) ? t("siteLead") : [fullName(patient) !== patient.id && patient.id, patient.plan?.regimen ?? patient.plan?.protocol].filter(Boolean).join(" · ");
  return html`<div class="who"><button type="button" class="open" data-part="open" @click=${() => open(patient.id, worst?.id)}><span class="name">${fullName(patient)}</span></button><span class="muted small">${lines}</span>${windowTag(patient.id)}${patient.pause ? pauseTag(patient.pause) : nothing}</div>`;
}

function reasonCell({ row, patient, elsewhere, wide, open, toggle }) {
  const [alert, ...behind] = row.members;
  if (!alert) return html`<div class="why"></div>`;
  const who = alert.assignee && holder(alert);
  return html`<div class="why"><span class="reason">${figure(said(alert.reason))}</span>${newestLine(alert, patient) ?? nothing}<span class="line small"><span class="state ${alert.state}">${stateWord(alert)}</span>${ageOf(alert.opened_at, "since")}${who ? html`<span class="holder">${t("held", who)}</span>` : nothing}${tags({ ...alert, category: "clinical" })}${elsewhere > 0 ? html`<span class="more">${t(elsewhere > 1 ? "otherCauses" : "otherCause", elsewhere)}</span>` : nothing}</span>${clockChip(row)}${behind.length > 0 ? behindCell(alert, behind, wide, open, toggle) : nothing}</div>`;
}

/** "+ 2 alerts" with what they are; opened, each with its state and next step, and a press shows it in the panel. */
function behindCell(alert, behind, on, open, toggle) {
  const id = `behind-${alert.id}`;
  return html`<div class="behind${on ? " on" : ""}"><button type="button" class="toggle" data-part="toggle" aria-expanded=${on ? "true" : "false"} aria-controls=${id} title=${t("showTogether")} @click=${toggle}><span class="chevron" aria-hidden="true">${on ? "▾" : "▸"}</span><b>${t(behind.length > 1 ? "moreMany" : "more", behind.length)}</b>${on ? nothing : html`<span class="peeks">${behind.map((each) => html`<span class="peek">${mark(each)}<span class="state ${each.state}">${brief(each)}</span></span>`)}</span>`}</button><ul class="members" id=${id} ?hidden=${!on}>${on ? behind.map((each) => html`<li>${memberButton(each, () => open(each.patient, each.id))}</li>`) : nothing}</ul></div>`;
}

/**
 * One alert among those of its cause: what it is, its own state and its own next step.
 * @param {any} alert @param {() => void} press @param {unknown} more stands behind them
 */
export function memberButton(alert, press, more = nothing) {
  return html`<button type="button" class="other member" data-part=${alert.id} @click=${press}>${mark(alert)}<span><span class="word">${t(alert.severity)}</span> · ${figure(said(alert.reason))}</span><span class="small muted line"><span class="state ${alert.state}">${stateWord(alert)}</span>${ageOf(alert.opened_at, "since")}${stepLine(alert) ?? nothing}${more}</span></button>`;
}

/** The patient is inside an aplasia window: a word, and since when. */
function windowTag(patient) {
  const open = state.windows.get(patient);
  return open ? html`<span class="tag window-tag" title=${open.since ? t("inWindowSince", shortTime(open.since)) : t("inWindowNow")}>${t("inWindow")}</span>` : nothing;
}

/** The clock of the oldest signal of the row's alerts that has no antibiotic yet; past the hour it says so by a sign too. */
function clockChip(row) {
  const runs = row.members.map((alert) => state.clocks.get(alert.id)).filter(Boolean).sort((a, b) => Date.parse(a.signal_at) - Date.parse(b.signal_at))[0];
  if (!runs) return nothing;
  return html`<span class="row-clock small ${runs.verdict}"><span aria-hidden="true">${runs.verdict === "running" ? "◷ " : "⚠ "}</span>${ageOf(runs.signal_at, "clockRuns")}</span>`;
}

/** The beginning of an alert's sentence: "Fréquence cardiaque : 124 /min". */
const brief = (alert) => figure(said(alert.reason).split(/, (?!\d)/)[0]);

function valuesCell(patient, worst) {
  if (isSite(patient.id)) return html`<div class="values"></div>`;
  const latest = new Map(patient.latest.map((item) => [item.code, item]));
  const named = new Set((worst?.evidence ?? []).map((item) => item.code));
  return html`<div class="values">${COLUMNS.map(([code, name]) => {
    const item = latest.get(code), lower = code === "8480-6" ? latest.get("8462-4") : null;
    // Two pressures are a pair only when they are of one measurement.
    const other = lower && lower.measured_at === item?.measured_at ? `/${figure(lower.text)}` : nothing;
    if (!item) return html`<div class="value none"><span class="label">${short(name)}</span><span class="figure">–</span></div>`;
    return html`<div class="value${named.has(code) ? " named" : ""}" title=${said(item.name)}><span class="label">${short(name)}</span><span class="figure">${figure(item.text)}${other}<small> ${unitWord(item.unit)}</small></span><span class="small muted">${bareAge(item.measured_at)}</span><span class="small muted source" title=${source(item)}>${source(item)}</span></div>`;
  })}</div>`;
}

function contactCell(patient) {
  if (isSite(patient.id)) return html`<div class="contact small"></div>`;
  const off = patient.devices.some((device) => device.online === false);
  return html`<div class="contact small">${patient.last_contact ? ageOf(patient.last_contact) : t("never")}${off ? html`<span class="tag">${t("offline")}</span>` : nothing}${patient.quarantine > 0 ? html`<span class="tag warn">${patient.quarantine} ${t(patient.quarantine > 1 ? "refusedMany" : "refused_")}</span>` : nothing}</div>`;
}
