// What a patient says on the telephone or at the bedside, written down by a professional: the questions that the app would ask, and
// the doses of today. The rules judge it as if the patient had entered it; the channel is kept with each answer.

import { call, newKey, Refusal } from "./api.js";
import { clockTime, fromParis, hubNow, shortTime, toParis } from "./clock.js";
import { h, show, toast } from "./dom.js";
import { labelled } from "./entry.js";
import { fullName } from "./marks.js";
import { opened, totals } from "./questions.js";
import { addWords, expectedWords, figure, said, t } from "./words.js";

addWords({
  byPhone: ["Par téléphone", "By telephone"], byPhoneTitle: ["Ce que dit {0}", "What {0} says"],
  byPhoneLead: ["Lisez les questions telles quelles. Ce qui est laissé vide n'est pas enregistré, et ne veut pas dire « non ».", "Read the questions as they are. What is left empty is not recorded, and does not mean no."],
  how: ["Comment", "How"], telephone: ["Téléphone", "Telephone"], visit: ["À domicile", "At the bedside"],
  whichQuestions: ["Questions", "Questions"], answeredAt: ["déjà répondu à {0}", "answered at {0}"], neverAnswered: ["jamais répondu", "never answered"],
  noQuestions: ["Aucune question n'est prévue en ce moment pour ce patient.", "No questions are planned for this patient now."],
  todaysDoses: ["Prises du jour", "Doses of today"], noDoses: ["Aucun médicament oral au plan.", "No oral drug in the plan."],
  doseNothing: ["rien de dit", "nothing said"], dose_taken: ["prise", "taken"], dose_skipped: ["non prise", "left out"], dose_vomited: ["vomie", "vomited"], dose_extra: ["prise en trop", "extra dose"],
  doseAt: ["Heure de la prise", "Time of the dose"], sumIs: ["Total : {0}", "Total: {0}"], sumUnknown: ["Total : pas encore connu, il manque une réponse", "Total: not known yet, an answer is missing"],
  clearAnswer: ["Effacer la réponse", "Clear the answer"], needAnswer: ["Rien n'est encore répondu.", "Nothing is answered yet."], numberFromTo: ["de {0} à {1}", "{0} to {1}"],
  st_later: ["plus tard", "later"], st_due: ["à prendre", "due"], st_asked: ["sans nouvelle", "nothing heard"], st_missed: ["non signalée", "not reported"], st_taken: ["prise", "taken"], st_late: ["prise en retard", "taken late"],
  st_skipped: ["non prise", "left out"], st_vomited: ["vomie", "vomited"], "st_on hold": ["arrêt prescrit", "on hold"], st_hold: ["arrêt prescrit", "on hold"], st_off: ["pas de prise", "none due"], st_away: ["en pause", "paused"],
});

const option = ([value, words]) => h("option", { value }, words);

export function telephoneForm(patient, done) {
  const node = h("section", { cls: "entry telephone" }, h("h3", null, t("byPhoneTitle", fullName(patient))), h("p", { cls: "muted" }, t("loading")));
  call("GET", `/api/patients/${encodeURIComponent(patient.id)}/asked`)
    .then((asked) => fill(node, patient, asked, done))
    .catch((error) => show(node, h("h3", null, t("byPhoneTitle", fullName(patient))), h("p", { cls: "fault", role: "alert" }, error.message), cancel(done)));
  return node;
}

const cancel = (done) => h("button", { type: "button", cls: "quiet", onclick: done }, t("cancel"));

