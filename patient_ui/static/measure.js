// One measurement by hand: the values, a question when one looks wrong, what to do at once, and on to the next step.

import { atOnce } from "./advice.js";
import { urgentCard } from "./calls.js";
import { fromField, hubNow, localIso, toField, toLocal, whenWords } from "./clock.js";
import { button, field, h, say, show } from "./dom.js";
import { groupName, groupOf, known, unitWords } from "./measures.js";
import { number, personName } from "./names.js";
import { question, read } from "./plausible.js";
import { enter, isTablet, may, patientOf, state, tell } from "./store.js";
import { said, t } from "./words.js";

const SITE = "vigie-app.site";
const SHORT = { "8480-6": "m-systolic", "8462-4": "m-diastolic", "8867-4": "m-pulse", "59408-5": "m-saturation", "29463-7": "m-weight", "8310-5": "m-temperature" };

/** The address of the step after this one in a report; #/done at its end. */
export function next(here) {
  const place = state.run.indexOf(here);
  return place >= 0 ? state.run[place + 1] ?? "#/done" : "#/done";
}
const steps = (here) => (state.run.includes(here) && state.run.length > 1 ? h("p", { cls: "hint" }, t("step", state.run.indexOf(here) + 1, state.run.length)) : null);

export function measurePage(code) {
  const of = state.patient, here = `#/m/${code}`, node = h("div", { cls: "page" });
  let dirty = false, group = groupOf(code, state.today), name = groupName(group, state.today);
  const able = () => group.codes.length > 0 && may("answer");
  if (able()) form();
  else show(node, h("h1", { tabindex: -1 }, t(state.today ? "cannotMeasure" : "loading")), h("a", { cls: "button quiet", href: "#/today" }, t("back")));
  return { title: name || t("cannotMeasure"), node, focus: "input", nav: "today", dirty: () => dirty, live: late };

  /** What can be measured came after the page was opened. */
  function late() {
    if (able()) return;
    group = groupOf(code, state.today);
    name = groupName(group, state.today);
    if (able()) { form(); node.querySelector("input")?.focus(); }
  }

  function form() {
    const codes = known(state.today), accepted = new Map();
    const fields = group.codes.map((each) => [codes.get(each), valueField(codes.get(each), group)]);
    const site = siteField(codes.get(group.codes[0])), when = whenField();
    const asks = h("div", { cls: "asks", "aria-live": "assertive" });
    const body = () => ({ obs: fields.filter(([, input]) => input.input.value.trim()).map(([info, input]) => ({
      c: info.code, v: read(input.input.value), u: info.unit, ...(site && info.code === group.codes[0] && site.input.value ? { site: site.input.value } : {}), ...(when.at() ? { t: localIso(toLocal(when.at())) } : {}) })) });
    const keep = async () => {
      show(asks);
      if (!complete(fields, group, when)) return;
      const doubt = fields.map(([info, input]) => doubtOf(info, input, accepted, fields)).find(Boolean);
      if (doubt) { askAbout(asks, doubt, accepted, keep); return; }
      await save(body(), { of, name, here, node, when: when.at(), done: () => { dirty = false; } });
    };
    const run = state.run.includes(here) && state.run.length > 1;
    show(node, steps(here), h("h1", { tabindex: -1 }, name), isTablet() && h("p", { cls: "note" }, t("tabletFor", personName(patientOf()))), lastWords(codes.get(group.codes[0])),
      h("form", { novalidate: true, oninput: () => { dirty = true; }, onsubmit: (event) => { event.preventDefault(); guarded(keep, asks); } },
        fields.map(([, input]) => input), site, when.node, asks,
        h("div", { cls: "pair" }, h("button", { type: "submit", cls: "primary" }, t(run ? "sendNext" : "send")),
          run ? button(t("skipStep"), () => { location.hash = next(here); }) : h("a", { cls: "button quiet", href: "#/today" }, t("cancel")))));
  }
}

async function guarded(work, asks) {
  try { await work(); } catch (error) { show(asks, h("p", { cls: "fault", role: "alert" }, t("notKept", error.message))); }
}

const lastWords = ({ last, unit, decimals }) => (last && may("see") ? h("p", { cls: "hint" }, t("lastTime", `${number(last.value, decimals)} ${unitWords(last.unit ?? unit)}`, whenWords(last.at))) : null);

function valueField(info, group) {
  const optional = !group.needs.includes(info.code), words = group.codes.length > 1 && SHORT[info.code] ? t(SHORT[info.code]) : said(info.name);
  const input = h("input", { type: "text", inputmode: "decimal", enterkeyhint: "next", autocomplete: "off", maxlength: 12, cls: "value", name: info.code });
  const node = field(`${words} (${unitWords(info.unit)})${optional ? ` · ${t("ifYouHave")}` : ""}`, input);
  return node;
}

