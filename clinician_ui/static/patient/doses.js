// The adherence calendar: each dose of the oral plan as a sign on its day, and what follows from them, with its uncertainty.

import { hubNow, shortTime, toParis } from "../clock.js";
import { h, s } from "../dom.js";
import { figure, language, sourceWord, t } from "../words.js";
import { takeBackButton, takenBackList } from "./taken-back.js";

const DAY = 86_400_000, LISTED = 40;
/** A shape of its own for each state; colour only repeats it. */
const SIGNS = {
  taken: ["M7 2a5 5 0 1 0 0 10A5 5 0 0 0 7 2Z"], late: ["M7 2a5 5 0 0 0 0 10Z", "M7 2a5 5 0 0 1 0 10"], vomited: ["M7 2a5 5 0 1 0 0 10A5 5 0 0 0 7 2Z", "M7 4.2V9.6M4.8 7.4 7 9.6l2.2-2.2"],
  skipped: ["", "M3 3l8 8M11 3l-8 8"], missed: ["", "M4.4 5a2.6 2.6 0 1 1 3.8 2.3C7.3 7.8 7 8.2 7 9M7 11.2v.3"], "on hold": ["", "M4.6 2.8v8.4M9.4 2.8v8.4"], away: ["", "M3 7h8"],
  open: ["", "M7 2.4a4.6 4.6 0 1 0 0 9.2A4.6 4.6 0 0 0 7 2.4Z"], extra: ["", "M7 2.4v9.2M2.4 7h9.2"],
};
const OPEN = new Set(["later", "due", "asked"]);
const signName = (state) => (OPEN.has(state) ? "open" : state);

/** Nothing for a patient without oral treatment. */
export function doseCalendar(found, reload) {
  if (!found || (found.drugs.length === 0 && found.not_in_plan.length === 0 && !found.retracted?.length)) return null;
  return [
    h("div", { cls: "drugs" }, found.drugs.map((drug) => card(drug, found, reload))),
    found.not_in_plan.length > 0 && h("p", { cls: "small" }, h("b", null, t("notInPlan")), " ", found.not_in_plan.slice(0, 10).map((each) => `${each.drug} (${shortTime(each.at)}, ${sourceWord(each.by)})`).join(" ; ")),
    takenBackList(found.retracted), legend(),
  ];
}

function card(drug, found, reload) {
  const doses = found.doses.filter((dose) => dose.drug === drug.drug), beside = found.beside.filter((event) => event.drug === drug.drug);
  return h("article", { cls: "drug" }, h("h3", null, drug.drug, doses.length > 0 && h("span", { cls: "muted small" }, ` ${amount(doses.at(-1))}`)),
    h("div", { cls: "drug-pair" }, calendar(drug, found, doses, beside), figures(drug)), list(doses, beside, (said) => takeBackButton(found.patient, said, reload)));
}

const amount = (dose) => [dose.mg !== null && `${figure(dose.mg)} mg`, dose.n !== null && `× ${figure(dose.n)}`].filter(Boolean).join(" ");

function calendar(drug, found, doses, beside) {
  const byDay = new Map();
  const put = (day, sign) => byDay.set(day, [...(byDay.get(day) ?? []), sign]);
  for (const dose of doses) {
    put(dose.day, { name: signName(dose.state), word: `${clockOf(dose.due_at, dose.zone)} ${stateOf(dose.state)}` });
    for (const event of dose.events) if (event.kind !== "dose") put(dose.day, { name: "extra", word: `${clockOf(event.at, dose.zone)} ${t(`ev_${event.kind}`)}` });
  }
  for (const event of beside) put(dayOf(event.at, found.timezone), { name: "extra", word: `${clockOf(event.at, found.timezone)} ${t(`ev_${event.kind}`)}` });
  const first = Date.parse(`${dayOf(found.from, found.timezone)}T12:00Z`), last = Date.parse(`${dayOf(found.to, found.timezone)}T12:00Z`);
  const weeks = [];
  for (let monday = first - ((new Date(first).getUTCDay() + 6) % 7) * DAY; monday <= last; monday += 7 * DAY) weeks.push(Array.from({ length: 7 }, (_, n) => monday + n * DAY));
  const cell = (at) => {
    if (at < first || at > last) return h("td", { cls: "off" });
    const day = new Date(at).toISOString().slice(0, 10), signs = byDay.get(day) ?? [], words = signs.map((each) => each.word).join(", ");
    return h("td", { cls: at === last ? "today" : null, title: words || t("noDoseDue") }, h("span", { cls: "day", "aria-hidden": "true" }, Number(day.slice(8))), h("span", { cls: "unseen" }, `${longDay(at)}${t("colon")} ${words || t("noDoseDue")}`), h("span", { cls: "signs" }, signs.map((each) => sign(each.name))));
  };
  const head = weeks[0].map((at) => h("th", { scope: "col", cls: "small muted" }, new Intl.DateTimeFormat(language(), { weekday: "narrow", timeZone: "UTC" }).format(new Date(at))));
  return h("table", { cls: "dose-days" }, h("caption", { cls: "unseen" }, t("calendarOf", drug.drug)), h("thead", null, h("tr", null, head)), h("tbody", null, weeks.map((week) => h("tr", null, week.map(cell)))));
}

