// Calls to the hub. A refusal is thrown as Refusal with the problem's own words and fields; no answer in the words of the page.

import { t } from "./words.js";

const WITHIN = 30_000;

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
  sent.signal = /** @type {any} */ (AbortSignal).timeout(WITHIN);
  let answer, text;
  try {
    answer = await fetch(path, sent);
    text = await answer.text();
  } catch (error) { throw new Error(t(error.name === "TimeoutError" ? "noTime" : "noHub")); }
  let parsed = {};
  try { parsed = text ? JSON.parse(text) : {}; } catch {
    // Somebody between the page and the hub has answered: nothing was done that we know of.
    if (answer.ok) throw new Refusal(502, { detail: t("notHub") });
    parsed = { detail: answer.statusText };
  }
  if (!answer.ok) throw new Refusal(answer.status, parsed);
  return parsed;
}

/** A key of our own for one action: the same press sent twice is one action. */
export const newKey = () => Array.from(crypto.getRandomValues(new Uint8Array(16)), (b) => b.toString(16).padStart(2, "0")).join("");
