// A dose that was not simply taken now: taken at another time, left out and why, vomited, one too many.

import { atWords, fromField, hubNow, localIso, toField, toLocal } from "./clock.js";
import { field, h, say, show } from "./dom.js";
import { notedList, wordsOf } from "./doses.js";
import { number } from "./names.js";
import { read } from "./plausible.js";
import { enter, state } from "./store.js";
import { clean } from "./text.js";
import { plural, said, t } from "./words.js";
import { dueNow, isOld } from "./due.js";
import { callButtons } from "./calls.js";

const LONGEST_WHY = 200;  // characters that a message may carry
/** The dose in mg of `n` tablets; of another number than planned only where the plan says how many tablets a dose is. */
const scaled = (item, n) => (item?.mg && n > 0 ? (item.n ? (item.mg / item.n) * n : null) : item?.mg);
const REASONS = ["forgot", "unwell", "told", "none-left", "other"];

/** The page is drawn again once something was taken back: then it can be said what happened instead. */
export function intakePage(drug, due) {
  const node = h("div", { cls: "page" }), draw = (gone = false) => { const made = form(drug, due, gone, () => draw(true)); show(node, ...made); if (gone) node.querySelector("h1").focus(); };
  draw();
  return { title: node.querySelector("h1").textContent, node, nav: "today" };
}

function form(drug, due, gone, again) {
  const of = state.patient, item = dueNow().find((each) => each.kind === "intake" && each.drug === drug && (each.due_at === due || due === "extra"));
  const extra = due === "extra", name = said(item?.name) || drug;
  const noted = extra || !item ? [] : wordsOf(item), taken = noted.some((each) => each.state !== "skipped") || (!extra && item?.state === "done" && !item.said), kinds = ["taken", "skipped", "vomited", "extra"].filter((each) => !taken || each !== "taken");
  const choice = { state: taken ? null : extra && !isOld() ? "extra" : "taken" };
  const amount = field(t("howMany"), h("input", { type: "text", inputmode: "decimal", autocomplete: "off", maxlength: 8, value: item?.n ?? (extra ? 1 : "") }), t("howManyHint"));
  const when = field(t("whenTaken"), h("input", { type: "datetime-local", value: toField(hubNow()) }));
  const reason = field(t("whyNot"), h("select", null, REASONS.map((each) => h("option", { value: each }, t(`why-${each}`)))));
  const words = field(t("yourWordsOptional"), h("textarea", { rows: 2, maxlength: 140 }));
  const fault = h("p", { cls: "fault", role: "alert" });
  const options = h("fieldset", null, h("legend", null, t("whatHappened")), kinds.map((each) => h("label", { cls: "choice" }, h("input", { type: "radio", name: "state", value: each, checked: choice.state === each, onchange: () => pick(each) }), t(`choose-${each}`))));
  const advice = h("p", null);
  const pick = (each) => { choice.state = each; advice.textContent = said({ vomited: item?.if_vomited, skipped: item?.if_missed }[each]); advice.hidden = !advice.textContent; reason.hidden = words.hidden = each !== "skipped"; amount.hidden = each === "skipped" || each === "vomited"; when.hidden = each === "skipped"; };
  pick(choice.state);
  const keep = async (event) => {
    event.preventDefault();
    fault.textContent = choice.state ? "" : t("needed");
    if (!choice.state) return;
    const n = read(amount.input.value), at = fromField(when.input.value), past = when.hidden || (at && at <= hubNow() + 600_000);
    when.fault(past ? "" : t("needPast"));
    amount.fault(amount.hidden || !amount.input.value.trim() || n > 0 ? "" : t("needNumber"));
    if (!past || (!amount.hidden && amount.input.value.trim() && !(n > 0))) return;
    try { await enter(body(n, at), { of }); } catch (error) { fault.textContent = t("notKept", error.message); return; }
    say(t("noted", name));
    location.hash = "#/today";
  };
  const body = (n, at) => {
    const own = choice.state === "extra", mg = scaled(item, n);
    /** @type {any} */
    const dose = { drug, state: choice.state, ...(own || extra ? {} : { due: item?.due_at ?? due }), ...(when.hidden ? {} : { at: localIso(toLocal(at)) }), ...(!amount.hidden && n > 0 ? { n } : {}), ...(!own && !amount.hidden && mg ? { mg } : {}) };
    const text = clean(words.input.value).text.trim(), why = [t(`why-${reason.input.value}`), text].filter(Boolean).join(" : ");
    if (choice.state === "skipped") dose.why = [...why].slice(0, LONGEST_WHY).join("");
    return { int: [dose] };
  };
  return [h("h1", { tabindex: -1 }, name), item && !extra && h("p", { cls: "dose" }, [item.n && plural("tablets", item.n), item.mg && `${number(item.mg, 2)} mg`, t("dueAt", atWords(item.due_at))].filter(Boolean).join(" · ")),
    gone && h("p", { cls: "note", role: "status" }, t("mistakeThen")),
    noted.length > 0 && h("section", { cls: "card" }, h("h2", null, t("notedSoFar")), notedList(noted, name, again)), taken && h("p", { cls: "note" }, t("takenAlready")),
    h("form", { novalidate: true, onsubmit: keep }, options, amount, when, reason, words, fault, h("div", { cls: "pair" }, h("button", { type: "submit", cls: "primary" }, t("send")), h("a", { cls: "button quiet", href: "#/today" }, t(gone ? "backToToday" : "cancel")))),
    h("section", { cls: "card" }, advice, h("p", null, t("doseAdvice")), callButtons())];
}
