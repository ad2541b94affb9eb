// The questions, one a page. Every answer is on the disk when the next question shows; an answer that needs somebody at once says
// so at once and is sent at once. Opened again after a crash or a closed tab it goes on where it was.

import { atOnce } from "./advice.js";
import { urgentCard } from "./calls.js";
import { hubNow, localIso, whenWords } from "./clock.js";
import { get, put, remove } from "./db.js";
import { button, field, h, say, show } from "./dom.js";
import { leave } from "./measure.js";
import { personName, number } from "./names.js";
import { read as readNumber } from "./plausible.js";
import { asked, entries, needed, read } from "./questionnaire.js";
import { enter, isTablet, patientOf, questionnaire, state, tell } from "./store.js";
import { clean, TEXT_LIMIT } from "./text.js";
import { plural, said, t } from "./words.js";

export function answerPage(id) {
  const node = h("div", { cls: "page" }, h("h1", { tabindex: -1 }, t("questions")), h("p", { cls: "muted" }, t("loading")));
  const runner = new Runner(node, id);
  runner.load().catch((error) => runner.nothing(error.message));
  return { title: t("questions"), node, nav: "today", dirty: () => runner.begun() };
}

class Runner {
  answers = {};
  times = {};
  sent = {};
  at = null;
  place = 0;
  set = null;
  due = null;
  busy = false;
  /** @type {ReturnType<typeof setTimeout>} */
  typing;

  constructor(node, id) {
    this.node = node;
    this.id = id;
    this.here = `#/q/${encodeURIComponent(id)}`;
    this.patient = state.patient;
    this.person = state.me.person;
  }

  begun() { return Object.keys(this.answers).length > 0; }
  /** What today says of this questionnaire: asked in any case, of which drugs. As it was when it was opened. */
  get turn() { return this.due ?? {}; }
  get key() { return `${this.patient}/${this.person}/q/${this.id}`; }
  list() { return asked(this.set, this.answers, this.turn); }
  /** The last question, when it is a text that may stay empty, is asked on the page that sends. */
  closing() { const last = this.list().at(-1); return last?.kind === "text" && !last.required ? last : null; }
  pages() { const all = this.list(); return this.closing() ? all.slice(0, -1) : all; }

  async load() {
    this.due = state.today?.due.find((each) => each.kind === "questionnaire" && each.id === this.id);
    const resource = await questionnaire(this.patient, this.id, this.due?.version);
    if (!resource) { this.nothing(t("questionsNotHere")); return; }
    this.set = read(resource);
    const draft = await get("drafts", this.key);
    if (draft) await this.resume(draft);
    this.draw();
  }

  nothing(words) { show(this.node, h("h1", { tabindex: -1 }, t("questions")), h("p", { cls: "note" }, words), h("a", { cls: "button quiet", href: "#/today" }, t("back"))); }

  /** What was begun within the stretch that the questions are about goes on. Older answers are not today's: they are sent as of then. */
  async resume(draft) {
    const { answers, times, sent, at, place, ref, device } = draft;
    if (ref === this.set.ref && hubNow() - at < Math.min(this.set.recallHours, 12) * 3_600_000) { Object.assign(this, { answers, times: times ?? {}, sent: sent ?? {}, at, place }); say(t("resumed")); return; }
    const rep = draft.rep ?? [];
    if (rep.length) await enter({ rep }, { of: this.patient, at: device });
    await remove("drafts", this.key);
    if (rep.length) say(t("oldSent", whenWords(at)));
  }

  async keep() {
    this.at ??= hubNow();
    await put("drafts", this.key, { answers: this.answers, times: this.times, sent: this.sent, at: this.at, place: this.place, ref: this.set.ref, device: Date.now(), rep: this.rep() });
  }

  missing() { return needed(this.set, this.answers, this.turn).filter((code) => this.answers[code] === undefined); }
  rep() { return entries(this.set, this.answers, { turn: this.turn, skip: this.sent, times: this.times }); }

