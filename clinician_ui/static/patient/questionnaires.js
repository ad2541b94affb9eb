// Questionnaires as they were answered: one fold a day, questionnaire and person, the newest first, with every answer in it.

import { clockTime, toParis } from "../clock.js";
import { h } from "../dom.js";
import { figure, said, sourceWord, t } from "../words.js";

const SHOWN = 14; // folds; the heat map has the months

/** `named`: ITEM.ATTRIBUTE -> its name in both languages. Null: nothing was ever answered. */
export function questionnaires(reports, named = {}) {
  const rounds = new Map();
  for (const each of reports) {
    const key = [toParis(each.at).slice(0, 10), each.questionnaire, each.title.en, each.by, each.channel ?? ""].join("|");
    rounds.set(key, [...(rounds.get(key) ?? []), each]);
  }
  if (rounds.size === 0) return null;
  return h("div", { cls: "rounds" }, [...rounds.values()].slice(0, SHOWN).map((answers) => round(answers, named)));
}

function round(answers, named) {
  const [newest] = answers, day = toParis(newest.at).slice(0, 10), first = answers.at(-1);
  const when = clockTime(first.at) === clockTime(newest.at) ? clockTime(newest.at) : `${clockTime(first.at)}–${clockTime(newest.at)}`;
  const worst = Math.max(-1, ...answers.map((each) => each.grade ?? -1));
  const who = [sourceWord(newest.by), newest.channel && t(newest.channel)].filter(Boolean).join(", ");
  return h("details", null, h("summary", null, h("b", null, `${day.slice(8)}/${day.slice(5, 7)} ${when}`), ` · ${said(newest.title)} · ${who} · ${t(answers.length > 1 ? "qAnswers" : "qAnswer", answers.length)}`, worst > 2 && h("span", { cls: "tag warn" }, `⚠ ${t("qWorst", worst)}`)),
    h("table", { cls: "plain" }, h("tbody", null, [...answers].reverse().map((each) => h("tr", null, h("th", { scope: "row" }, said(named[`${each.item}.${each.attribute ?? "severity"}`]) || each.item), h("td", { dir: "auto" }, answer(each)))))));
}

const answer = (each) => (each.text ? h("span", { cls: "as-written" }, each.text) : each.grade !== null ? h("b", null, `${each.grade}/4`) : figure(each.number));
