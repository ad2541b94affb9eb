// One patient's file: course of the cycle, vital signs as linked charts, NEWS2, counts, symptoms, alerts, devices, plan.

import "./words.js";
import { Refusal, call } from "../api.js";
import { hubNow, shortTime } from "../clock.js";
import { h, show } from "../dom.js";
import { forecastBox, forgetForecast } from "../forecast.js";
import { ageOf, fullName, mark, pauseTag, stateWord } from "../marks.js";
import { makePauses } from "../pauses.js";
import { tel } from "../sheet-lines.js";
import { person } from "../store.js";
import { figure, said, t } from "../words.js";
import { dayAddress, shifted, today } from "../day/page.js";
import { appPeople } from "./app-people.js";
import { makeCharts } from "./charts.js";
import { course } from "./course.js";
import { deviceBox } from "./devices.js";
import { doseCalendar } from "./doses.js";
import { symptoms } from "./heat.js";
import { notesBox } from "./notes.js";
import { questionnaires } from "./questionnaires.js";
import { responsibleBox } from "./responsible.js";
import { news2Box } from "./score.js";
import { sheetBox } from "./sheet.js";

const DOSE_DAYS = 56;

export function makePatientPage({ back, openAlert, handed }) {
  const body = h("div", { cls: "file-body" });
  const title = h("h1", { tabindex: "-1" });
  const sub = h("p", { cls: "muted" }), days = h("nav", { cls: "day-links", "aria-label": t("dayList") });
  const node = h("section", { cls: "file", hidden: true, "aria-labelledby": "file-title" },
    h("header", { cls: "file-top" }, h("button", { type: "button", cls: "quiet", onclick: () => back(patientId) }, `‹ ${t("backToList")}`), h("div", null, title, sub), days), body);
  title.id = "file-title";
  let patientId = null, charts = null, forecast = null, pauses = null, serial = 0;

  async function load(id) {
    const same = id === patientId, mine = ++serial;
    patientId = id;
    if (!same) { charts?.close(); charts = pauses = null; show(body, h("p", { cls: "muted" }, t("loading"))); }
    title.textContent = fullName(person(id));
    sub.textContent = "";
    show(days, h("span", { cls: "muted small" }, t("daySynthesis")), [[0, "dayToday"], [-1, "dayYesterday"]].map(([by, word]) => h("a", { cls: "button quiet", href: dayAddress(id, shifted(today(), by)) }, t(word))));
    if (!same) title.focus({ preventScroll: true });
    try {
      const at = `/api/patients/${encodeURIComponent(id)}`;
      const [file, alerts, reports, doses] = await Promise.all([call("GET", at), call("GET", `${at}/alerts?limit=50`), call("GET", `${at}/reports?limit=500`), call("GET", `${at}/adherence?days=${DOSE_DAYS}`)]);
      if (mine === serial) draw(file, alerts.alerts, reports, doses);
    } catch (error) {
      if (mine !== serial) return;
      const gone = error instanceof Refusal && error.status === 404;
      show(body, h("p", { cls: "empty" }, gone ? t("notFound") : error.message), !gone && h("p", { cls: "empty" }, h("button", { type: "button", cls: "quiet", onclick: () => { patientId = null; load(id); } }, t("reload"))));
    }
  }

  function draw(file, alerts, reports, doses) {
    title.textContent = fullName(file);
    show(sub, [fullName(file) !== file.id && file.id, file.site, file.plan?.protocol, file.plan?.regimen].filter(Boolean).join(" · "), file.phone && [" · ", h("a", { href: tel(file.phone) }, file.phone)], file.pause && [" ", pauseTag(file.pause)]);
    pauses ??= makePauses(patientId, () => { handed(); load(patientId); });
    charts ??= makeCharts(patientId, file.limits);
    const calendar = doseCalendar(doses, () => load(patientId));
    forecast = forecastBox(patientId, "h2");
    const people = appPeople(patientId), answered = questionnaires(reports.reports, reports.names);
    show(body,
      part("course", course(file, alerts)),
      part("vitals", charts.node),
      forecast,
      calendar && part("doses", calendar),
      h("div", { cls: "file-pair" }, part("news2", news2Box(file.news2)), part("alertsOfPatient", alertList(alerts))),
      part("symptoms", symptoms(reports.reports, reports.names)),
      answered && part("questionnairesPart", answered),
      h("div", { cls: "file-pair" }, part("notesOfPatient", notesBox(patientId)), part("responsible", responsibleBox(patientId, handed))),
      h("div", { cls: "file-pair" }, part("sheetPart", sheetBox(patientId, handed)), h("section", { cls: "file-part" }, pauses.node)),
      h("div", { cls: "file-pair" }, part("devices", deviceBox(file.devices)), part("planOfPatient", plan(file))),
      people && part("appPart", people));
    charts.load();
  }

  const part = (name, content) => h("section", { cls: `file-part ${name}` }, h("h2", null, t(name)), content);

  function alertList(alerts) {
    if (alerts.length === 0) return h("p", { cls: "muted" }, t("noAlertsEver"));
    return h("ul", { cls: "others file-alerts" }, alerts.map((each) => h("li", null, each.state === "closed" ? h("div", { cls: "other still" }, alertLines(each)) : h("button", { type: "button", cls: "other", title: t("openAlert"), onclick: () => openAlert(patientId, each.id) }, alertLines(each)))));
  }
  const alertLines = (each) => [mark(each), h("span", null, h("span", { cls: "word" }, t(each.severity)), " · ", figure(said(each.reason))), h("span", { cls: "small muted" }, `${shortTime(each.condition_from)} · ${stateWord(each)}`)];

  function plan(file) {
    if (!file.care_plan) return h("p", { cls: "muted" }, "–");
    const { protocol, fever_profile: profile, regimen, cycle_start: start, limits, timezone } = file.care_plan;
    const rows = [["protocol", protocol], ["profile", profile], ["regimen", regimen], ["cycle_start", start], ["timezone", timezone], ["limits", limits && Object.entries(limits).map(([code, sides]) => `${code}: ${Object.entries(sides).map(([side, value]) => `${side} ${value}`).join(", ")}`).join("; ")]];
    return [h("dl", { cls: "facts" }, rows.filter(([, value]) => value).map(([name, value]) => h("div", null, h("dt", null, t(`pl_${name}`)), h("dd", null, value)))), h("details", null, h("summary", null, t("wholePlan")), h("pre", null, JSON.stringify(file.care_plan, null, 2)))];
  }

  /** A new forecast is drawn in place of the one before. */
  function forecastChanged(id) {
    forgetForecast(id);
    if (id !== patientId || !forecast?.isConnected) return;
    const fresh = forecastBox(id, "h2");
    forecast.replaceWith(fresh);
    forecast = fresh;
  }

  return { node, forecastChanged, load: () => { const id = asked(); if (id) load(id); }, close: () => { charts?.close(); charts = pauses = null; patientId = null; serial += 1; }, refreshed: () => { if (patientId && !node.hidden && hubNow() - (charts?.drawnAt ?? 0) > 25_000) charts?.load(); } };
}

/** The patient that the address names. */
export function asked() {
  const found = /^#\/patient\/([^/]+)$/.exec(location.hash);
  try { return found ? decodeURIComponent(found[1]) : null; } catch { return null; }
}
