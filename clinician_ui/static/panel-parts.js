// What stands in the panel, as templates of an alert and a patient: headline, facts, evidence, history, values, devices.

import { clockTime, shortTime } from "./clock.js";
import { html, nothing } from "./components/element.js";
import { ageOf, bareAge, mark, newestLine, pauseSign, pauseWords, source, stateWord, tags } from "./marks.js";
import { eventWord, figure, said, t, unitWord } from "./words.js";

export function headline(alert, patient) {
  return html`<div class="headline ${alert.severity} ${alert.state}"><div class="sev">${mark(alert)}<span class="word">${t(alert.severity)}</span><span class="state ${alert.state}">${stateWord(alert)}</span>${tags(alert)}</div><p class="reason">${figure(said(alert.reason))}</p><p>${newestLine(alert, patient) ?? nothing}</p></div>`;
}

export function facts(alert) {
  const line = (name, content) => html`<div><dt>${name}</dt><dd>${content}</dd></div>`, { step, next_at: next } = alert.escalation;
  const steps = [step > 0 && t("escStep", step), next && t("escNext", clockTime(next))].filter(Boolean).join(", ");
  return html`<dl class="facts">${line(t("condition"), html`${shortTime(alert.condition_from)} (${ageOf(alert.condition_from)})${alert.condition_to ? `, ${t("over", shortTime(alert.condition_to))}` : nothing}`)}${line(t("opened"), shortTime(alert.opened_at))}${steps ? line(t("escalation"), steps) : nothing}${alert.assignee ? line(t("assignee"), alert.assignee) : nothing}${line(t("protocol"), `${alert.protocol}, ${t("version")} ${alert.protocol_version} · ${t("rule")} ${alert.rule} · ${t("criterion")} ${alert.criterion}`)}${line(t("clauseTitle"), html`${alert.clause ? `${alert.clause} · ` : nothing}<span title=${alert.protocol_digest}>${t("digest")} ${alert.protocol_digest.slice(0, 12)}</span>`)}</dl>`;
}

/** On a phone each row is a stack, and each cell says its own column. */
export function evidence(alert) {
  if (alert.evidence.length === 0) return nothing;
  const names = ["measure", "value", "limit", "measured", "source"].map((name) => t(name));
  const cell = (place, kind, content) => html`<td class=${kind} data-label=${names[place]}><span>${content}</span></td>`;
  const row = (item) => html`<tr>${cell(0, "", said(item.name).replace(/^rule:/, `${t("rule")} `))}${cell(1, "num", html`<b>${figure(item.text)}</b> ${unitWord(item.unit)}${item.corrected !== null ? html`<span class="small muted block">${figure(item.corrected.toFixed(1))} ${t("corrected")}</span>` : nothing}`)}${cell(2, "num", figure(item.limit ?? "–"))}${cell(3, "", html`${shortTime(item.measured_at)}<span class="small muted block">${ageOf(item.measured_at)}</span>`)}${cell(4, "small", source(item))}</tr>`;
  return html`<h3>${t("evidence")}</h3><table class="evidence"><thead><tr>${names.map((name) => html`<th scope="col">${name}</th>`)}</tr></thead><tbody>${alert.evidence.map(row)}</tbody></table>`;
}

/** What happened to the alert, as the hub answered. */
export function history({ history: all }) {
  if (all.length === 0) return html`<p class="muted small">${t("noHistory")}</p>`;
  return html`<ol class="timeline">${all.map((each) => html`<li><time datetime=${each.at} title=${each.at}>${shortTime(each.at)}</time><div><b>${eventWord(each.kind.slice(6))}</b> <span class="muted">${each.actor ? t("by", each.actor) : t("system")}</span>${each.note ? html`<p class="note">${each.note}</p>` : nothing}</div></li>`)}</ol>`;
}

/** Alerts of the patient that have another cause. */
export function others(all, choose) {
  if (all.length === 0) return nothing;
  return html`<h3>${t("others")}</h3><ul class="others">${all.map((each) => html`<li><button type="button" class="other" @click=${() => choose(each.id)}>${mark(each)}<span><span class="word">${t(each.severity)}</span> · ${figure(said(each.reason))}</span><span class="small muted">${stateWord(each)}</span></button></li>`)}</ul>`;
}

export function values(patient) {
  const row = (item) => html`<tr><th scope="row">${said(item.name)}</th><td class="num"><b>${figure(item.text)}</b> ${unitWord(item.unit)}</td><td class="small muted">${bareAge(item.measured_at)}</td><td class="small muted">${source(item)}</td></tr>`;
  return html`<h3>${t("values")}</h3>${patient.latest.length === 0 ? html`<p class="muted small">${t("noValues")}</p>` : html`<table class="plain"><tbody>${patient.latest.map(row)}</tbody></table>`}`;
}

export function devices(patient) {
  if (patient.devices.length === 0) return nothing;
  const row = (one) => html`<tr><th scope="row">${one.id}</th><td>${one.online === null ? "–" : one.online ? t("online") : t("offline")}</td><td class="small muted">${one.battery === null ? "" : `${t("battery")} ${Math.round(one.battery)} %`}</td><td class="small muted">${one.last_seen_at ? ageOf(one.last_seen_at) : t("never")}</td></tr>`;
  return html`<h3>${t("devices")}</h3><table class="plain"><tbody>${patient.devices.map(row)}</tbody></table>`;
}

/** The window that is open now, as the hub has the patient. */
export const windowNow = ({ window: found }) => (found?.open ? html`<p class="small window-now"><b>${t("wOpen")}</b> ${t(`w_${found.opened_by}`)}${found.since ? ` ${t("wSince", shortTime(found.since))}` : nothing}</p>` : nothing);

/** Treatments given, as the hub has the patient. */
export function given({ given: all }) {
  if (all.length === 0) return nothing;
  const row = (each) => html`<tr><th scope="row">${each.name}</th><td class="small muted">${t(each.kind)}</td><td class="num">${each.amount === null ? "" : `${figure(each.amount)} ${each.unit ?? ""}`}</td><td class="small muted">${shortTime(each.at)}</td></tr>`;
  return html`<h3>${t("given")}</h3><table class="plain"><tbody>${all.map(row)}</tbody></table>`;
}

export const pausedNow = (pause) => html`<div class="paused-now">${pauseSign()}<div><b>${pauseWords(pause)}</b><p class="small">${pause.reason} (${t("by", pause.by)})</p><p class="small muted">${t("pausedLead")}</p></div></div>`;
