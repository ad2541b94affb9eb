// The side panel: one patient with the alert chosen; what it rests on, what was done, and what a person can do now. Every frame draws it
// anew, and Lit touches what differs: what somebody writes stays where it is.

import { call } from "./api.js";
import { ClockFace } from "./aplasia-clock.js";
import { chart, seriesOf } from "./chart.js";
import { hubNow } from "./clock.js";
import { AlertActions } from "./components/alert-actions.js";
import { Asked } from "./components/asked.js";
import { CallBox } from "./components/call-box.js";
import { html, nothing, render } from "./components/element.js";
import { HomeBox } from "./components/home-box.js";
import { SimilarBox } from "./components/similar-box.js";
import { TogetherBox } from "./components/together-box.js";
import { h } from "./dom.js";
import { entryForm } from "./entry.js";
import { forecastBox, forgetForecast } from "./forecast.js";
import { isSite, keyOf } from "./groups.js";
import { fullName, measured, newest } from "./marks.js";
import { devices, evidence, facts, given, headline, history, others, pausedNow, values, windowNow } from "./panel-parts.js";
import { makePauses } from "./pauses.js";
import { alertsOf, may, person, state, togetherWith } from "./store.js";
import { tel } from "./sheet-lines.js";
import { telephoneForm } from "./telephone.js";
import { adviceOf, advised, onCallNames, onCallNow, told, toldOf } from "./told.js";
import { t } from "./words.js";

/** What somebody has begun, by patient: forms of entries, pauses with an open form. They wait while something else is shown. */
const entries = new Map(), begun = new Map();
/** The panel of now: a form may be older than it. @type {{left: (patient: string) => void, paused: () => void} | null} */
let showing = null;

