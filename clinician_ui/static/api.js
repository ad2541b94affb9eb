// Calls to the hub. A refusal is thrown as Refusal with the problem's own words and fields.

export class Refusal extends Error {
  constructor(status, problem) {
    super(problem.detail || problem.title || `HTTP ${status}`);
    this.status = status;
    this.problem = problem;
    this.errors = problem.errors || [];
  }
}

/** @returns {Promise<any>} what the hub answered, as the interface has it */
export async function call(method, path, body, headers = {}) {
  /** @type {any} */
  const sent = { method, headers: { Accept: "application/json", ...headers }, credentials: "same-origin" };
  if (body !== undefined) {
    sent.body = JSON.stringify(body);
    sent.headers["Content-Type"] = "application/json";
  }
  const answer = await fetch(path, sent);
  const text = await answer.text();
  let parsed = {};
  try { parsed = text ? JSON.parse(text) : {}; } catch { parsed = { detail: answer.statusText }; }
  if (!answer.ok) throw new Refusal(answer.status, parsed);
  return parsed;
}

/** A key of our own for one action: the same press sent twice is one action. */
export const newKey = () => Array.from(crypto.getRandomValues(new Uint8Array(16)), (b) => b.toString(16).padStart(2, "0")).join("");
