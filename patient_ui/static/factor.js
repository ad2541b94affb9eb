// The second factor: set up with an authenticator app, confirmed by a code, ended with a code.

import { call } from "./api.js";
import { field, h, say, show } from "./dom.js";
import { troubleWords } from "./trouble.js";
import { refreshMe, state } from "./store.js";
import { t } from "./words.js";

export function factorSection() {
  const node = h("details", { cls: "card" }), inside = h("div", null);
  node.append(h("summary", null, t("factorTitle"), " · ", t(state.me.second_factor ? "isOn" : "isOff")), inside);
  show(inside, state.me.second_factor ? off() : on(inside));
  return node;
}

const secret = () => field(t("password"), h("input", { type: "password", autocomplete: "current-password", maxlength: 200 }));
const digits = () => field(t("otp"), h("input", { type: "text", inputmode: "numeric", autocomplete: "one-time-code", maxlength: 10 }), t("otpHint"));

function form(fields, words, work) {
  const fault = h("p", { cls: "fault", role: "alert" });
  return h("form", { novalidate: true, onsubmit: async (event) => { event.preventDefault(); fault.textContent = ""; try { await work(); } catch (error) { fault.textContent = error.status === 401 || error.status === 403 || error.errors?.length ? t("wrongPassword") : troubleWords(error); } } }, fields, fault, h("button", { type: "submit", cls: "primary" }, words));
}

function on(inside) {
  const password = secret();
  return [h("p", null, t("factorLead")), form([password], t("factorStart"), async () => confirm(inside, await call("POST", "me/second-factor", { password: password.input.value })))];
}

/** The code to scan is an image; its text stands beside it for whoever cannot scan. */
function confirm(inside, made) {
  const otp = digits();
  show(inside, h("p", null, t("factorScan")), h("img", { cls: "qr", alt: t("factorQr"), src: `data:image/svg+xml,${encodeURIComponent(made.qr)}` }), h("p", { cls: "hint" }, t("factorByHand")), h("p", { cls: "secret" }, made.secret.replace(/(.{4})/g, "$1 ").trim()),
    form([otp], t("factorConfirm"), async () => { await call("PUT", "me/second-factor", { otp: otp.input.value.replace(/\s/g, "") }); await ended("factorNowOn"); }));
  otp.input.focus();
}

function off() {
  const password = secret(), otp = digits();
  return [h("p", null, t("factorIsOn")), form([password, otp], t("factorEnd"), async () => { await call("DELETE", "me/second-factor", { password: password.input.value, otp: otp.input.value.replace(/\s/g, "") }); await ended("factorNowOff"); })];
}

async function ended(words) {
  await refreshMe();
  say(t(words));
  document.dispatchEvent(new Event("vigie-language"));
}
