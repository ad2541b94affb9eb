// Today: what is urgent, what is due now with one tap each, who looks, whom to call.

import { urgentCard, callButtons, watchedCard } from "./calls.js";
import { ago, atWords, hubNow, localIso, timeOf, toHub, whenWords } from "./clock.js";
import { button, h, say, show } from "./dom.js";
import { drugsOf, dueNow, isDerived, isOld } from "./due.js";
import { icon } from "./icons.js";
import { groupName, groupOf, groups, unitWords } from "./measures.js";
import { byWords, number, personName } from "./names.js";
import { undo } from "./outbox.js";
import { changed, choose, enter, isNurse, isTablet, may, patientOf, readRows, state } from "./store.js";
import { plural, said, t } from "./words.js";

export function todayPage() {
  const node = h("div", { cls: "page" });
  const live = () => {
    const held = /** @type {HTMLElement} */ (document.activeElement)?.dataset?.key;
    draw(node);
    if (held) node.querySelector(`[data-key="${CSS.escape(held)}"]`)?.focus({ preventScroll: true });
  };
  draw(node);
  return { title: t("navToday"), node, live };
}

let drawn = "", announced = "";
function draw(node) {
  const today = state.today;
  const parts = today ? whole(today) : [title(), state.network === "none" ? h("p", { cls: "note" }, t("nothingYet")) : h("p", { cls: "muted" }, t("loading")), callCard()];
  const next = h("div", null, parts), words = next.textContent + state.patient;
  if (node.childNodes.length && words === drawn) return;  // nothing new to see: what is focused or read aloud stays
  drawn = words;
  const open = [...node.querySelectorAll("details[open] > summary")].map((each) => each.textContent);
  show(node, ...next.childNodes);
  for (const each of node.querySelectorAll("details > summary")) if (open.includes(each.textContent)) each.parentElement.open = true;
  const urgent = [...node.querySelectorAll(".urgent-text")].map((each) => each.textContent).join(" ");
  if (urgent && urgent !== announced) say(t("callNow"));
  announced = urgent;
}

const title = () => h("h1", { tabindex: -1 }, isTablet() || isNurse() || patientOf()?.relation === "caregiver" ? t("todayOf", personName(patientOf())) : t("navToday"));

function whole(today) {
  const due = dueNow(today), old = isOld();
  const open = due.filter((each) => ["due", "late"].includes(each.state) && !each.here);
  const later = due.filter((each) => each.state === "later" && !each.here);
  const over = due.filter((each) => each.here || !["due", "late", "later"].includes(each.state));
  const report = open.filter((each) => each.kind !== "intake"), intakes = open.filter((each) => each.kind === "intake");
  return [
    urgent(today), title(),
    isTablet() && h("p", { cls: "note" }, t("tabletFor", personName(patientOf())), " ", button(t("tabletDone"), () => choose(null).then(() => { location.hash = "#/who"; }), "link")),
    watchedCard(), today.phase?.aplasia?.open && aplasia(today.phase.aplasia), today.phase?.pause && h("p", { cls: "note" }, t("paused")),
    old && h("p", { cls: "note" }, t("oldDay", whenWords(state.todayAt))), isDerived() && h("p", { cls: "note" }, t("derivedDay", whenWords(state.todayAt))),
    isNurse() && h("a", { cls: "button primary", href: "#/visit" }, t("startVisit")),
    may("answer") && report.length > 0 && reportCard(report, today), may("answer") && intakes.map(intakeCard),
    open.length === 0 && !old && h("section", { cls: "card calm" }, h("h2", null, h("span", { "aria-hidden": "true" }, "✓ "), t("nothingDue")), later.length > 0 && h("p", null, t("nextAt", nameOf(later[0], today), atWords(later[0].due_at)))),
    later.length > 0 && laterCard(later, today), over.length > 0 && overCard(over, today),
    may("answer") && more(today), callCard(), h("p", { cls: "hint" }, t("asOf", ago(state.todayAt))),
  ];
}