  draw() {
    const pages = this.pages();
    if (this.place >= pages.length) this.closingPage();
    else this.questionPage(pages[this.place], pages.length);
    document.getElementById("main").scrollTo(0, 0);
    this.node.querySelector("h1")?.focus({ preventScroll: true });
  }

  head(count) {
    const shown = Math.min(this.place + 1, count + 1);
    return [isTablet() && h("p", { cls: "note" }, t("tabletFor", personName(patientOf()))),
      h("p", { cls: "progress-words" }, t("questionOf", shown, count + 1)), h("div", { cls: "progress", "aria-hidden": "true" }, Array.from({ length: count + 1 }, (_, place) => h("span", { cls: place < shown ? "on" : "" })))];
  }

  questionPage(question, count) {
    const body = { grade: () => this.grades(question), number: () => this.number(question), text: () => this.text(question) }[question.kind]();
    show(this.node, this.head(count), question.group && said(question.group) && h("p", { cls: "hint" }, said(question.group)), this.place === 0 && this.set.intro && h("p", { cls: "hint" }, said(this.set.intro)),
      h("h1", { tabindex: -1, cls: "question" }, said(question.text)), body, this.foot(question));
  }

  foot(question) {
    return h("div", { cls: "pair foot" }, this.place > 0 ? button(t("previous"), () => this.go(-1)) : h("a", { cls: "button quiet", href: "#/today" }, t("later")),
      question && !question.required && button(t("skipQuestion"), () => this.skip(question)));
  }

  grades(question) {
    return h("ul", { cls: "answers" }, question.grades.map((each) => h("li", null,
      button([h("span", { cls: "mark", "aria-hidden": "true" }, this.answers[question.code] === each.g ? "●" : "○"), h("span", null, said(each.text))], () => this.answer(question, each.g), "answer", { "aria-pressed": String(this.answers[question.code] === each.g) }))));
  }

  number(question) {
    const input = field(t("answerNumber"), h("input", { type: "text", inputmode: question.whole ? "numeric" : "decimal", enterkeyhint: "next", autocomplete: "off", maxlength: 12, cls: "value", value: this.answers[question.code] === undefined ? "" : number(this.answers[question.code], 3) }), question.high === undefined ? "" : t("between", question.low, question.high));
    const go = () => {
      const found = readNumber(input.input.value), good = !Number.isNaN(found) && !(found < question.low) && !(found > question.high) && (!question.whole || Number.isInteger(found));
      input.fault(good ? "" : question.high === undefined ? t("needNumber") : t("needBetween", question.low, question.high));
      if (good) this.answer(question, found);
    };
    return h("form", { novalidate: true, onsubmit: (event) => { event.preventDefault(); go(); } }, input, h("button", { type: "submit", cls: "primary" }, t("goOn")));
  }

  text(question) {
    const area = this.textField(question);
    return h("form", { novalidate: true, onsubmit: (event) => { event.preventDefault(); const text = area.taken(); if (!text && question.required) area.fault(t("needed")); else if (text) this.answer(question, text); else this.skip(question); } }, area, h("button", { type: "submit", cls: "primary" }, t("goOn")));
  }

  textField(question, words = t("yourWords")) {
    const input = h("textarea", { rows: 4, value: this.answers[question.code] ?? "" }), node = field(words, input, t("textHint"));
    const take = () => { const found = clean(input.value); node.fault(""); if (found.note) { input.value = found.text; node.querySelector(".fault").textContent = t(found.note, number(TEXT_LIMIT, 0)); } return found.text.trim(); };
    input.addEventListener("input", () => { clearTimeout(this.typing); this.typing = setTimeout(() => { this.hold(question, take()); }, 300); });
    input.addEventListener("change", () => this.hold(question, take()));
    node.taken = take;
    return node;
  }

  hold(question, text) {
    if (text) Object.assign(this.times, { [question.code]: localIso() });
    if (text) this.answers[question.code] = text; else delete this.answers[question.code];
    return this.keep().catch((error) => say(t("notKept", error.message)));
  }

