// A nurse's visit on one page, also without network: values, symptoms, a note. What is begun stays until it is sent.

import { atOnce } from "./advice.js";
import { urgentCard } from "./calls.js";
import { hubNow, whenWords } from "./clock.js";
import { get, put, remove } from "./db.js";
import { button, field, h, say, show } from "./dom.js";
import { CONSCIOUSNESS, groups, known, unitWords } from "./measures.js";
import { number, personName } from "./names.js";
import { question, read } from "./plausible.js";
import { completed, read as readSet } from "./questionnaire.js";
import { enter, patientOf, questionnaire, state, tell } from "./store.js";
import { clean } from "./text.js";
import { said, t } from "./words.js";

export function visitPage() {
  const node = h("div", { cls: "page" }, h("h1", { tabindex: -1 }, t("visitTitle")), h("p", { cls: "muted" }, t("loading")));
  let begun = false;
  load(node, () => { begun = true; }, () => { begun = false; }).catch((error) => show(node, h("h1", { tabindex: -1 }, t("visitTitle")), h("p", { cls: "note" }, t("failed", error.message))));
  return { title: t("visitTitle"), node, dirty: () => begun };
}

async function load(node, begun, over) {
  const patient = state.patient, key = `${patient}/${state.me.person}/visit`, draft = (await get("drafts", key)) ?? { values: {}, grades: {}, note: "" };
  const due = state.today?.due.find((each) => each.kind === "questionnaire"), resource = due && await questionnaire(patient, due.id, due.version), set = resource && readSet(resource);
  const form = new Visit(node, { patient, key, draft, set, begun, over });
  form.draw();
}

class Visit {
  accepted = new Map();
  fields = [];
  /** @type {ReturnType<typeof setTimeout>} */
  saving;
  /** @type {HTMLElement} */
  asks;
  /** @type {HTMLElement} */
  fault;

  constructor(node, { patient, key, draft, set, begun, over }) {
    this.node = node;
    this.patient = patient;
    this.key = key;
    this.draft = draft;
    this.set = set;
    this.begun = begun;
    this.over = over;
  }

  keep() { this.begun(); clearTimeout(this.saving); this.saving = setTimeout(() => put("drafts", this.key, this.draft).catch((error) => say(t("notKept", error.message))), 150); }

  draw() {
    const codes = known(state.today);
    const measures = [...new Set(groups(state.today).flatMap((each) => each.codes))].map((code) => this.value(codes.get(code)));
    const symptoms = this.set ? this.set.questions.filter((each) => each.kind === "grade").map((each) => this.grade(each)) : [];
    const note = field(t("visitNote"), h("textarea", { rows: 4, value: this.draft.note, oninput: (event) => { this.draft.note = event.target.value; this.keep(); } }));
    this.fields = measures;
    const aware = codes.has(CONSCIOUSNESS) && this.consciousness(codes.get(CONSCIOUSNESS));
    this.asks = h("div", { cls: "asks", "aria-live": "assertive" });
    this.fault = h("p", { cls: "fault", role: "alert" });
    show(this.node, h("h1", { tabindex: -1 }, t("visitTitle")), h("p", { cls: "note" }, t("tabletFor", personName(patientOf()))),
      h("form", { novalidate: true, onsubmit: (event) => { event.preventDefault(); this.send().catch((error) => { this.fault.textContent = t("notKept", error.message); }); } },
        h("fieldset", { cls: "card" }, h("legend", null, t("visitValues")), h("div", { cls: "grid2" }, measures.map(([, node]) => node)), aware),
        symptoms.length > 0 && h("fieldset", { cls: "card" }, h("legend", null, t("visitSymptoms")), symptoms), note, this.asks, this.fault,
        h("div", { cls: "pair" }, h("button", { type: "submit", cls: "primary" }, t("visitSend")), h("a", { cls: "button quiet", href: "#/today" }, t("later")))));
    this.node.querySelector("h1").focus({ preventScroll: true });
  }

  value(info) {
    const input = h("input", { type: "text", inputmode: "decimal", autocomplete: "off", maxlength: 12, name: info.code, value: this.draft.values[info.code] ?? "", oninput: (event) => { this.draft.values[info.code] = event.target.value; this.keep(); } });
    return [info, field(`${said(info.name)} (${unitWords(info.unit)})`, input)];
  }

