// A dose that was recorded by mistake: a professional takes one word of it back, with a reason; what was taken back is listed.

import { call, newKey } from "../api.js";
import { shortTime } from "../clock.js";
import { h, show, toast } from "../dom.js";
import { may } from "../store.js";
import { sourceWord, t } from "../words.js";

/** A button beside a word, which asks for a reason; `done()` once it is recorded. Null where it may not be. */
export function takeBackButton(patient, said, done) {
  if (!may("enter") || !said.boot) return null;
  const node = h("span", { cls: "take-back" });
  const draw = () => show(node, h("button", { type: "button", cls: "quiet small", onclick: ask }, t("takeBack")));
  const ask = () => {
    const why = h("input", { type: "text", maxlength: 200, "aria-label": t("takeBackWhy"), placeholder: t("takeBackWhy") }), fault = h("span", { cls: "fault", role: "alert" }), key = newKey();
    const send = async (event) => {
      event.preventDefault();
      const reason = why.value.trim(), named = { device: said.device, boot: said.boot, seq: said.seq, i: said.i, ...(reason ? { why: reason } : {}) };
      try {
        const answer = await call("POST", `/api/patients/${encodeURIComponent(patient)}/entries`, { retract: [named] }, { "Idempotency-Key": key });
        if (answer.refused?.length) { fault.textContent = t("failed", answer.refused[0].expected); return; }
        toast(t("takenBackToast"));
        done();
      } catch (error) { fault.textContent = t("failed", error.message); }
    };
    show(node, h("form", { onsubmit: send }, h("span", { cls: "block" }, t("takeBackSure")), why, h("button", { type: "submit", cls: "primary small" }, t("takeBackYes")), h("button", { type: "button", cls: "quiet small", onclick: () => { draw(); node.querySelector("button").focus(); } }, t("cancel")), fault));
    why.focus();
  };
  draw();
  return node;
}

/** What counts no more, with who took it back. */
export function takenBackList(rows) {
  if (!rows?.length) return null;
  return h("details", null, h("summary", { cls: "small" }, t("takenBackList", rows.length)), h("ul", { cls: "small" }, rows.map((each) => h("li", null,
    `${each.drug}, ${shortTime(each.at)}, ${sourceWord(each.by)} → ${t("takenBackBy", sourceWord(each.retracted.by), shortTime(each.retracted.at))}`, each.retracted.why && [`${t("colon")} « `, h("bdi", null, each.retracted.why), " »"]))));
}