  async answer(question, value) {
    if (this.busy) return;
    this.busy = true;
    try {
      this.answers[question.code] = value;
      this.times[question.code] = localIso();
      this.place = this.pages().findIndex((each) => each.code === question.code) + 1;
      await this.keep();
      const advice = question.kind === "grade" ? atOnce(state.today, { rep: [{ i: question.item, a: question.attribute, g: value }] }) : [];
      if (advice.length && this.sent[question.code] !== value) await this.atOnce(question, value, advice); else this.draw();
    } catch (error) { say(t("notKept", error.message)); } finally { this.busy = false; }
  }

  /** The team must know before the last question: this answer goes now, by itself. */
  async atOnce(question, value, advice) {
    const rep = [{ q: this.set.name, qv: this.set.ref, i: question.item, a: question.attribute, g: value }];
    const what = said(question.grades.find((each) => each.g === value)?.text);
    await enter({ rep }, { of: this.patient });
    this.sent[question.code] = value;
    await this.keep();
    await tell({ list: advice, at: hubNow(), what: `${said(question.text)} ${what}` }, this.patient);
    show(this.node, h("h1", { tabindex: -1, cls: "small-title" }, said(question.text), " ", what), urgentCard(advice, { note: t("alsoSent", whenWords(hubNow())), focus: true }),
      button(t("continueQuestions"), () => this.draw(), "quiet"));
    document.getElementById("main").scrollTo(0, 0);
    this.node.querySelector(".urgent-title").focus();
  }

  skip(question) { delete this.answers[question.code]; this.go(1); }
  go(by) { this.place = Math.max(0, this.place + by); this.keep().catch(() => {}); this.draw(); }

  closingPage() {
    const pages = this.pages(), closing = this.closing(), area = closing && this.textField(closing, said(closing.text)), fault = h("p", { cls: "fault", role: "alert" });
    const wanted = this.missing(), missing = pages.filter((each) => wanted.includes(each.code));
    const send = button(t("sendAnswers"), () => this.finish(area, closing, fault, send), "primary");
    show(this.node, this.head(pages.length), h("h1", { tabindex: -1 }, t("lookAgain")),
      h("ul", { cls: "review" }, pages.map((each, place) => h("li", null, h("a", { href: this.here, onclick: (event) => { event.preventDefault(); this.place = place; this.draw(); } }, h("span", { cls: "review-question" }, said(each.text)), h("strong", null, this.words(each)), h("span", { cls: "sr" }, t("change")))))),
      missing.length > 0 && h("p", { cls: "note" }, plural("missing", missing.length)), area, fault, send, this.foot(null));
  }

  /** It is still due: opened again it goes on with what is missing, and sends only that. */
  async pause(missing) {
    this.sent = { ...this.answers };
    this.place = Math.max(0, this.pages().findIndex((each) => missing.includes(each.code)));
    await this.keep();
    this.answers = {};
  }

  words(question) {
    const found = this.answers[question.code];
    if (found === undefined) return t("noAnswer");
    if (question.kind === "grade") return said(question.grades.find((each) => each.g === found)?.text);
    return question.kind === "number" ? number(found, 3) : found;
  }

  async finish(area, closing, fault, send) {
    clearTimeout(this.typing);
    if (area) { const text = area.taken(); if (text) this.answers[closing.code] = text; else delete this.answers[closing.code]; }
    const rep = this.rep();
    if (!rep.length && !Object.keys(this.sent).length) { fault.textContent = t("nothingAnswered"); return; }
    send.disabled = true;
    try {
      const missing = this.missing();
      if (rep.length) await enter({ rep }, { of: this.patient, completes: missing.length ? null : this.id });
      if (missing.length) await this.pause(missing);
      else { this.answers = {}; await remove("drafts", this.key); }
      leave(this.here);
    } catch (error) { send.disabled = false; fault.textContent = t("notKept", error.message); }
  }
}