/** `saw(alerts)`: a person has opened these; what comes by itself does not count. */
export function makePanel(chose, closed, pausesChanged, saw) {
  const node = h("aside", { cls: "panel", hidden: true, tabindex: "-1", "aria-label": t("patient") });
  const bar = new AlertActions(), group = new TogetherBox(choose), calling = new CallBox(() => fold(calling)), home = new HomeBox(() => fold(home)), similar = new SimilarBox(), clock = new ClockFace();
  const past = new Asked(history), who = new Asked(told), advice = new Asked(advised), team = new Asked(onCallNames), curve = new Asked(chart, { waits: false });
  const windowBox = new Asked(windowNow, { waits: false }), givenBox = new Asked(given, { waits: false });
  let patientId = null, alertId = null, shutAlert = null, pauses = null, forecast = null, looks = 0, glances = 0;
  /** The form of an entry, while one is open. */
  let entry = null;

  const ofSite = () => isSite(patientId);
  const alert = () => state.alerts.get(alertId) ?? shutAlert;
  /** Somebody whose stay has ended is on no list: the alert knows the site. */
  const site = (now) => now?.site || person(patientId).site;

  function open(id, chosen) {
    if (id !== patientId) {
      away();
      pauses = isSite(id) ? null : begun.get(id) ?? makePauses(id, () => showing.paused());
      forecast = isSite(id) ? null : forecastBox(id);
    }
    patientId = id; alertId = chosen ?? null; entry = null; shutAlert = null; calling.open = home.open = false;
    looks += 1;
    node.hidden = false;
    document.body.classList.add("has-panel");
    chose(id, alertId);
    looked();
    draw();
    node.scrollTop = 0;
    node.focus({ preventScroll: true });
  }

  /** Another patient, or nobody: what was begun waits. */
  function away() {
    bar.away();
    group.away();
    if (pauses?.writing()) begun.set(patientId, pauses); else begun.delete(patientId);
  }

  /** What the person who pressed has in front of them: the alert and those shown together with it. */
  function looked() {
    const now = state.alerts.get(alertId);
    if (now) saw(togetherWith(now));
  }

  function close() {
    if (node.hidden) return;
    node.hidden = true;
    document.body.classList.remove("has-panel");
    const left = patientId, alertLeft = alertId;
    away();
    patientId = alertId = pauses = entry = null;
    render(nothing, node);
    closed(left, alertLeft);
  }

  /** Another alert of the same patient, perhaps with the form of an action. */
  function choose(id, action = null) {
    alertId = id; shutAlert = null;
    chose(patientId, id);
    looked();
    draw();
    node.scrollTop = 0;
    if (action) bar.begin(action);
    else node.focus({ preventScroll: true });
  }

  function draw() {
    if (!patientId) return;
    const now = alert(), it = person(patientId);
    if (!now) { bar.of(null); group.of(null); }
    render(html`${top(it)}${calling.of(it, site(now), glances)}${ofSite() ? nothing : home.of(patientId, glances)}${entry ?? html`${now ? aboutAlert(now, it) : nothing}${ofSite() ? aboutSite(now) : aboutPatient(now, it)}`}`, node);
  }

  /** What the hub has of the alert is asked again when the alert has changed, and when somebody opens the panel. */
  function aboutAlert(now, it) {
    const at = `/api/alerts/${encodeURIComponent(now.id)}`, item = ofSite() ? null : measured(now), subject = `${now.id} ${looks}`;
    return html`${headline(now, it)}${bar.of(now)}${group.of(now)}${clock.about(now)}${facts(now)}${evidence(now)}${item ? curve.of(subject, `${now.version} ${newest(now, it)?.measured_at}`, () => seriesOf(patientId, item)) : nothing}
      <h3>${t("told")}</h3>${who.of(subject, now, () => toldOf(now))}${ofSite() ? nothing : html`<h3>${t("adviceTold")}</h3>${advice.of(subject, untilTold(now), () => adviceOf(now))}`}<h3>${t("history")}</h3><div class="history">${past.of(subject, now, () => call("GET", at))}</div>${ofSite() ? nothing : similar.of(now)}`;
  }

  /** Whether the app has told them is asked once a minute until it has. */
  const untilTold = (now) => `${now.version} ${advice.found?.told.length ? "" : Math.floor(hubNow() / 60_000)}`;
  const called = (now) => { const where = site(now); return html`<h3>${t("oncall")}</h3>${where ? team.of(where, looks, () => onCallNow(where)) : html`<p class="muted small">${t("callNoSite")}</p>`}`; };
  const rest = (now) => others(alertsOf(patientId).filter((each) => !now || keyOf(each) !== keyOf(now)), choose);
  const aboutSite = (now) => html`${rest(now)}${called(now)}`;

  function aboutPatient(now, it) {
    const found = whole(now);
    return html`${windowBox.of(patientId, found, () => found)}${forecast}${rest(now)}${called(now)}${pauses.node}${values(it)}${devices(it)}${givenBox.of(patientId, found, () => found)}`;
  }

  /** The patient as the hub has them, asked once for each state of the alert. */
  let asked = { key: /** @type {any[]} */ ([]), answer: null };
  function whole(now) {
    const key = [patientId, now, looks];
    if (key.some((each, n) => each !== asked.key[n])) asked = { key, answer: call("GET", `/api/patients/${encodeURIComponent(patientId)}`) };
    return asked.answer;
  }

  /** A frame came for this patient. */
  function changed(frameAlert) {
    if (frameAlert.patient !== patientId) return;
    if (!alertId && frameAlert.state !== "closed") { alertId = frameAlert.id; chose(patientId, alertId); }
    if (frameAlert.id === alertId && frameAlert.state === "closed") shutAlert = frameAlert;
    draw();
  }

  /** A new forecast of this patient is drawn in place of the one before. */
  function forecastChanged(id) {
    forgetForecast(id);
    if (id !== patientId || !forecast) return;
    forecast = forecastBox(id);
    draw();
  }

  function enter(form) {
    const id = patientId;
    if (form) {
      const begun = entries.get(id), made = begun?.form === form ? begun.node : form(person(id), () => showing.left(id));
      made.addEventListener("input", () => entries.set(id, { form, node: made }), { once: true });
      entry = made;
      bar.away();
      group.away();
    } else { entries.delete(id); entry = null; looks += 1; }
    draw();
  }

  function top(it) {
    const buttons = [callButton(), ofSite() ? nothing : homeButton(), ofSite() ? nothing : fileButtons(it), html`<button type="button" class="quiet icon" aria-label=${t("close_")} title="${t("close_")} (Esc)" @click=${close}>✕</button>`];
    const lines = ofSite() ? html`<p class="muted small">${t("siteLead")}</p>` : nameLines(it);
    return html`<header class="panel-top"><div><h2>${fullName(it)}</h2>${lines}</div><div class="panel-buttons">${buttons}</div></header>${it.pause ? pausedNow(it.pause) : nothing}`;
  }

  const nameLines = (it) => html`<p class="muted small">${[fullName(it) !== it.id && it.id, it.site, it.plan?.protocol, it.plan?.regimen].filter(Boolean).join(" · ")}</p>${it.phone ? html`<p class="small">${t("phone")} <a href=${tel(it.phone)}>${it.phone}</a></p>` : nothing}${it.responsible ? html`<p class="small">${t("respIs", it.responsible.person)}</p>` : nothing}`;
  const fileButtons = (it) => html`<a class="button quiet" href="#/patient/${encodeURIComponent(it.id)}">${t("file")}</a>${may("enter") ? entryButtons() : nothing}`;
  const entryButtons = () => html`<button type="button" class="quiet" @click=${() => enter(entry ? null : entryForm)}>${entry ? t("cancel") : named("enter", entryForm)}</button>${entry ? nothing : html`<button type="button" class="quiet" @click=${() => enter(telephoneForm)}>${named("byPhone", telephoneForm)}</button>`}`;
  const named = (word, form) => (entries.get(patientId)?.form === form ? `${t(word)} · ${t("entryBegun")}` : t(word));
  const callButton = () => html`<button type="button" class="quiet" data-call aria-expanded=${calling.open ? "true" : "false"} @click=${() => fold(calling)}>${t("callAction")}<kbd>c</kbd></button>`;

  const homeButton = () => html`<button type="button" class="quiet" data-home aria-expanded=${home.open ? "true" : "false"} @click=${() => fold(home)}>${t("homeAction")}<kbd>h</kbd></button>`;

  /** The numbers or the home, open or away again, one at a time; what somebody writes below stays. */
  async function fold(box) {
    const open = !box.open;
    calling.open = home.open = false;
    box.open = open;
    if (open) glances += 1;
    draw();
    await box.updateComplete;
    // One press of Enter may dial the first number that was asked for, and never an emergency or a number that stands beside an address.
    const numbers = box === calling ? [...box.querySelectorAll("a.button")].filter((each) => !each.closest(".emergency")) : [];
    /** @type {HTMLElement} */ (numbers[0] ?? box.querySelector("button") ?? node.querySelector(box === home ? "[data-home]" : "[data-call]"))?.focus();
  }

  showing = { left: (id) => { entries.delete(id); if (id === patientId) enter(null); }, paused: () => { pausesChanged(); draw(); } };

  /** The innermost first: the numbers or the home, then the field somebody writes in, then the panel; what was written waits. */
  function escape() {
    const field = document.activeElement;
    const box = [calling, home].find((each) => each.open);
    if (node.hidden || (!box && !(node.contains(field) && /^(INPUT|TEXTAREA|SELECT)$/.test(field.tagName)))) close();
    else if (box) fold(box);
    else node.focus({ preventScroll: true });
  }

  const writing = () => Boolean(!node.hidden && (entry || bar.doing || group.listed || pauses?.writing()));

  return { node, open, close, draw, changed, refreshed: draw, forecastChanged, patient: () => patientId, alert: () => alertId, writing, acknowledge: () => bar.begin("acknowledge"), begin: (action) => { if (!entry) bar.begin(action); }, escape, call: () => { if (!node.hidden) fold(calling); }, home: () => { if (!node.hidden && !ofSite()) fold(home); }, isOpen: () => !node.hidden };
}
