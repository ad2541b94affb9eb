// What a professional enters: measurements and laboratory results, a treatment given. Faults are shown at their field.

import { call, newKey, Refusal } from "./api.js";
import { fromParis, hubNow, toParis } from "./clock.js";
import { h, show, toast } from "./dom.js";
import { fullName } from "./marks.js";
import { expectedWords, said, t, unitWord } from "./words.js";

const SITES = [["", "–"], ["axilla", "axillaire / axilla"], ["tympanic", "tympanique / tympanic"], ["oral", "orale / oral"], ["forehead", "frontale / forehead"], ["rectal", "rectale / rectal"]];
let measures = null;

const option = ([value, words]) => h("option", { value }, words);
/** A field with its words, and a place for its fault. */
export function labelled(words, input) {
  const fault = h("span", { cls: "fault", role: "alert" });
  const node = h("label", { cls: "field" }, h("span", null, words), input, fault);
  node.fault = (text) => { fault.textContent = text; input.setAttribute("aria-invalid", text ? "true" : "false"); };
  node.input = input;
  return node;
}

export function entryForm(patient, done) {
  const node = h("section", { cls: "entry" }, h("h3", null, t("enterTitle", fullName(patient))), h("p", { cls: "muted" }, t("loading")));
  load().then(() => fill(node, patient, done)).catch((error) => show(node, h("p", { cls: "fault" }, error.message)));
  return node;
}

async function load() { measures ??= (await call("GET", "/api/vocabulary")).measures; }

function fill(node, patient, done) {
  const key = { value: newKey() };
  const lines = h("div", { cls: "lines" });
  const addLine = (code) => lines.append(line(code));
  const add = h("button", { type: "button", cls: "quiet", onclick: () => addLine("8310-5") }, t("addLine"));
  const treatment = givenFields();
  const fault = h("p", { cls: "fault", role: "alert" });
  const form = h("form", { novalidate: true, onsubmit: (event) => { event.preventDefault(); save(); }, oninput: () => { key.value = newKey(); } },
    h("fieldset", null, h("legend", null, t("lab")), lines, add), h("fieldset", null, h("legend", null, t("treatment")), treatment.node),
    fault, h("div", { cls: "form-buttons" }, h("button", { type: "submit", cls: "primary" }, t("save")), h("button", { type: "button", cls: "quiet", onclick: done }, t("cancel"))));
  addLine("26499-4");
  show(node, h("h3", null, t("enterTitle", fullName(patient))), form);
  form.querySelector("select")?.focus();

  async function save() {
    fault.textContent = "";
    const used = [...lines.children].filter((each) => !each.fields.blank());
    const obs = used.map((each) => each.fields.read()), given = treatment.blank() ? [] : [treatment.read()];
    if ([...obs, ...given].includes(null)) return;
    if (obs.length + given.length === 0) { lines.children[0]?.fields.read(); fault.textContent ||= t("needValue"); return; }
    try {
      const answer = await call("POST", `/api/patients/${encodeURIComponent(patient.id)}/entries`, { ...(obs.length ? { obs } : {}), ...(given.length ? { given } : {}) }, { "Idempotency-Key": key.value });
      key.value = newKey();
      if (answer.refused?.length) { answer.refused.forEach((each) => point(each.path, expectedWords(each.expected), used)); fault.textContent = t("stored", answer.stored ?? 0); return; }
      toast(answer.state === "recorded" ? t("entryRecorded") : t("stored", answer.stored ?? obs.length + given.length));
      done();
    } catch (error) {
      const errors = error instanceof Refusal ? error.errors : [];
      if (!errors.map((each) => point(each.field, expectedWords(each.expected), used)).some(Boolean)) fault.textContent = t("failed", error.message);
    }
  }

  /** Show a fault at the field its path names. */
  function point(path, words, used) {
    const obs = /^obs\[(\d+)\](?:\.(\w+))?/.exec(path ?? ""), given = /^given\[\d+\](?:\.(\w+))?/.exec(path ?? "");
    const target = obs ? used[Number(obs[1])]?.fields.at(obs[2]) : given ? treatment.at(given[1]) : null;
    if (target) { target.fault(words); target.input.focus(); } else fault.textContent += `${path ? `${path}: ` : ""}${words} `;
    return true;
  }
}

