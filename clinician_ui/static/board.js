// The work list: one row a patient. Content changes in place; the order changes only while nobody points at it or stands in it.

import { hubNow } from "./clock.js";
import { h, show } from "./dom.js";
import { ageOf, bareAge, fullName, mark, newestLine, source, stateWord, tags } from "./marks.js";
import { orderPatients } from "./order.js";
import { alertsOf, counts, may, state } from "./store.js";
import { figure, said, t, unitWord } from "./words.js";

const COLUMNS = [["8310-5", "T°"], ["8867-4", "FC"], ["59408-5", "SpO₂"], ["9279-1", "FR"], ["8480-6", "PA"]];
const ENGLISH = { FC: "HR", FR: "RR", PA: "BP" };

export function makeBoard(open) {
  const list = h("ol", { cls: "rows", id: "rows" });
  const counters = h("div", { cls: "counters" });
  const resort = h("button", { type: "button", cls: "resort", hidden: true, onclick: () => sort(true) });
  const head = h("div", { cls: "row head", "aria-hidden": "true" });
  const empty = h("p", { cls: "empty", hidden: true });
  const zone = h("div", null, h("div", { cls: "resort-line" }, resort), list);
  const node = h("section", { cls: "board", hidden: !may("see"), "aria-label": t("workList") }, counters, head, zone, empty);
  const rows = new Map();
  let order = [], hovering = false, selected = null;

  const busy = () => hovering || list.contains(document.activeElement);
  zone.addEventListener("pointerenter", (event) => { if (event.pointerType !== "touch") hovering = true; });
  zone.addEventListener("pointerleave", () => { hovering = false; sort(false); });
  list.addEventListener("focusout", () => setTimeout(() => sort(false), 0));

  function sort(force) {
    const wanted = orderPatients([...state.patients.keys()], alertsOf, hubNow());
    const kept = order.filter((id) => state.patients.has(id));
    const fresh = wanted.filter((id) => !kept.includes(id));
    const held = [...kept, ...fresh];
    const moved = held.filter((id, place) => wanted[place] !== id).length;
    const wait = !force && busy() && order.length > 0;
    order = wait ? held : wanted;
    place();
    resort.hidden = !wait || moved === 0;
    if (!resort.hidden) resort.textContent = t(moved > 1 ? "changesMany" : "changes", moved);
  }

  function place() {
    const focused = list.contains(document.activeElement) ? document.activeElement.closest("li")?.dataset.patient : null;
    order.forEach((id, index) => {
      if (!rows.has(id)) rows.set(id, row(id));
      if (list.children[index] !== rows.get(id)) list.insertBefore(rows.get(id), list.children[index] ?? null);
    });
    for (const [id, item] of rows) if (!state.patients.has(id)) { item.remove(); rows.delete(id); }
    if (focused) rows.get(focused)?.querySelector("button")?.focus({ preventScroll: true });
  }

  function row(id) {
    const patient = state.patients.get(id), alerts = alertsOf(id), worst = alerts[0];
    const item = h("li", { cls: `row ${worst ? `${worst.severity} ${worst.state} ${worst.category}` : "calm"}${selected === id ? " selected" : ""}`, "data-patient": id },
      severityCell(worst),
      h("div", { cls: "who" }, h("button", { type: "button", cls: "open", onclick: () => open(id, worst?.id) }, h("span", { cls: "name" }, fullName(patient))),
        h("span", { cls: "muted small" }, [fullName(patient) !== id && id, patient.plan?.regimen ?? patient.plan?.protocol].filter(Boolean).join(" · "))),
      reasonCell(worst, alerts.length, patient), valuesCell(patient, worst), contactCell(patient));
    return item;
  }

  function update(id) {
    const old = rows.get(id);
    if (!state.patients.has(id)) return;
    const focused = old?.contains(document.activeElement);
    const next = row(id);
    rows.set(id, next);
    if (old?.isConnected) old.replaceWith(next);
    if (focused) next.querySelector("button").focus({ preventScroll: true });
  }

  function drawHead() {
    show(head, h("span", null, t("severity")), h("span", null, t("patient")), h("span", null, t("why")),
      h("span", { cls: "values" }, COLUMNS.map(([, name]) => h("span", null, short(name)))), h("span", null, t("contact")));
  }

  function drawCounters() {
    const n = counts(), names = { high: "High", medium: "Medium", low: "Low", ack: "Ack", tech: "Tech", all: "Patients" };
    const tile = (kind, number, words) => h("div", { cls: `tile ${kind}${number ? "" : " zero"}` }, kind in { high: 1, medium: 1, low: 1 } ? mark({ severity: kind, category: "clinical" }) : null, h("b", null, number), h("span", { cls: "long" }, words), h("span", { cls: "short", "aria-hidden": "true" }, t(`s${names[kind]}`)));
    show(counters, tile("high", n.high, t("cHigh")), tile("medium", n.medium, t("cMedium")), tile("low", n.low, t("cLow")),
      tile("ack", n.acknowledged, t("cAck")), tile("tech", n.technical, t("cTech")), tile("all", n.patients, t("cPatients")));
  }

  /** Redraw: all rows, or those of the patients named. */
  function draw(ids = null) {
    for (const id of ids ?? [...state.patients.keys()]) update(id);
    drawHead();
    drawCounters();
    sort(false);
    empty.hidden = state.patients.size > 0;
    head.hidden = !empty.hidden;
    empty.textContent = state.loaded ? t("empty") : t("loading");
  }

  function step(by) {
    const at = order.indexOf(list.contains(document.activeElement) ? document.activeElement.closest("li").dataset.patient : selected);
    const next = order[Math.min(Math.max(at + by, 0), order.length - 1)];
    const button = rows.get(next)?.querySelector("button");
    button?.focus();
    button?.closest("li").scrollIntoView({ block: "nearest" });
  }

  function select(id) {
    const before = selected;
    selected = id;
    for (const each of [before, id]) if (each && rows.has(each)) rows.get(each).classList.toggle("selected", each === id);
  }
  const focusRow = (id) => rows.get(id)?.querySelector("button")?.focus();
  const at = () => (list.contains(document.activeElement) ? document.activeElement.closest("li").dataset.patient : null);
  return { node, draw, sort, step, select, focusRow, at };
}