  consciousness(info) {
    const input = h("select", { onchange: (event) => { this.draft.acvpu = event.target.value; this.keep(); } }, h("option", { value: "" }, t("notAsked")), ["A", "C", "V", "P", "U"].map((each) => h("option", { value: each }, t(`acvpu-${each}`))));
    input.value = this.draft.acvpu ?? "";
    return field(said(info.name), input);
  }

  grade(question_) {
    const input = h("select", { onchange: (event) => { if (event.target.value === "") delete this.draft.grades[question_.code]; else this.draft.grades[question_.code] = Number(event.target.value); this.keep(); } },
      h("option", { value: "" }, t("notAsked")), question_.grades.map((each) => h("option", { value: each.g }, said(each.text))));
    input.value = this.draft.grades[question_.code] ?? "";
    return field(said(question_.text), input);
  }

  /** Every value is a number, and whoever typed an unusual one meant it. */
  sound() {
    show(this.asks);
    for (const [info, node] of this.fields) {
      const text = node.input.value.trim(), value = read(text);
      node.fault(text && Number.isNaN(value) ? t("needNumber") : "");
      if (text && Number.isNaN(value)) return false;
      const doubt = text && this.accepted.get(info.code) !== value && question(info, value, hubNow());
      if (doubt) { this.doubt(info, node, value, doubt); return false; }
    }
    return true;
  }

  doubt(info, node, value, { meant, why }) {
    const words = (one) => `${number(one, info.decimals ?? 1)} ${unitWords(info.unit)}`;
    const take = (one) => { node.input.value = number(one, 3).replace(/\s/g, ""); this.draft.values[info.code] = node.input.value; this.accepted.set(info.code, read(node.input.value)); this.keep(); this.node.querySelector("form").requestSubmit(); };
    show(this.asks, h("section", { cls: "card ask" }, h("h2", { tabindex: -1 }, t("is", said(info.name), why === "changed" ? t("askChanged", words(value), words(info.last.value)) : t(why === "impossible" ? "askImpossible" : "askUnusual", words(value)))),
      meant.map((each) => button(t("didYouMean", words(each)), () => take(each), "primary")), button(t("typeAgain"), () => { show(this.asks); node.input.select(); }), button(t(why === "impossible" ? "reallyShows" : "yesRight", words(value)), () => take(value))));
    this.asks.querySelector("h2").focus();
  }

  body() {
    /** @type {any[]} */
    const obs = this.fields.filter(([, node]) => node.input.value.trim()).map(([info, node]) => ({ c: info.code, v: read(node.input.value), u: info.unit }));
    if (this.draft.acvpu) obs.push({ c: CONSCIOUSNESS, s: this.draft.acvpu });
    const note = clean(this.draft.note).text.trim(), graded = this.set ? this.set.questions.filter((each) => each.code in this.draft.grades) : [];
    const head = this.set && { q: this.set.name, qv: this.set.ref };
    const rep = [...graded.map((each) => ({ ...head, i: each.item, a: each.attribute, g: this.draft.grades[each.code] })), ...(note ? [{ q: "visit", i: "note", a: "text", s: note }] : [])];
    return { ...(obs.length ? { obs } : {}), ...(rep.length ? { rep } : {}) };
  }

  async send() {
    clearTimeout(this.saving);
    if (!this.sound()) return;
    const body = this.body();
    if (!body.obs && !body.rep) { this.fault.textContent = t("nothingAnswered"); return; }
    const advice = atOnce(state.today, body, state.rows).filter((each) => !each.again);
    await enter(body, { of: this.patient, completes: this.set && completed(this.set, this.draft.grades, state.today?.due.find((each) => each.id === this.set.id)) ? this.set.id : null });
    await remove("drafts", this.key);
    this.over();
    if (!advice.length) { location.hash = "#/done"; return; }
    await tell({ list: advice, at: hubNow(), what: t("visitTitle") }, this.patient);
    show(this.node, h("h1", { tabindex: -1, cls: "small-title" }, t("visitTitle")), urgentCard(advice, { note: t("alsoSent", whenWords(hubNow())), focus: true }), h("a", { cls: "button quiet", href: "#/done" }, t("goOnAfter")));
    this.node.querySelector(".urgent-title").focus();
  }
}
