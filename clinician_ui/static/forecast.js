// The forecast of the neutrophil count in the panel: a fan, what it says in figures, its age, and that it is a model's word.

import "./forecast-words.js";
import { call } from "./api.js";
import { hubNow, shortTime } from "./clock.js";
import { h, s, show } from "./dom.js";
import { ageOf } from "./marks.js";
import { figure, language, t } from "./words.js";

const W = 460, H = 190, LEFT = 34, RIGHT = 10, TOP = 22, BOTTOM = 22, LOW = 0.05, DAY = 86_400_000;
const KEPT = 60_000, asked = new Map();

/** Asked once a minute, not at every redraw: each look is on record. */
function forecastOf(patient) {
  const kept = asked.get(patient);
  if (kept && performance.now() - kept.at < KEPT) return kept.answer;
  const answer = call("GET", `/api/patients/${encodeURIComponent(patient)}/forecast`);
  asked.set(patient, { at: performance.now(), answer });
  answer.catch(() => asked.delete(patient));
  return answer;
}

/** The hub said that there is a new one. */
export const forgetForecast = (patient) => { asked.delete(patient); };

/** A node that fills itself, and stays empty for a patient of whom nobody would expect a forecast. `level`: of its title. */
export function forecastBox(patient, level = "h3") {
  const node = h("section", { cls: level === "h2" ? "forecast file-part" : "forecast", hidden: true, "aria-label": t("fcTitle") });
  forecastOf(patient).then((found) => {
    if (!found.concerned) return;
    show(node, ...drawn(found, level));
    node.hidden = false;
  }).catch(() => { /* the panel stands without it */ });
  return node;
}

const drawn = (found, level) => [
  h(level, null, t("fcTitle"), " ", h("span", { cls: `tag ${found.status === "ready" ? "" : "warn"}` }, t(`fc_${found.status}`))),
  found.status !== "ready" && (found.why || found.why_fr) && h("p", { cls: "forecast-why" }, figure((language() === "fr" && found.why_fr) || found.why)),
  found.surprise !== null && found.surprise < 0.05 && found.status === "surprised" && h("p", { cls: "forecast-why" }, figure(t("fcSurprise", percent(found.surprise)))),
  found.curve.length > 1 && found.day_zero_at && h("figure", null, fan(found), h("figcaption", { cls: "small muted" }, figure(t("fcFan")))),
  facts(found),
  h("p", { cls: "small muted" }, t("fcSource", found.version), " ", found.made_at && [t("fcMade"), " ", ageOf(found.made_at)], found.checked_at && found.checked_at !== found.made_at && [", ", t("fcChecked"), " ", ageOf(found.checked_at)], "."),
  found.made_at && !found.current && h("p", { cls: "small" }, t("fcOld")),
];

const percent = (p) => (p < 0.01 ? "< 1 %" : p > 0.99 ? "> 99 %" : `${Math.round(100 * p)} %`);
const dateOf = (found, day) => shortDay(Date.parse(found.day_zero_at) + day * DAY);
const shortDay = (ms) => new Intl.DateTimeFormat(language() === "fr" ? "fr-FR" : "en-GB", { timeZone: "Europe/Paris", weekday: "short", day: "2-digit", month: "2-digit" }).format(new Date(ms));

/** A quantile triple as "x (a to b)"; what lies beyond the horizon says so. */
function range(triple, show_) {
  if (!triple || (triple.p05 === null && triple.p50 === null)) return null;
  const one = (value) => (value === null ? t("fcBeyond") : show_(value));
  return [h("b", null, figure(one(triple.p50))), h("span", { cls: "small muted" }, " (", figure(t("fcTo", one(triple.p05), one(triple.p95))), ")")];
}

function facts(found) {
  const line = (name, content) => content && h("div", null, h("dt", null, figure(name)), h("dd", null, content));
  const risk = (p) => p !== null && p !== undefined && h("b", null, figure(percent(p)));
  const day = (value) => dateOf(found, value);
  const rows = [line(t("fcGrade4"), risk(found.p_grade4)), line(t("fcGrade3"), risk(found.p_grade3)), line(t("fcNadir"), range(found.nadir.anc, (anc) => `${anc.toFixed(anc < 1 ? 2 : 1)} G/L`)),
    line(t("fcNadirDay"), range(found.nadir.day, day)), line(t("fcRecovery"), range(found.recovery_day, day)), line(t("fcNextDose"), beforeNext(found)), line(t("fcBelow"), range(found.days_below_0_5, (days) => t("fcDays", days.toFixed(1)))),
    line(t("fcLate"), risk(found.p_late_recovery)), found.next_count_best_day !== null && line(t("fcBest"), h("b", null, day(found.next_count_best_day)))].filter(Boolean);
  return rows.length > 0 && h("dl", { cls: "facts" }, rows);
}

