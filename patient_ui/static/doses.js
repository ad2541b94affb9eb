// Each word that was said of a dose, here and at the hub, and taking one back that was a mistake: a new entry that names the old one
// (docs/app-api.md, Sending). Nothing is deleted; what was taken back counts no more, here at once, also without network.

import { atWords, hubNow, toHub } from "./clock.js";
import { button, h, say, show } from "./dom.js";
import { byWords } from "./names.js";
import { undo } from "./outbox.js";
import { changed, enter, isNurse, may, patientOf, readRows, state } from "./store.js";
import { t } from "./words.js";

const HOME = ["device", "patient", "caregiver"];
const keyOf = ({ device, boot, seq, i }) => `${device}/${boot}/${seq}/${i}`;

/** Whether a message here may be missing in the hub's last answer: it waits, or was stored after that was asked for. */
export const isHere = (row) => !row.undone && row.state !== "aside" && !(row.state === "stored" && (row.storedAt ?? row.at) < state.todayAsked);

/** What was taken back in messages kept here, by key -> its message. */
function takenBack() {
  const found = new Map();
  for (const row of state.rows) {
    if (row.undone || row.state === "aside") continue;
    for (const each of JSON.parse(row.text).ev ?? []) if (each.k === "retract") found.set(keyOf({ device: each.device ?? row.device, boot: each.boot, seq: each.from, i: each.v ?? 0 }), row);
  }
  return found;
}
export const backHere = (word) => takenBack().get(keyOf(word)) ?? null;

/** The doses of a message, as words that can be taken back, without those that were. */
export function dosesOf(row) {
  const back = takenBack();
  return (JSON.parse(row.text).int ?? []).map((dose, i) => ({ device: row.device, boot: row.boot, seq: row.seq, i, state: dose.state, at: dose.at ? toHub(Date.parse(dose.at)) : toHub(row.at), by: patientOf()?.by, drug: dose.drug, due: dose.due, row }))
    .filter((each) => !back.has(keyOf(each)));
}

/** Everything said of a due dose that counts: at the hub, and here since. */
export function wordsOf(item) {
  const back = takenBack(), known = (item.said ?? []).filter((each) => !back.has(keyOf(each))), keys = new Set(known.map(keyOf));
  const here = state.rows.filter(isHere).flatMap(dosesOf).filter((each) => each.drug === item.drug && each.due === item.due_at && !keys.has(keyOf(each)));
  return [...known, ...here];
}

/** The state of a dose once what was taken back here is out of it. */
export function stateWithout(item) {
  const back = takenBack();
  if (!(item.said ?? []).some((each) => back.has(keyOf(each)))) return item.state;
  const states = wordsOf(item).map((each) => each.state);
  if (states.includes("vomited")) return "vomited";
  if (states.includes("taken") || states.includes("extra")) return "done";
  if (states.includes("skipped")) return "skipped";
  const now = hubNow();
  return now < Date.parse(item.from ?? item.due_at) ? "later" : item.until && now >= Date.parse(item.until) ? "late" : "due";
}

/** What a professional wrote down only a professional takes back. */
const mayTakeBack = (word) => may("answer") && (isNurse() || HOME.includes(word.by));

async function takeBack(word, of) {
  if (word.row && (await undo(word.row.id))) { await readRows(); changed(); return; }
  const own = word.device === patientOf(of)?.device;
  await enter({ ev: [{ k: "retract", ...(own ? {} : { device: word.device }), boot: word.boot, from: word.seq, v: word.i }] }, { of });
}

/** A button that asks once more, then takes a word back; `done()` afterwards. Null where it may not be. */
export function mistake(word, name, done) {
  if (!mayTakeBack(word)) return null;
  const of = state.patient, node = h("span", { cls: "mistake" });
  const asked = () => { show(node, h("span", { role: "alert" }, t("mistakeSure")), " ", button(t("mistakeYes"), yes, "primary"), " ", button(t("mistakeNo"), () => { draw(); node.querySelector("button").focus(); })); node.querySelector("button").focus(); };
  const yes = async () => {
    try { await takeBack(word, of); } catch (error) { say(t("notKept", error.message)); return; }
    say(t("mistakeGone", name));
    done();
  };
  const draw = () => show(node, button(t("mistake"), asked, "link", { "aria-label": t("mistakeNamed", name, t(`state-${word.state}`), atWords(word.at)) }));
  draw();
  return node;
}

/** What is noted of a dose, each with who said it and a way to take it back. */
export function notedList(words, name, done) {
  return h("ul", { cls: "lines" }, words.map((each) => h("li", null, `${t(`state-${each.state}`)} · ${atWords(each.at)} · ${byWords(each.by)} `, mistake(each, name, done))));
}
