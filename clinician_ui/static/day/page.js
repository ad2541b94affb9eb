// The synthesis of one patient's day: the rows the hub made, who reviewed them, the PDF. What is typed survives a redraw.

import "./words.js";
import { Refusal, call } from "../api.js";
import { hubNow, shortTime, toParis } from "../clock.js";
import { h, show, toast } from "../dom.js";
import { fullName, mark } from "../marks.js";
import { may, person, state } from "../store.js";
import { language, t } from "../words.js";

export const today = () => toParis(hubNow()).slice(0, 10);
export const shifted = (day, by) => new Date(Date.parse(`${day}T12:00Z`) + by * 86_400_000).toISOString().slice(0, 10);
export const dayAddress = (patient, day) => `#/patient/${encodeURIComponent(patient)}/day/${day}`;
const dayWords = (day) => new Intl.DateTimeFormat(language() === "fr" ? "fr-FR" : "en-GB", { timeZone: "UTC", dateStyle: "full" }).format(Date.parse(`${day}T12:00Z`));

/** Patient and day that the address names. */
export function askedDay() {
  const found = /^#\/patient\/([^/]+)\/day\/(\d{4}-\d\d-\d\d)$/.exec(location.hash);
  try { return found ? { patient: decodeURIComponent(found[1]), day: found[2] } : null; } catch { return null; }
}

const written = new Map(); // patient and day -> the comment somebody is writing

export function makeDay() {
  const title = h("h1", { id: "day-title", tabindex: "-1" }), sub = h("p", { cls: "muted" }), steps = h("nav", { cls: "day-steps" }), body = h("div", { cls: "file-body" });
  const node = h("section", { cls: "day", hidden: true, "aria-labelledby": "day-title" }, h("header", { cls: "file-top" }, h("div", null, title, sub), steps), body);
  let asked = null, serial = 0, drawn = "";

  async function load() {
    const found = askedDay();
    if (!found) return;
    const mine = ++serial, key = `${found.patient} ${found.day}`, fresh = key !== drawn;
    asked = found;
    drawn = key;
    title.textContent = t("dayOf", fullName(person(found.patient)));
    sub.textContent = dayWords(found.day);
    drawSteps();
    if (fresh) { show(body, h("p", { cls: "muted" }, t("loading"))); title.focus({ preventScroll: true }); }
    try {
      const made = await call("GET", path());
      if (mine === serial) draw(made);
    } catch (error) {
      if (mine !== serial) return;
      const gone = error instanceof Refusal && error.status === 404;
      show(body, h("p", { cls: "empty" }, gone ? t("notFound") : error.message), !gone && h("p", { cls: "empty" }, h("button", { type: "button", cls: "quiet", onclick: load }, t("reload"))));
    }
  }

  const path = () => `/api/patients/${encodeURIComponent(asked.patient)}/days/${asked.day}`;
  const key = () => `${asked.patient} ${asked.day}`;
  const go = (day) => { if (/^\d{4}-\d\d-\d\d$/.test(day)) location.hash = dayAddress(asked.patient, day); };

  function drawSteps() {
    const last = today();
    show(steps, h("a", { cls: "button quiet", href: `#/patient/${encodeURIComponent(asked.patient)}` }, `‹ ${t("dayToFile")}`),
      h("button", { type: "button", cls: "quiet", "aria-label": t("dayBefore"), title: t("dayBefore"), onclick: () => go(shifted(asked.day, -1)) }, "←"),
      h("input", { type: "date", "aria-label": t("dayChosen"), value: asked.day, max: last, onchange: (event) => go(event.target.value) }),
      h("button", { type: "button", cls: "quiet", "aria-label": t("dayAfter"), title: t("dayAfter"), disabled: asked.day >= last, onclick: () => go(shifted(asked.day, 1)) }, "→"));
  }

  function draw(made) {
    title.textContent = t("dayOf", fullName({ ...made, id: made.patient }));
    show(body, status(made), ...made.sections[language()].map(section), may("review") && !made.reviews.some((each) => each.by === state.me.username) && signing(made));
  }

  function status(made) {
    const before = [...made.versions].reverse().find((each) => each.version !== made.version && each.reviews.length > 0), reviewed = made.reviews.length > 0;
    const other = language() === "fr" ? "en" : "fr";
    const pdf = (lang, word) => h("a", { cls: "button quiet", href: `${path()}/pdf?lang=${lang}`, download: "" }, t(word));
    return h("section", { cls: `file-part day-status${reviewed ? " reviewed" : ""}` },
      reviewed ? h("ul", null, made.reviews.map((each) => h("li", null, h("b", null, `✓ ${t("dayReviewed", each.by, t(each.role), shortTime(each.at))}`), each.comment && h("blockquote", { dir: "auto" }, each.comment)))) : h("p", null, h("b", null, `◇ ${t("dayAuto")}`)),
      !reviewed && before && h("p", { cls: "fault" }, t("dayChanged", before.version, before.reviews.map((each) => each.by).join(", "))),
      h("p", { cls: "small muted" }, made.whole ? t("dayOver") : t("dayUpTo", shortTime(made.as_of)), ` (${made.version ? t("dayVersion", made.version) : t("dayNotKept")})`),
      h("p", { cls: "day-files" }, pdf("fr", "dayPdf"), pdf("en", "dayPdfOther"), h("button", { type: "button", cls: "quiet", onclick: load }, t("reload"))));
  }

  function section(part) {
    return h("section", { cls: `file-part day-part of-${part.id}` }, h("h2", null, part.title), part.rows.length === 0 ? h("p", { cls: "muted" }, part.empty) : h("ul", { cls: `day-rows${part.rows.some((each) => each.when) ? "" : " timeless"}` }, part.rows.map(row)));
  }
  const row = (each) => h("li", null, h("span", { cls: "day-when muted" }, each.when), h("div", null, h("p", { cls: each.mark ? "day-marked" : "" }, each.mark && mark({ severity: each.mark, category: "clinical" }), each.text), each.notes.map((note) => h("p", { cls: "small muted" }, note)), each.quote !== null && h("blockquote", { dir: "auto" }, each.quote)));

  function signing(made) {
    const fault = h("p", { cls: "fault", role: "alert" }), button = h("button", { type: "submit", cls: "primary" }, t("daySign"));
    const area = h("textarea", { rows: 2, maxlength: 2000, value: written.get(key()) ?? "", oninput: () => written.set(key(), area.value) });
    async function send(event) {
      event.preventDefault();
      button.disabled = true;
      show(fault);
      try {
        const comment = area.value.trim();
        draw(await call("POST", `${path()}/review`, { digest: made.digest, ...(comment ? { comment } : {}) }));
        written.delete(key());
        toast(t("daySigned"));
      } catch (error) {
        if (error instanceof Refusal && error.status === 412) { toast(t("dayAgain"), "bad"); await load(); return; }
        show(fault, t("failed", error.message));
        button.disabled = false;
      }
    }
    return h("form", { cls: "file-part day-sign", onsubmit: send, novalidate: true }, h("label", { cls: "field" }, h("span", null, t("dayComment")), area), fault, h("div", { cls: "form-buttons" }, button));
  }

  return { node, load, close: () => { drawn = ""; serial += 1; } };
}
