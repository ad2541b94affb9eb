// NEWS2 with its parts, each with its value, age and points; what is not known is said and never counted as normal.

import { span } from "../clock.js";
import { h, s } from "../dom.js";
import { ageOf } from "../marks.js";
import { figure, said, t, unitWord } from "../words.js";

export function news2Box(score) {
  if (!score) return h("p", { cls: "muted" }, t("news2None"));
  const missing = score.parts.filter((part) => part.points === null);
  return [
    h("p", { cls: "score-sum" }, h("b", null, t(`${score.complete ? "news2Whole" : "news2AtLeast"}${score.at_least === 1 ? "1" : ""}`, score.at_least)), missing.length > 0 && h("span", { cls: "muted" }, ` · ${t("news2Missing", missing.map((part) => within(said(part.name))).join(", "))}`)),
    h("table", { cls: "plain score" }, h("thead", null, h("tr", null, ["item", "value", "points"].map((name) => h("th", { scope: "col", cls: "small muted" }, t(name))))), h("tbody", null, score.parts.map(row))),
    h("p", { cls: "small muted" }, t("news2Age", span(score.max_age_s * 1000)), score.scale === 2 && ` · ${t("scale2")}`),
  ];
}

/** A name inside a sentence: "saturation (SpO2)"; an abbreviation stays as it is. */
const within = (name) => (/^\p{Lu}{2}/u.test(name) ? name : name.charAt(0).toLocaleLowerCase() + name.slice(1));

function row(part) {
  const about = part.assumed ? t("assumed") : part.measured_at ? ageOf(part.measured_at) : t("unknown");
  return h("tr", null, h("th", { scope: "row" }, said(part.name)), h("td", null, part.text !== null && h("b", null, figure(part.text), " ", unitWord(part.unit)), " ", h("span", { cls: "small muted" }, about)), h("td", { cls: "num" }, part.points === null ? "?" : [dots(part.points), ` ${part.points}`]));
}

/** As many filled dots as points, of three: the eye counts faster than it reads. */
const dots = (points) => s("svg", { cls: `points p${points}`, viewBox: "0 0 34 10", "aria-hidden": "true" }, [0, 1, 2].map((n) => s("circle", { cx: 5 + 12 * n, cy: 5, r: 4, class: n < points ? "on" : "off" })));