function line(code) {
  const codes = h("select", { "aria-label": t("measure") }, measures.map((each) => option([each.code, said(each.name)])));
  codes.value = code;
  const value = labelled(t("value"), h("input", { type: "text", inputmode: "decimal", autocomplete: "off" }));
  const units = h("select", null), sites = labelled(t("bodySite"), h("select", null, SITES.map(option)));
  const when = labelled(t("time"), h("input", { type: "datetime-local", value: toParis(hubNow()) }));
  const code_ = labelled(t("measure"), codes), unit = labelled(t("unit"), units);
  const follow = () => { const found = measures.find((each) => each.code === codes.value); show(units, found.units.map((each) => option([each, unitWord(each) || "–"]))); sites.hidden = codes.value !== "8310-5"; };
  codes.addEventListener("change", follow);
  follow();
  const node = h("div", { cls: "entry-line" }, code_, value, unit, sites, when, h("button", { type: "button", cls: "quiet icon remove", "aria-label": t("remove"), onclick: () => { if (node.parentElement.children.length > 1) node.remove(); } }, "✕"));
  node.fields = {
    blank: () => value.input.value.trim() === "",
    at: (name) => ({ v: value, s: value, u: unit, c: code_, t: when, site: sites })[name] ?? value,
    read() {
      const consciousness = codes.value === "80288-4", text = value.input.value.trim().replace(",", ".");
      const number = Number(text), at = fromParis(when.input.value), good = consciousness ? /^[ACVPU]$/i.test(text) : text !== "" && Number.isFinite(number);
      value.fault(good ? "" : consciousness ? "A, C, V, P, U" : t("needValue"));
      when.fault(at ? "" : t("needTime"));
      if (!good || !at) { (good ? when : value).input.focus(); return null; }
      return { c: codes.value, ...(consciousness ? { s: text.toUpperCase() } : { v: number }), u: units.value, t: at, ...(codes.value === "8310-5" && sites.input.value ? { site: sites.input.value } : {}) };
    },
  };
  return node;
}

function givenFields() {
  const kind = labelled(t("kind"), h("select", null, ["antibiotic", "chemotherapy", "gcsf", "transfusion", "antipyretic", "corticoid"].map((each) => option([each, t(each)]))));
  const name = labelled(t("name"), h("input", { type: "text", maxlength: 200, autocomplete: "off" }));
  const amount = labelled(t("amount"), h("input", { type: "text", inputmode: "decimal", autocomplete: "off" })), unit = labelled(t("unit"), h("input", { type: "text", maxlength: 20 }));
  const when = labelled(t("time"), h("input", { type: "datetime-local", value: toParis(hubNow()) }));
  return {
    node: h("div", { cls: "entry-line" }, kind, name, amount, unit, when),
    blank: () => name.input.value.trim() === "" && amount.input.value.trim() === "",
    at: (field) => ({ k: kind, name, amount, unit, at: when })[field] ?? name,
    read() {
      const text = amount.input.value.trim().replace(",", "."), at = fromParis(when.input.value);
      name.fault(name.input.value.trim() ? "" : t("needName"));
      amount.fault(text === "" || Number.isFinite(Number(text)) ? "" : t("needValue"));
      when.fault(at ? "" : t("needTime"));
      if (!name.input.value.trim() || !at || (text && !Number.isFinite(Number(text)))) return null;
      return { k: kind.input.value, name: name.input.value.trim(), at, ...(text ? { amount: Number(text) } : {}), ...(unit.input.value.trim() ? { unit: unit.input.value.trim() } : {}) };
    },
  };
}
