// What was measured, taken and answered, with its age and its source; without network as it was last seen.

import { ago, dateOf, hubNow, timeOf, toHub, whenWords } from "./clock.js";
import { chart, table } from "./chart.js";
import { h, show } from "./dom.js";
import { backHere, mistake } from "./doses.js";
import { groupName, groups, known, unitWords } from "./measures.js";
import { byWords, number } from "./names.js";
import { read } from "./questionnaire.js";
import { ask, may, patientOf, questionnaire, state } from "./store.js";
import { plural, said, t } from "./words.js";

const DAY = 86_400_000;
let days = 7;

export function historyPage() {
  const list = h("div", { cls: "page", "aria-live": "polite" }), node = h("div", { cls: "page" });
  let drawing = 0, whole = false;
  const draw = () => {
    whole = Boolean(state.today);  // which measures this patient has is only known from it
    const turn = drawing += 1;
    show(list, h("p", { cls: "muted" }, t("loading")));
    load(turn, () => drawing, list).catch((error) => show(list, h("p", { cls: "note" }, t("failed", error.message))));
  };
  const spans = h("div", { cls: "chips", role: "group", "aria-label": t("period") });
  const drawSpans = () => show(spans, [7, 30].map((each) => h("button", { type: "button", cls: "chip", "aria-pressed": String(days === each), onclick: () => { days = each; drawSpans(); draw(); } }, plural("days", each))));
  drawSpans();
  show(node, h("h1", { tabindex: -1 }, t("navHistory")), may("see") ? [spans, list] : h("p", { cls: "note" }, t("maySeeNot")));
  let seeing = may("see");
  if (seeing) draw();
  const live = () => { if (seeing && !whole && state.today) draw(); if (seeing && !may("see")) { seeing = false; drawing += 1; show(node, h("h1", { tabindex: -1 }, t("navHistory")), h("p", { cls: "note" }, t("maySeeNot"))); } };
  return { title: t("navHistory"), node, live };
}

/** What the questions of this patient are called, by ITEM.ATTRIBUTE, as far as they are kept here. */
async function questions(patient) {
  const found = new Map();
  for (const each of state.today?.due.filter((one) => one.kind === "questionnaire") ?? []) {
    const resource = await questionnaire(patient, each.id, each.version).catch(() => null);
    for (const one of resource ? read(resource).questions : []) found.set(one.code, one);
  }
  return found;
}

function answerWords(each, asked) {
  const question = asked.get(`${each.item}.${each.attribute}`), grade = question?.grades.find((one) => one.g === each.grade);
  return t("is", question ? said(question.text) : each.item, grade ? said(grade.text) : each.text ?? each.grade ?? each.number);
}

async function load(turn, now, list) {
  const patient = state.patient, to = hubNow(), from = to - days * DAY, range = `&from=${new Date(from).toISOString()}&to=${new Date(to).toISOString()}`;
  const asks = groups(state.today).map((group) => series(patient, group, range));
  const [intakes, ...found] = await Promise.all([ask(patient, `history/intakes/${days}`, `history?patient=${encodeURIComponent(patient)}&code=intakes${range}`).catch(() => null), ...asks]);
  const answers = await ask(patient, `history/answers/${days}`, `history?patient=${encodeURIComponent(patient)}&code=answers${range}`).catch(() => null);
  const asked = await questions(patient);
  if (turn !== now()) return;
  const cards = found.filter((each) => each.series.length).map((each) => card(each, from, to));
  const doses = intakes?.value.intakes?.length ? [doseCard(intakes)] : [], said_ = answers?.value.answers?.length ? [answerCard(answers, asked)] : [];
  const old = [intakes, answers].some((each) => each && !each.fresh);
  show(list, old && h("p", { cls: "note" }, t("asSeen", intakes ? ago(intakes.at) : "")), cards, doses, said_, cards.length + doses.length + said_.length === 0 && h("p", { cls: "empty" }, t("noHistory")));
}

async function series(patient, group, range) {
  const codes = group.id === "pressure" ? group.codes.slice(0, 2) : group.codes.slice(0, 1);
  const found = [];
  for (const code of codes) {
    const answer = await ask(patient, `history/${code}/${days}`, `history?patient=${encodeURIComponent(patient)}&code=${encodeURIComponent(code)}&points=200${range}`).catch(() => null);
    if (answer?.value.points?.length) found.push({ code, ...answer });
  }
  return { group, series: found };
}

function card({ group, series: list }, from, to) {
  const codes = known(state.today), name = groupName(group, state.today);
  return h("section", { cls: "card" }, h("h2", null, name), list.map(({ code, value }) => {
    const info = codes.get(code), last = value.points.at(-1), unit = unitWords(value.unit), options = { name: list.length > 1 ? said(value.name ?? info?.name) : name, unit, decimals: info?.decimals ?? 1, from, to };
    return h("div", { cls: "series" }, list.length > 1 && h("h3", null, options.name), h("p", { cls: "latest" }, h("strong", null, `${number(last.value, options.decimals)} ${unit}`), h("span", { cls: "hint" }, ` ${whenWords(last.at)} · ${byWords(last.by)}`)),
      chart(value.points, options), table(value.points, options));
  }));
}

function byDay(rows, at) {
  const days_ = new Map();
  for (const each of [...rows].sort((a, b) => Date.parse(at(b)) - Date.parse(at(a)))) days_.set(dateOf(at(each)), [...(days_.get(dateOf(at(each))) ?? []), each]);
  return [...days_].slice(0, 14);
}

function doseCard(found) {
  const names = new Map((state.today?.due ?? []).filter((each) => each.kind === "intake").map((each) => [each.drug, said(each.name)]));
  const at = (each) => each.due_at ?? each.at, node = h("section", { cls: "card" });
  const line = (each) => {
    const name = names.get(each.drug) || each.drug, here = each.retracted ? null : backHere(each), back = each.retracted ?? (here && { at: toHub(here.at), by: patientOf()?.by, why: null });
    return h("li", { cls: back ? "gone" : null }, h("span", { cls: `dot ${each.state}`, "aria-hidden": "true" }, back ? "✕" : { taken: "●", skipped: "○", vomited: "◐", extra: "+" }[each.state] ?? "·"), ` ${timeOf(at(each))} ${name} · ${t(`state-${each.state}`)} · ${byWords(each.by)} `,
      back ? h("span", null, "· ", t("goneWords", byWords(back.by), whenWords(back.at)), back.why && [" « ", h("bdi", null, back.why), " »"]) : each.boot && mistake(each, name, draw));
  };
  const draw = () => show(node, h("h2", null, t("doses")), byDay(found.value.intakes, at).map(([day, list]) => h("div", { cls: "day" }, h("h3", null, day), h("ul", { cls: "lines" }, list.map(line)))));
  draw();
  return node;
}

function answerCard(found, asked) {
  return h("section", { cls: "card" }, h("h2", null, t("answersTitle")), byDay(found.value.answers, (each) => each.at).slice(0, 7).map(([day, list]) => h("details", null, h("summary", null, `${day} · ${plural("answers", list.length)}`),
    h("ul", { cls: "lines" }, list.map((each) => h("li", null, `${timeOf(each.at)} · ${answerWords(each, asked)} · ${byWords(each.by)}`))))));
}