function siteField(info) {
  if (!info?.body_sites?.length) return null;
  const last = localStorage.getItem(SITE) ?? info.last?.body_site ?? "";
  const input = h("select", { name: "site", onchange: (event) => localStorage.setItem(SITE, event.target.value) }, h("option", { value: "" }, t("siteUnknown")), info.body_sites.map((each) => h("option", { value: each.id }, said(each))));
  input.value = info.body_sites.some((each) => each.id === last) ? last : "";
  return field(t("bodySite"), input);
}

function whenField() {
  const input = h("input", { type: "datetime-local", name: "when" }), inside = field(t("whenMeasured"), input);
  const node = h("details", { cls: "when", ontoggle: () => { if (node.open && !input.value) input.value = toField(hubNow()); } }, h("summary", null, t("anotherTime")), inside);
  const at = () => (node.open && input.value ? fromField(input.value) : null);
  return { node, at, fault: inside.fault };
}

function complete(fields, group, when) {
  let good = true;
  for (const [info, input] of [...fields].reverse()) {
    const text = input.input.value.trim(), missing = !text && group.needs.includes(info.code), wrong = text && Number.isNaN(read(text));
    input.fault(missing ? t("needValue") : wrong ? t("needNumber") : "");
    if (missing || wrong) good = false;
  }
  const future = when.at() && when.at() > hubNow() + 600_000;
  when.fault(future ? t("needPast") : "");
  return good && !future;
}

/** What to ask before sending: {info, input, value, why, meant}. A pressure the wrong way round is one question too. */
function doubtOf(info, input, accepted, fields) {
  const text = input.input.value.trim();
  if (!text) return null;
  const value = read(text);
  if (accepted.get(info.code) === value) return null;
  const found = question(info, value, hubNow());
  if (found) return { info, input, value, ...found };
  const upper = fields.find(([each]) => each.code === "8480-6")?.[1];
  if (info.code === "8462-4" && upper && value >= read(upper.input.value)) return { info, input, value, why: "swapped", meant: [], upper };
  return null;
}

function askAbout(asks, doubt, accepted, again) {
  const unit = unitWords(doubt.info.unit), words = (value) => `${number(value, doubt.info.decimals ?? 1)} ${unit}`;
  const set = (value) => { doubt.input.input.value = number(value, 3).replace(/\s/g, ""); accepted.set(doubt.info.code, value); again(); };
  const keep = () => { accepted.set(doubt.info.code, doubt.value); again(); };
  const swap = () => { const low = doubt.upper.input.value; doubt.upper.input.value = doubt.input.input.value; doubt.input.input.value = low; again(); };
  const title = { impossible: t("askImpossible", words(doubt.value)), unusual: t("askUnusual", words(doubt.value)), changed: t("askChanged", words(doubt.value), words(doubt.info.last?.value)), swapped: t("askSwapped") }[doubt.why];
  show(asks, h("section", { cls: "card ask" }, h("h2", { tabindex: -1 }, title),
    doubt.meant.map((each) => button(t("didYouMean", words(each)), () => set(each), "primary")),
    doubt.why === "swapped" && button(t("swap"), swap, "primary"),
    button(t("typeAgain"), () => { show(asks); doubt.input.input.select(); }),
    button(t(doubt.why === "impossible" ? "reallyShows" : "yesRight", words(doubt.value)), keep)));
  asks.querySelector("h2").focus();
}

/** On to the next step, unless the person went elsewhere meanwhile. */
export function leave(here) { if (location.hash === here) location.hash = next(here); }

/** Keep it, then say at once what must be done; else go on. */
async function save(body, { of, name, here, node, when, done }) {
  const advice = atOnce(state.today, body, state.rows, when ?? hubNow());
  await enter(body, { of });
  done();
  const what = body.obs.map((each) => `${number(each.v, 2)} ${unitWords(each.u)}`).join(", "), sure = advice.filter((each) => !each.again);
  if (sure.length) { await tell({ list: sure, at: when ?? hubNow(), what }, of); urgent(node, sure, { here, what, name }); return; }
  const again = advice.find((each) => each.again);
  if (again) { measureAgain(node, again, { here, what, name }); return; }
  say(t("kept", name, what));
  leave(here);
}

function urgent(node, list, { here, what, name }) {
  show(node, h("h1", { tabindex: -1, cls: "small-title" }, t("is", name, what)), urgentCard(list, { note: t("alsoSent", whenWords(hubNow())), focus: true }),
    h("a", { cls: "button quiet", href: next(here) }, t("goOnAfter")));
  node.querySelector(".urgent-title").focus();
}

function measureAgain(node, again, { here, what, name }) {
  show(node, h("h1", { tabindex: -1 }, t("is", name, what)), h("section", { cls: "card advice" }, h("h2", null, t("measureAgainTitle")), h("p", null, t("measureAgain", again.again, whenWords(hubNow() + again.again * 60_000)))),
    h("a", { cls: "button primary", href: next(here) }, t("goOn")));
  node.querySelector("h1").focus();
}
