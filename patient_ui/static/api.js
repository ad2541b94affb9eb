// Calls to the hub. A refusal is thrown as Refusal with the problem's own words; no network as Unreachable.

export class Refusal extends Error {
  constructor(status, problem, after) {
    super(problem.detail || problem.title || `HTTP ${status}`);
    this.status = status;
    this.problem = problem;
    this.type = problem.type ?? "";
    this.errors = problem.errors ?? [];
    this.after = after;
  }
}

export class Unreachable extends Error {}

const PATIENCE = 20_000;  // ms; a mobile network that says nothing for longer is no network

/** `text`: a body that is JSON already. Returns what was answered.
 * @param {string} method
 * @param {string} path
 * @param {unknown} [body]
 * @param {{ text?: string, patience?: number }} how
 */
export async function call(method, path, body, { text, patience = PATIENCE } = {}) {
  /** @type {RequestInit & { headers: Record<string, string> }} */
  const sent = { method, headers: { Accept: "application/json" }, credentials: "same-origin", cache: "no-store", signal: /** @type {any} */ (AbortSignal).timeout(patience) };
  if (body !== undefined || text !== undefined) {
    sent.body = text ?? JSON.stringify(body);
    sent.headers["Content-Type"] = "application/json";
  }
  let answer, said;
  try { answer = await fetch(`/app/api/${path}`, sent); said = await answer.text(); }
  catch (error) { throw new Unreachable(error.message); }
  let parsed = null;
  try { parsed = said ? JSON.parse(said) : {}; } catch { parsed = null; }
  if (!answer.ok) throw new Refusal(answer.status, parsed ?? { detail: answer.statusText }, Number(answer.headers.get("Retry-After")) || 0);
  if (parsed === null) throw new Unreachable("not an answer of the hub");  // a hotel's login page
  return parsed;
}

/** A random name of a-z0-9. */
export const random = (length) => Array.from(crypto.getRandomValues(new Uint8Array(length)), (byte) => "0123456789abcdefghijklmnopqrstuv"[byte & 31]).join("");
