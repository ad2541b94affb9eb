// Protocols: where each version stands, its text, two versions compared, signing a digest, activating.

import { call } from "../api.js";
import { shortTime } from "../clock.js";
import { h, show } from "../dom.js";
import { may, state } from "../store.js";
import { said, t } from "../words.js";
import { choice, empty, form, table } from "./form.js";

const ref = (one) => `${one.id}@${one.version}`;

export async function protocols(node) {
  const one = h("div", { cls: "protocol-one" });
  async function draw() {
    const { protocols: all } = await call("GET", "/api/protocols");
    if (all.length === 0) { empty(node, t("pNone")); return; }
    show(node, one, table([t("protocol"), t("version"), t("aState"), t("pSigned"), t("actions")], all.map((each) => [[h("b", null, each.id), h("span", { cls: "small muted block" }, said(each.title))], each.version,
      [h("span", { cls: "block" }, standing(each)), each.in_force && h("span", { cls: "tag" }, t("pInForce"))], [each.signatures.map((sign) => `${t(sign.role)} : ${sign.by}`).join(", "), each.missing.length > 0 && h("span", { cls: "small muted block" }, t("pMissing", each.missing.map((role) => t(role)).join(", ")))],
      h("div", { cls: "deeds" }, h("button", { type: "button", cls: "quiet", onclick: () => read(ref(each)) }, t("pShow")))])), comparing(all));
  }

  async function read(name) {
    try {
      const found = await call("GET", `/api/protocols/${encodeURIComponent(name)}`);
      show(one, h("section", { cls: "file-part" }, h("h2", null, `${said(found.title)} · ${ref(found)}`), h("p", { cls: "small muted digest" }, `${t("pDigest")} ${found.digest}`), h("pre", { tabindex: "0" }, found.text),
        found.moves.length > 0 && h("ul", { cls: "small" }, found.moves.map((each) => h("li", null, `${shortTime(each.at)} · ${each.kind} · ${each.by} (${t(each.role)})`))), signing(found), activating(found)));
      one.scrollIntoView({ block: "nearest" });
    } catch (error) { show(one, h("p", { cls: "fault" }, error.message)); }
  }

  function signing(found) {
    if (!may("protocol-sign") || !found.missing.includes(state.me.role)) return null;
    return [h("p", null, t("pSignLead", found.digest.slice(0, 12), t(state.me.role))), form(t("pSign"), [], t("pSign"), async () => { await call("POST", `/api/protocols/${encodeURIComponent(ref(found))}/signatures`, { digest: found.digest }); await again(found); })];
  }

  function activating(found) {
    if (!may("protocol-activate") || found.state !== "signed") return null;
    return [h("p", null, t("pActivateLead")), form(t("pActivate"), [], t("pActivate"), async () => { await call("POST", "/api/protocols/activations", { versions: [ref(found)] }); await again(found); })];
  }
  async function again(found) { await draw(); await read(ref(found)); }

  function comparing(all) {
    const names = all.map(ref), from = choice(names, String), to = choice(names, String), out = h("div", null);
    to.selectedIndex = Math.min(1, names.length - 1);
    return [form(t("pCompare"), [["from", t("pFrom"), from], ["to", t("pTo"), to]], t("pCompareDo"), async () => {
      const { changes } = await call("GET", `/api/protocols/compare?from=${encodeURIComponent(from.value)}&to=${encodeURIComponent(to.value)}`);
      show(out, changes.length === 0 ? h("p", { cls: "muted" }, t("pSame")) : table([t("pKind"), t("pPart"), t("pField"), t("pBefore"), t("pAfter")], changes.map((each) => [t(`pk_${each.kind}`), each.part, each.field, [plain(each.before), sourced(each.source_before)], [plain(each.after), sourced(each.source_after)]])));
    }), out];
  }
  await draw();
}

/** Where a version stands, in the language of the page; the hub's own sentence is English. */
function standing(one) {
  if (one.in_force && ["shipped", "draft"].includes(one.state)) return t("pDefault");
  const when = one.state === "retired" ? one.retired_at : one.active_from;
  return `${t(`pst_${one.state}`)}${when ? ` (${shortTime(when)})` : ""}`;
}

const sourced = (source) => source && h("span", { cls: "small muted block" }, source);
const plain = (value) => (value === null ? "–" : typeof value === "object" ? JSON.stringify(value) : String(value));
