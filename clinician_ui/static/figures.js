// The page of figures: alert budget with its bars, yield of the rules, aplasia clocks, of one month.

import "./figures-words.js";
import { legend, track, verdictWords } from "./aplasia-clock.js";
import { call } from "./api.js";
import { clockTime, fromParis, hubNow, shortTime, span, toParis } from "./clock.js";
import { h, s, show } from "./dom.js";
import { may } from "./store.js";
import { figure, language, said, t } from "./words.js";

const H = 190, LEFT = 26, RIGHT = 6, TOP = 10, BOTTOM = 22, STEP = 600_000;
const SEVERITIES = ["high", "medium", "low"];
const number = (value, digits = 1) => figure(String(Math.round(value * 10 ** digits) / 10 ** digits));
const percent = (value) => `${number(value)}\u00a0%`;
/** A rule's title in the language of the page. */
const called = (titles, rule) => said(titles[rule]) || rule;
const orNone = (value, shown, word = "noValue") => (value === null || value === undefined ? t(word) : shown(value));
const minutes = (value) => span(value * 60_000);

export function makeFigures() {
  const node = h("section", { cls: "figures", hidden: true, "aria-label": t("figures") });
  const body = h("div", { cls: "figures-body", "aria-live": "off" });
  let month = null, day = null, site = null, found = null, serial = 0;

  function load() {
    month ??= toParis(hubNow()).slice(0, 7);
    draw();
    ask();
  }

  async function ask() {
    const mine = ++serial, [from, to] = [monthStart(month), monthStart(shiftMonth(month, 1))];
    try {
      const [clock, budget] = await Promise.all([call("GET", `/api/figures/aplasia-clock?month=${month}`), call("GET", `/api/figures/budget?${new URLSearchParams({ from, to })}`)]);
      if (mine !== serial) return;
      found = { clock, budget, from, to };
      if (!budget.sites.some((each) => each.site === site)) site = busiest(budget);
      day = null;
      draw();
    } catch (error) { if (mine === serial) show(body, h("p", { cls: "fault" }, error.message)); }
  }

  function draw() {
    show(node, h("div", { cls: "figures-top" }, h("div", null, h("h1", null, t("figures")), h("p", { cls: "muted" }, t("figuresLead"))), choices()), body);
    if (!found) { show(body, h("p", { cls: "muted" }, t("loading"))); return; }
    const budget = found.budget.sites.find((each) => each.site === site), figures = found.clock.sites.find((each) => each.site === site);
    if (!budget || !figures) { show(body, h("p", { cls: "empty" }, t("noAlerts"))); return; }
    show(body, clockPart(figures), budgetPart(budget), yieldPart());
  }

  function choices() {
    const turn = (by) => () => { month = shiftMonth(month, by); found = null; draw(); ask(); };
    const sites = found?.budget.sites ?? [];
    return h("div", { cls: "choices" }, sites.length > 1 && h("label", { cls: "field" }, h("span", null, t("ofSite")), h("select", { onchange: (event) => { site = event.target.value; day = null; draw(); } }, sites.map((each) => h("option", { value: each.site, selected: each.site === site }, each.site)))),
      stepper(t("month"), monthWord(month), turn(-1), month < toParis(hubNow()).slice(0, 7) ? turn(1) : null));
  }

  function clockPart(figures) {
    const mine = found.clock.clocks.filter((each) => each.site === site), now = hubNow();
    return part(t("clockTitle"), t("clockLead"), figures.n === 0 ? h("p", { cls: "empty" }, t("noClock")) : [
      tiles([[figures.n, t("episodes")], [orNone(figures.within_percent, percent), t("shareHour"), figures.within_percent !== null && figures.within_percent < 100 && "bad"], [figures.missing, t("noDose"), figures.missing > 0 && "bad"], [orNone(figures.median_min, minutes), t("median")], [orNone(figures.p90_min, minutes), t("p90")]]),
      may("see") ? h("ul", { cls: "clocks" }, mine.map((clock) => h("li", null,
        h("div", { cls: "clock-who" }, h("b", null, clock.patient), h("span", { cls: "muted small" }, called(found.clock.titles, clock.rule), " · ", clock.marks[0].at ? shortTime(clock.marks[0].at) : t("missing")), h("span", { cls: `tag ${clock.verdict}` }, t(`s_${clock.verdict}`))),
        track(clock, now), h("details", null, h("summary", null, verdictWords(clock, now)), legend(clock))))) : h("p", { cls: "muted" }, t("clocksHidden"))]);
  }

  function budgetPart(budget) {
    const bins = found.budget.bins.filter((each) => each.site === site);
    if (budget.alerts === 0) return part(t("budgetTitle"), t("budgetLead"), h("p", { cls: "empty" }, t("noAlerts")));
    day ??= startDay(bins);
    return part(t("budgetTitle"), t("budgetLead"),
      tiles([[budget.alerts, t("alertsInMonth")], [number(budget.per_console_most), t("fullest"), budget.per_console_most > 1 && "bad"], [budget.over_steady, t("overSteady"), budget.over_steady > 0 && "bad"], [budget.floods, t("floods"), budget.floods > 0 && "bad"], [orNone(budget.per_patient_day, (value) => number(value, 2), "tooFew"), t("perDay")]]),
      shares(budget), dayChart(bins), downloads());
  }

  function shares(budget) {
    const wanted = found.budget.reference.shares;
    return [h("h3", null, t("shares")), h("div", { cls: "shares" }, SEVERITIES.map((name) => h("div", { cls: `share ${name}` }, h("span", { cls: "word" }, t(name)), h("div", { cls: "share-rail" }, s("svg", { viewBox: "0 0 100 10", preserveAspectRatio: "none", "aria-hidden": "true" }, s("rect", { cls: `bar ${name}`, x: 0, y: 0, width: budget.shares_percent[name], height: 10 }), s("line", { cls: "mark-line", x1: wanted[name], x2: wanted[name], y1: 0, y2: 10 }))), h("b", null, percent(budget.shares_percent[name])), h("span", { cls: "small muted" }, t("reference", wanted[name])))))];
  }

  function dayChart(bins) {
    const from = Date.parse(fromParis(`${day}T00:00`)), to = Date.parse(fromParis(`${shiftDay(day, 1)}T00:00`));
    const shown = bins.filter((each) => Date.parse(each.from) >= from && Date.parse(each.from) < to);
    const move = (by) => () => { day = shiftDay(day, by); draw(); };
    const last = toParis(Date.parse(found.to) - 1).slice(0, 10), first = toParis(found.from).slice(0, 10);
    return [h("div", { cls: "day-top" }, h("h3", null, dayWord(day)), stepper(null, null, day > first ? move(-1) : null, day < last ? move(1) : null)),
      bars(shown, from, to), shown.length === 0 ? h("p", { cls: "muted" }, t("noAlertsDay")) : fullest(shown)];
  }

  function bars(shown, from, to) {
    const W = innerWidth > 760 ? 720 : 340;
    const most = Math.max(...shown.map((each) => each.per_console), 0), top = Math.max(most * 1.1, 11.5);
    const x = (at) => LEFT + ((at - from) / (to - from)) * (W - LEFT - RIGHT), y = (value) => H - BOTTOM - (value / top) * (H - TOP - BOTTOM);
    const width = Math.max((STEP / (to - from)) * (W - LEFT - RIGHT) - 0.6, 1.5);
    const total = shown.reduce((sum, each) => sum + each.alerts, 0);
    const line = (value, words, cls) => [s("line", { cls: `limit-line ${cls}`, x1: LEFT, x2: W - RIGHT, y1: y(value), y2: y(value) }), s("text", { cls: `limit-say ${cls}`, x: W - RIGHT, y: y(value) - 4, "text-anchor": "end" }, words)];
    return s("svg", { cls: "bars", viewBox: `0 0 ${W} ${H}`, role: "img", "aria-label": t("dayChart", dayWord(day), total, number(most)) },
      [0, 5].map((value) => [s("line", { cls: "grid", x1: LEFT, x2: W - RIGHT, y1: y(value), y2: y(value) }), s("text", { cls: "tick", x: LEFT - 5, y: y(value) + 3, "text-anchor": "end" }, value)]),
      [0, 6, 12, 18].map((hour) => s("text", { cls: "tick", x: x(from + hour * 3_600_000), y: H - 6, "text-anchor": hour ? "middle" : "start" }, clockTime(from + hour * 3_600_000))),
      shown.map((bin) => stack(bin, x(Date.parse(bin.from)), width, y)), line(1, t("steadyLine"), "steady"), line(10, t("floodLine"), "flood"));
  }

  /** High at the bottom, then medium, then low: the shares of what one console got. */
  function stack(bin, left, width, y) {
    let under = 0;
    return SEVERITIES.map((name) => {
      const part = bin.alerts ? (bin.per_console * bin[name]) / bin.alerts : 0, over = under + part;
      const rect = part > 0 && s("rect", { cls: `bar ${name}`, x: left, width, y: y(over), height: y(under) - y(over) }, s("title", null, `${clockTime(bin.from)}  ${bin.alerts}`));
      under = over;
      return rect;
    });
  }

  function fullest(shown) {
    const rows = [...shown].sort((a, b) => b.per_console - a.per_console || a.from.localeCompare(b.from)).slice(0, 3);
    return [h("p", { cls: "small muted" }, t("fullestOf")), h("ul", { cls: "fullest" }, rows.map((bin) => h("li", null, h("b", null, clockTime(bin.from)), h("span", null, `${bin.alerts} (${SEVERITIES.filter((name) => bin[name]).map((name) => `${bin[name]} ${t(name).toLocaleLowerCase()}`).join(", ")})`), h("span", { cls: "small muted" }, bin.consoles ? t("consolesThen", bin.consoles) : t("consoleNone")))))];
  }

  function yieldPart() {
    const rows = found.budget.rules.filter((each) => each.site === site);
    const names = ["ruleCol", "openedCol", "actedCol", "undecidedCol", "yieldCol", "delayCol"].map((name) => t(name));
    const cell = (column, value, cls = "num") => h("td", { cls, "data-label": names[column] }, value);
    return part(t("yieldTitle"), t("yieldLead"), rows.length === 0 ? h("p", { cls: "empty" }, t("noRules")) : h("table", { cls: "yield" }, h("thead", null, h("tr", null, names.map((name) => h("th", { scope: "col" }, name)))),
      h("tbody", null, rows.map((row) => h("tr", null, h("th", { scope: "row" }, called(found.budget.titles, row.rule)), cell(1, row.opened), cell(2, row.acted), cell(3, row.undecided),
        cell(4, row.yield_percent === null ? t("noValue") : [s("svg", { cls: "yield-bar", viewBox: "0 0 100 8", preserveAspectRatio: "none", "aria-hidden": "true" }, s("rect", { cls: "rail", x: 0, y: 0, width: 100, height: 8 }), s("rect", { cls: "fill", x: 0, y: 0, width: row.yield_percent, height: 8 })), h("b", null, percent(row.yield_percent))], "num share-cell"),
        cell(5, orNone(row.median_min, minutes)))))));
  }

  function downloads() {
    const address = (what) => `/api/figures/budget.csv?${new URLSearchParams({ from: found.from, to: found.to, what })}`;
    return h("p", { cls: "downloads small" }, t("download"), ": ", ["bins", "sites", "rules"].map((what) => h("a", { href: address(what), download: "" }, t(`${what}_`))));
  }

  return { node, load };
}