/** The next planned dose, and how far before or after it the count is back: "02/12 ; retour 3 j avant (6 j avant à 1 j après)". */
function beforeNext(found) {
  if (!found.next_dose_at || !found.day_zero_at) return null;
  const next = Date.parse(found.next_dose_at), at = (next - Date.parse(found.day_zero_at)) / DAY, back = found.recovery_day;
  const one = (value) => { if (value === null) return t("fcBeyond"); const days = Math.round(at - value); return days === 0 ? t("fcSameDay") : t(days > 0 ? "fcBefore" : "fcAfter", Math.abs(days)); };
  return [h("b", null, figure(shortDay(next))), back && back.p50 !== null && h("span", { cls: "small muted" }, " ", figure(t("fcMargin", one(back.p50), one(back.p05), one(back.p95))))];
}

/** The fan on a logarithmic scale, as counts are read: half is as far below as double is above. */
function fan(found) {
  const start = Date.parse(found.day_zero_at), now = hubNow();
  const at = (point) => start + point.day * DAY;
  const counts = found.counts.map((count) => ({ at: Date.parse(count.at), anc: Math.max(count.anc, LOW) }));
  const from = Math.min(at(found.curve[0]), ...counts.map((count) => count.at)), to = at(found.curve.at(-1));
  const high = Math.max(2, ...found.curve.map((point) => point.p95), ...counts.map((count) => count.anc));
  const x = (ms) => LEFT + ((ms - from) / (to - from)) * (W - LEFT - RIGHT);
  const y = (anc) => TOP + (Math.log(high / Math.max(anc, LOW)) / Math.log(high / LOW)) * (H - TOP - BOTTOM);
  const spot = (ms, anc) => `${x(ms).toFixed(1)} ${y(anc).toFixed(1)}`;
  const line = (key) => found.curve.map((point, i) => `${i ? "L" : "M"}${spot(at(point), point[key])}`).join("");
  const band = `${line("p95")}${[...found.curve].reverse().map((point) => `L${spot(at(point), point.p05)}`).join("")}Z`;
  const upright = (ms, cls, word) => ms >= from && ms <= to && [s("line", { cls, x1: x(ms), x2: x(ms), y1: TOP, y2: H - BOTTOM }), s("text", { cls: "tick", x: Math.min(Math.max(x(ms), LEFT + 24), W - RIGHT - 24), y: TOP - 5, "text-anchor": "middle" }, word)];
  const next = found.next_dose_at ? Date.parse(found.next_dose_at) : null;
  const days = Array.from({ length: 5 }, (_, i) => from + ((i + 0.5) * (to - from)) / 5);
  const said = t("fcAria", found.p_grade4 === null ? "–" : percent(found.p_grade4), found.nadir.anc ? figure(found.nadir.anc.p50.toFixed(2)) : "–");
  return s("svg", { viewBox: `0 0 ${W} ${H}`, role: "img", "aria-label": said },
    [0.1, 0.5, 1, 2, 5, 10].filter((tick) => tick < high).map((tick) => [s("line", { cls: tick === 0.5 || tick === 1 ? "level" : "grid", x1: LEFT, x2: W - RIGHT, y1: y(tick), y2: y(tick) }), s("text", { cls: "tick", x: LEFT - 5, y: y(tick) + 3, "text-anchor": "end" }, figure(String(tick)))]),
    s("path", { cls: "band", d: band }), s("path", { cls: "median", d: line("p50") }),
    upright(now, "now", t("fcNow")), next && Math.abs(x(next) - x(now)) > 70 && upright(next, "next", t("fcNext")),
    found.doses.filter((dose) => dose.kind === "chemotherapy").map((dose) => Date.parse(dose.at)).filter((ms) => ms >= from && ms <= to).map((ms) => s("path", { cls: "dose", d: `M${x(ms) - 5} ${H - BOTTOM - 9}h10l-5 8z` }, s("title", null, `${t("fcDose")} ${shortTime(ms)}`))),
    found.next_count_best_day !== null && s("path", { cls: "best", d: `M${x(start + found.next_count_best_day * DAY) - 5} ${H - BOTTOM}l5 -8l5 8z` }, s("title", null, t("fcBest"))),
    counts.map((count) => s("circle", { cls: "dot", cx: x(count.at), cy: y(count.anc), r: 3.4 }, s("title", null, `${t("fcCount")} ${shortTime(count.at)} ${figure(String(count.anc))} G/L`))),
    days.map((ms) => s("text", { cls: "tick", x: x(ms), y: H - 6, "text-anchor": "middle" }, new Intl.DateTimeFormat(language() === "fr" ? "fr-FR" : "en-GB", { timeZone: "Europe/Paris", day: "2-digit", month: "2-digit" }).format(new Date(ms)))));
}