// ---- urgent ---------------------------------------------------------------------------------------------------------

function urgent(today) {
  const seen = hubNow() - state.todayAt > 120_000 ? [t("asOf", ago(state.todayAt))] : [];  // without network it may be over
  const own = state.told[state.patient], theirs = (today.advice ?? []).filter((each) => each.severity === "high" || each.call);
  const cards = [];
  if (own?.list?.length) cards.push(urgentCard(own.list, { note: t("is", whenWords(own.at), own.what) }));
  else if (theirs.length) cards.push(urgentCard(theirs.map((each) => ({ text: each.text })), { note: [...theirs.map((each) => said(each.title)), t(theirs.every((each) => each.acknowledged) ? "teamKnows" : "teamNotYet"), ...seen].join(" · ") }));
  const mild = (today.advice ?? []).filter((each) => !theirs.includes(each) && said(each.text));
  if (mild.length) cards.push(h("section", { cls: "card advice" }, h("h2", null, t("adviceTitle")), mild.map((each) => h("p", null, said(each.text))), seen.map((each) => h("p", { cls: "hint" }, each))));
  return cards;
}

const aplasia = (found) => h("p", { cls: "note phase" }, found.since ? t("aplasiaSince", whenWords(found.since)) : t("aplasiaOn"));

// ---- due ------------------------------------------------------------------------------------------------------------

export function nameOf(item, today) {
  if (item.kind === "measure") return groupName(groupOf(item.code, today), today);
  if (item.kind === "questionnaire") return said(item.title);
  return said(item.name) || item.drug;
}

/** The pages of one report: each measure once, then the questions. */
export function stepsOf(items, today) {
  const steps = [];
  for (const each of items) {
    const address = each.kind === "measure" ? `#/m/${groupOf(each.code, today).codes[0] ?? each.code}` : `#/q/${encodeURIComponent(each.id)}`;
    if (!steps.includes(address)) steps.push(address);
  }
  return steps.sort((a, b) => Number(a.startsWith("#/q")) - Number(b.startsWith("#/q")));
}

function reportCard(items, today) {
  const steps = stepsOf(items, today), names = [...new Set(items.map((each) => nameOf(each, today)))];
  const minutes = items.reduce((sum, each) => sum + (each.minutes ?? 0), 0), questions = items.reduce((sum, each) => sum + (each.questions ?? 0), 0);
  return h("section", { cls: "card due" }, h("h2", null, t("reportTitle")), h("ul", { cls: "ticks" }, names.map((each) => h("li", null, each))),
    questions > 0 && h("p", { cls: "hint" }, t("burden", questions, Math.max(1, Math.ceil(minutes)))),
    items.some((each) => each.state === "late") && h("p", { cls: "hint" }, t("lateReport")),
    button(t("reportStart"), () => { state.run = steps; location.hash = steps[0]; }, "primary", { "data-key": "report" }));
}

const doseWords = (item) => [item.n && plural("tablets", item.n), item.mg && `${number(item.mg, 2)} mg`].filter(Boolean).join(" · ");

function intakeCard(item) {
  const key = `${item.drug}|${item.due_at}`;
  return h("section", { cls: "card due" }, h("h2", null, nameOf(item)), h("p", { cls: "dose" }, doseWords(item)),
    h("p", null, t(item.state === "late" ? "wasDueAt" : "dueAt", atWords(item.due_at))), item.asked && h("p", { cls: "note" }, t("askMissed")),
    said(item.food) && h("p", { cls: "hint" }, said(item.food)), item.state === "late" && said(item.if_missed) && h("p", { cls: "hint" }, said(item.if_missed)),
    h("div", { cls: "pair" }, button(t("taken"), () => take(item), "primary", { "data-key": `take${key}`, "aria-label": t("takenNamed", nameOf(item), timeOf(item.due_at)) }),
      h("a", { cls: "button quiet", href: `#/i/${encodeURIComponent(item.drug)}/${encodeURIComponent(item.due_at)}`, "data-key": `else${key}`, "aria-label": t("otherNamed", nameOf(item), timeOf(item.due_at)) }, t("somethingElse"))));
}

