// The outbox: the protocol of a device (docs/devices.md). Every message stays here until the hub says that it is stored.
// `boot` changes at each start of the app, `seq` rises by one from 1; two tabs share both, because numbering is one transaction.
// Nothing is sent from here; the page and the service worker use it.

import { asked, inTransaction } from "./db.js";
import { random } from "./api.js";

const LONGEST_HOLD = 60_000;  // ms; a clock that was set back holds nothing longer
const LIMIT_BYTES = 65_536, LIMIT_NOTES = 20, KEPT_STORED = 200;
const ALL = ["messages", "boots", "notes", "meta"];
const bytes = (text) => new TextEncoder().encode(text).length;

/** A start of the app: the next message begins a new boot. */
export const start = () => inTransaction(["meta"], "readwrite", (stores) => asked(stores.meta.put(random(16), "session")));

/** Number a message and keep it. `at`: ms of this device's clock; `hold` ms in which it can be undone; `completes`: the questionnaire that is
 * whole with it. Returns the row.
 * Throws when the disk refuses; then nothing was kept and no number was used. */
export function append({ device, patient, at, toff, hold = 0, completes = null }, body) {
  return inTransaction(ALL, "readwrite", async (stores) => {
    const boot = await bootOf(stores, device), seq = boot.last + 1;
    const notes = (await asked(stores.notes.index("device").getAll(device))).filter((each) => !each.carrier).slice(0, LIMIT_NOTES);
    const ev = [...(body.ev ?? []), ...notes.map((each) => each.note)];
    const text = JSON.stringify({ v: 1, boot: boot.boot, seq, t: new Date(at).toISOString(), ...(toff ? { toff } : {}), ...body, ...(ev.length ? { ev } : {}) });
    if (bytes(text) > LIMIT_BYTES) throw new RangeError("too large");
    for (const each of notes) stores.notes.put({ ...each, carrier: [boot.boot, seq] });
    stores.boots.put({ ...boot, last: seq }, device);
    /** @type {any} */
    const row = { device, boot: boot.boot, seq, patient, at, text, state: "waiting", tried: false, holdUntil: hold ? Date.now() + hold : 0, ...(completes ? { completes } : {}) };
    row.id = await asked(stores.messages.add(row));
    return row;
  });
}

async function bootOf(stores, device) {
  const session = await asked(stores.meta.get("session")) ?? "none", known = await asked(stores.boots.get(device));
  if (known && known.session === session) return known;
  const note = known ? { k: "boot", prev: known.boot, last: known.last } : { k: "boot" };
  stores.notes.add({ device, note, carrier: null });
  return { boot: random(12), last: 0, session, number: (known?.number ?? 0) + 1 };
}

/** What was never sent can still be undone: the number stays, so that no gap is left, the content goes. False: too late. */
export const undo = (id) => inTransaction(["messages"], "readwrite", async (stores) => {
  const row = await asked(stores.messages.get(id));
  if (!row || row.state !== "waiting" || row.tried) return false;
  const head = Object.fromEntries(Object.entries(JSON.parse(row.text)).filter(([name]) => !["obs", "rep", "int"].includes(name)));
  stores.messages.put({ ...row, text: JSON.stringify({ ...head, ev: [...(head.ev ?? []), { k: "undone" }] }), holdUntil: 0, undone: true });
  return true;
});

/** The next messages of one device to send, oldest first, marked as tried: {rows, held}. None, and `held` ms, when the first may still be undone. */
const holds = (row) => { const left = row.holdUntil - Date.now(); return left > 0 && left <= LONGEST_HOLD ? left : 0; };
export const take = (device, { most = 100, size = 400_000 } = {}) => inTransaction(["messages"], "readwrite", async (stores) => {
  const rows = await asked(stores.messages.index("lane").getAll([device, "waiting"], most));
  const taken = [];
  let total = 0;
  for (const row of rows) {
    total += row.text.length * 3;
    if (holds(row) || (taken.length && total > size)) break;
    taken.push(row);
    if (!row.tried) stores.messages.put({ ...row, tried: true });
  }
  return { rows: taken, held: taken.length || !rows.length ? 0 : holds(rows[0]) };
});

