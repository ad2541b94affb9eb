// A patient's pauses in the panel: the list, setting one, revoking one. Lives as long as the panel shows the patient, so that a redraw takes nothing away.

import { call, Refusal } from "./api.js";
import { fromParis, hubNow, shortTime, toParis } from "./clock.js";
import { h, show, toast } from "./dom.js";
import { labelled } from "./entry.js";
import { pauseSign } from "./marks.js";
import { may } from "./store.js";
import { expectedWords, t } from "./words.js";

const KINDS = ["ward", "day-hospital", "leave", "death", "end"], ENDLESS = ["death", "end"];

/** `done()` is called when a pause was set or revoked. */
export function makePauses(patient, done) {
  const path = `/api/patients/${encodeURIComponent(patient)}/pauses`;
  const list = h("div", null, h("p", { cls: "muted small" }, t("loading"))), desk = h("div");
  const node = h("section", { cls: "pauses" }, h("h3", null, t("pauses")), list, desk);
  let form = null, drawn = "";

  async function load() {
    try { drawList((await call("GET", path)).pauses); } catch (error) { show(list, h("p", { cls: "muted small" }, error.message)); }
  }

  /** Drawn anew only when it changed: a button must not go from under a finger. */
  function drawList(pauses) {
    if (drawn === (drawn = JSON.stringify(pauses))) return;
    show(list, pauses.length === 0 ? h("p", { cls: "muted small" }, t("noPauses")) : h("ul", { cls: "pause-list" }, pauses.map(line)));
  }

  function line(pause) {
    const live = pause.state === "now" || pause.state === "to come";
    return h("li", { cls: pause.state === "now" ? "now" : null }, pause.state === "now" && pauseSign(),
      h("div", null, h("b", null, t(`p_${pause.kind}`)), " ", h("span", { cls: "tag" }, t(`ps_${pause.state}`)), h("div", null, `${shortTime(pause.from)} → ${pause.until ? shortTime(pause.until) : t("noEnd")}`),
        h("p", { cls: "small note" }, pause.reason), h("p", { cls: "small muted" }, t("by", pause.by), pause.revoked && ` · ${t("revokedBy", pause.revoked.by)} ${shortTime(pause.revoked.at)} (${pause.revoked.reason})`)),
      live && may("pause") && h("button", { type: "button", cls: "quiet", onclick: () => revoke(pause) }, t("revoke")));
  }

  function rest() {
    form = null;
    show(desk, may("pause") && h("button", { type: "button", cls: "quiet", onclick: set }, t("setPause")));
  }

  function set() {
    const kind = labelled(t("pauseKind"), h("select", { name: "kind" }, KINDS.map((each) => h("option", { value: each }, t(`p_${each}`)))));
    const from = labelled(t("from"), h("input", { type: "datetime-local", name: "from", value: toParis(hubNow()) })), until = labelled(t("upTo"), h("input", { type: "datetime-local", name: "until" }));
    const reason = labelled(t("reason"), h("textarea", { name: "reason", rows: 2, maxlength: 2000 }));
    write({ kind, from, until, reason }, t("setPause"), () => {
      const begins = fromParis(from.input.value), ends = until.input.value ? fromParis(until.input.value) : null;
      from.fault(begins ? "" : t("needTime"));
      until.fault(ends || ENDLESS.includes(kind.input.value) ? (begins && ends && ends <= begins ? t("endAfter") : "") : t("endNeeded"));
      reason.fault(reason.input.value.trim() ? "" : t("reasonNeeded"));
      return { path, said: t("pauseSet"), wish: { kind: kind.input.value, from: begins, until: ends, reason: reason.input.value.trim() } };
    });
    kind.input.focus();
  }

  function revoke(pause) {
    const reason = labelled(t("reason"), h("textarea", { name: "reason", rows: 2, maxlength: 2000 }));
    write({ reason }, `${t("revoke")} : ${t(`p_${pause.kind}`)}`, () => {
      reason.fault(reason.input.value.trim() ? "" : t("reasonNeeded"));
      return { path: `${path}/${pause.id}/revocation`, said: t("pauseRevoked"), wish: { reason: reason.input.value.trim() } };
    });
    reason.input.focus();
  }

  /** A form of these fields; `read` marks what is wrong and says what to send where. */
  function write(fields, title, read) {
    const fault = h("p", { cls: "fault", role: "alert" });
    form = h("form", { cls: "action-form", novalidate: true, oninput: (event) => event.target.closest("label")?.fault?.(""), onsubmit: (event) => { event.preventDefault(); send(); } }, h("b", null, title), Object.values(fields), fault,
      h("div", { cls: "form-buttons" }, h("button", { type: "submit", cls: "primary" }, t("save")), h("button", { type: "button", cls: "quiet", onclick: rest }, t("cancel"))));
    show(desk, form);

    async function send() {
      fault.textContent = "";
      const { path: where, wish, said } = read(), bad = form.querySelector("[aria-invalid=true]");
      if (bad) { bad.focus(); return; }
      try {
        drawList((await call("POST", where, wish)).pauses);
        toast(said);
        rest();
        done();
      } catch (error) {
        const known = error instanceof Refusal ? error.errors.filter((each) => fields[each.field]) : [];
        for (const each of known) fields[each.field].fault(expectedWords(each.expected));
        if (known.length === 0) fault.textContent = t("failed", error.message);
      }
    }
  }

  rest();
  load();
  return { node, load, writing: () => Boolean(form?.isConnected) };
}
