// What is due at this moment: the hub's last answer, moved on by the clock and by what was entered here. Once the day of that answer
// is over, without network, the list is made of the doses the hub told ahead (it derives them: cycles, holds, trips, clock changes)
// and of the rounds of each measure and questionnaire.

import { dayOf, fromField, hubNow, toField, toHub, toLocal } from "./clock.js";
import { dosesOf, isHere, stateWithout, wordsOf } from "./doses.js";
import { state } from "./store.js";

const HOUR = 3_600_000, MINUTE = 60_000, DAY_MIN = 1440;
const anotherDay = () => dayOf(state.todayAt) !== dayOf(hubNow());
const covered = () => Boolean(state.today?.ahead) && hubNow() < Date.parse(state.today.ahead.until);
/** The list is another day's, and what was told ahead is over: of today's doses nothing is known here. */
export const isOld = () => anotherDay() && !covered();
/** The list is made here, of a plan that may have changed since. */
export const isDerived = () => anotherDay() && covered();

/** Every item of now with its state, and `here`: the row that was entered here for it. */
export function dueNow(today = state.today) {
  if (!today) return [];
  const intakes = isDerived() ? dosesNow(today) : today.due.filter((each) => each.kind === "intake");
  const rounds = today.due.filter((each) => each.kind !== "intake").map((each) => (isOld() ? each : each.kind === "measure" ? measureNow(each) : questionsNow(each)));
  return [...rounds, ...intakes].sort((a, b) => String(a.due_at ?? "").localeCompare(String(b.due_at ?? "")))
    .map((each) => ({ ...each, state: stateNow(each), here: hereSince(each) }));
}

/** Each drug of which anything is due, today or ahead. */
export function drugsOf(today) {
  const all = [...today.due.filter((each) => each.kind === "intake"), ...(today.ahead?.drugs ?? [])];
  return [...new Map(all.reverse().map((each) => [each.drug, each])).values()];
}

/** Time passes without network too: what was for later is due once its time has come, and late once it is over. */
function stateNow(item) {
  const found = item.kind === "intake" ? stateWithout(item) : item.state, now = hubNow();
  if (item.kind === "intake" && ["later", "due"].includes(found) && item.until && now >= Date.parse(item.until)) return "late";
  return found === "later" && Date.parse(item.from ?? item.due_at) <= now ? "due" : found;
}

// ---- doses ----------------------------------------------------------------------------------------------------------

function dosesNow(today) {
  const now = hubNow(), day = dayOf(now), texts = new Map((today.ahead.drugs ?? []).map((each) => [each.drug, each])), found = new Map();
  for (const each of today.due) if (each.kind === "intake" && each.due_at) found.set(`${each.drug}|${each.due_at}`, each);
  for (const each of today.ahead.intakes) {
    const item = { ...texts.get(each.drug), ...each, kind: "intake", state: each.held ? "held" : "later", asked: false, taken_at: null, by: null, said: [] };
    if (!found.has(`${each.drug}|${each.due_at}`)) found.set(`${each.drug}|${each.due_at}`, item);
  }
  return [...found.values()].filter((each) => dayOf(each.due_at) === day || openSince(each, now));
}

/** A dose of another day that is due, or waits for an answer. */
const openSince = (item, now) => ["later", "due", "late"].includes(item.state) && Date.parse(item.due_at) <= now && now < Date.parse(item.closes_at ?? item.until ?? item.due_at) && wordsOf(item).length === 0;

// ---- measures and questionnaires ------------------------------------------------------------------------------------

const measured = (row, code) => (JSON.parse(row.text).obs ?? []).some((each) => each.c === code);
const roundOf = (item) => { const every = item.every_min * MINUTE; return { every, lead: Math.min(6 * HOUR, every / 4) }; };

/** As alerts/day_desk.py: due a cadence after the last one, late at twice the cadence. */
function measureNow(item) {
  if (!item.every_min) return item;
  const { every, lead } = roundOf(item), now = hubNow(), own = state.rows.filter((row) => isHere(row) && measured(row, item.code));
  const due = Math.max(Date.parse(item.due_at), ...own.map((row) => toHub(row.at) + every)), iso = (at) => new Date(at).toISOString();
  if (now < due - lead) return item;  // what was entered here stands beside it
  return { ...item, due_at: iso(due), from: iso(due - lead), until: iso(due + every), state: now >= due + every ? "late" : "due" };
}

/** As alerts/asking.py: whole days from today's, or equal parts of the day. */
function questionsNow(item) {
  const now = hubNow();
  if (!item.every_min || now < Date.parse(item.until)) return item;
  const day = toField(now).slice(0, 10), minute = Number(toField(now).slice(11, 13)) * 60 + Number(toField(now).slice(14));
  const at = (minutes) => fromField(`${new Date(Date.parse(`${day}T00:00Z`) + minutes * MINUTE).toISOString().slice(0, 16)}`);
  const part = item.every_min < DAY_MIN ? Math.floor(minute / item.every_min) : 0;
  const from = at(part * item.every_min), until = at(item.every_min < DAY_MIN ? Math.min((part + 1) * item.every_min, DAY_MIN) : Math.floor(item.every_min / DAY_MIN) * DAY_MIN);
  return { ...item, due_at: new Date(from).toISOString(), from: new Date(from).toISOString(), until: new Date(until).toISOString(), state: "due" };
}

/** What was entered on this device for a due item and may be missing in the hub's last answer, because it waits here or was stored
 * after that was asked for: the row. A dose that was taken must never look due again. */
export function hereSince(item) {
  return state.rows.find((row) => {
    if (!isHere(row)) return false;
    if (item.kind === "measure") return measured(row, item.code) && (item.every_min ? toHub(row.at) + roundOf(item).every - roundOf(item).lead > hubNow() : row.at >= toLocal(Date.parse(item.from ?? item.due_at) - 6 * HOUR));
    if (item.kind === "questionnaire") return row.completes === item.id && !(toHub(row.at) < Date.parse(item.from));
    return dosesOf(row).some((each) => each.drug === item.drug && each.due === item.due_at);
  });
}
