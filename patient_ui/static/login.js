// Signing in with a name, and the first time with the code of the team.

import { call, random, Refusal, Unreachable } from "./api.js";
import { button, field, h, show } from "./dom.js";
import { language, said, setLanguage, t } from "./words.js";

/** This installation's name: made once, kept beside the outbox. A browser that lost its store makes a new one. */
async function install() {
  const { get, put } = await import("./db.js");
  const known = await get("meta", "install");
  if (known) return known;
  const made = random(24);
  await put("meta", "install", made);
  navigator.storage?.persist?.();
  return made;
}

function frame(root, title, lead, form, { redraw, other = null }) {
  const foreign = language() === "fr" ? "en" : "fr";
  document.title = `${title} · Vigie`;
  show(root, h("main", { cls: "door", id: "main" },
    h("div", { cls: "brand" }, h("img", { src: "/app/icon.svg", alt: "", width: 40, height: 40 }), "Vigie"),
    h("h1", { tabindex: -1 }, title), lead && h("p", null, lead), form, other,
    h("p", { cls: "urgent-line" }, t("emergency")),
    h("footer", null, h("button", { type: "button", cls: "link", lang: foreign, onclick: () => { setLanguage(foreign); redraw(); } }, t("otherLanguage")),
      h("p", { cls: "hint" }, t("notDevice")))));
}

function secret(words, name, autocomplete, hint) {
  const input = h("input", { type: "password", name, autocomplete, required: true, maxlength: 200 });
  const node = field(words, input, hint), eye = h("input", { type: "checkbox", onchange: () => { input.type = eye.checked ? "text" : "password"; } });
  node.append(h("label", { cls: "check" }, eye, t("showPassword")));
  return node;
}

/** Why it was refused, in words, at the field it is about. */
function tell(error, at) {
  if (error instanceof Unreachable) return at.all(t("noNetworkLogin"));
  if (!(error instanceof Refusal)) return at.all(t("failed", error.message));
  if (error.status === 429) return at.all(t("tooMany", Math.ceil(error.problem.retry_after ?? error.after ?? 60)));
  const known = { "urn:vigie:code-unknown": "codeUnknown", "urn:vigie:code-used": "codeUsed", "urn:vigie:code-late": "codeLate" }[error.type];
  if (known) return at.code(said(error.problem.said) || t(known));
  if (error.errors.some((each) => /password/.test(each.field))) return at.password(t("passwordBad"));
  if (error.errors.some((each) => /code/.test(each.field))) return at.code(t("codeUnknown"));
  return at.all(error.status === 401 ? t("wrongLogin") : t("failed", error.message));
}

async function submit(form, work, at) {
  const send = form.querySelector("button[type=submit]");
  send.disabled = true;
  at.all("");
  try { await work(); } catch (error) { send.disabled = false; tell(error, at); }
  send.disabled = false;
}

/** Every field that is shown has something in it; the first that has not is where one lands. */
const filled = (...fields) => fields.reverse().filter((each) => { const empty = !each.hidden && !each.input.value.trim(); each.fault(empty ? t("needed") : ""); return empty; }).length === 0;

export function showLogin(root, done, note = "") {
  const name = field(t("username"), h("input", { name: "username", autocomplete: "username", autocapitalize: "none", spellcheck: "false", required: true, maxlength: 64 }));
  const password = secret(t("password"), "password", "current-password");
  const otp = field(t("otp"), h("input", { name: "otp", inputmode: "numeric", autocomplete: "one-time-code", maxlength: 10 }), t("otpHint"));
  const fault = h("p", { cls: "fault", role: "alert" });
  otp.hidden = true;
  const at = { all: (text) => { fault.textContent = text; } };
  const enter = async () => {
    const body = { username: name.input.value.trim(), password: password.input.value, install: await install(), language: language(), ...(otp.hidden ? {} : { otp: otp.input.value.replace(/\s/g, "") }) };
    try { await done(await call("POST", "session", body)); }
    catch (error) {
      if (!(error instanceof Refusal && error.type === "urn:vigie:otp")) throw error;
      otp.fault(otp.hidden ? "" : t("wrongOtp"));
      if (otp.hidden) fault.textContent = t("otpAsked");
      otp.hidden = false;
      otp.input.focus();
    }
  };
  const form = h("form", { novalidate: true, onsubmit: (event) => { event.preventDefault(); if (filled(name, password, otp)) submit(form, enter, at); } },
    note && h("p", { cls: "note" }, note), name, password, otp, fault, h("button", { type: "submit", cls: "primary" }, t("signIn")));
  frame(root, t("signIn"), "", form, { redraw: () => showLogin(root, done, note && t("endedLead")), other: button(t("haveCode"), () => showClaim(root, done)) });
}

export function showClaim(root, done, given = "") {
  const code = field(t("code"), h("input", { name: "code", autocomplete: "off", autocapitalize: "characters", spellcheck: "false", required: true, maxlength: 20, value: given }), t("codeHint"));
  const password = secret(t("newPassword"), "password", "new-password", t("newPasswordHint"));
  const fault = h("p", { cls: "fault", role: "alert" });
  const at = { all: (text) => { fault.textContent = text; }, code: code.fault, password: password.fault };
  const enter = async () => {
    const me = await call("POST", "claim", { code: code.input.value.trim(), password: password.input.value, language: language(), install: await install() });
    await (await import("./store.js")).takeMe(me);  // whoever was signed in here before is so no more
    showName(root, me, done);
  };
  const form = h("form", { novalidate: true, onsubmit: (event) => { event.preventDefault(); if (filled(code, password)) submit(form, enter, at); } },
    code, password, fault, h("button", { type: "submit", cls: "primary" }, t("start")));
  frame(root, t("welcome"), t("claimLead"), form, { redraw: () => showClaim(root, done, code.input.value), other: button(t("haveAccount"), () => showLogin(root, done)) });
  if (given) password.input.focus();
}

function showName(root, me, done) {
  const go = button(t("goOn"), () => done(me), "primary");
  frame(root, t("yourName"), t("writeDown"), h("div", { cls: "card centred" }, h("p", { cls: "big-code" }, me.person), go), { redraw: () => showName(root, me, done) });
  go.focus();
}