function fill(node, patient, asked, done) {
  const key = { value: newKey() };
  const how = labelled(t("how"), h("select", null, [["telephone", t("telephone")], ["visit", t("visit")]].map(option)));
  const sheets = asked.questionnaires.map(sheet), doses = asked.doses.filter((each) => each.due_at).map(doseRow);
  const fault = h("p", { cls: "fault", role: "alert" });
  const form = h("form", { novalidate: true, onsubmit: (event) => { event.preventDefault(); save(); }, oninput: () => { key.value = newKey(); } },
    how, sheets.length === 0 ? h("p", { cls: "muted" }, asked.fault ?? t("noQuestions")) : sheets.map((each) => each.node),
    h("fieldset", null, h("legend", null, t("todaysDoses")), doses.length === 0 ? h("p", { cls: "muted" }, t("noDoses")) : doses.map((each) => each.node)),
    fault, h("div", { cls: "form-buttons" }, h("button", { type: "submit", cls: "primary" }, t("save")), cancel(done)));
  show(node, h("h3", null, t("byPhoneTitle", fullName(patient))), h("p", { cls: "muted small" }, t("byPhoneLead")), form);
  how.input.focus();

  async function save() {
    fault.textContent = "";
    const answers = sheets.map((each) => each.read()), taken = doses.map((each) => each.read());
    if ([...answers, ...taken].includes(null)) return;
    const rep = answers.flat(), int = taken.flat();
    if (rep.length + int.length === 0) { fault.textContent = t("needAnswer"); return; }
    const body = { channel: how.input.value, ...(rep.length ? { rep: rep.map((each) => each.entry) } : {}), ...(int.length ? { int: int.map((each) => each.entry) } : {}) };
    try {
      const answer = await call("POST", `/api/patients/${encodeURIComponent(patient.id)}/entries`, body, { "Idempotency-Key": key.value });
      key.value = newKey();
      if (answer.refused?.length) { answer.refused.forEach((each) => point(each.path, each.expected, rep, int)); fault.textContent += t("stored", answer.stored ?? 0); return; }
      toast(answer.state === "recorded" ? t("entryRecorded") : t("stored", answer.stored ?? rep.length + int.length));
      done();
    } catch (error) {
      const errors = error instanceof Refusal ? error.errors : [];
      errors.forEach((each) => point(each.field, each.expected, rep, int));
      if (errors.length === 0) fault.textContent = t("failed", error.message);
    }
  }

  /** Show a fault at the question or dose its path names. */
  function point(path, expected, rep, int) {
    const found = /^(rep|int)\[(\d+)\]/.exec(path ?? ""), target = found && (found[1] === "rep" ? rep : int)[Number(found[2])];
    if (target) target.fault(expectedWords(expected)); else fault.textContent += `${path ? `${path}: ` : ""}${expectedWords(expected)} `;
  }
}