/** What an answer says is stored leaves the outbox. `acks`: {boot, upto, miss}; `refused`: entries the hub would not take, with words. */
export const acked = (device, acks, refused, receivedAt) => inTransaction(["messages", "notes"], "readwrite", async (stores) => {
  let count = 0;
  for (const row of await asked(stores.messages.index("lane").getAll([device, "waiting"]))) {
    const ack = acks.find((each) => each.boot === row.boot && row.seq <= each.upto && !each.miss.some(([low, high]) => low <= row.seq && row.seq <= high));
    if (!ack) continue;
    const words = refused.filter((each) => each.boot === row.boot && each.seq === row.seq).map(({ path, reason, expected, said }) => ({ path, reason, expected, said }));
    stores.messages.put({ ...row, state: "stored", receivedAt, storedAt: Date.now(), refused: words });
    count += 1;
    await dropNotes(stores, device, row);
  }
  await prune(stores, device);
  return count;
});

async function dropNotes(stores, device, row) {
  for (const each of await asked(stores.notes.index("device").getAll(device))) {
    if (each.carrier && each.carrier[0] === row.boot && each.carrier[1] === row.seq) stores.notes.delete(each.id);
  }
}

async function prune(stores, device) {
  const keys = await asked(stores.messages.index("lane").getAllKeys([device, "stored"]));
  for (const key of keys.slice(0, Math.max(0, keys.length - KEPT_STORED))) stores.messages.delete(key);
}

/** A message that can never be delivered is put aside, shown to the person, and reported as dropped by the next one. */
export const setAside = (row, why) => inTransaction(["messages", "notes"], "readwrite", async (stores) => {
  stores.messages.put({ ...row, state: "aside", why });
  for (const each of await asked(stores.notes.index("device").getAll(row.device))) {
    if (each.carrier && each.carrier[0] === row.boot && each.carrier[1] === row.seq) stores.notes.put({ ...each, carrier: null });
  }
  stores.notes.add({ device: row.device, note: { k: "dropped", boot: row.boot, from: row.seq, to: row.seq, why: why.slice(0, 200) }, carrier: null });
});

/** What the hub says of messages it stored: received, read, by whose role. */
export const receipts = (list) => inTransaction(["messages"], "readwrite", async (stores) => {
  let news = 0;
  for (const each of list) {
    const row = await asked(stores.messages.index("key").get([each.device, each.boot, each.seq]));
    if (!row || row.state !== "stored" || (row.readAt === each.read_at && row.receivedAt === each.received_at)) continue;
    stores.messages.put({ ...row, receivedAt: each.received_at, readAt: each.read_at, readBy: each.read_by_role });
    news += 1;
  }
  return news;
});

export const rowsOf = (patient) => inTransaction(["messages"], "readonly", (stores) => asked(stores.messages.index("patient").getAll(patient)));
export const waiting = (device) => inTransaction(["messages"], "readonly", (stores) => asked(stores.messages.index("lane").count([device, "waiting"])));
/** Every device of this browser with something to send. */
export const devicesWaiting = () => inTransaction(["messages"], "readonly", async (stores) => {
  const found = new Map();
  for (const row of await asked(stores.messages.getAll())) if (row.state === "waiting") found.set(row.device, (found.get(row.device) ?? 0) + 1);
  return found;
});
/** Give up what waits for a patient who may not be reached any more: the person was told and chose so. Should the hub be reached
 * for them again, it learns that these numbers were dropped. */
export const discard = (device) => inTransaction(["messages", "notes"], "readwrite", async (stores) => {
  const spans = new Map();
  for (const row of await asked(stores.messages.index("lane").getAll([device, "waiting"]))) {
    stores.messages.delete(row.id);
    const list = spans.get(row.boot) ?? spans.set(row.boot, []).get(row.boot), last = list.at(-1);
    if (last && last.to + 1 === row.seq) last.to = row.seq; else list.push({ from: row.seq, to: row.seq });
  }
  for (const [boot, list] of spans) for (const span of list) stores.notes.add({ device, note: { k: "dropped", boot, ...span, why: "given up by the person" }, carrier: null });
});
