// Notes on a patient: free text, never changed, corrected by a later one. What is being written survives a redraw.

import "./care-words.js";
import { call, newKey } from "../api.js";
import { shortTime } from "../clock.js";
import { h, show, toast } from "../dom.js";
import { ageOf } from "../marks.js";
import { may } from "../store.js";
import { t } from "../words.js";

const drafts = new Map(); // patient -> { text, corrects, key }: one key a note, so that a second press is the same note

export function notesBox(patient) {
  const list = h("div", null), form = h("div", null), node = h("div", { cls: "notes-box" }, form, list);
  const at = `/api/patients/${encodeURIComponent(patient)}/notes`;
  const draft = () => { if (!drafts.has(patient)) drafts.set(patient, { text: "", corrects: null, key: newKey() }); return drafts.get(patient); };
  let notes = [];

  async function load() {
    try { drawList((await call("GET", at)).notes); } catch (error) { show(list, h("p", { cls: "fault" }, t("failed", error.message))); }
  }

  function drawList(found) {
    notes = found;
    const standing = found.filter((each) => each.corrected_by === null), old = found.filter((each) => each.corrected_by !== null);
    show(list, standing.length === 0 ? h("p", { cls: "muted" }, t("noteNone")) : h("ul", { cls: "note-list" }, standing.map(line)),
      old.length > 0 && h("details", null, h("summary", null, t("noteOld", old.length)), h("ul", { cls: "note-list" }, old.map(line))));
    drawForm();
  }

  function line(each) {
    return h("li", { cls: each.corrected_by === null ? "" : "corrected" }, h("p", { cls: "small muted" }, h("b", null, each.author), ` (${t(each.role)}) · `, ageOf(each.at), each.corrects !== null && ` · ${t("noteCorrects")}`, each.corrected_by !== null && ` · ${t("noteCorrected")}`),
      h("blockquote", { dir: "auto" }, each.text),
      may("comment") && each.corrected_by === null && h("button", { type: "button", cls: "quiet small", onclick: () => { Object.assign(draft(), { corrects: each.id, text: each.text, key: newKey() }); drawForm(); form.querySelector("textarea").focus(); } }, t("noteCorrect")));
  }

  function drawForm() {
    if (!may("comment")) return;
    const mine = draft(), corrected = notes.find((each) => each.id === mine.corrects), fault = h("p", { cls: "fault", role: "alert" });
    const area = h("textarea", { rows: 3, maxlength: 4000, value: mine.text, oninput: () => { mine.text = area.value; mine.key = newKey(); } });
    const button = h("button", { type: "submit", cls: "primary" }, t("noteSave"));
    async function send(event) {
      event.preventDefault();
      if (!/[\p{L}\p{N}]/u.test(area.value)) { show(fault, t("noteNeed")); area.setAttribute("aria-invalid", "true"); area.focus(); return; }
      button.disabled = true;
      show(fault);
      try {
        const done = await call("POST", at, { text: area.value, ...(mine.corrects === null ? {} : { corrects: mine.corrects }) }, { "Idempotency-Key": mine.key });
        drafts.delete(patient);
        toast(t("noteSaved"));
        drawList(done.notes);
      } catch (error) { show(fault, t("failed", error.message)); button.disabled = false; }
    }
    show(form, h("form", { cls: "note-form", onsubmit: send, novalidate: true }, h("label", { cls: "field" }, h("span", null, corrected ? t("noteCorrecting", corrected.author, shortTime(corrected.at)) : t("noteNew")), area), h("p", { cls: "small muted" }, t("noteLead")), fault,
      h("div", { cls: "form-buttons" }, button, corrected && h("button", { type: "button", cls: "quiet", onclick: () => { drafts.delete(patient); drawForm(); } }, t("cancel")))));
  }

  load();
  return node;
}
