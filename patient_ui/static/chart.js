// One measure over time as a small drawing, with the same values as a table for whoever does not see it.

import { dateOf, whenWords } from "./clock.js";
import { h, s } from "./dom.js";
import { byWords, number } from "./names.js";
import { t } from "./words.js";

const WIDE = 340, HIGH = 130, LEFT = 40, RIGHT = 12, TOP = 12, BOTTOM = 24, SHOWN = 12;

/** Round steps for an axis over low..high. */
export function ticks(low, high) {
  const span = high - low || 1, rough = span / 3, size = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((each) => each * size).find((each) => span / each <= 4) ?? size * 10;
  const found = [];
  for (let at = Math.ceil(low / step - 1e-9) * step; at <= high + step * 1e-6; at += step) found.push(Math.round(at * 1e6) / 1e6);
  return found;
}

/** `points`: [{at, value, by, body_site}], oldest first. */
export function chart(points, { name, unit, decimals, from, to }) {
  const values = points.map((each) => each.value), least = { "°C": 1, kg: 2 }[unit] ?? 10;
  const middle = (Math.min(...values) + Math.max(...values)) / 2, half = Math.max((Math.max(...values) - Math.min(...values)) / 2, least / 2) * 1.15;
  const low = middle - half, high = middle + half;
  const x = (at) => LEFT + ((Date.parse(at) - from) / (to - from)) * (WIDE - LEFT - RIGHT), y = (value) => TOP + ((high - value) / (high - low)) * (HIGH - TOP - BOTTOM);
  const last = points.at(-1), around = t("is", name, t("chartSummary", points.length, number(Math.min(...values), decimals), number(Math.max(...values), decimals), unit));
  const middleDay = (from + to) / 2;
  return s("svg", { viewBox: `0 0 ${WIDE} ${HIGH}`, role: "img", "aria-label": around, cls: "chart" },
    ticks(low, high).map((each) => [s("line", { x1: LEFT, x2: WIDE - RIGHT, y1: y(each), y2: y(each), cls: "grid" }), s("text", { x: LEFT - 6, y: y(each) + 4, cls: "axis end" }, number(each, decimals))]),
    [[from, "start"], [middleDay, "mid"], [to, "end"]].map(([at, cls]) => s("text", { x: LEFT + ((at - from) / (to - from)) * (WIDE - LEFT - RIGHT), y: HIGH - 6, cls: `axis ${cls}` }, dateOf(at))),
    points.length > 1 && s("polyline", { points: points.map((each) => `${x(each.at).toFixed(1)},${y(each.value).toFixed(1)}`).join(" "), cls: "curve" }),
    points.length <= 60 && points.map((each) => s("circle", { cx: x(each.at).toFixed(1), cy: y(each.value).toFixed(1), r: 2.6, cls: "point" })),
    s("circle", { cx: x(last.at), cy: y(last.value), r: 4.5, cls: "point last" }));
}

export function table(points, { name, unit, decimals }) {
  const shown = [...points].reverse().slice(0, SHOWN);
  return h("details", null, h("summary", null, t("asTable")), h("table", null, h("caption", { cls: "sr" }, name), h("thead", null, h("tr", null, [t("when"), `${name} (${unit})`, t("source")].map((each) => h("th", { scope: "col" }, each)))),
    h("tbody", null, shown.map((each) => h("tr", null, h("td", null, whenWords(each.at)), h("td", null, number(each.value, decimals)), h("td", null, byWords(each.by)))))));
}
