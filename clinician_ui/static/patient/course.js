// The course of a cycle on one line: days, the aplasia window, doses and treatments given, alerts, and where we are.

import { cycleDay, hubNow, shortTime, toParis, fromParis } from "../clock.js";
import { h, s } from "../dom.js";
import { ageOf } from "../marks.js";
import { figure, said, t, unitWord } from "../words.js";

const LEFT = 8, RIGHT = 8, DAY = 86_400_000;
const SHAPES = { high: "M0 -7 7 6H-7Z", medium: "M0 -7 7 0 0 7 -7 0Z", low: "M0 -5a5 5 0 1 0 0 10 5 5 0 0 0 0 -10Z" };

/** What is known of the window in words, and the line itself. */
export function course(file, alerts) {
  return [words(file), line(file, alerts)];
}

function words(file) {
  const { window: now } = file, day = cycleDay(file.care_plan?.cycle_start);
  const said_ = [];
  if (now) {
    said_.push(h("b", { cls: now.open ? "window-word open" : "window-word" }, now.open ? `◆ ${t("windowOpen")}` : `◇ ${t("windowShut")}`));
    if (now.open) said_.push(now.since ? t("windowSince", shortTime(now.since)) : t("windowAlways"));
    if (now.open && now.expected_end) said_.push(t("expectedEnd", shortTime(now.expected_end)));
    if (now.overdue) said_.push(h("b", { cls: "fault" }, t("overdueCount")));
  }
  said_.push(day === null ? t("noCycle") : t("dayOfCycle", day));
  const count = now && (now.last_count_at ? h("p", null, t("lastCount"), " ", h("b", null, figure(now.last_count), " ", unitWord(now.unit)), ", ", ageOf(now.last_count_at)) : h("p", null, `${t("lastCount")}${t("colon")} ${t("noCount")}`));
  return h("div", { cls: "course-words" }, h("p", null, said_.flatMap((each, place) => (place ? [" · ", each] : [each]))), count, now?.open && !now.count_known && h("p", { cls: "small" }, `⚠ ${t("countUnknown")}`));
}

function line(file, alerts) {
  const W = innerWidth > 760 ? 1000 : 330, now = hubNow(), start = file.care_plan?.cycle_start ? Date.parse(fromParis(`${file.care_plan.cycle_start}T00:00`)) : null;
  const from = Math.min(start !== null && start > now - 60 * DAY ? start - DAY : now - 21 * DAY, now - 7 * DAY), to = Math.max(now + 7 * DAY, start === null ? 0 : Math.min(start + 28 * DAY, now + 21 * DAY));
  const x = (at) => LEFT + ((at - from) / (to - from)) * (W - LEFT - RIGHT);
  const inside = (at) => at >= from && at <= to;
  const { window: aplasia } = file;
  const opened = aplasia?.open ? Math.max(aplasia.since ? Date.parse(aplasia.since) : from, from) : null;
  const ends = opened === null ? null : Math.min(aplasia.expected_end ? Math.max(Date.parse(aplasia.expected_end), now) : now, to);
  const days = [];
  for (let at = start ?? Date.parse(fromParis(`${toParis(from + DAY).slice(0, 10)}T00:00`)), n = 1; at <= to; at += DAY, n += 1) if (inside(at)) days.push({ at, n });
  const every = [1, 2, 7, 14].find((n) => (days.length / n) * (start === null ? 44 : 24) < W) ?? 28;
  const shown = alerts.filter((each) => each.category === "clinical" && inside(Date.parse(each.condition_from)));
  const given = file.given.filter((each) => each.at && inside(Date.parse(each.at)));
  return s("svg", { cls: "course-line", viewBox: `0 0 ${W} 92`, role: "img", "aria-label": t("course") },
    opened !== null && s("rect", { cls: "window-band", x: x(opened), y: 14, width: Math.max(x(ends) - x(opened), 2), height: 44 }),
    s("line", { cls: "axis", x1: LEFT, x2: W - RIGHT, y1: 58, y2: 58 }),
    days.map(({ at, n }) => [s("line", { cls: "axis", x1: x(at), x2: x(at), y1: 58, y2: 63 }), (n - 1) % every === 0 && s("text", { cls: "tick", x: x(at), y: 75, "text-anchor": "middle" }, start === null ? shortTime(at).slice(0, 5) : `${n}`)]),
    given.map((each) => s("g", { cls: "given", transform: `translate(${x(Date.parse(each.at)).toFixed(1)} 47)` }, s("path", { d: "M-3 -8H3V8H-3Z" }), s("title", null, `${t(each.kind)} · ${each.name} · ${shortTime(each.at)}`))),
    shown.map((each) => s("g", { cls: `course-alert ${each.severity}`, transform: `translate(${x(Date.parse(each.condition_from)).toFixed(1)} 26)` }, s("path", { d: SHAPES[each.severity] }), s("title", null, `${t(each.severity)} · ${figure(said(each.reason))} · ${shortTime(each.condition_from)}`))),
    s("line", { cls: "now-line", x1: x(now), x2: x(now), y1: 6, y2: 66 }), s("text", { cls: "tick now-word", x: x(now), y: 89, "text-anchor": x(now) > W - 60 ? "end" : "middle" }, t("today")));
}
