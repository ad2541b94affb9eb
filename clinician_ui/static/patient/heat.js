// Reported symptoms as a table of days: the highest grade of each day as a figure on a shade; comments below it.

import { hubNow, shortTime, toParis } from "../clock.js";
import { h } from "../dom.js";
import { said, sourceWord, t } from "../words.js";

const DAYS = 28;

/** `named`: ITEM.ATTRIBUTE -> its name in both languages. */
export function symptoms(reports, named = {}) {
  const nameOf = (each) => said(named[`${each.item}.${each.attribute ?? "severity"}`]) || each.item;
  const days = lastDays(), first = days[0];
  const graded = reports.filter((each) => each.grade !== null && toParis(each.at).slice(0, 10) >= first);
  const texts = reports.filter((each) => each.text && toParis(each.at).slice(0, 10) >= first).slice(0, 20);
  if (graded.length === 0 && texts.length === 0) return h("p", { cls: "muted" }, t("noSymptoms"));
  return [graded.length > 0 && map(graded, days, nameOf), comments(texts, nameOf)];
}

function lastDays() {
  const noon = Date.parse(`${toParis(hubNow()).slice(0, 10)}T12:00Z`);
  return Array.from({ length: DAYS }, (_, n) => new Date(noon - (DAYS - 1 - n) * 86_400_000).toISOString().slice(0, 10));
}

function map(graded, days, nameOf) {
  const worst = new Map(), names = new Map();
  for (const each of graded) {
    const item = nameOf(each), cell = `${item}|${toParis(each.at).slice(0, 10)}`;
    worst.set(cell, Math.max(worst.get(cell) ?? 0, each.grade));
    names.set(item, Math.max(names.get(item) ?? 0, each.grade));
  }
  const rows = [...names].sort((a, b) => b[1] - a[1] || a[0].localeCompare(b[0])).map(([item]) => item);
  const dayHead = (day, place) => h("th", { scope: "col", cls: "small muted" }, place % 7 === DAYS % 7 || place === DAYS - 1 ? `${day.slice(8)}/${day.slice(5, 7)}` : h("span", { cls: "unseen" }, day));
  const cell = (item, day) => { const grade = worst.get(`${item}|${day}`); return grade === undefined ? h("td", null, h("span", { cls: "unseen" }, t("noAnswer"))) : h("td", { cls: `g${grade}`, title: `${item} · ${day}` }, grade); };
  return h("div", { cls: "heat-box", tabindex: "0", role: "region", "aria-label": t("symptoms") }, h("table", { cls: "heat" }, h("caption", { cls: "small muted" }, t("worstOfDay")), h("thead", null, h("tr", null, h("td", null), days.map(dayHead))), h("tbody", null, rows.map((item) => h("tr", null, h("th", { scope: "row" }, item), days.map((day) => cell(item, day)))))));
}

const comments = (texts, nameOf) => texts.length > 0 && [h("h3", null, t("comments")), h("ul", { cls: "comments" }, texts.map((each) => h("li", null, h("span", { cls: "small muted" }, `${shortTime(each.at)} · ${sourceWord(each.by)} · ${nameOf(each)}`), h("p", { cls: "note" }, each.text))))];
