// Vital signs and counts as charts that share their time: limits in force, gaps as gaps, late and doubtful values marked.

import { call } from "../api.js";
import { hubNow, paris, shortTime } from "../clock.js";
import { h, show } from "../dom.js";
import { age } from "../clock.js";
import { source } from "../marks.js";
import { figure, said, t, unitWord } from "../words.js";
import { drawLimits, drawMarks, inkOf } from "./drawing.js";

const HOUR = 3_600_000, DAY = 24 * HOUR, POINTS = 800, LATE = 15 * 60_000;
const RANGES = { r_6h: 6 * HOUR, r_24h: DAY, r_3d: 3 * DAY, r_7d: 7 * DAY, r_30d: 30 * DAY, r_90d: 90 * DAY };
const CODES = [["8310-5"], ["8867-4"], ["59408-5"], ["9279-1"], ["8480-6", "8462-4"], ["26499-4"], ["29463-7"]];
/** What is measured every few days is never shown over less than a month. */
const RARE = new Set(["26499-4", "29463-7"]), RARE_FOR = 30 * DAY;

export function makeCharts(patient, limits) {
  const charts = CODES.map((codes) => oneChart(codes, limits.filter((limit) => codes.includes(limit.code))));
  const buttons = h("div", { cls: "ranges", role: "group", "aria-label": t("stretch") });
  const grid = h("div", { cls: "chart-grid" }, charts.map((each) => each.node));
  const node = h("div", null, h("div", { cls: "chart-bar" }, buttons, h("span", { cls: "small muted" }, t("zoomHint"))), grid, legend());
  const api = { node, load, close, drawnAt: 0 };
  let range = RANGES.r_24h, span = null, uplot = null, serial = 0, watching = null;

  function choose() {
    const step = (by) => () => { const { from, to } = current(); const moved = (to - from) * by; span = to + moved >= hubNow() ? null : { from: from + moved, to: to + moved }; if (!span) range = to - from; load(); };
    show(buttons, h("button", { type: "button", cls: "quiet icon", "aria-label": t("earlier"), title: t("earlier"), onclick: step(-0.5) }, "‹"),
      Object.entries(RANGES).map(([name, ms]) => h("button", { type: "button", cls: "quiet", "aria-pressed": !span && range === ms ? "true" : "false", onclick: () => { range = ms; span = null; load(); } }, t(name))),
      h("button", { type: "button", cls: "quiet icon", "aria-label": t("later"), title: t("later"), disabled: !span, onclick: step(0.5) }, "›"));
  }
  const current = () => span ?? { from: hubNow() - range, to: hubNow() };

  async function load() {
    const mine = ++serial, { from, to } = current();
    api.drawnAt = hubNow();
    choose();
    uplot ??= (await import("../vendor/uplot.js")).default;
    watching ??= watchSize();
    await Promise.all(charts.map(async (chart) => {
      try {
        const since = RARE.has(chart.codes[0]) ? Math.min(from, to - RARE_FOR) : from;
        const found = await Promise.all(chart.codes.map((code) => series(code, since, to)));
        if (mine === serial) chart.draw(uplot, found, { from: since, to, zoomed });
      } catch (error) { if (mine === serial) chart.fail(error.message); }
    }));
  }

  function series(code, from, to) {
    const query = new URLSearchParams({ code, from: new Date(from).toISOString(), to: new Date(Math.max(to, from + 1000)).toISOString(), points: String(POINTS) });
    return call("GET", `/api/patients/${encodeURIComponent(patient)}/series?${query}`);
  }

  function zoomed(from, to) { span = from === null ? null : { from, to }; load(); }
  function watchSize() { const watch = new ResizeObserver(() => charts.forEach((each) => each.resize())); watch.observe(grid); return watch; }
  function close() { serial += 1; watching?.disconnect(); charts.forEach((each) => each.close()); }
  choose();
  return api;
}

const legend = () => h("ul", { cls: "chart-legend small muted" }, [["late", "lg_late"], ["question", "lg_question"], ["limit", "lg_limit"], ["gap", "lg_gap"]].map(([cls, word]) => h("li", null, h("span", { cls: `key ${cls}`, "aria-hidden": "true" }), t(word))));

