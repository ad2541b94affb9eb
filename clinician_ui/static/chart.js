// One measure over the last 24 hours with its limit, drawn as SVG.

import { clockTime, hubNow } from "./clock.js";
import { call } from "./api.js";
import { h, s } from "./dom.js";
import { figure, said, t, unitWord } from "./words.js";

const W = 460, H = 150, LEFT = 34, BOTTOM = 20, TOP = 8, RIGHT = 8;

/** The series of an evidence's code, with the hours to draw. */
export async function seriesOf(patient, evidence) {
  const to = hubNow(), from = Math.min(to - 86_400_000, Date.parse(evidence.measured_at) - 3_600_000);
  const query = new URLSearchParams({ code: evidence.code, from: new Date(from).toISOString(), to: new Date(to).toISOString(), points: "300" });
  return { series: await call("GET", `/api/patients/${encodeURIComponent(patient)}/series?${query}`), evidence, hours: { from, to } };
}

export const chart = ({ series, evidence, hours }) => h("figure", { cls: "chart" }, drawn(series, evidence, hours));

function drawn(series, evidence, { from, to }) {
  const caption = h("figcaption", { cls: "small muted" }, t("chart", said(series.name)), ` (${unitWord(series.unit)})`);
  if (series.points.length === 0) return [caption, h("p", { cls: "muted small" }, t("noPoints"))];
  const limit = limitOf(evidence.limit);
  const values = [...series.points.map((point) => point.value), ...(limit === null ? [] : [limit])];
  const pad = Math.max((Math.max(...values) - Math.min(...values)) * 0.12, 0.5);
  const low = Math.min(...values) - pad, high = Math.max(...values) + pad;
  const x = (at) => LEFT + ((at - from) / (to - from)) * (W - LEFT - RIGHT);
  const y = (value) => TOP + ((high - value) / (high - low)) * (H - TOP - BOTTOM);
  const dots = series.points.map((point) => ({ x: x(Date.parse(point.at)), y: y(point.value), value: point.value, at: point.at }));
  const path = dots.map((dot, i) => `${i ? "L" : "M"}${dot.x.toFixed(1)} ${dot.y.toFixed(1)}`).join("");
  const ticks = [low + pad, (low + high) / 2, high - pad];
  const hours = [0, 1, 2, 3].map((n) => from + ((n + 0.5) * (to - from)) / 4);
  const last = dots.at(-1);
  return [caption, s("svg", { viewBox: `0 0 ${W} ${H}`, role: "img", "aria-label": `${t("chart", said(series.name))}: ${figure(last.value)}` },
    ticks.map((value) => [s("line", { cls: "grid", x1: LEFT, x2: W - RIGHT, y1: y(value), y2: y(value) }), s("text", { cls: "tick", x: LEFT - 5, y: y(value) + 3, "text-anchor": "end" }, figure(value.toFixed(high - low < 8 ? 1 : 0)))]),
    hours.map((at) => s("text", { cls: "tick", x: x(at), y: H - 5, "text-anchor": "middle" }, clockTime(at))),
    limit !== null && [s("line", { cls: "limit", x1: LEFT, x2: W - RIGHT, y1: y(limit), y2: y(limit) }), s("text", { cls: "limit-word", x: LEFT + 3, y: y(limit) - 4 }, figure(evidence.limit))],
    s("path", { cls: "curve", d: path }),
    dots.length < 80 && dots.map((dot) => s("circle", { cls: "dot", cx: dot.x, cy: dot.y, r: 2.2 }, s("title", null, `${clockTime(dot.at)}  ${figure(dot.value)}`))),
    s("circle", { cls: "dot last", cx: last.x, cy: last.y, r: 3.6 }))];
}

/** The number of a limit as written, "≥ 38.3 Cel". */
function limitOf(text) {
  const found = /-?\d+(\.\d+)?/.exec(text ?? "");
  return found ? Number(found[0]) : null;
}