const sign = (name) => s("svg", { cls: `dose-sign s-${name.replace(" ", "-")}`, viewBox: "0 0 14 14", "aria-hidden": "true" }, SIGNS[name][0] && s("path", { cls: "fill", d: SIGNS[name][0] }), SIGNS[name][1] && s("path", { cls: "stroke", d: SIGNS[name][1] }));
const legend = () => h("ul", { cls: "chart-legend small muted" }, Object.keys(SIGNS).map((name) => h("li", null, sign(name), t(`dl_${name}`))));
const stateOf = (state) => t(`dl_${signName(state)}`);
const parts = (at, zone) => new Intl.DateTimeFormat("sv-SE", { timeZone: zone, dateStyle: "short", timeStyle: "short" }).format(new Date(at)).split(" ");
const dayOf = (at, zone) => parts(at, zone)[0];
const clockOf = (at, zone) => parts(at, zone)[1];
const longDay = (at) => new Intl.DateTimeFormat(language() === "fr" ? "fr-FR" : "en-GB", { day: "numeric", month: "long", timeZone: "UTC" }).format(new Date(at));

/** "86 à 100 %": what nobody reported is an interval, not a guess. */
function between(interval) {
  if (interval.low === null) return t("tooEarly");
  const [low, high] = [Math.round(interval.low), Math.round(interval.high)];
  return low === high ? `${low}\u00a0%` : t("betweenPct", low, high);
}

function figures(drug) {
  const line = (name, value, more = null) => h("div", null, h("dt", null, t(name)), h("dd", null, h("b", null, value), more && h("span", { cls: "small muted block" }, more)));
  return h("dl", { cls: "facts drug-facts" }, line("dTaking", between(drug.taking_pct)), line("dIntensity", between(drug.relative_dose_intensity_pct), t("dIntensityOf")), line("dDays", between(drug.correct_days_pct)),
    drug.on_time_pct !== null && line("dOnTime", `${Math.round(drug.on_time_pct)}\u00a0%`), drug.stopped_days > 0 && line("dStopped", t("nDays", drug.stopped_days)), drug.extra + drug.not_due > 0 && line("dExtra", drug.extra + drug.not_due), drug.during_hold > 0 && line("dHold", drug.during_hold),
    drug.lapse && line("dLapse", ...lapse(drug.lapse)));
}

const RECENCIES = { "none missed lately": "rc_none", "some missed lately, the last taken": "rc_some", "the last missed": "rc_last", "the last two missed": "rc_two" };
function lapse(risk) {
  if (risk.pct === null) return [t("unknown"), language() === "fr" ? t("lapseWhy", risk.known_doses) : risk.why];
  return [`${figure(risk.pct.toFixed(risk.pct < 10 ? 1 : 0))}\u00a0%`, t("lapseOf", figure(risk.low.toFixed(1)), figure(risk.high.toFixed(1)), t(RECENCIES[risk.recency] ?? risk.recency), risk.version)];
}

/** The newest doses in words: who said what and when, with the reason that was given. */
function list(doses, beside, back) {
  const rows = [...doses.map((dose) => ({ at: dose.due_at, dose })), ...beside.map((event) => ({ at: event.at, event }))].filter((row) => Date.parse(row.at) <= hubNow()).sort((a, b) => Date.parse(b.at) - Date.parse(a.at)).slice(0, LISTED);
  const box = h("details", null, h("summary", { cls: "small" }, t("dosesList")));
  box.ontoggle = () => { if (box.open && box.children.length === 1) box.append(h("table", { cls: "plain" }, h("tbody", null, rows.map((each) => row(each, back))))); };
  return box;
}
function row({ at, dose, event }, back) {
  const told = dose ? [...dose.events.flatMap((each) => each.said), ...dose.skipped] : event.said;
  return h("tr", null, h("th", { scope: "row" }, shortTime(at)), h("td", null, dose ? stateOf(dose.state) : t(`ev_${event.kind}`)),
    h("td", { cls: "small muted" }, told.map((each) => h("span", { cls: "block" }, `${shortTime(each.at)}, ${sourceWord(each.by)}`, each.why && [`${t("colon")} « `, h("bdi", null, each.why), " »"], " ", back(each))), dose?.hold && h("span", { cls: "block" }, `${dose.hold.reason} (${dose.hold.by})`)));
}