function oneChart(codes, limits) {
  const head = h("figcaption", null), canvas = h("div", { cls: "canvas" }), table = h("details", { hidden: true });
  const node = h("figure", { cls: "vital" }, head, canvas, table);
  let plot = null;

  function draw(uplot, found, { from, to, zoomed }) {
    const joined = join(found), points = found.flatMap((each) => each.points);
    const name = found.length > 1 ? found.map((each) => said(each.name)).join(" / ") : said(found[0].name), unit = unitWord(found[0].unit);
    show(head, h("b", null, name), h("span", { cls: "muted small" }, ` ${unit} · `, summary(found, points)));
    canvas.hidden = points.length === 0;
    fillTable(found);
    plot?.destroy();
    plot = points.length === 0 ? null : new uplot(options({ from, to, zoomed, limits, found, joined, label: `${name}, ${unit}: ${head.textContent}` }, canvas.clientWidth || node.clientWidth), joined.columns, canvas);
  }

  function summary(found, points) {
    if (points.length === 0) return t("noneInStretch");
    const last = found[0].points.at(-1) ?? points.at(-1), values = points.map((each) => each.value);
    return `${t("lastOf", figure(last.value), age(last.at))} · ${t("spread", figure(Math.min(...values)), figure(Math.max(...values)))}`;
  }

  function fillTable(found) {
    const rows = found.flatMap((each) => each.points.map((point) => ({ ...point, name: said(each.name) }))).sort((a, b) => Date.parse(b.at) - Date.parse(a.at)).slice(0, 100);
    table.hidden = rows.length === 0;
    // Made when it is opened: most never are.
    table.ontoggle = () => { if (table.open && table.children.length === 1) table.append(h("table", { cls: "plain" }, h("tbody", null, rows.map((row) => h("tr", null, h("th", { scope: "row" }, shortTime(row.at)), found.length > 1 && h("td", { cls: "small muted" }, row.name), h("td", { cls: "num" }, h("b", null, figure(row.value))), h("td", { cls: "small muted" }, source(row))))))); };
    const open = table.open;
    show(table, h("summary", { cls: "small" }, t("showTable")));
    if (open) table.ontoggle();
  }

  return { codes, node, draw, fail: (text) => { plot?.destroy(); plot = null; show(head, h("b", null, codes[0]), h("span", { cls: "fault" }, ` ${text}`)); }, resize: () => plot?.setSize({ width: canvas.clientWidth, height: plot.height }), close: () => { plot?.destroy(); plot = null; } };
}

/** The series of a chart on one time axis; a long silence becomes a gap (a null), never a line. */
function join(found) {
  const at = new Map();
  const own = found.map((each) => each.points.map((point) => ({ x: Date.parse(point.at) / 1000, point })));
  own.forEach((rows, place) => rows.forEach(({ x, point }) => { const row = at.get(x) ?? []; row[place] = point; at.set(x, row); }));
  const gaps = new Set(own.flatMap(breaks));
  const xs = [...new Set([...at.keys(), ...gaps])].sort((a, b) => a - b);
  const rows = found.map((_, place) => xs.map((x) => at.get(x)?.[place] ?? null));
  // `undefined` is drawn across (another series' moment), null is a gap.
  return { xs, rows, columns: [xs, ...rows.map((row) => row.map((point, n) => point?.value ?? (gaps.has(xs[n]) ? null : undefined)))] };
}

/** Moments in the middle of a stretch without readings: four times the usual distance, and 20 min at least. */
function breaks(rows) {
  const steps = rows.slice(1).map((row, n) => row.x - rows[n].x).sort((a, b) => a - b), usual = steps[Math.floor(steps.length / 2)] ?? 0;
  return rows.slice(1).flatMap((row, n) => (row.x - rows[n].x > Math.max(4 * usual, 1200) ? [(row.x + rows[n].x) / 2] : []));
}

