// The work list: one row a patient and cause. Content changes in place; the order changes only while nobody points at it or stands in it.

import { hubNow, toParis } from "./clock.js";
import { columnNames, drawRow } from "./components/work-row.js";
import { h, show } from "./dom.js";
import { isOn, outside, passes } from "./filter.js";
import { chosen, makeFilters } from "./filters.js";
import { patientOf } from "./groups.js";
import { fullName, mark } from "./marks.js";
import { displaced, hold, orderRows } from "./order.js";
import { makePointing } from "./pointing.js";
import { counts, may, person, rowsNow, state } from "./store.js";
import { t } from "./words.js";

const AT_ONCE = 60, SLICE = 8; // rows, ms of a frame

export function makeBoard(open, answers) {
  const list = h("ol", { cls: "rows", id: "rows" });
  const counters = h("div", { cls: "counters" });
  const resort = h("button", { type: "button", cls: "resort", hidden: true, onclick: () => sort(true) });
  const head = h("div", { cls: "row head", "aria-hidden": "true" });
  const empty = h("p", { cls: "empty", hidden: true });
  const zone = h("div", null, h("div", { cls: "resort-line" }, resort), list);
  const filters = makeFilters(() => { draw(); sort(true); });
  const node = h("section", { cls: "board", hidden: !may("see"), "aria-label": t("workList") }, counters, filters.node, answers, head, zone, empty);
  const nodes = new Map(), wide = new Set(), drawn = new Map();
  let placing = 0, hasty = new Set(), siblings = new Map(), today = "";
  // `all` is what there is, `rows` what the filter shows.
  let all = new Map(), rows = new Map(), order = [], selected = { patient: null, alert: null };

  const pointing = makePointing(zone, () => sort(false));
  const busy = () => pointing.holds(list.contains(document.activeElement) ? document.activeElement : null);
  list.addEventListener("focusout", () => setTimeout(() => sort(false), 0));

  function sort(force) {
    look();
    arrange(force);
  }

  /** The rows that `look` found, in their order where nobody is in the way. */
  function arrange(force) {
    const was = focused(), wanted = orderRows(rows, hubNow()), held = hold(order, wanted, patientOf);
    const moved = displaced(held, wanted);
    const wait = !force && busy() && order.length > 0;
    order = wait ? held : wanted;
    place();
    refocus(was);
    resort.hidden = !wait || moved === 0;
    if (!resort.hidden) resort.textContent = t("orderHeld", moved);
  }

  /** What there is now, and what of it the filter shows. */
  function look() {
    const filter = chosen(), now = hubNow();
    all = rowsNow();
    today = toParis(now).slice(0, 10);
    siblings = new Map();
    for (const row of all.values()) siblings.set(row.patient, (siblings.get(row.patient) ?? 0) + 1);
    const shows = (row) => { const patient = person(row.patient); return passes(row, filter, { patient, name: fullName(patient), windows: state.windows, me: state.me.username, now }); };
    rows = isOn(filter) ? new Map([...all].filter(([, row]) => shows(row))) : all;
    const patients = (of) => new Set([...of.values()].map((row) => row.patient)).size;
    filters.tell({ all: patients(all), shown: patients(rows), high: outside(all, rows, now) });
  }

  function place() {
    const kept = new Set(order);
    for (const [key, item] of nodes) if (!kept.has(key)) { item.remove(); nodes.delete(key); drawn.delete(key); }
    placing += 1;
    placeSome(order, placing);
  }

  /** Rows in their place: the first ones, those of high alerts and what has just changed at once; of many more, as many as a frame leaves time for. */
  function placeSome(wanted, mine) {
    if (mine !== placing) return;
    const until = performance.now() + SLICE;
    let here = list.firstElementChild, missing = false;
    wanted.forEach((key, index) => {
      const old = nodes.get(key);
      if (!old && index >= AT_ONCE && !hasty.has(patientOf(key)) && rowOf(key).members[0]?.severity !== "high" && performance.now() > until) { missing = true; return; }
      // Another alert may have come to the front by time alone: a snooze that ended.
      if (old?.dataset.front !== front(key)) update(key);
      const item = nodes.get(key);
      if (item === here) here = here.nextElementSibling;
      else list.insertBefore(item, here);
    });
    if (missing) requestAnimationFrame(() => placeSome(wanted, mine));
  }

  const rowOf = (key) => all.get(key) ?? { key, patient: patientOf(key), members: [], gone: true };
  const front = (key) => rowOf(key).members[0]?.id ?? (all.has(key) ? "" : "gone");
  const isSelected = (row) => row.patient === selected.patient && (row.members.length === 0 || !selected.alert || row.members.some((each) => each.id === selected.alert));

  const view = (key) => {
    const row = rowOf(key);
    return { row, patient: person(row.patient), front: front(key), selected: isSelected(row), wide: wide.has(key), elsewhere: (siblings.get(row.patient) ?? 1) - 1, open, toggle: () => toggle(key) };
  };

  function toggle(key) {
    if (!wide.delete(key)) wide.add(key);
    update(key);
  }

  /** Where the keyboard stands: row, patient, and which button of the row. */
  function focused() {
    const here = /** @type {HTMLElement} */ (document.activeElement), item = list.contains(here) ? /** @type {HTMLElement} */ (here.closest("li.row")) : null;
    return item && { key: item.dataset.key, patient: item.dataset.patient, part: here.dataset.part };
  }
  function refocus(was) {
    if (!was || list.contains(document.activeElement)) return;
    const item = nodes.get(was.key) ?? [...nodes.values()].find((each) => each.dataset.patient === was.patient);
    (item?.querySelector(`[data-part="${was.part}"]`) ?? item?.querySelector("button"))?.focus({ preventScroll: true });
  }

  /** What a row is made of; the same again is not drawn again. A snooze ends by time alone. */
  function madeOf(key) {
    const row = rowOf(key);
    return [person(row.patient), state.windows.get(row.patient), wide.has(key), row.gone, siblings.get(row.patient), today, ...row.members.flatMap((each) => [each, state.clocks.get(each.id), each.snoozed_until ? NaN : null])];
  }

  function update(key) {
    const made = madeOf(key), before = drawn.get(key);
    if (nodes.has(key) && before && made.length === before.length && made.every((each, n) => each === before[n])) return;
    drawn.set(key, made);
    if (!nodes.has(key)) nodes.set(key, h("li", null));
    drawRow(nodes.get(key), view(key));
  }

  function drawHead() {
    show(head, h("span", null, t("severity")), h("span", null, t("patient")), h("span", null, t("why")),
      h("span", { cls: "values" }, columnNames().map((name) => h("span", null, name))), h("span", null, t("contact")));
  }

  function drawCounters() {
    const n = counts(), names = { high: "High", medium: "Medium", low: "Low", ack: "Ack", silence: "Silence", tech: "Tech", all: "Patients" };
    const tile = (kind, number, words) => h("div", { cls: `tile ${kind}${number ? "" : " zero"}` }, kind in { high: 1, medium: 1, low: 1 } ? mark({ severity: kind, category: "clinical" }) : null, h("b", null, number), h("span", { cls: "long" }, words), h("span", { cls: "short", "aria-hidden": "true" }, t(`s${names[kind]}`)));
    show(counters, tile("high", n.high, t("cHigh")), tile("medium", n.medium, t("cMedium")), tile("low", n.low, t("cLow")),
      tile("ack", n.acknowledged, t("cAck")), tile("silence", n.silence, t("cSilence")), tile("tech", n.technical, t("cTech")), tile("all", n.patients, t("cPatients")));
  }

  /** Redraw: all rows, or those of the patients named. */
  function draw(ids = null) {
    const was = focused();
    hasty = ids ?? new Set();
    look();
    for (const key of new Set([...rows.keys(), ...order])) if (nodes.has(key) && (!ids || ids.has(patientOf(key)))) update(key);
    drawHead();
    drawCounters();
    refocus(was);
    arrange(false);
    empty.hidden = rows.size > 0;
    head.hidden = !empty.hidden;
    empty.textContent = !state.loaded ? t("loading") : t(all.size > 0 ? "fEmpty" : "empty");
  }

  function step(by) {
    const at = order.indexOf(focused()?.key ?? order.find((key) => isSelected(rowOf(key))));
    const next = order[Math.min(Math.max(at + by, 0), order.length - 1)];
    const button = nodes.get(next)?.querySelector("button");
    button?.focus();
    button?.closest("li").scrollIntoView({ block: "nearest" });
  }

  /** Which alert the panel shows: its row is marked. */
  function select(patient, alert = null) {
    selected = { patient, alert };
    for (const [key, item] of nodes) item.classList.toggle("selected", isSelected(rowOf(key)));
  }
  function focusRow(patient, alert = null) {
    const of = order.filter((key) => patientOf(key) === patient);
    nodes.get(of.find((key) => rowOf(key).members.some((each) => each.id === alert)) ?? of[0])?.querySelector("button")?.focus();
  }
  const at = () => { const was = focused(); return was && rowOf(was.key); };
  const expand = () => { const row = at(); if (row?.members.length > 1) toggle(row.key); };
  return { node, draw, sort, step, select, focusRow, at, expand, search: filters.focus };
}