const short = (name) => (t("patient") === "Patient" && document.documentElement.lang === "en" ? ENGLISH[name] ?? name : name);

function severityCell(alert) {
  return h("div", { cls: "sev" }, mark(alert), h("span", { cls: "word" }, alert ? t(alert.severity) : t("none")), alert && alert.category !== "clinical" && h("span", { cls: "tag" }, t(alert.category)));
}

function reasonCell(alert, number, patient) {
  if (!alert) return h("div", { cls: "why" });
  return h("div", { cls: "why" }, h("span", { cls: "reason" }, figure(said(alert.reason))), newestLine(alert, patient),
    h("span", { cls: "line small" }, h("span", { cls: `state ${alert.state}` }, stateWord(alert)), ageOf(alert.opened_at, "since"),
      alert.assignee && h("span", null, t("assignedTo", alert.assignee)), tags({ ...alert, category: "clinical" }), number > 1 && h("span", { cls: "more" }, t(number > 2 ? "moreMany" : "more", number - 1))));
}

function valuesCell(patient, worst) {
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
  const off = patient.devices.some((device) => device.online === false);
  return h("div", { cls: "contact small" }, patient.last_contact ? ageOf(patient.last_contact) : t("never"),
    off && h("span", { cls: "tag" }, t("offline")), patient.quarantine > 0 && h("span", { cls: "tag warn" }, `${patient.quarantine} ${t(patient.quarantine > 1 ? "refusedMany" : "refused_")}`));
}
