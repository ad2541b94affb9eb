// The work list: one row a patient and cause. Content changes in place; the order changes only while nobody points at it or stands in it.

import { hubNow, shortTime, toParis } from "./clock.js";
import { h, show } from "./dom.js";
import { holder, isOn, isSilence, outside, passes } from "./filter.js";
import { chosen, makeFilters } from "./filters.js";
import { isSite, patientOf } from "./groups.js";
import { ageOf, bareAge, fullName, mark, newestLine, pauseTag, source, stateWord, stepLine, tags } from "./marks.js";
import { hold, orderRows } from "./order.js";
import { counts, may, person, rowsNow, state } from "./store.js";
import { figure, said, t, unitWord } from "./words.js";

const COLUMNS = [["8310-5", "T°"], ["8867-4", "FC"], ["59408-5", "SpO₂"], ["9279-1", "FR"], ["8480-6", "PA"]];
const ENGLISH = { FC: "HR", FR: "RR", PA: "BP" };

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
  let all = new Map(), rows = new Map(), order = [], hovering = false, selected = { patient: null, alert: null };

  const busy = () => hovering || list.contains(document.activeElement);
  zone.addEventListener("pointerenter", (event) => { if (event.pointerType !== "touch") hovering = true; });
  zone.addEventListener("pointerleave", () => { hovering = false; sort(false); });
  list.addEventListener("focusout", () => setTimeout(() => sort(false), 0));

  function sort(force) {
    const was = focused();
    look();
    const wanted = orderRows(rows, hubNow()), held = hold(order, wanted, patientOf);
    const moved = held.filter((key, place) => wanted[place] !== key).length;
    const wait = !force && busy() && order.length > 0;
    order = wait ? held : wanted;
    place();
    refocus(was);
    resort.hidden = !wait || moved === 0;
    if (!resort.hidden) resort.textContent = t(moved > 1 ? "changesMany" : "changes", moved);
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
      if (old?.dataset.front !== front(key)) { update(key); if (old === here) here = nodes.get(key); }
      const item = nodes.get(key);
      if (item === here) here = here.nextElementSibling;
      else list.insertBefore(item, here);
    });
    if (missing) requestAnimationFrame(() => placeSome(wanted, mine));
  }

  const rowOf = (key) => all.get(key) ?? { key, patient: patientOf(key), members: [], gone: true };
  const front = (key) => rowOf(key).members[0]?.id ?? (all.has(key) ? "" : "gone");
  const isSelected = (row) => row.patient === selected.patient && (row.members.length === 0 || !selected.alert || row.members.some((each) => each.id === selected.alert));

  function draft(key) {
    const row = rowOf(key), patient = person(row.patient), worst = row.members[0];
    const elsewhere = (siblings.get(row.patient) ?? 1) - 1;
    return h("li", { cls: `row ${worst ? `${worst.severity} ${worst.state} ${worst.category}${isSilence(worst) ? " silence" : ""}` : "calm"}${isSelected(row) ? " selected" : ""}${isSite(row.patient) ? " of-site" : ""}`, "data-patient": row.patient, "data-key": key, "data-front": front(key) },
      severityCell(worst, row.gone), whoCell(patient, worst), reasonCell(row, patient, elsewhere), valuesCell(patient, worst), contactCell(patient));
  }

  function whoCell(patient, worst) {
    const lines = isSite(patient.id) ? t("siteLead") : [fullName(patient) !== patient.id && patient.id, patient.plan?.regimen ?? patient.plan?.protocol].filter(Boolean).join(" · ");
    return h("div", { cls: "who" }, h("button", { type: "button", cls: "open", "data-part": "open", onclick: () => open(patient.id, worst?.id) }, h("span", { cls: "name" }, fullName(patient))),
      h("span", { cls: "muted small" }, lines), windowTag(patient.id), patient.pause && pauseTag(patient.pause));
  }

  function reasonCell(row, patient, elsewhere) {
    const [alert, ...behind] = row.members;
    if (!alert) return h("div", { cls: "why" });
    return h("div", { cls: "why" }, h("span", { cls: "reason" }, figure(said(alert.reason))), newestLine(alert, patient),
      h("span", { cls: "line small" }, h("span", { cls: `state ${alert.state}` }, stateWord(alert)), ageOf(alert.opened_at, "since"),
        holder(alert) && alert.assignee && h("span", { cls: "holder" }, t("held", holder(alert))), tags({ ...alert, category: "clinical" }), elsewhere > 0 && h("span", { cls: "more" }, t(elsewhere > 1 ? "otherCauses" : "otherCause", elsewhere))),
      clockChip(row), behind.length > 0 && behindCell(row, behind));
  }

  /** "+ 2 alerts" with what they are; opened, each with its state and next step, and a press shows it in the panel. */
  function behindCell(row, behind) {
    const on = wide.has(row.key), id = `behind-${row.members[0].id}`;
    return h("div", { cls: `behind${on ? " on" : ""}` },
      h("button", { type: "button", cls: "toggle", "data-part": "toggle", "aria-expanded": on ? "true" : "false", "aria-controls": id, title: t("showTogether"), onclick: () => toggle(row.key) },
        h("span", { cls: "chevron", "aria-hidden": "true" }, on ? "▾" : "▸"), h("b", null, t(behind.length > 1 ? "moreMany" : "more", behind.length)),
        !on && h("span", { cls: "peeks" }, behind.map((each) => h("span", { cls: "peek" }, mark(each), h("span", { cls: `state ${each.state}` }, brief(each)))))),
      h("ul", { cls: "members", id, hidden: !on }, on && behind.map((each) => h("li", null, memberButton(each, () => open(each.patient, each.id))))));
  }

  function toggle(key) {
    if (!wide.delete(key)) wide.add(key);
    const was = focused();
    update(key);
    refocus(was);
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
    const old = nodes.get(key), made = madeOf(key), before = drawn.get(key);
    if (old && before && made.length === before.length && made.every((each, n) => each === before[n])) return;
    drawn.set(key, made);
    const next = draft(key);
    nodes.set(key, next);
    if (old?.isConnected) old.replaceWith(next);
  }

  function drawHead() {
    show(head, h("span", null, t("severity")), h("span", null, t("patient")), h("span", null, t("why")),
      h("span", { cls: "values" }, COLUMNS.map(([, name]) => h("span", null, short(name)))), h("span", null, t("contact")));
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
    sort(false);
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

/** One alert among those of its cause: what it is, its own state and its own next step. */
export function memberButton(alert, press, more = null) {
  return h("button", { type: "button", cls: "other member", "data-part": alert.id, onclick: press }, mark(alert), h("span", null, h("span", { cls: "word" }, t(alert.severity)), " · ", figure(said(alert.reason))),
    h("span", { cls: "small muted line" }, h("span", { cls: `state ${alert.state}` }, stateWord(alert)), ageOf(alert.opened_at, "since"), stepLine(alert), more));
}

/** The patient is inside an aplasia window: a word, and since when. */
function windowTag(patient) {
  const open = state.windows.get(patient);
  return open && h("span", { cls: "tag window-tag", title: open.since ? t("inWindowSince", shortTime(open.since)) : t("inWindowNow") }, t("inWindow"));
}

/** The clock of the oldest signal of the row's alerts that has no antibiotic yet; past the hour it says so by a sign too. */
function clockChip(row) {
  const runs = row.members.map((alert) => state.clocks.get(alert.id)).filter(Boolean).sort((a, b) => Date.parse(a.signal_at) - Date.parse(b.signal_at))[0];
  if (!runs) return null;
  return h("span", { cls: `row-clock small ${runs.verdict}` }, h("span", { "aria-hidden": "true" }, runs.verdict === "running" ? "◷ " : "⚠ "), ageOf(runs.signal_at, "clockRuns"));
}

const short = (name) => (t("patient") === "Patient" && document.documentElement.lang === "en" ? ENGLISH[name] ?? name : name);

/** The beginning of an alert's sentence: "Fréquence cardiaque : 124 /min". */
const brief = (alert) => figure(said(alert.reason).split(/, (?!\d)/)[0]);

function severityCell(alert, gone) {
  return h("div", { cls: "sev" }, mark(alert), h("span", { cls: "word" }, alert ? t(alert.severity) : t(gone ? "gone" : "none")), alert && alert.category !== "clinical" && h("span", { cls: "tag" }, t(isSilence(alert) ? "silence" : alert.category)));
}

function valuesCell(patient, worst) {
  if (isSite(patient.id)) return h("div", { cls: "values" });
  const latest = new Map(patient.latest.map((item) => [item.code, item]));
  const named = new Set((worst?.evidence ?? []).map((item) => item.code));
  return h("div", { cls: "values" }, COLUMNS.map(([code, name]) => {
    const item = latest.get(code), lower = code === "8480-6" ? latest.get("8462-4") : null;
    // Two pressures are a pair only when they are of one measurement.
    const other = lower?.measured_at === item?.measured_at ? lower : null;
    if (!item) return h("div", { cls: "value none" }, h("span", { cls: "label" }, short(name)), h("span", { cls: "figure" }, "–"));
    return h("div", { cls: `value${named.has(code) ? " named" : ""}`, title: said(item.name) }, h("span", { cls: "label" }, short(name)),
      h("span", { cls: "figure" }, figure(item.text), other && `/${figure(other.text)}`, h("small", null, ` ${unitWord(item.unit)}`)),
      h("span", { cls: "small muted" }, bareAge(item.measured_at)), h("span", { cls: "small muted source", title: source(item) }, source(item)));
  }));
}

function contactCell(patient) {
  if (isSite(patient.id)) return h("div", { cls: "contact small" });
  const off = patient.devices.some((device) => device.online === false);
  return h("div", { cls: "contact small" }, patient.last_contact ? ageOf(patient.last_contact) : t("never"),
    off && h("span", { cls: "tag" }, t("offline")), patient.quarantine > 0 && h("span", { cls: "tag warn" }, `${patient.quarantine} ${t(patient.quarantine > 1 ? "refusedMany" : "refused_")}`));
}
