// What the pages show: who is logged in, which patient, the hub's last answers (kept for when there is no network), what was
// entered here. One way in for every entry: `enter`. Pages redraw when told by `onChange`.

import { call, Refusal, Unreachable } from "./api.js";
import { heardNow, hubNow, setZone, toff } from "./clock.js";
import { forget, get, put } from "./db.js";
import { append, devicesWaiting, receipts, rowsOf, start } from "./outbox.js";
import { flush } from "./sender.js";
import { t } from "./words.js";
import { askToSend } from "./worker.js";

export const state = {
  me: null, patient: null, today: null, todayAt: 0, todayAsked: 0, rows: [], waiting: 0, elsewhere: 0, network: navigator.onLine ? "ok" : "none", shut: new Set(),
  ended: false, identity: null, run: [], told: {},
};
const RETRY = [4, 8, 15, 30, 45], MOST_BYTES = 50_000, UNDO_FOR = 6000;
const listeners = new Set(), channel = "BroadcastChannel" in window ? new BroadcastChannel("vigie-app") : null;

export const onChange = (hear) => { listeners.add(hear); return () => listeners.delete(hear); };
export const changed = () => { for (const hear of listeners) hear(); };
/** Other tabs hear that the outbox, or the account, is not what it was. */
const tellTabs = (kind) => channel?.postMessage(kind);
export const onTabs = (hear) => channel?.addEventListener("message", (event) => hear(event.data));

export const patientOf = (id = state.patient) => state.me?.patients.find((each) => each.id === id) ?? null;
export const may = (scope) => patientOf()?.scopes.includes(scope) ?? false;
export const isNurse = () => state.me?.role === "nurse";
export const isTablet = () => state.me?.role === "tablet";

// ---- who ------------------------------------------------------------------------------------------------------------

/** `me` as answered, or null: as kept. False when nobody is known here. */
export async function takeMe(me) {
  const former = await get("meta", "me"), found = me ?? former;
  if (!found) return false;
  const known = [former, state.me].filter(Boolean), other = known.some((each) => each.person !== found.person);
  if (other) await forgetOther();
  if (me) await put("meta", "me", me);
  if (other) tellTabs("ended");
  for (const each of other ? [] : known.flatMap((one) => one.patients)) {
    const now = found.patients.find((one) => one.id === each.id);
    if (!now) await forgetPatient(each.id);
    else if (each.scopes.includes("see") && !now.scopes.includes("see")) await forgetSeen(each.id);
  }
  state.me = found;
  const last = sessionStorage.getItem("vigie-app.patient");
  if (!patientOf()) await choose(found.patients.some((each) => each.id === last) ? last : !isTablet() && found.patients.length === 1 ? found.patients[0].id : null);
  return true;
}

/** A new start of the app: the next message begins a boot. */
export const begin = () => start();

export async function refreshMe() { await takeMe(await timed("me")); changed(); }

export async function choose(patient, identity = null) {
  Object.assign(state, { patient, identity, today: null, todayAt: 0, todayAsked: 0, rows: [], run: [] });
  if (patient === null) { sessionStorage.removeItem("vigie-app.patient"); return; }
  sessionStorage.setItem("vigie-app.patient", patient);
  const [today, advice] = [await kept(patient, "today"), await kept(patient, "told")];
  state.told[patient] = advice?.value ?? null;
  if (today) Object.assign(state, { today: today.value, todayAt: today.at, todayAsked: today.asked ?? 0 });
  keepZone();
  await readRows();
}

/** The clock on the wall where the patient is: on a trip another one from a moment on, also without network. */
export function keepZone() {
  const zones = (state.today?.ahead?.zones ?? []).filter((each) => each.from === null || Date.parse(each.from) <= hubNow());
  setZone(zones.at(-1)?.timezone ?? patientOf()?.timezone);
}

async function forgetPatient(id) {
  await forget(id);
  delete state.told[id];
  if (state.patient === id) Object.assign(state, { patient: null, today: null, rows: [], run: [] });
}

