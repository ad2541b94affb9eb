// The shift: who is on call now and next, gaps, the hand-over drafted from what is open, notes before with their receipts.

import "./words.js";
import { call } from "../api.js";
import { shortTime } from "../clock.js";
import { h, show, toast } from "../dom.js";
import { may, state } from "../store.js";
import { t } from "../words.js";
import { makeDayList } from "../day/list.js";
import { MOST, draftOf } from "./draft.js";
import { printList } from "./printed.js";
import { makeStatistics } from "./statistics.js";

export function makeShift() {
  const body = h("div", { cls: "shift-body" });
  const node = h("section", { cls: "shift", hidden: true, "aria-labelledby": "shift-title" }, h("header", { cls: "figures-top" }, h("div", null, h("h1", { id: "shift-title" }, t("shiftPage")), h("p", { cls: "muted" }, t("shiftLead"))), h("button", { type: "button", cls: "quiet", onclick: printList }, t("printList"))), h("p", { cls: "muted small" }, t("printLead")), body);
  const days = makeDayList(), statistics = makeStatistics();
  let site = null, serial = 0;
  const written = new Map(); // site -> what somebody is writing: never thrown away by a redraw

  const mine = () => [...state.sites.keys()];

  async function load() {
    const round = ++serial;
    if (!mine().includes(site)) site = mine()[0] ?? null;
    if (!site && !state.loaded) { show(body, h("p", { cls: "muted" }, t("loading"))); return; } // the page comes back when the list is there
    if (!site) { show(body, h("p", { cls: "empty" }, t("noRoster"))); return; }
    if (body.children.length === 0) show(body, h("p", { cls: "muted" }, t("loading")));
    try {
      const found = await call("GET", `/api/oncall/${encodeURIComponent(site)}`);
      if (round === serial) draw(found);
    } catch (error) { if (round === serial) show(body, h("p", { cls: "empty" }, error.message), h("p", { cls: "empty" }, h("button", { type: "button", cls: "quiet", onclick: load }, t("reload")))); }
  }

  function draw(found) {
    const choice = mine().length > 1 && h("label", { cls: "field site-choice" }, h("span", null, t("ofSite")), h("select", { onchange: (event) => { site = event.target.value; load(); } }, mine().map((each) => h("option", { value: each, selected: each === site }, state.sites.get(each) ?? each))));
    show(body, choice, h("div", { cls: "file-pair" }, h("section", { cls: "file-part" }, h("h2", null, t("onCallNow")), onCall(found)), h("section", { cls: "file-part" }, h("h2", null, t("handover")), writing(found))),
      h("section", { cls: "file-part" }, h("h2", null, t("notesBefore")), notes(found)), may("figures") && statistics.node, days.node);
    days.load(site);
    if (may("figures")) statistics.load(site, found);
  }

  function onCall(found) {
    if (found.rosters.length === 0) return h("p", { cls: "muted" }, t("noRoster"));
    const gaps = found.gaps.length === 0 ? h("p", { cls: "ok-line" }, t("noGap")) : h("ul", { cls: "gaps" }, found.gaps.map((gap) => h("li", null, t("gapOf", t(gap.role), shortTime(gap.from), shortTime(gap.to)))));
    return [gaps, h("table", { cls: "plain duty" }, h("thead", null, h("tr", null, ["role_", "onCallNow", "nextUp"].map((name) => h("th", { scope: "col", cls: "small muted" }, t(name))))), h("tbody", null, found.roles.map((row) => h("tr", null, h("th", { scope: "row" }, t(row.role)), h("td", null, row.now.length === 0 ? h("b", { cls: "fault" }, t("nobodyOn")) : row.now.map(now)), h("td", null, row.next.map(next))))))];
  }
  const now = (one) => h("div", { cls: "one" }, h("b", null, one.person), one.voice && [" ", h("a", { href: `tel:${one.voice}` }, one.voice)], h("span", { cls: "small muted block" }, [one.organisation, t("untilTime", shortTime(one.until)), one.substitute_for && t("standsFor", one.substitute_for)].filter(Boolean).join(" · ")));
  const next = (one) => h("div", { cls: "one" }, one.person, h("span", { cls: "small muted block" }, [t("fromTime", shortTime(one.from)), one.substitute_for && t("standsFor", one.substitute_for)].filter(Boolean).join(" · ")));

  function writing(found) {
    if (found.rosters.length === 0) return h("p", { cls: "muted" }, t("noRoster"));
    const left = h("span", { cls: "small muted", role: "status" }), fault = h("p", { cls: "fault", role: "alert" });
    const area = h("textarea", { rows: 10, maxlength: MOST, oninput: () => { written.set(site, area.value); count(); } });
    const roster = found.rosters.length > 1 && h("select", null, found.rosters.map((each) => h("option", { value: each.id }, each.name)));
    const button = h("button", { type: "submit", cls: "primary" }, t("sign"));
    const count = () => { left.textContent = t("lettersLeft", MOST - area.value.length); };
    area.value = written.get(site) ?? draftOf(site);
    count();
    async function send(event) {
      event.preventDefault();
      if (!/[\p{L}\p{N}]/u.test(area.value)) { show(fault, t("needNote")); area.setAttribute("aria-invalid", "true"); area.focus(); return; }
      button.disabled = true;
      show(fault);
      try {
        await call("POST", `/api/oncall/${encodeURIComponent(site)}/handover`, { text: area.value, ...(roster ? { roster: roster.value } : {}) });
        written.delete(site);
        toast(t("signed"));
        await load();
      } catch (error) { show(fault, t("failed", error.message)); button.disabled = false; }
    }
    return h("form", { cls: "handover-form", onsubmit: send, novalidate: true }, h("p", { cls: "muted small" }, t("handoverLead")), roster && h("label", { cls: "field" }, h("span", null, t("ofRoster")), roster), h("label", { cls: "field" }, h("span", null, t("noteText")), area), left, fault,
      h("div", { cls: "form-buttons" }, button, h("button", { type: "button", cls: "quiet", onclick: () => { area.value = draftOf(site); written.delete(site); count(); } }, t("draft"))));
  }

  function notes(found) {
    if (found.handover.length === 0) return h("p", { cls: "muted" }, t("noNotes"));
    return h("ul", { cls: "handover-notes" }, found.handover.map((note) => {
      const iHave = note.author === state.me.username || note.read.some((one) => one.by === state.me.username);
      return h("li", null, h("p", { cls: "small muted" }, h("b", null, note.author), ` · ${shortTime(note.at)} · ${note.roster}`), h("p", { cls: "note" }, note.text),
        h("p", { cls: "small" }, note.read.length > 0 ? `✓ ${t("readBy", note.read.map((one) => `${one.by} (${shortTime(one.at)})`).join(", "))}` : t("unread"), !iHave && [" ", h("button", { type: "button", cls: "quiet", onclick: () => read(note.id) }, t("readNote"))]));
    }));
  }

  async function read(id) {
    try { await call("POST", `/api/oncall/${encodeURIComponent(site)}/handover/${id}/read`); await load(); } catch (error) { toast(t("failed", error.message), "bad"); }
  }

  return { node, load };
}
