// What the next 48 hours hold for a unit: measurements, windows, counts, forecasts, and devices that need somebody.

import { shortTime } from "../clock.js";
import { h } from "../dom.js";
import { ageOf, fullName } from "../marks.js";
import { person, state } from "../store.js";
import { figure, said, t } from "../words.js";

const SHOWN = innerWidth > 760 ? 6 : 3;

export function aheadCards(found) {
  const refused = [...state.patients.values()].filter((patient) => patient.quarantine > 0 && found.names.has(patient.id));
  const cards = [
    card("uExpected", t("uExpectedHelp"), [...found.measures.map((each) => [measureName(each), each]), ...(found.doses.n > 0 ? [[t("uDoses"), found.doses]] : [])].map(([name, each]) => h("li", null, h("span", null, name), h("span", { cls: "num" }, h("b", null, each.n), h("span", { cls: "small muted" }, ` · ${t(each.patients === 1 ? "uOf1" : "uOf", each.patients)}`)))), found.resting.length > 0 && t("uResting", found.resting.length)),
    card("uOpening", null, found.opening.map((each) => row(each, shortTime(each.at), t(`uw_${each.why}`)))),
    card("uClosing", null, found.closing.map((each) => row(each, shortTime(each.at)))),
    card("uCounts", null, found.counts.map((each) => row(each, each.at ? shortTime(each.at) : "", each.why === "overdue" ? h("b", { cls: "fault" }, t("uw_overdue")) : t(`uw_${each.why}`)))),
    card("uGrade4", null, found.grade4.map((each) => row(each, h("b", null, figure(`${Math.round(each.p * 100)} %`)), [each.at && t("uMedian", shortTime(each.at)), " ", each.likely && h("span", { cls: "tag window-tag" }, t("uLikely"))]))),
    card("uDevices", null, [...found.devices.map((each) => row(each, each.why.map((why) => t(`dw_${why}`)).join(", "), [`${each.id}, `, each.battery !== null && `${Math.round(each.battery)}\u00a0%, `, each.last_seen_at ? ageOf(each.last_seen_at) : t("never")])), ...refused.map((patient) => row({ patient: patient.id }, t("uRefusedOf", patient.quarantine)))]),
    card("uFaults", null, found.faults.map((patient) => row({ patient }, ""))),
  ];
  const empty = cards.filter((each) => each.rows === 0 && each.name !== "uFaults");
  return [...cards.filter((each) => each.rows > 0).map((each) => each.node), empty.length > 0 && h("p", { cls: "small muted" }, t("uNothing", empty.map((each) => t(each.name).replace(/^./, (first) => first.toLocaleLowerCase())).join(", ")))];
}

const measureName = (each) => (each.code.startsWith("questionnaire:") ? t("uQuestions") : said(each.name));
const row = (each, what, more = null) => h("li", null, h("a", { href: `#/patient/${encodeURIComponent(each.patient)}` }, fullName(person(each.patient))), h("span", { cls: "num" }, what), more && h("span", { cls: "small muted says" }, more));

function card(name, help, rows, foot = null) {
  const [first, rest] = [rows.slice(0, SHOWN), rows.slice(SHOWN)];
  const node = h("section", { cls: `ahead-card ${name}` }, h("h3", null, t(name), name !== "uExpected" && h("span", { cls: "badge-count" }, rows.length)), help && h("p", { cls: "small muted" }, help), h("ul", null, first),
    rest.length > 0 && h("details", null, h("summary", { cls: "small" }, t("uMore", rest.length)), h("ul", null, rest)), foot && h("p", { cls: "small muted" }, foot));
  return { name, rows: rows.length, node };
}
