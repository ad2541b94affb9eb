// The list for paper: patients, open alerts, plans, numbers, and who is on call. Made of what the page holds already, so
// that it prints when the hub cannot be reached; numbers on call and sheets are asked for every hour meanwhile.

import "../sheet-words.js";
import "./words.js";
import { call } from "../api.js";
import { fullTime, hubNow, shortTime, span } from "../clock.js";
import { h, show } from "../dom.js";
import { fullName } from "../marks.js";
import { compareAlerts } from "../order.js";
import { keepSheets, keptSheet } from "../sheet-lines.js";
import { state } from "../store.js";
import { figure, said, t, unitWord } from "../words.js";

const HOUR = 3_600_000, OLD = 5 * 60_000;
const onCall = new Map();
let receivedAt = null, askedAt = 0;

/** The hub has just answered: what the page holds is of this moment. */
export function listReceived() {
  receivedAt = hubNow();
  if (Date.now() - askedAt < HOUR) return;
  askedAt = Date.now();
  for (const site of state.sites.keys()) call("GET", `/api/oncall/${encodeURIComponent(site)}`).then((found) => onCall.set(site, found)).catch(() => { askedAt = 0; });
  call("GET", "/api/sheets").then(keepSheets).catch(() => { askedAt = 0; });
}

export function printList() {
  const paper = document.getElementById("paper");
  show(paper, ...[...state.sites.keys()].map(ofSite));
  document.documentElement.classList.add("printing");
  window.addEventListener("afterprint", () => document.documentElement.classList.remove("printing"), { once: true });
  window.print();
}

function ofSite(site) {
  const patients = [...state.patients.values()].filter((each) => each.site === site).sort(worstFirst), old = receivedAt === null ? null : hubNow() - receivedAt;
  return h("section", null, h("h1", null, `${t("listTitle")} · ${state.sites.get(site) ?? site}`),
    h("p", null, receivedAt === null ? "" : t("listAsOf", fullTime(receivedAt), fullTime(hubNow())), old !== null && old > OLD && h("b", null, ` ${t("oldList", span(old))}`)),
    h("p", null, h("b", null, t("emergency")), called(onCall.get(site))),
    h("table", null, h("thead", null, h("tr", null, ["patient", "phone", "homeTitle", "risk", "planCol", "values"].map((name) => h("th", { scope: "col" }, t(name))))), h("tbody", null, patients.map(row))));
}

const called = (found) => (found?.roles ?? []).flatMap((role) => role.now.map((one) => ` · ${t(role.role)} : ${one.person}${one.voice ? ` ${one.voice}` : ""} (${t("untilTime", shortTime(one.until))})`)).join("");
const openOf = (id) => { const now = hubNow(); return [...state.alerts.values()].filter((alert) => alert.patient === id && alert.state !== "pending").sort((a, b) => compareAlerts(a, b, now)); };
const RANK = { high: 0, medium: 1, low: 2 };
const rank = (patient) => RANK[openOf(patient.id).find((alert) => alert.category === "clinical")?.severity] ?? 3;
const worstFirst = (a, b) => rank(a) - rank(b) || fullName(a).localeCompare(fullName(b));

/** What whoever drives there must know; nothing before the hub has said it. */
function home(sheet) {
  if (!sheet) return [];
  const known = sheet.allergy_status === "known" ? sheet.allergies : t(`al_${sheet.allergy_status}`);
  return [`${t("shAllergies")} : ${known}`, sheet.address, sheet.access, [sheet.emergency_unit, sheet.emergency_phone].filter(Boolean).join(" ")].filter(Boolean);
}

function row(patient) {
  return h("tr", null, h("th", { scope: "row" }, fullName(patient)), h("td", null, [patient.phone ?? t("noPhone"), ...(keptSheet(patient.id)?.contacts ?? []).map((one) => `${one.name} ${one.phone}`)].map((line) => h("div", null, line))),
    h("td", null, home(keptSheet(patient.id)).map((line) => h("div", null, line))),
    h("td", null, openOf(patient.id).map((alert) => h("div", null, `${t(alert.severity)} · ${figure(said(alert.reason))} · ${shortTime(alert.condition_from)}`))),
    h("td", null, [patient.plan?.protocol, patient.plan?.regimen, patient.plan?.cycle_start, patient.pause?.reason].filter(Boolean).join(" · ")),
    h("td", null, patient.latest.slice(0, 6).map((item) => h("div", null, `${said(item.name)} ${figure(item.text)} ${unitWord(item.unit)} (${shortTime(item.measured_at)})`))));
}
