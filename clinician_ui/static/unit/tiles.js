// One patient as a small multiple: three lines of 24 hours with their last value, window and phase, alerts that are not closed.

import { cycleDay } from "../clock.js";
import { h, s } from "../dom.js";
import { bareAge, fullName, mark, pauseTag, source } from "../marks.js";
import { state } from "../store.js";
import { figure, said, t, unitWord } from "../words.js";

const W = 120, H = 26, PAD = 2;
/** The range that is always shown, so that a flat line is flat and neighbours compare; values beyond it widen it. */
const DRAWN = [["8310-5", 36, 38.5], ["8867-4", 50, 120], ["59408-5", 90, 100]];
const SEVERITIES = ["high", "medium", "low"];

/** `alerts`: those of the patient that are not closed; `trace`: code -> spots, null while they are on their way. */
export function tile(patient, alerts, trace, parts) {
  const latest = new Map(patient.latest.map((item) => [item.code, item]));
  return h("article", { cls: `unit-tile ${SEVERITIES.find((each) => alerts.some((alert) => alert.severity === each)) ?? "calm"}`, "data-patient": patient.id },
    h("header", null, h("a", { href: `#/patient/${encodeURIComponent(patient.id)}` }, fullName(patient)), alertMarks(alerts)),
    h("p", { cls: "small muted unit-phase" }, phase(patient)),
    h("dl", { cls: "sparks" }, DRAWN.map(([code, low, high]) => line(code, latest.get(code), trace && (trace[code] ?? []), { low, high, parts }))));
}

function alertMarks(alerts) {
  if (alerts.length === 0) return h("span", { cls: "small muted" }, t("uCalm"));
  const groups = SEVERITIES.map((severity) => [severity, alerts.filter((alert) => alert.severity === severity)]).filter(([, of]) => of.length > 0);
  const words = groups.map(([severity, of]) => `${t(severity)} ${of.length}`).join(", ");
  return h("span", { cls: "unit-alerts", title: alerts.slice(0, 5).map((alert) => figure(said(alert.reason))).join("\n") }, h("span", { cls: "unseen" }, t("uAlerts", words)), groups.map(([, of]) => h("span", { "aria-hidden": "true" }, mark(of.find((alert) => alert.category === "clinical") ?? of[0]), of.length > 1 && h("small", null, of.length))));
}

function phase(patient) {
  const window = state.windows.get(patient.id), day = cycleDay(patient.plan?.cycle_start);
  return [window && h("span", { cls: "tag window-tag" }, t("inWindow")), [patient.plan?.regimen ?? patient.plan?.protocol, day !== null && t("uDay", day)].filter(Boolean).join(" · "), patient.pause && pauseTag(patient.pause)];
}

function line(code, item, spots, { low, high, parts }) {
  return h("div", { "data-code": code }, h("dt", { cls: "small muted" }, t(`us_${code}`)), h("dd", { cls: "spark" }, spots && spark(code, spots, { low, high, parts })),
    h("dd", { cls: "spark-value" }, item ? [h("b", null, figure(item.text), h("small", null, ` ${unitWord(item.unit)}`)), h("span", { cls: "small muted block", title: source(item) }, bareAge(item.measured_at), ` · ${source(item)}`)] : h("span", { cls: "small muted" }, t("uNoValue"))));
}

/** Lowest to highest of each half hour as an upright, joined where the next half hours have values too: gaps stay gaps. */
function spark(code, spots, { low, high, parts }) {
  const name = t(`us_${code}`);
  if (spots.length === 0) return s("svg", { cls: "sparkline none", viewBox: `0 0 ${W} ${H}`, role: "img", "aria-label": t("uSparkNone", name) }, s("line", { x1: 0, x2: W, y1: H / 2, y2: H / 2 }));
  const bottom = Math.min(low, ...spots.map((spot) => spot[1])), top = Math.max(high, ...spots.map((spot) => spot[2]));
  const x = (part) => PAD + ((part + 0.5) / parts) * (W - 2 * PAD), y = (value) => PAD + ((top - value) / (top - bottom)) * (H - 2 * PAD);
  const path = spots.map(([part, least, most], n) => `${n > 0 && part - spots[n - 1][0] <= 8 ? "L" : "M"}${x(part).toFixed(1)} ${y(least).toFixed(1)}V${y(most).toFixed(1)}`).join("");
  return s("svg", { cls: "sparkline", viewBox: `0 0 ${W} ${H}`, preserveAspectRatio: "none", role: "img", "aria-label": t("uSpark", name, figure(String(Math.min(...spots.map((spot) => spot[1])))), figure(String(Math.max(...spots.map((spot) => spot[2]))))) },
    s("path", { d: path }), spots.filter((spot) => spot[3]).map(([part, , most]) => s("circle", { cx: x(part), cy: y(most), r: 2.4 })));
}
