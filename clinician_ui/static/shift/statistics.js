// How the shift went: alerts, how fast they were delivered, seen and acted on, the alert budget, each rule's yield.

import "../figures-words.js";
import "./statistics-words.js";
import { call } from "../api.js";
import { hubNow, shortTime, span } from "../clock.js";
import { h, show } from "../dom.js";
import { state } from "../store.js";
import { figure, said, t } from "../words.js";

const HOUR = 3_600_000;
const HOURS = [8, 12, 24];
const SHAPES = { high: "▲", medium: "◆", low: "●" };
const LONGEST = 24 * HOUR; // a shift that began earlier than that is shown from then on
const number = (value) => figure(String(Math.round(value * 10) / 10));
const percent = (value) => (value === null ? t("noValue") : `${number(value)}\u00a0%`);

export function makeStatistics() {
  const node = h("section", { cls: "file-part statistics", "aria-labelledby": "statistics-title" });
  /** Hours back from now; null: since the shift of whoever looks, or of whoever is on call, began. @type {number | null} */
  let hours = null;
  let site = "", began = null, serial = 0;

  /** @param {string} of @param {any} duty what /api/oncall says of the site */
  async function load(of, duty) {
    if (of !== site) { site = of; show(node, h("h2", { id: "statistics-title" }, t("statistics")), h("p", { cls: "muted" }, t("loading"))); }
    began = begin(duty);
    if (began === null) hours ??= 12;
    await ask();
  }

  async function ask() {
    const round = ++serial, to = hubNow(), from = hours === null ? began : to - hours * HOUR;
    const query = new URLSearchParams({ from: new Date(from).toISOString(), to: new Date(to).toISOString() });
    try {
      const found = await call("GET", `/api/figures/shift?${query}`);
      if (round === serial) draw(found, found.sites.find((each) => each.site === site));
    } catch (error) {
      if (round === serial) show(node, heading(null), h("p", { cls: "fault", role: "alert" }, error.message), h("button", { type: "button", cls: "quiet", onclick: ask }, t("reload")));
    }
  }

  function heading(found) {
    const choice = (value, words, long = words) => h("button", { type: "button", cls: "quiet", title: long, "aria-pressed": String(hours === value), onclick: () => { hours = value; ask(); } }, words);
    return [h("h2", { id: "statistics-title" }, t("statistics")), h("p", { cls: "muted small" }, found ? t("statisticsSpan", shortTime(found.from), shortTime(found.to)) : t("statisticsLead")),
      h("div", { cls: "spans", role: "group", "aria-label": t("statisticsOver") }, began !== null && choice(null, t("sinceShift", shortTime(new Date(began).toISOString()))), HOURS.map((each) => choice(each, `${each}\u00a0h`, t("lastHours", each))))];
  }

  function draw(found, mine) {
    if (!mine) { show(node, heading(found), h("p", { cls: "empty" }, t("noAlertThen"))); return; }
    show(node, heading(found), mine.responses.every((each) => each.n === 0) ? h("p", { cls: "empty" }, t("noAlertThen")) : times(mine.responses), budget(mine.budget, found.reference), mine.rules.length > 0 && rules(mine.rules, found.titles));
  }

  return { node, load };
}

/** Since when the person who looks is on call, else since when somebody is; null when nobody is, or nobody knows. */
function begin(duty) {
  const now = duty.roles.flatMap((role) => role.now), mine = now.filter((one) => one.person === state.me.username);
  const starts = (mine.length > 0 ? mine : now).map((one) => Date.parse(one.since));
  return starts.length === 0 ? null : Math.max(Math.min(...starts), hubNow() - LONGEST);
}

function times(responses) {
  const names = [t("severity"), t("alerts_"), t("m_delivered"), t("m_seen"), t("m_acted")];
  const cell = (place, each) => h("td", { "data-label": names[place] }, each.n === 0 ? "–" : each.median_min === null ? null : h("b", null, span(each.median_min * 60_000)), each.n > 0 && each.p90_min !== null && h("span", { cls: "small muted block" }, t("ninety", span(each.p90_min * 60_000))), each.missing > 0 && h("span", { cls: "small warn-words block" }, `⚠ ${t("notReached", each.missing)}`));
  return [h("p", { cls: "small muted" }, t("timesLead")), h("table", { cls: "stacked times" }, h("thead", null, h("tr", null, names.map((name) => h("th", { scope: "col" }, name)))),
    h("tbody", null, responses.map((each) => h("tr", null, h("th", { scope: "row" }, h("span", { cls: `severity-word ${each.severity}` }, h("span", { "aria-hidden": "true" }, SHAPES[each.severity]), ` ${t(each.severity)}`)), h("td", { "data-label": names[1] }, each.n), each.marks.map((mark, place) => cell(place + 2, mark))))))];
}

function budget(found, reference) {
  const tile = (value, words, bad) => h("div", { cls: bad || null }, h("dt", null, words), h("dd", null, value));
  return h("dl", { cls: "figure-tiles" }, tile(found.alerts, t("cameBefore")), tile(number(found.per_console_most), t("fullestShift", reference.minutes), found.per_console_most > reference.steady && "bad"), tile(found.over_steady, t("overSteadyShift", reference.steady, reference.minutes), found.over_steady > 0 && "bad"), tile(found.floods, t("floodsShift", reference.flood), found.floods > 0 && "bad"));
}

function rules(found, titles) {
  const names = ["ruleCol", "openedCol", "actedCol", "undecidedCol", "yieldCol"].map((name) => t(name)), cell = (place, value) => h("td", { "data-label": names[place] }, value);
  return h("details", { cls: "shift-rules" }, h("summary", null, t("rulesOf", found.length)), h("table", { cls: "stacked" }, h("thead", null, h("tr", null, names.map((name) => h("th", { scope: "col" }, name)))),
    h("tbody", null, found.map((each) => h("tr", null, h("th", { scope: "row" }, said(titles[each.rule]) || each.rule), cell(1, each.opened), cell(2, each.acted), cell(3, each.undecided), cell(4, percent(each.yield_percent)))))));
}
