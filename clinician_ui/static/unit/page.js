// The unit: every patient of a site as a small multiple, drawn by groups as they come into view, and the next 48 hours.

import "./words.js";
import { call } from "../api.js";
import { hubNow, shortTime } from "../clock.js";
import { h, show } from "../dom.js";
import { isSite, patientOf } from "../groups.js";
import { orderRows } from "../order.js";
import { rowsNow, state } from "../store.js";
import { t } from "../words.js";
import { aheadCards } from "./ahead.js";
import { tile } from "./tiles.js";

const GROUP = 40, FRESH = 60_000, NEAR = "800px 0px";

export function makeUnit() {
  const choice = h("div"), cards = h("div", { cls: "ahead-cards" }), until = h("span", { cls: "small muted" }), count = h("span", { cls: "small muted" }), grid = h("div", { cls: "unit-groups" });
  const node = h("section", { cls: "unit", hidden: true, "aria-labelledby": "unit-title" },
    h("header", { cls: "figures-top" }, h("div", null, h("h1", { id: "unit-title" }, t("unitTitle")), h("p", { cls: "muted" }, t("unitLead"))), choice),
    h("section", { cls: "file-part" }, h("h2", null, t("next48"), " ", until), cards), h("section", { cls: "unit-all" }, h("h2", null, t("uPatients"), " ", count), grid));
  let site = null, serial = 0, groups = [], watch = null, loadedAt = -Infinity, found = /** @type {any} */ (null);

  async function load() {
    if (!state.loaded) { show(cards, h("p", { cls: "muted" }, t("loading"))); return; } // the page comes back when the list is there
    if (!state.sites.has(site)) site = [...state.sites.keys()][0] ?? null;
    offer();
    build();
    await loadAhead();
  }

  function offer() {
    show(choice, state.sites.size > 1 && h("label", { cls: "field site-choice" }, h("span", null, t("ofSite")), h("select", { onchange: (event) => { site = event.target.value; load(); } }, [...state.sites].map(([id, name]) => h("option", { value: id, selected: id === site }, name)))));
  }

  async function loadAhead() {
    const mine = ++serial;
    loadedAt = performance.now();
    if (!found) show(cards, h("p", { cls: "muted" }, t("loading")));
    try {
      const answer = await call("GET", `/api/unit${site ? `?site=${encodeURIComponent(site)}` : ""}`);
      if (mine !== serial) return;
      found = { ...answer, names: new Set(members()) };
      until.textContent = t("uUntil", shortTime(found.until));
      show(cards, aheadCards(found));
    } catch (error) { if (mine === serial) show(cards, h("p", { cls: "fault" }, error.message), h("button", { type: "button", cls: "quiet", onclick: loadAhead }, t("reload"))); }
  }

  /** The worst first, as on the work list; each patient once. The order stays until the page is opened again. */
  function members() {
    const rows = rowsNow(), seen = new Set(orderRows(rows, hubNow()).map(patientOf));
    return [...seen].filter((id) => !isSite(id) && (!site || state.patients.get(id)?.site === site) && state.patients.has(id));
  }

  function build() {
    const all = members();
    count.textContent = `${all.length}`;
    watch?.disconnect();
    groups = Array.from({ length: Math.ceil(all.length / GROUP) }, (_, n) => ({ ids: all.slice(n * GROUP, (n + 1) * GROUP), node: h("div", { cls: "unit-group" }), shown: false, traces: null, at: -Infinity, serial: 0 }));
    show(grid, all.length === 0 ? h("p", { cls: "empty" }, t("uNobody")) : groups.map((group) => group.node));
    watch = new IntersectionObserver((entries) => entries.forEach((entry) => turn(groups.find((group) => group.node === entry.target), entry.isIntersecting)), { rootMargin: NEAR });
    groups.forEach((group) => watch.observe(group.node));
  }

  /** A group that comes near is drawn and asked for; one that is far away keeps its height and nothing else. */
  function turn(group, near) {
    if (!group || group.shown === near) return;
    group.shown = near;
    if (near) { draw(group); fetchTraces(group); group.node.style.minHeight = ""; return; }
    group.node.style.minHeight = `${group.node.offsetHeight}px`;
    group.node.replaceChildren();
  }

  function draw(group) {
    const alerts = alertsByPatient();
    show(group.node, group.ids.map((id) => drawn(id, group, alerts)).filter(Boolean));
  }
  const drawn = (id, group, alerts) => { const patient = state.patients.get(id); return patient && tile(patient, alerts.get(id) ?? [], group.traces && (group.traces.traces[id] ?? {}), group.traces?.parts); };

  async function fetchTraces(group) {
    if (performance.now() - group.at < FRESH) return;
    group.at = performance.now();
    const mine = ++group.serial, query = new URLSearchParams(group.ids.map((id) => ["patient", id]));
    try {
      const answer = await call("GET", `/api/unit/traces?${query}`);
      if (mine !== group.serial) return;
      group.traces = answer;
      if (group.shown) draw(group);
    } catch { group.at = -Infinity; /* last values stand; the next look asks again */ }
  }

  /** Frames of the feed: tiles of these patients, in place. */
  function changed(ids) {
    if (node.hidden) return;
    const alerts = alertsByPatient();
    for (const group of groups.filter((each) => each.shown)) for (const id of group.ids) if (ids.has(id)) { const old = [...group.node.children].find((each) => each.dataset.patient === id); if (old && !old.contains(document.activeElement)) old.replaceWith(drawn(id, group, alerts) ?? ""); }
  }

  /** Half a minute later: values moved on without a frame. */
  function refreshed() {
    if (node.hidden) return;
    if (groups.length === 0 && state.loaded) { load(); return; }
    for (const group of groups.filter((each) => each.shown && !each.node.contains(document.activeElement))) { draw(group); fetchTraces(group); }
    if (performance.now() - loadedAt > FRESH && !cards.contains(document.activeElement)) loadAhead();
  }

  return { node, load, changed, refreshed };
}

function alertsByPatient() {
  const found = new Map();
  for (const alert of state.alerts.values()) found.set(alert.patient, [...(found.get(alert.patient) ?? []), alert]);
  return found;
}
