// A patient's sheet in the file: read, and written as a whole. What is being written survives a redraw and somebody else's change.

import { Refusal, call, newKey } from "../api.js";
import { fullTime } from "../clock.js";
import { h, show, toast } from "../dom.js";
import { labelled } from "../entry.js";
import { sheetAt, sheetLines, sheetOf } from "../sheet-lines.js";
import { may } from "../store.js";
import { t } from "../words.js";
import { refusedField, refusedSheet } from "./sheet-refusals.js";

const TEXTS = { family_name: "shFamily", given_name: "shGiven", birth_date: "shBirth", phone: "shPhone", address: "shAddress", access: "shAccess", emergency_unit: "shUnit", emergency_phone: "shUnitPhone" };
const LONG = ["address", "access"], PHONES = ["phone", "emergency_phone"];
const drafts = new Map(); // patient -> { version, sheet, key, tried }: what is being written, on which version, under one key; which key was sent

/** `changed()` is called when the sheet was written. */
export function sheetBox(patient, changed = () => {}) {
  const node = h("div", { cls: "sheet-box" }, h("p", { cls: "muted" }, t("loading")));

  async function load() {
    try {
      const found = await sheetOf(patient);
      if (drafts.has(patient) && may("sheet") && !found.old) write(found); else read(found);
    } catch (error) { show(node, h("p", { cls: "fault" }, refusedSheet(error))); }
  }

  function read(found) {
    const past = found.before.slice(1);
    show(node, sheetLines(found, { names: true }), past.length > 0 && h("details", null, h("summary", null, t("shBefore", past.length)), h("ul", { cls: "note-list" }, past.map((each) => h("li", null, h("span", { cls: "small" }, `${fullTime(each.at)} · ${each.by}`))))),
      may("sheet") && !found.old && h("div", { cls: "form-buttons" }, h("button", { type: "button", cls: "quiet", onclick: () => { begin(found); write(found); node.querySelector("input")?.focus(); } }, t("shEdit"))));
  }

  const begin = (found) => drafts.set(patient, { version: found.version, sheet: structuredClone(found.sheet), key: newKey(), tried: "" });

  /** The form. `found`: the sheet as it is; where it is newer than what the draft began on, it stands beside each field that differs. */
  function write(found, said = "") {
    const draft = drafts.get(patient), mine = draft.sheet;
    const note = (name) => { const now = found.sheet[name]; return found.version !== draft.version && (now ?? "") !== (mine[name] ?? "") && h("span", { cls: "small since" }, t("shTheirs", now ?? t("shUnknown"))); };
    const theirPeople = found.version !== draft.version && JSON.stringify(found.sheet.contacts) !== JSON.stringify(mine.contacts) && h("p", { cls: "small since" }, t("shTheirs", found.sheet.contacts.map((one) => `${one.name} ${one.phone}`).join(", ") || t("shUnknown")));
    const touched = () => { draft.key = newKey(); };
    const fields = {};
    const field = (name) => {
      const input = h(LONG.includes(name) ? "textarea" : "input", { name, value: mine[name] ?? "", autocomplete: "off", ...(LONG.includes(name) ? { rows: 2, maxlength: 2000 } : { type: name === "birth_date" ? "date" : PHONES.includes(name) ? "tel" : "text", maxlength: 100 }), oninput: () => { mine[name] = input.value.trim() || null; touched(); } });
      fields[name] = labelled(t(TEXTS[name]), input);
      fields[name].append(note(name) || "");
      return fields[name];
    };
    const which = h("textarea", { name: "allergies", rows: 2, maxlength: 2000, value: mine.allergies ?? "", oninput: () => { mine.allergies = which.value.trim() || null; touched(); } });
    const status = h("select", { name: "allergy_status", onchange: () => { mine.allergy_status = status.value; follow(); touched(); } }, ["unknown", "none", "known"].map((each) => h("option", { value: each, selected: each === mine.allergy_status }, t(`al_${each}`))));
    const asked = labelled(t("shAllergies"), status);
    asked.append(note("allergy_status") && h("span", { cls: "small since" }, t("shTheirs", t(`al_${found.sheet.allergy_status}`))) || "");
    fields.allergies = labelled(t("shWhich"), which);
    fields.allergies.append(note("allergies") || "");
    const follow = () => { fields.allergies.hidden = status.value !== "known"; };
    const people = h("div", { cls: "people" }), fault = h("p", { cls: "fault", role: "alert" }, said), button = h("button", { type: "submit", cls: "primary" }, t("save"));
    const add = h("button", { type: "button", cls: "quiet", onclick: () => { mine.contacts.push({ name: "", relation: "", phone: "" }); touched(); drawPeople(); people.lastElementChild.querySelector("input").focus(); } }, t("shAdd"));

    function drawPeople() {
      show(people, mine.contacts.map((one, place) => {
        const part = (name, word, type = "text") => { const input = h("input", { type, value: one[name], maxlength: 100, autocomplete: "off", oninput: () => { one[name] = input.value; touched(); } }); return fields[`contacts[${place}].${name}`] = labelled(t(word), input); };
        return h("div", { cls: "entry-line" }, part("name", "shName"), part("relation", "shRelation"), part("phone", "shPhone", "tel"), h("button", { type: "button", cls: "quiet icon remove", "aria-label": `${t("remove")}: ${one.name}`, onclick: () => { mine.contacts.splice(place, 1); touched(); drawPeople(); add.focus(); } }, "✕"));
      }));
      add.hidden = mine.contacts.length >= 8;
    }

    async function send(event) {
      event.preventDefault();
      Object.values(fields).forEach((each) => each.fault(""));
      fault.textContent = "";
      button.disabled = true;
      const sheet = { ...mine, allergies: mine.allergy_status === "known" ? mine.allergies : null };
      try {
        const again = draft.tried === draft.key;
        draft.tried = draft.key;
        const done = await call("PUT", sheetAt(patient), sheet, { "If-Match": `"${draft.version}"`, "Idempotency-Key": draft.key });
        drafts.delete(patient);
        toast(t("shSaved"));
        // What was stored at the press before may have been changed since by somebody else.
        if (again) await load(); else read(done);
        changed();
      } catch (error) {
        button.disabled = false;
        if (error instanceof Refusal && error.status === 412) { await newer(error.problem.first?.by ?? "?"); return; }
        const known = error instanceof Refusal ? error.errors.filter((each) => fields[each.field]) : [];
        for (const each of known) fields[each.field].fault(refusedField(each));
        if (known.length === 0 || known.length < error.errors.length) fault.textContent = refusedSheet(error);
        if (known.length > 0) fields[known[0].field].input.focus();
      }
    }
    /** Somebody was first: theirs is shown beside what was written here, and the next press goes on top of it. */
    async function newer(who) {
      try {
        const theirs = await sheetOf(patient);
        write(theirs, t("shFirst", who));
        Object.assign(draft, { version: theirs.version, key: newKey() });
      } catch (error) { fault.textContent = refusedSheet(error); }
    }

    drawPeople();
    follow();
    const names = h("div", { cls: "entry-line" }, field("family_name"), field("given_name"), field("birth_date"), field("phone"));
    show(node, h("form", { cls: "note-form sheet-form", novalidate: true, onsubmit: send }, h("p", { cls: "small muted" }, t("shLead")), names, field("address"), field("access"), asked, fields.allergies,
      h("div", { cls: "entry-line" }, field("emergency_unit"), field("emergency_phone")), h("fieldset", null, h("legend", null, t("shContacts")), theirPeople, people, add), fault,
      h("div", { cls: "form-buttons" }, button, h("button", { type: "button", cls: "quiet", onclick: () => { drafts.delete(patient); load(); } }, t("cancel")))));
    if (said) fault.scrollIntoView({ block: "nearest" });
  }

  load();
  return node;
}