/** Somebody else signs in on this phone: what was shown to the former person goes, what they entered or began waits for them. */
async function forgetOther() {
  await forget(undefined, ["kept"]);
  sessionStorage.removeItem("vigie-app.patient");
  Object.assign(state, { me: null, patient: null, today: null, todayAt: 0, todayAsked: 0, rows: [], run: [], identity: null, told: {} });
}

/** What could be read is not to be read any more; what was begun may still be sent. */
async function forgetSeen(id) {
  await forget(id, ["kept"]);
  delete state.told[id];
  if (state.patient === id) Object.assign(state, { today: null, todayAt: 0, todayAsked: 0 });
}

/** The session is over: nothing stays to be seen; what was entered, or begun, waits for the next login. */
export async function endSession() {
  await forget(undefined, ["kept"]);
  await put("meta", "me", null);
  sessionStorage.clear();
  Object.assign(state, { me: null, patient: null, today: null, rows: [], run: [], identity: null, ended: true, told: {} });
  tellTabs("ended");
}

// ---- what the hub says ----------------------------------------------------------------------------------------------

async function timed(path) {
  const asked = Date.now(), answer = await call("GET", path);
  if (answer.now) heardNow(answer.now, asked, Date.now());
  return answer;
}

const keep = (patient, what, value, asked) => put("kept", `${patient}/${what}`, { at: hubNow(), asked, value });
export const kept = (patient, what) => get("kept", `${patient}/${what}`);

/** Ask the hub and keep the answer; without network the last one. {value, at, asked, fresh}; null when there is none. `asked`: when,
 * on this device's clock; what was stored after it may be missing in the answer. */
export async function ask(patient, what, path) {
  const who = state.me?.person, asked = Date.now();
  try {
    const value = await timed(path);
    if (who !== state.me?.person) return null;  // signed out meanwhile: nothing of it stays here
    await keep(patient, what, value, asked);
    return { value, at: hubNow(), asked, fresh: true };
  } catch (error) {
    await failed(error);
    if (error instanceof Refusal && error.status < 500) throw error;
    const last = await kept(patient, what);
    return last ? { ...last, fresh: false } : null;
  }
}

async function failed(error) {
  if (error instanceof Unreachable) state.network = "none";
  else if (error instanceof Refusal && error.status === 401 && state.me) await endSession();
  else if (!(error instanceof Refusal)) throw error;
}

const path = (patient) => `today?patient=${encodeURIComponent(patient)}`;

export async function refreshToday(patient = state.patient) {
  if (!patient) return;
  const waitingBefore = state.waiting;
  let found;
  try { found = await ask(patient, "today", path(patient)); }
  catch (error) { if (error.status === 404 || error.status === 403) await refreshMe().catch(() => {}); changed(); return; }
  if (!found?.fresh || state.patient !== patient) { changed(); return; }
  Object.assign(state, { today: found.value, todayAt: found.at, todayAsked: found.asked, network: "ok" });
  keepZone();
  await receipts(found.value.receipts ?? []);
  if (waitingBefore === 0 && state.waiting === 0) await settleTold(patient);
  await readRows();
  await prefetch(patient, found.value);
  changed();
}

/** What must be there without network: the questions of today. A nurse's round: every patient's day. */
async function prefetch(patient, today) {
  for (const each of today.due) if (each.kind === "questionnaire") await questionnaire(patient, each.id, each.version).catch(() => null);
}

/** A questionnaire as the FHIR resource; asked for again when today names another version. */
export async function questionnaire(patient, id, version) {
  const last = await kept(patient, `questionnaire/${id}`);
  if (last && (!version || last.value.version === version) && hubNow() - last.at < 86_400_000) return last.value;
  const found = await ask(patient, `questionnaire/${id}`, `questionnaires/${encodeURIComponent(id)}?patient=${encodeURIComponent(patient)}`);
  return found?.value ?? null;
}

export async function prefetchRound() {
  for (const each of (state.me?.patients ?? []).slice(0, 60)) {
    if (state.network !== "ok") return;
    const found = await ask(each.id, "today", path(each.id)).catch(() => null);
    if (found?.fresh) await prefetch(each.id, found.value);
  }
}

