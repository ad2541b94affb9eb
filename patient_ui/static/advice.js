// What is said the moment a value or an answer is entered, with or without a network. The limits and the words are the hub's
// (`at_once` of today, from the signed protocol and the plan of this patient); here they are only applied.

import { hubNow } from "./clock.js";
import { said } from "./words.js";

const OPS = { ">": (a, b) => a > b, ">=": (a, b) => a >= b, "<": (a, b) => a < b, "<=": (a, b) => a <= b };
const near = (value) => Math.round(value * 1000) / 1000;

const counts = (rule, at) => (!rule.from || Date.parse(rule.from) <= at) && (!rule.until || at <= Date.parse(rule.until));

/** Advice for one message body entered now: [{rule, text: {fr, en}, call, again}]; `again` minutes: measure again then.
 * `rows`: messages of this patient kept here, for criteria that ask for two values. */
export function atOnce(today, body, rows = [], at = hubNow()) {
  /** @type {{ rule: string, text: { fr: string, en: string }, call: boolean, again?: number }[]} */
  const found = [];
  for (const rule of today?.at_once ?? []) {
    if (!counts(rule, at)) continue;
    const met = rule.code ? byValue(rule, body, rows, at, today) : byAnswer(rule, body);
    if (met) found.push({ rule: rule.rule, text: rule.text, call: rule.call !== false, ...met });
  }
  const sure = found.filter((each) => !each.again), texts = new Set();
  return (sure.length ? sure : found).filter((each) => { const text = said(each.text); const fresh = !texts.has(text); texts.add(text); return fresh; });
}

const corrected = (rule, obs) => near(obs.v + (rule.offsets?.[obs.site] ?? 0));

function byValue(rule, body, rows, at, today) {
  const hot = (body.obs ?? []).filter((each) => each.c === rule.code && typeof each.v === "number").some((each) => OPS[rule.op](corrected(rule, each), rule.limit));
  if (!hot) return null;
  return !rule.again_min || earlier(rule, rows, at, today) ? {} : { again: rule.again_min };
}

/** Whether an earlier value of at least `again_min` ago was over the limit too, and none since was under it. */
function earlier(rule, rows, at, today) {
  const before = rows.flatMap((row) => (JSON.parse(row.text).obs ?? []).map((each) => ({ ...each, at: Date.parse(each.t ?? "") || row.at })));
  const last = today?.due?.find((each) => each.code === rule.code)?.last;
  if (last) before.push({ c: rule.code, v: last.value, site: last.body_site, at: Date.parse(last.at) });
  for (const each of before.filter((one) => one.c === rule.code && typeof one.v === "number" && one.at < at - 1000).sort((a, b) => b.at - a.at)) {
    if (!OPS[rule.op](corrected(rule, each), rule.limit)) return false;
    if (at - each.at >= rule.again_min * 60_000) return true;
  }
  return false;
}

const byAnswer = (rule, body) => ((body.rep ?? []).some((each) => (rule.answers?.includes(each.i) || rule.answers?.includes(`${each.i}.${each.a}`)) && typeof each.g === "number" && OPS[rule.op](each.g, rule.limit)) ? {} : null);