const part = (title, lead, ...content) => h("section", { cls: "part" }, h("h2", null, title), h("p", { cls: "muted small lead" }, lead), content);
const tiles = (all) => h("dl", { cls: "figure-tiles" }, all.map(([value, words, bad]) => h("div", { cls: bad || null }, h("dt", null, words), h("dd", null, value))));

function stepper(label, word, back, forth) {
  const button = (say, sign, act) => h("button", { type: "button", cls: "quiet icon", "aria-label": say, title: say, disabled: !act, onclick: act ?? (() => {}) }, sign);
  return h("div", { cls: "stepper", role: "group", "aria-label": label }, button(t("before"), "‹", back), word && h("b", null, word), button(t("after"), "›", forth));
}

const monthStart = (month) => fromParis(`${month}-01T00:00`);
function shiftMonth(month, by) {
  const [year, place] = month.split("-").map(Number);
  return new Date(Date.UTC(year, place - 1 + by, 15)).toISOString().slice(0, 7);
}
const shiftDay = (day, by) => new Date(Date.parse(`${day}T12:00Z`) + by * 86_400_000).toISOString().slice(0, 10);
const words = (options, at) => new Intl.DateTimeFormat(language() === "fr" ? "fr-FR" : "en-GB", { timeZone: "UTC", ...options }).format(new Date(at));
const monthWord = (month) => words({ month: "long", year: "numeric" }, `${month}-15T12:00Z`);
const dayWord = (day) => words({ weekday: "long", day: "numeric", month: "long" }, `${day}T12:00Z`);
/** The newest day with an alert. */
const startDay = (bins) => toParis(bins.at(-1).from).slice(0, 10);
const busiest = (budget) => [...budget.sites].sort((a, b) => b.alerts - a.alerts)[0]?.site ?? null;
