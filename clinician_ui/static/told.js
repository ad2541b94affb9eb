// Who was told of an alert and what became of it, and who is on call now for its site, as templates of what the hub answered.

import "./sheet-words.js";
import { call } from "./api.js";
import { fullTime, hubNow, secondTime, shortTime } from "./clock.js";
import { html, nothing } from "./components/element.js";
import { detailWord } from "./care-words.js";
import { tel } from "./sheet-lines.js";
import { language, said, t } from "./words.js";

const SIGNS = { queued: "◌", sent: "→", delivered: "✓", failed: "✕", cancelled: "–", "given-up": "✕" };
const KEPT = 60_000;
const onCall = new Map();

export const toldOf = (alert) => call("GET", `/api/alerts/${encodeURIComponent(alert.id)}/deliveries`);

export const adviceOf = (alert) => call("GET", `/api/alerts/${encodeURIComponent(alert.id)}/advice`);

/** What the patient was told, by whose app and when; else the protocol's words, for whoever calls. */
export function advised({ text, told: shown, accounts }) {
  const words = (what) => html`<blockquote class="advice" dir="auto">${said(what)}</blockquote>`;
  if (shown.length > 0) return shown.map((each) => html`<p class="small"><span aria-hidden="true">✓</span> ${t("adviceTo", each.person, t(`app_${each.role}`))} <time class="muted" datetime=${each.at} title=${fullTime(each.at)}>${near(each.at)}</time></p>${words(each.text)}`);
  if (text === null) return html`<p class="muted small">${t("adviceNoText")}</p>`;
  return html`<p class="small">${t(accounts > 0 ? "adviceNobody" : "adviceNoApp")}</p>${words(text)}`;
}

/** The newest step; those before it a press away. */
export function told({ deliveries }) {
  if (deliveries.length === 0) return html`<p class="muted small">${t("noTold")}</p>`;
  const [newest, ...before] = steps(deliveries).map(step);
  return html`${newest}${before.length > 0 ? html`<details class="told-before"><summary>${t("toldBefore", before.length)}</summary>${before}</details>` : nothing}`;
}

/** Deliveries by step, the newest step first, in the order in which they were due. */
function steps(deliveries) {
  const found = [];
  for (const each of deliveries) {
    const last = found.at(-1);
    if (last && last[0].step === each.step && last[0].event_kind === each.event_kind) last.push(each);
    else found.push([each]);
  }
  return found;
}

function step(deliveries) {
  const [first] = deliveries, begun = deliveries.map((each) => each.at).sort()[0];
  return html`<div class="told"><p class="small"><b>${first.step > 0 ? t("toldStep", first.step) : t("toldFirst")}</b> <span class="muted">${shortTime(begun)}</span></p><ul>${deliveries.map(delivery)}</ul></div>`;
}

function delivery(one) {
  const last = one.log.at(-1) ?? { state: one.state, at: one.at, detail: "" };
  return html`<li><span class="who-told"><b>${one.person ?? t("nobody")}</b> <span class="small muted">${t(one.role)}</span></span><span>${t(`c_${one.channel}`)}</span><span class="outcome ${one.state}"><span aria-hidden="true">${SIGNS[one.state] ?? "·"}</span> ${t(`d_${one.state}`)} <time class="muted" datetime=${last.at} title=${fullTime(last.at)}>${near(last.at)}</time></span>${last.detail ? html`<span class="small muted detail">${detailWord(last.detail, language())}</span>` : nothing}</li>`;
}

/** Seconds matter for what happened in the last hours. */
const near = (at) => (hubNow() - Date.parse(at) < 12 * 3_600_000 ? secondTime(at) : shortTime(at));

/** Asked once a minute for a site, not at every redraw: each look is on record. */
export function onCallNow(site) {
  const kept = onCall.get(site);
  if (kept && performance.now() - kept.at < KEPT) return kept.answer;
  const answer = call("GET", `/api/oncall/${encodeURIComponent(site)}`);
  onCall.set(site, { at: performance.now(), answer });
  answer.catch(() => onCall.delete(site));
  return answer;
}

export function onCallNames({ roles }) {
  if (roles.length === 0) return html`<p class="muted small">${t("noRoster")}</p>`;
  return html`<dl class="oncall">${roles.map((each) => html`<div><dt>${t(each.role)}</dt><dd>${each.now.length === 0 ? html`<span class="tag warn">${t("nobodyNow")}</span>` : each.now.map(person)}</dd></div>`)}</dl>`;
}

function person(one) {
  const number = one.voice ? html`<a href=${tel(one.voice)}>${one.voice}</a>` : html`<span class="small muted">${t("noNumber")}</span>`;
  return html`<div><b>${one.person}</b> ${number}<span class="small muted"> · ${[t("toTime", shortTime(one.until)), one.substitute_for && t("insteadOf", one.substitute_for)].filter(Boolean).join(" · ")}</span></div>`;
}
