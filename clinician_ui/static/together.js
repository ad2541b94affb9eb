// The alerts of one cause in the panel: each with its own state, next step, clock and acknowledgement; and all of them at once, one action each.

import { file, offered, refusedWords } from "./actions.js";
import { clockLine } from "./aplasia-clock.js";
import { memberButton } from "./components/work-row.js";
import { h, show, toast } from "./dom.js";
import { may, state, togetherWith, waitingFor } from "./store.js";
import { figure, quickReasons, said, t } from "./words.js";

/** `choose(id, action)` shows a member in the panel, perhaps with the form of an action; `over()`: the form is no longer there. */
export function togetherBox(shown, choose, over) {
  const node = h("section", { cls: "together" });
  let form = null, listed = [], drawList = null;

  const open = (alert) => alert && offered(alert).includes("acknowledge") && !waitingFor(alert.id);

  function draw() {
    form = null;
    const members = togetherWith(shown);
    node.hidden = members.every((each) => each.id === shown.id);
    if (node.hidden) { show(node); return; }
    const takeable = members.filter(open);
    show(node, h("h3", null, t("together", members.length)), h("p", { cls: "small muted" }, t("togetherLead")), h("ul", { cls: "members" }, members.map(member)),
      may("acknowledge") && takeable.length > 1 && h("button", { type: "button", cls: "quiet all", onclick: () => begin(takeable) }, t("ackAll", takeable.length)));
  }

  function member(alert) {
    const here = alert.id === shown.id;
    return h("li", { cls: here ? "here" : null, "aria-current": here ? "true" : null },
      memberButton(alert, () => choose(alert.id), [here && h("span", { cls: "tag" }, t("shownHere")), waitingFor(alert.id) && h("span", { cls: "tag" }, t("recorded")), clockLine(alert)]),
      !here && may("acknowledge") && open(alert) && h("button", { type: "button", cls: "quiet small", onclick: () => choose(alert.id, "acknowledge") }, t("ackThis")));
  }

  /** One form for what is listed in it and nothing else: what comes later is named, and not taken. */
  function begin(takeable) {
    listed = takeable.map((alert) => alert.id);
    const text = h("textarea", { name: "reason", rows: 2, maxlength: 2000, id: "all-reason" });
    const fault = h("p", { cls: "fault", role: "alert" }), names = h("div"), send = h("button", { type: "submit", cls: "primary" });
    form = h("form", { cls: "action-form", onsubmit: (event) => { event.preventDefault(); submit(text, fault); } }, names,
      h("label", { cls: "field", for: "all-reason" }, h("span", null, t("reason")), text),
      h("div", { cls: "quick" }, quickReasons("acknowledge").map((words) => h("button", { type: "button", cls: "chip", onclick: () => { text.value = words; text.focus(); } }, words))),
      fault, h("div", { cls: "form-buttons" }, send, h("button", { type: "button", cls: "quiet", onclick: () => { draw(); over(); } }, t("cancel"))));
    drawList = () => {
      const members = togetherWith(shown), since = members.filter((each) => open(each) && !listed.includes(each.id));
      const now = left();
      show(names, h("p", { cls: "small" }, t("ackAllLead")), h("ul", { cls: "all-list" }, now.map((each) => h("li", null, `${t(each.severity)} · `, figure(said(each.reason))))),
        since.length > 0 && h("p", { cls: "small since" }, t("notInList", since.map((each) => figure(said(each.reason))).join(" ; "))));
      send.textContent = t("ackAll", now.length);
      send.disabled = now.length === 0;
    };
    drawList();
    show(node, h("h3", null, t("together", togetherWith(shown).length)), form);
    text.focus();
  }

  /** Of those listed, the ones that still wait for somebody, as they are now. */
  const left = () => listed.map((id) => state.alerts.get(id)).filter(open);

  async function submit(text, fault) {
    const reason = text.value.trim(), sent = left(), failed = [];
    if (!reason) { fault.textContent = t("reasonNeeded"); text.focus(); return; }
    for (const button of form.querySelectorAll("button")) button.disabled = true;
    await Promise.all(sent.map(async (alert) => {
      try { await file(alert, { action: "acknowledge", reason }); } catch (error) { failed.push(`${figure(said(alert.reason))} : ${refusedWords(error)}`); }
    }));
    if (failed.length > 0) toast(t("someFailed", sent.length - failed.length, sent.length, failed.join(" ; ")), "bad");
    draw();
    over();
  }

  draw();
  return { node, draw, writing: () => Boolean(form?.isConnected), stale: () => { if (form) drawList(); else draw(); } };
}