function options({ from, to, zoomed, limits, found, joined, label }, width) {
  const marks = found.flatMap((_, place) => joined.rows[place].flatMap((point, n) => (point && (late(point) || point.quality !== "ok") ? [{ series: place + 1, n, kind: point.quality !== "ok" ? "question" : "late" }] : [])));
  const ink = inkOf();
  const line = (place) => ({ stroke: place ? ink.muted : ink.accent, width: 1.6, dash: place ? [5, 3] : undefined, points: { size: 4, fill: place ? ink.muted : ink.accent }, spanGaps: false });
  return {
    width: Math.max(width, 240), height: 150, tzDate: (seconds) => wall(seconds), cursor: { sync: { key: RARE.has(found[0].code) ? "vigie-file-rare" : "vigie-file" }, drag: { x: true, y: false, setScale: false } }, legend: { show: false },
    scales: { x: { time: true, range: () => [from / 1000, to / 1000] }, y: { range: (_, low, high) => spread(low, high, limits) } },
    axes: [{ stroke: ink.muted, grid: { stroke: ink.line, width: 1 }, ticks: { stroke: ink.line }, font: "11px system-ui", values: (_, ticks) => ticks.map((each, n) => tick(each, ticks[n - 1], to - from)) }, { stroke: ink.muted, grid: { stroke: ink.line, width: 1 }, ticks: { show: false }, font: "11px system-ui", size: 44, values: (_, ticks) => ticks.map((each) => figure(Number(each.toFixed(2)))) }],
    series: [{}, ...found.map((_, place) => line(place))],
    hooks: {
      draw: [(u) => { drawLimits(u, limits, ink); drawMarks(u, marks, ink); }],
      setSelect: [(u) => { if (u.select.width > 8) zoomed(u.posToVal(u.select.left, "x") * 1000, u.posToVal(u.select.left + u.select.width, "x") * 1000); u.setSelect({ left: 0, width: 0, top: 0, height: 0 }, false); }],
      ready: [(u) => { u.over.setAttribute("role", "img"); u.over.setAttribute("aria-label", label); u.over.addEventListener("dblclick", () => zoomed(null, null)); }, hint(found, joined)],
    },
  };
}

const late = (point) => Date.parse(point.received_at) - Date.parse(point.at) > LATE;

/** The value under the pointer with its time and source, as the title of the chart. */
function hint(found, joined) {
  return (u) => u.over.addEventListener("pointermove", () => {
    const n = u.cursor.idx;
    const at = n === null || n === undefined ? null : joined.rows.map((row) => row[n]).find(Boolean);
    u.over.title = at ? `${shortTime(at.at)} · ${joined.rows.map((row, place) => (row[n] ? `${figure(row[n].value)} ${unitWord(found[place].unit)}` : "")).filter(Boolean).join(" / ")} · ${source(at)}` : "";
  });
}

/** The values and, where they are near, the limits they are held against. */
function spread(low, high, limits) {
  const room = Math.max((high - low) * 0.6, 1), edges = limits.map((each) => each.edge).filter((edge) => edge > low - room && edge < high + room);
  const bottom = Math.min(low, ...edges), top = Math.max(high, ...edges), pad = Math.max((top - bottom) * 0.08, 0.2);
  return [bottom - pad, top + pad];
}

const FIELDS = new Intl.DateTimeFormat("en-US", { timeZone: "Europe/Paris", hourCycle: "h23", year: "numeric", month: "numeric", day: "numeric", hour: "numeric", minute: "numeric", second: "numeric" });
/** @returns {any} the fields of a moment in Europe/Paris, as numbers */
const shown = (seconds) => FIELDS.formatToParts(new Date(seconds * 1000)).reduce((all, part) => ({ ...all, [part.type]: Number(part.value) }), {});
/** A Date whose local fields read as Europe/Paris, which is how the chart library asks for another zone. */
function wall(seconds) {
  const it = shown(seconds);
  return new Date(it.year, it.month - 1, it.day, it.hour, it.minute, it.second);
}
const words = (options, seconds) => paris(seconds * 1000, options);
function tick(seconds, before, shownFor) {
  const day = words({ day: "2-digit", month: "2-digit" }, seconds);
  if (shownFor > 4 * DAY) return day;
  const clock = words({ hour: "2-digit", minute: "2-digit" }, seconds);
  return before === undefined || words({ day: "2-digit", month: "2-digit" }, before) !== day ? `${clock}\n${day}` : clock;
}
