// Who was told of an alert and what became of it, and who is on call now for its site. Both fill themselves.

import { call } from "./api.js";
import { fullTime, hubNow, secondTime, shortTime } from "./clock.js";
import { h, show } from "./dom.js";
import { detailWord } from "./care-words.js";
import { language, t } from "./words.js";

const SIGNS = { queued: "◌", sent: "→", delivered: "✓", failed: "✕", cancelled: "–", "given-up": "✕" };
const KEPT = 60_000;
const onCall = new Map();

export function toldBox(alert) {
  const node = h("div", null, h("p", { cls: "muted small" }, t("loading")));
  call("GET", `/api/alerts/${encodeURIComponent(alert.id)}/deliveries`)
    .then(({ deliveries }) => show(node, deliveries.length === 0 ? h("p", { cls: "muted small" }, t("noTold")) : folded(steps(deliveries).map(step))))
    .catch((error) => show(node, h("p", { cls: "muted small" }, error.message)));
  return [h("h3", null, t("told")), node];
}

/** The newest step; those before it a press away. */
/** @param {any[]} steps_ */
const folded = ([newest, ...before]) => [newest, before.length > 0 && h("details", { cls: "told-before" }, h("summary", null, t("toldBefore", before.length)), before)];

/** Deliveries by step, the newest step first, in the order in which they were due. */
function steps(deliveries) {
  const found = [];
  for (const each of deliveries) {
    const last = found.at(-1);
    if (last && last[0].step === each.step && last[0].event_kind === each.event_kind) last.push(each);
    else found.push([each]);
  }
  return found;
}

function step(deliveries) {
  const [first] = deliveries, begun = deliveries.map((each) => each.at).sort()[0];
  return h("div", { cls: "told" }, h("p", { cls: "small" }, h("b", null, first.step > 0 ? t("toldStep", first.step) : t("toldFirst")), " ", h("span", { cls: "muted" }, shortTime(begun))),
    h("ul", null, deliveries.map(delivery)));
}

function delivery(one) {
  const last = one.log.at(-1) ?? { state: one.state, at: one.at, detail: "" };
  return h("li", null, h("span", { cls: "who-told" }, h("b", null, one.person ?? t("nobody")), " ", h("span", { cls: "small muted" }, t(one.role))), h("span", null, t(`c_${one.channel}`)),
    h("span", { cls: `outcome ${one.state}` }, h("span", { "aria-hidden": "true" }, SIGNS[one.state] ?? "·"), ` ${t(`d_${one.state}`)} `, h("time", { cls: "muted", datetime: last.at, title: fullTime(last.at) }, near(last.at))),
    last.detail && h("span", { cls: "small muted detail" }, detailWord(last.detail, language())));
}

/** Seconds matter for what happened in the last hours. */
const near = (at) => (hubNow() - Date.parse(at) < 12 * 3_600_000 ? secondTime(at) : shortTime(at));

export function onCallBox(site) {
  const node = h("div", null, h("p", { cls: "muted small" }, t("loading")));
  onCallNow(site).then((found) => show(node, people(found))).catch((error) => show(node, h("p", { cls: "muted small" }, error.message)));
  return [h("h3", null, t("oncall")), node];
}

/** Asked once a minute for a site, not at every redraw: each look is on record. */
export function onCallNow(site) {
  const kept = onCall.get(site);
  if (kept && performance.now() - kept.at < KEPT) return kept.answer;
  const answer = call("GET", `/api/oncall/${encodeURIComponent(site)}`);
  onCall.set(site, { at: performance.now(), answer });
  answer.catch(() => onCall.delete(site));
  return answer;
}

function people({ roles }) {
  if (roles.length === 0) return h("p", { cls: "muted small" }, t("noRoster"));
  return h("dl", { cls: "oncall" }, roles.map((each) => h("div", null, h("dt", null, t(each.role)), h("dd", null, each.now.length === 0 ? h("span", { cls: "tag warn" }, t("nobodyNow")) : each.now.map(person)))));
}

function person(one) {
  const tel = one.voice && h("a", { href: `tel:${one.voice.replace(/[^+\d]/g, "")}` }, one.voice);
  return h("div", null, h("b", null, one.person), " ", tel || h("span", { cls: "small muted" }, t("noNumber")),
    h("span", { cls: "small muted" }, " · ", [t("toTime", shortTime(one.until)), one.substitute_for && t("insteadOf", one.substitute_for)].filter(Boolean).join(" · ")));
}