// ---- what is entered ------------------------------------------------------------------------------------------------

export async function readRows() {
  const own = patientOf()?.device;  // another account of this browser has a device of its own: not for these eyes
  state.rows = own ? (await rowsOf(state.patient)).filter((each) => each.device === own).sort((a, b) => b.id - a.id) : [];
  const counts = await devicesWaiting(), mine = new Set((state.me?.patients ?? []).map((each) => each.device));
  state.waiting = 0;
  state.elsewhere = 0;
  for (const [device, count] of counts) if (mine.has(device)) state.waiting += count; else state.elsewhere += count;
}

/** Keep an entry, then send it. Resolves when it is on the disk. `of`: whose it is, as it was when the page opened: never the
 * one who was chosen meanwhile. `undoable`: not sent for a moment. */
export async function enter(body, { of = state.patient, undoable = false, at = Date.now(), completes = null } = {}) {
  const patient = patientOf(of);
  if (!patient || (isTablet() && of !== state.patient)) throw new Error(t("personChanged"));
  const identity = isTablet() ? [{ k: "identity", why: state.identity ?? "known" }] : [];
  const rows = [];
  for (const part of parts(body)) {
    const whole = { ...part, ...(identity.length ? { ev: [...(part.ev ?? []), ...identity] } : {}) };
    rows.push(await append({ device: patient.device, patient: patient.id, at, toff: toff(), hold: undoable ? UNDO_FOR : 0, completes }, whole));
  }
  await readRows();
  changed();
  tellTabs("outbox");
  askToSend();
  send();
  return rows;
}

/** Long texts share a message only as far as it stays under the limit. */
function parts(body) {
  const length = (value) => new TextEncoder().encode(JSON.stringify(value)).length;
  if (!body.rep || length(body) < MOST_BYTES) return [body];
  const { rep, ...rest } = body, found = [{ ...rest, rep: [] }];
  for (const each of rep) {
    if (found.at(-1).rep.length && length(found.at(-1)) + length(each) > MOST_BYTES) found.push({ rep: [] });
    found.at(-1).rep.push(each);
  }
  return found;
}

let sending = null, again = false, tries = 0, timer = 0;
/** Send what waits. Asked again while it runs, it runs once more; after a failure it tries by itself. */
export function send() {
  if (sending) { again = true; return sending; }
  sending = run().finally(() => { sending = null; if (again) { again = false; send(); } });
  return sending;
}

async function run() {
  clearTimeout(timer);
  const before = state.waiting;
  const found = await flush();
  if (found.state === "login" && state.me) { await endSession(); changed(); return; }
  state.network = { offline: "none", away: "away" }[found.state] ?? "ok";
  if (found.state === "shut") state.shut.add(found.device);
  await readRows();
  changed();
  if (before !== state.waiting) tellTabs("outbox");
  if (found.state === "sent") { tries = 0; if (before > 0 && state.waiting === 0) await refreshToday(); return; }
  if (found.state === "held") { timer = setTimeout(send, found.after * 1000); return; }
  const wait = Math.max(found.after ?? 0, RETRY[Math.min(tries, RETRY.length - 1)]);
  tries += 1;
  timer = setTimeout(send, Math.min(wait, 45) * 1000 * (1 + Math.random() / 4));
}

/** The network is back, or the person looks again: at once. */
export function sendNow() { tries = 0; return send(); }

// ---- what the app said by itself ------------------------------------------------------------------------------------

/** Advice given on this device at once stays until the hub has the value and says its own; when the hub says nothing, for an hour. */
export async function tell(advice, of = state.patient) {
  state.told[of] = advice;
  await put("kept", `${of}/told`, { at: hubNow(), value: advice });
}

const TOLD_FOR = 3_600_000;
async function settleTold(patient) {
  const told = state.told[patient];
  if (!told || (!state.today.advice?.length && hubNow() - told.at < TOLD_FOR)) return;
  state.told[patient] = null;
  await put("kept", `${patient}/told`, { at: hubNow(), value: null });
}
