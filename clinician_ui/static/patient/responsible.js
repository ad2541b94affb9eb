// Who is responsible for the patient now, and handing over: both are named, with a reason; the second of two sees who was first.

import "./care-words.js";
import { Refusal, call } from "../api.js";
import { fullTime, shortTime } from "../clock.js";
import { h, show, toast } from "../dom.js";
import { may } from "../store.js";
import { t } from "../words.js";

const drafts = new Map(); // patient -> { person, reason }

export function responsibleBox(patient, handed = () => {}) {
  const node = h("div", { cls: "responsible-box" }, h("p", { cls: "muted" }, t("loading")));
  const at = `/api/patients/${encodeURIComponent(patient)}/responsible`;

  async function load(said = /** @type {(now?: any) => string} */ (() => "")) {
    try { const found = await call("GET", at); draw(found, said(found.now)); } catch (error) { show(node, h("p", { cls: "fault" }, t("failed", error.message))); }
  }

  function draw(found, said = "") {
    const now = found.now, before = found.transfers.slice(1);
    show(node, now === null ? h("p", { cls: "muted" }, t("respNobody")) : [h("p", { cls: "responsible-now" }, h("b", null, now.person), " ", h("span", { cls: "muted", title: fullTime(now.since) }, t("respSince", shortTime(now.since))), !now.here && h("b", { cls: "fault" }, ` ⚠ ${t("respGone")}`)), h("p", { cls: "small muted" }, t("by", now.by)), h("blockquote", { dir: "auto" }, now.reason)],
      may("assign") && giving(found, said),
      before.length > 0 && h("details", null, h("summary", null, t("respBefore", before.length)), h("ul", { cls: "note-list" }, before.map((each) => h("li", null, h("p", { cls: "small muted" }, `${shortTime(each.since)} · `, h("b", null, t("respPass", each.before ?? "–", each.person)), ` · ${t("by", each.by)}`), h("blockquote", { dir: "auto" }, each.reason))))));
  }

  function giving(found, said) {
    const mine = drafts.get(patient) ?? { person: "", reason: "" }, keep = () => drafts.set(patient, { person: who.value, reason: why.value });
    const fault = h("p", { cls: "fault", role: "alert" }, said), button = h("button", { type: "submit", cls: "quiet" }, t("respGive"));
    const who = h("select", { onchange: keep }, h("option", { value: "" }, "–"), found.takers.filter((each) => each.username !== found.now?.person).map((each) => h("option", { value: each.username, selected: each.username === mine.person }, `${each.username} (${t(each.role)})`)));
    const why = h("textarea", { rows: 2, maxlength: 2000, value: mine.reason, oninput: keep });
    async function send(event) {
      event.preventDefault();
      if (!who.value || !/[\p{L}\p{N}]/u.test(why.value)) { show(fault, t("respNeed")); (who.value ? why : who).focus(); return; }
      button.disabled = true;
      try {
        const done = await call("POST", at, { person: who.value, before: found.now?.person ?? null, reason: why.value });
        drafts.delete(patient);
        toast(t("respDone", done.now.person));
        draw(done);
        handed();
      } catch (error) {
        if (error instanceof Refusal && error.status === 412) { await load((now) => t("respFirst", `${now?.by ?? "–"} → ${now?.person ?? "–"}`)); return; }
        show(fault, t("failed", error.message));
        button.disabled = false;
      }
    }
    return h("form", { cls: "note-form", onsubmit: send, novalidate: true }, h("label", { cls: "field" }, h("span", null, t("respTo")), who), h("label", { cls: "field" }, h("span", null, t("respReason")), why), fault, h("div", { cls: "form-buttons" }, button));
  }

  load();
  return node;
}