/** One tap; for a few seconds it can be undone, then it is sent. */
async function take(item) {
  const dose = { drug: item.drug, due: item.due_at, at: localIso(), state: "taken", ...(item.n ? { n: item.n } : {}), ...(item.mg ? { mg: item.mg } : {}) };
  try { await enter({ int: [dose] }, { undoable: true }); say(t("noted", nameOf(item))); }
  catch (error) { say(t("notKept", error.message)); }
}

function laterCard(items, today) {
  return h("details", { cls: "card" }, h("summary", null, t("laterToday", items.length)),
    h("ul", { cls: "lines" }, items.map((each) => h("li", null, h("strong", null, whenWords(each.due_at)), ` ${nameOf(each, today)}`, each.kind === "intake" && doseWords(each) ? ` · ${doseWords(each)}` : ""))));
}

function overCard(items, today) {
  return h("section", { cls: "card" }, h("h2", null, t("doneToday")), h("ul", { cls: "lines" }, items.map((each) => h("li", null, h("strong", null, nameOf(each, today)), each.kind === "intake" && each.due_at ? ` ${timeOf(each.due_at)}` : "", " · ", overWords(each), undoButton(each),
    each.kind === "intake" && may("answer") && each.due_at && (each.here || ["done", "skipped", "vomited"].includes(each.state)) && h("a", { cls: "inline-link", href: `#/i/${encodeURIComponent(each.drug)}/${encodeURIComponent(each.due_at)}` }, t("change"))))));
}

function overWords(item) {
  if (item.here) {
    const dose = (JSON.parse(item.here.text).int ?? []).find((each) => each.drug === item.drug);
    return `${t(dose ? `state-${dose.state}` : "state-done")} ${atWords(toHub(item.here.at))} · ${t(item.here.state === "waiting" ? "onThisPhone" : "receivedPlain")}`;
  }
  if (item.kind === "intake") return [t(`state-${item.state}`), item.taken_at && atWords(item.taken_at), item.by && byWords(item.by), item.why].filter(Boolean).join(" · ");
  const last = item.kind === "measure" && item.last ? `, ${number(item.last.value, item.decimals)} ${unitWords(item.last.unit ?? item.unit)}, ${whenWords(item.last.at)}` : "";
  return t(`state-${item.state}`) + last;
}

function undoButton(item) {
  if (!item.here || item.here.tried || item.here.state !== "waiting" || item.here.holdUntil < Date.now()) return null;
  return button(t("undo"), async () => { say(t((await undo(item.here.id)) ? "undone" : "undoLate")); await readRows(); changed(); }, "link", { "data-key": `undo${item.here.id}` });
}

// ---- more -----------------------------------------------------------------------------------------------------------

const PLAIN = ["temperature", "pressure", "saturation", "pulse", "weight"];
function more(today) {
  const drugs = drugsOf(today);
  const asked = today.due.find((each) => each.kind === "questionnaire");
  return h("section", { cls: "card" }, h("h2", null, t("enterElse")), h("div", { cls: "tiles" },
    groups(today).map((each) => h("a", { cls: "tile", href: `#/m/${each.codes[0]}` }, icon(PLAIN.includes(each.id) ? each.id : "other"), groupName(each, today))),
    asked && h("a", { cls: "tile", href: `#/q/${encodeURIComponent(asked.id)}` }, icon("symptom"), t("tellSymptoms")),
    drugs.map((each) => h("a", { cls: "tile", href: `#/i/${encodeURIComponent(each.drug)}/extra` }, icon("dose"), t(isOld() ? "doseOf" : "extraOf", nameOf(each))))));
}

const callCard = () => h("section", { cls: "card call-card" }, h("h2", null, t("callTitle")), h("p", null, t("callLead")), callButtons());
