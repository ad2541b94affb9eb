// The side panel: one patient with the alert chosen; what it rests on, what was done, and what a person can do now.

import { call } from "./api.js";
import { actionBar } from "./actions.js";
import { clockFace } from "./aplasia-clock.js";
import { callBox, similarBox } from "./call.js";
import { chart } from "./chart.js";
import { clockTime, shortTime } from "./clock.js";
import { h, show } from "./dom.js";
import { entryForm } from "./entry.js";
import { forecastBox, forgetForecast } from "./forecast.js";
import { isSite, keyOf } from "./groups.js";
import { ageOf, bareAge, fullName, mark, measured, newestLine, pauseSign, pauseWords, source, stateWord, tags } from "./marks.js";
import { makePauses } from "./pauses.js";
import { alertsOf, may, person, state, togetherWith } from "./store.js";
import { togetherBox } from "./together.js";
import { telephoneForm } from "./telephone.js";
import { onCallBox, toldBox } from "./told.js";
import { eventWord, figure, said, t, unitWord } from "./words.js";

/** `saw(alerts)`: a person has opened these; what comes by itself does not count. */
export function makePanel(chose, closed, pausesChanged, saw) {
  const node = h("aside", { cls: "panel", hidden: true, tabindex: "-1", "aria-label": t("patient") });
  let patientId = null, alertId = null, entering = /** @type {false | "values" | "told"} */ (false), serial = 0, bar = null, historyBox = null, extra = null, newestBox = null, valuesBox = null, group = null, pauses = null, given = [], missed = false, forecast = null, windowBox = null, calling = null;

  const patient = () => person(patientId);
  const ofSite = () => isSite(patientId);
  const alert = () => state.alerts.get(alertId) ?? shutAlert;
  let shutAlert = null;

  function open(id, chosen) {
    if (id !== patientId || !pauses) { pauses = isSite(id) ? null : makePauses(id, () => { pausesChanged(); catchUp(); }, catchUp); given = []; }
    patientId = id; alertId = chosen ?? null; entering = false; shutAlert = null; calling = null;
    node.hidden = false;
    document.body.classList.add("has-panel");
    chose(id, alertId);
    looked();
    draw();
    node.scrollTop = 0;
    node.focus({ preventScroll: true });
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
    patientId = alertId = pauses = null;
    serial += 1;
    closed(left, alertLeft);
  }

  /** Another alert of the same patient, perhaps with the form of an action. */
  function choose(id, action = null) {
    alertId = id; shutAlert = null;
    chose(patientId, id);
    looked();
    draw();
    node.scrollTop = 0;
    if (action) bar?.begin(action);
    else node.focus({ preventScroll: true });
  }

  function draw() {
    if (!patientId) return;
    const now = alert(), mine = ++serial;
    missed = false;
    bar = now ? actionBar(now, catchUp) : null;
    historyBox = h("div", { cls: "history" }, h("p", { cls: "muted small" }, t("loading")));
    group = now ? togetherBox(now, choose, catchUp) : null;
    extra = h("div", null, givenTable());
    valuesBox = h("div", null, values());
    show(node, top(), calling, entering ? (entering === "told" ? telephoneForm : entryForm)(patient(), () => { entering = false; draw(); }) : [...(now ? aboutAlert(now) : []), ...(ofSite() ? [others(now), ...called(now)] : aboutPatient(now))]);
    if (now && !entering) loadHistory(now.id, mine);
    if (!entering && !ofSite()) loadPatient(mine);
  }

  const aboutAlert = (now) => [headline(now), bar.node, group.node, clockFace(now), facts(now), evidenceTable(now), measured(now) && !ofSite() && chart(patientId, measured(now)),
    ...toldBox(now), h("h3", null, t("history")), historyBox, !ofSite() && similarBox(now)];
  /** Somebody whose stay has ended is on no list: the alert knows the site. */
  const called = (now) => { const site = now?.site || patient().site; return site ? onCallBox(site) : []; };
  const aboutPatient = (now) => [windowBox = h("p", { cls: "small window-now", hidden: true }), forecast = forecastBox(patientId), others(now), ...called(now), pauses.node, valuesBox, devices(), extra];

  /** A frame came for this patient: show it, but never take away what somebody is writing. */
  function changed(frameAlert) {
    if (frameAlert.patient !== patientId) return;
    if (!alertId && frameAlert.state !== "closed") { alertId = frameAlert.id; chose(patientId, alertId); }
    if (frameAlert.id === alertId && frameAlert.state === "closed") shutAlert = frameAlert;
    if (writing()) { missed = true; bar?.stale(frameAlert.id === alertId ? frameAlert : null); group?.stale(); return; }
    draw();
  }

  /** A new forecast of this patient is drawn in place of the one before; nothing else on the panel moves. */
  function forecastChanged(id) {
    forgetForecast(id);
    if (id !== patientId || !forecast?.isConnected) return;
    const fresh = forecastBox(id);
    forecast.replaceWith(fresh);
    forecast = fresh;
  }

  const writing = () => Boolean((entering && !node.hidden) || bar?.writing() || group?.writing() || pauses?.writing());

  /** What came while somebody was writing is drawn once they are not. */
  const catchUp = () => { if (missed && !writing()) draw(); };

  function top() {
    const it = patient();
    if (ofSite()) return h("header", { cls: "panel-top" }, h("div", null, h("h2", null, fullName(it)), h("p", { cls: "muted small" }, t("siteLead"))), h("div", { cls: "panel-buttons" }, callButton(), closeButton()));
    return [h("header", { cls: "panel-top" },
      h("div", null, h("h2", null, fullName(it)), h("p", { cls: "muted small" }, [fullName(it) !== it.id && it.id, it.site, it.plan?.protocol, it.plan?.regimen].filter(Boolean).join(" · ")), it.phone && h("p", { cls: "small" }, `${t("phone")} `, h("a", { href: `tel:${it.phone.replace(/[^+\d]/g, "")}` }, it.phone)), it.responsible && h("p", { cls: "small" }, t("respIs", it.responsible.person))),
      h("div", { cls: "panel-buttons" }, callButton(), h("a", { cls: "button quiet", href: `#/patient/${encodeURIComponent(it.id)}` }, t("file")), may("enter") && h("button", { type: "button", cls: "quiet", onclick: () => { entering = entering ? false : "values"; draw(); } }, entering ? t("cancel") : t("enter")), may("enter") && !entering && h("button", { type: "button", cls: "quiet", onclick: () => { entering = "told"; draw(); } }, t("byPhone")),
        closeButton())), it.pause && pausedNow(it.pause)];
  }
  const callButton = () => h("button", { type: "button", cls: "quiet", "data-call": true, "aria-expanded": calling ? "true" : "false", onclick: ring }, t("callAction"), h("kbd", null, "c"));

  /** The numbers, open or away again; what somebody writes below stays. */
  function ring() {
    const open = !calling?.isConnected;
    calling?.remove();
    calling = open ? callBox({ person: patient(), ofSite: ofSite(), site: alert()?.site || patient().site, close: ring }) : null;
    if (calling) node.querySelector(".panel-top").after(calling);
    const button = node.querySelector("[data-call]");
    button?.setAttribute("aria-expanded", open ? "true" : "false");
    if (calling) (calling.querySelector("a") ?? calling.querySelector("button")).focus();
    else button?.focus();
  }
  const closeButton = () => h("button", { type: "button", cls: "quiet icon", "aria-label": t("close_"), title: `${t("close_")} (Esc)`, onclick: close }, "✕");
  const pausedNow = (pause) => h("div", { cls: "paused-now" }, pauseSign(), h("div", null, h("b", null, pauseWords(pause)), h("p", { cls: "small" }, `${pause.reason} (${t("by", pause.by)})`), h("p", { cls: "small muted" }, t("pausedLead"))));

  function headline(now) {
    return h("div", { cls: `headline ${now.severity} ${now.state}` }, h("div", { cls: "sev" }, mark(now), h("span", { cls: "word" }, t(now.severity)), h("span", { cls: `state ${now.state}` }, stateWord(now)), tags(now)),
      h("p", { cls: "reason" }, figure(said(now.reason))), headlineNewest(now));
  }

  function headlineNewest(now) {
    newestBox = h("p", null, newestLine(now, patient()));
    return newestBox;
  }

  /** Values came without a frame: what is shown of them moves on in place. */
  function refreshed() {
    if (node.hidden || !patientId || entering) return;
    if (newestBox?.isConnected && alert()) show(newestBox, newestLine(alert(), patient()));
    if (valuesBox?.isConnected) show(valuesBox, values());
  }

  function facts(now) {
    const line = (name, ...content) => h("div", null, h("dt", null, name), h("dd", null, ...content));
    return h("dl", { cls: "facts" }, line(t("condition"), shortTime(now.condition_from), " (", ageOf(now.condition_from), ")", now.condition_to && `, ${t("over", shortTime(now.condition_to))}`),
      line(t("opened"), shortTime(now.opened_at)),
      (now.escalation.step > 0 || now.escalation.next_at) && line(t("escalation"), [now.escalation.step > 0 && t("escStep", now.escalation.step), now.escalation.next_at && t("escNext", clockTime(now.escalation.next_at))].filter(Boolean).join(", ")),
      now.assignee && line(t("assignee"), now.assignee),
      line(t("protocol"), `${now.protocol}, ${t("version")} ${now.protocol_version} · ${t("rule")} ${now.rule} · ${t("criterion")} ${now.criterion}`),
      line(t("clauseTitle"), now.clause && `${now.clause} · `, h("span", { title: now.protocol_digest }, `${t("digest")} ${now.protocol_digest.slice(0, 12)}`)));
  }

  function evidenceTable(now) {
    if (now.evidence.length === 0) return null;
    const names = ["measure", "value", "limit", "measured", "source"].map((name) => t(name));
    // On a phone each row is a stack, and each cell says its own column.
    const cell = (place, props, ...content) => h("td", { ...props, "data-label": names[place] }, h("span", null, ...content));
    const row = (item) => h("tr", null, cell(0, null, said(item.name).replace(/^rule:/, `${t("rule")} `)), cell(1, { cls: "num" }, h("b", null, figure(item.text)), ` ${unitWord(item.unit)}`, item.corrected !== null && h("span", { cls: "small muted block" }, `${figure(item.corrected.toFixed(1))} ${t("corrected")}`)),
      cell(2, { cls: "num" }, figure(item.limit ?? "–")), cell(3, null, shortTime(item.measured_at), h("span", { cls: "small muted block" }, ageOf(item.measured_at))), cell(4, { cls: "small" }, source(item)));
    return [h("h3", null, t("evidence")), h("table", { cls: "evidence" }, h("thead", null, h("tr", null, names.map((name) => h("th", { scope: "col" }, name)))), h("tbody", null, now.evidence.map(row)))];
  }

  function others(now) {
    const rest = alertsOf(patientId).filter((each) => !now || keyOf(each) !== keyOf(now));
    if (rest.length === 0) return null;
    return [h("h3", null, t("others")), h("ul", { cls: "others" }, rest.map((each) => h("li", null, h("button", { type: "button", cls: "other", onclick: () => choose(each.id) }, mark(each), h("span", null, h("span", { cls: "word" }, t(each.severity)), " · ", figure(said(each.reason))), h("span", { cls: "small muted" }, stateWord(each))))))];
  }

  function values() {
    const it = patient();
    return [h("h3", null, t("values")), it.latest.length === 0 ? h("p", { cls: "muted small" }, t("noValues")) : h("table", { cls: "plain" }, h("tbody", null, it.latest.map((item) => h("tr", null, h("th", { scope: "row" }, said(item.name)), h("td", { cls: "num" }, h("b", null, figure(item.text)), ` ${unitWord(item.unit)}`), h("td", { cls: "small muted" }, bareAge(item.measured_at)), h("td", { cls: "small muted" }, source(item))))))];
  }

  function devices() {
    const it = patient();
    if (it.devices.length === 0) return null;
    return [h("h3", null, t("devices")), h("table", { cls: "plain" }, h("tbody", null, it.devices.map((one) => h("tr", null, h("th", { scope: "row" }, one.id), h("td", null, one.online === null ? "–" : one.online ? t("online") : t("offline")), h("td", { cls: "small muted" }, one.battery === null ? "" : `${t("battery")} ${Math.round(one.battery)} %`), h("td", { cls: "small muted" }, one.last_seen_at ? ageOf(one.last_seen_at) : t("never"))))))];
  }

  async function loadHistory(id, mine) {
    try {
      const { history } = await call("GET", `/api/alerts/${encodeURIComponent(id)}`);
      if (mine !== serial) return;
      show(historyBox, history.length === 0 ? h("p", { cls: "muted small" }, t("noHistory")) : h("ol", { cls: "timeline" }, history.map((each) => h("li", null, h("time", { datetime: each.at, title: each.at }, shortTime(each.at)), h("div", null, h("b", null, eventWord(each.kind.slice(6))), " ", h("span", { cls: "muted" }, each.actor ? t("by", each.actor) : t("system")), each.note && h("p", { cls: "note" }, each.note))))));
    } catch (error) { if (mine === serial) show(historyBox, h("p", { cls: "muted small" }, error.message)); }
  }

  async function loadPatient(mine) {
    try {
      const found = await call("GET", `/api/patients/${encodeURIComponent(patientId)}`);
      if (mine !== serial) return;
      given = found.given;
      show(extra, givenTable());
      showWindow(found.window);
    } catch { /* the panel stands without it */ }
  }

  function showWindow(found) {
    if (!found?.open || !windowBox) return;
    show(windowBox, h("b", null, t("wOpen")), ` ${t(`w_${found.opened_by}`)}`, found.since && ` ${t("wSince", shortTime(found.since))}`);
    windowBox.hidden = false;
  }

  const givenTable = () => given.length > 0 && [h("h3", null, t("given")), h("table", { cls: "plain" }, h("tbody", null, given.map((each) => h("tr", null, h("th", { scope: "row" }, each.name), h("td", { cls: "small muted" }, t(each.kind)), h("td", { cls: "num" }, each.amount === null ? "" : `${figure(each.amount)} ${each.unit ?? ""}`), h("td", { cls: "small muted" }, shortTime(each.at))))))];

  return { node, open, close, draw, changed, refreshed, forecastChanged, patient: () => patientId, alert: () => alertId, writing, acknowledge: () => bar?.begin("acknowledge"), begin: (action) => bar?.begin(action), call: () => { if (!node.hidden) ring(); }, isOpen: () => !node.hidden };
}