/** One questionnaire: its questions come and go with the answers. */
function sheet(asked) {
  const given = new Map(), rows = new Map();
  const list = h("div", { cls: "questions" });
  const when = asked.last_at ? t("answeredAt", shortTime(asked.last_at)) : t("neverAnswered");
  const node = h("fieldset", null, h("legend", null, said(asked.title)), h("p", { cls: "muted small" }, when), asked.intro && h("p", { cls: "small" }, said(asked.intro)), list);
  const values = () => Object.fromEntries(given);

  function draw() {
    const shown = opened(asked, values());
    for (const code of [...given.keys()]) if (!shown.some((each) => each.code === code)) given.delete(code);
    const wanted = shown.map((each) => { if (!rows.has(each.code)) rows.set(each.code, row(each)); return rows.get(each.code).node; });
    for (const [code, found] of rows) if (!wanted.includes(found.node)) { found.node.remove(); rows.delete(code); }
    wanted.forEach((each, place) => { if (list.children[place] !== each) list.insertBefore(each, list.children[place] ?? null); });
    sums();
  }

  function sums() {
    list.parentElement?.querySelectorAll(".sum").forEach((each) => each.remove());
    for (const each of asked.questions.filter((one) => one.sum_of && one.sum_of.every((code) => rows.has(code)))) {
      const total = totals(asked, values())[each.code];
      list.after(h("p", { cls: "sum" }, `${said(each.text)}. ${total === undefined ? t("sumUnknown") : t("sumIs", total)}`));
    }
  }

  function set(code, value) { if (value === null) given.delete(code); else given.set(code, value); draw(); }

  function row(each) {
    if (each.kind === "grade") return graded(each, (value) => set(each.code, value));
    const number = each.kind === "number";
    const input = number ? h("input", { type: "text", inputmode: "numeric", autocomplete: "off" }) : h("textarea", { rows: 2, maxlength: each.longest });
    const field = labelled(`${said(each.text)}${number ? ` (${t("numberFromTo", figure(each.low), figure(each.high))})` : ""}`, input);
    input.addEventListener("input", () => {
      const text = input.value.trim(), read = Number(text.replace(",", "."));
      const good = !number || text === "" || (Number.isFinite(read) && read >= each.low && read <= each.high);
      field.fault(good ? "" : t("numberFromTo", figure(each.low), figure(each.high)));
      field.wrong = !good;
      set(each.code, text === "" || !good ? null : number ? read : text);
    });
    return { node: field, fault: field.fault, wrong: () => Boolean(field.wrong) && input };
  }

  draw();
  return {
    node,
    read() {
      const bad = [...rows.values()].map((each) => each.wrong?.()).find(Boolean);
      if (bad) { bad.focus(); return null; }
      const all = { ...values(), ...totals(asked, values()) };
      return asked.questions.filter((each) => all[each.code] !== undefined).map((each) => ({
        entry: { q: asked.q, qv: asked.qv, i: each.i, a: each.a, [each.kind === "grade" ? "g" : each.kind === "number" ? "n" : "s"]: all[each.code] },
        fault: (words) => (rows.get(each.code) ?? { fault: () => {} }).fault(words),
      }));
    },
  };
}

let serial = 0;
function graded(each, chose) {
  const name = `g${++serial}`, fault = h("span", { cls: "fault", role: "alert" });
  const clear = h("button", { type: "button", cls: "quiet small", hidden: true, onclick: () => { node.querySelectorAll("input").forEach((one) => { one.checked = false; }); clear.hidden = true; chose(null); node.querySelector("input").focus(); } }, t("clearAnswer"));
  const choice = (grade) => h("label", { cls: "choice" }, h("input", { type: "radio", name, value: grade.g, onchange: () => { clear.hidden = false; chose(grade.g); } }), h("span", null, said(grade)));
  const node = h("fieldset", { cls: "question" }, h("legend", null, said(each.text)), each.grades.map(choice), clear, fault);
  return { node, fault: (words) => { fault.textContent = words; } };
}

function doseRow(dose) {
  const state = labelled(`${dose.drug}${dose.mg ? ` ${figure(dose.mg)} mg` : ""}, ${clockTime(dose.due_at)} (${t(`st_${dose.state}`)})`, h("select", null, [["", t("doseNothing")], ...["taken", "skipped", "vomited", "extra"].map((each) => [each, t(`dose_${each}`)])].map(option)));
  const at = labelled(t("doseAt"), h("input", { type: "datetime-local", value: toParis(Math.min(Date.parse(dose.due_at), hubNow())) }));
  const follow = () => { at.hidden = state.input.value === "" || state.input.value === "skipped"; };
  state.input.addEventListener("change", follow);
  follow();
  return {
    node: h("div", { cls: "entry-line" }, state, at),
    read() {
      const chosen = state.input.value;
      if (chosen === "") return [];
      const when = at.hidden ? null : fromParis(at.input.value);
      at.fault(at.hidden || when ? "" : t("needTime"));
      if (!at.hidden && !when) { at.input.focus(); return null; }
      const amount = chosen === "skipped" ? {} : { ...(dose.n ? { n: dose.n } : {}), ...(dose.mg ? { mg: dose.mg } : {}) };
      return [{ entry: { drug: dose.drug, state: chosen, due: dose.due_at, ...(when ? { at: when } : {}), ...amount }, fault: state.fault }];
    },
  };
}
