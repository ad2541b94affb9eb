// Sending the outbox: batches in order, one tab or the service worker at a time, until the hub has stored everything.

import { call, Refusal, Unreachable } from "./api.js";
import { get } from "./db.js";
import { acked, setAside, take } from "./outbox.js";

const LOCK = "vigie-app-send";
const alone = (work) => (navigator.locks ? navigator.locks.request(LOCK, work) : work());

/** Send what the account that is logged in may send. Returns {state, after}: "sent", "offline", "away" (the hub is not
 * storing), "login", "held" (the newest may still be undone). Refusals of one patient do not stop another's. */
export const flush = () => alone(async () => {
  const me = await get("meta", "me");
  if (!me) return { state: "login" };
  /** @type {any} */
  let worst = { state: "sent" };
  for (const { id, device } of me.patients) {
    const found = await lane(id, device);
    if (found.state === "offline" || found.state === "away" || found.state === "login") return found;
    if (found.state !== "sent") worst = found;
  }
  return worst;
});

async function lane(patient, device) {
  let most = 100;
  for (;;) {
    const { rows, held } = await take(device, { most });
    if (!rows.length) return held > 0 ? { state: "held", after: held / 1000 + 0.1 } : { state: "sent" };
    try {
      const answer = await call("POST", `messages?patient=${encodeURIComponent(patient)}`, undefined, { text: `[${rows.map((row) => row.text).join(",")}]`, patience: 60_000 });
      const count = await acked(device, answer.acks ?? [answer], answer.refused ?? [], answer.now ?? new Date().toISOString());
      if (!count) return { state: "away", after: 10 };  // an answer that frees nothing must not be asked for in a loop
      most = 100;
    } catch (error) {
      const next = judged(error, rows);
      if (next.state) return next;
      if (rows.length > 1) { most = Math.max(1, Math.floor(rows.length / 2)); continue; }
      await setAside(rows[0], next.why);
    }
  }
}

/** What a failed call means: a state to stop with, or the reason why this batch will never be taken. */
function judged(error, rows) {
  if (error instanceof Unreachable) return { state: "offline" };
  if (!(error instanceof Refusal)) throw error;
  if (error.status === 401) return { state: "login" };
  if (error.status === 403 || error.status === 404) return { state: "shut", device: rows[0].device };
  if (error.status === 429 || error.status >= 500) return { state: "away", after: error.after || 10 };
  return { why: `refused by the hub: ${error.status}` };
}
