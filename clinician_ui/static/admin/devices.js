// Devices of one's sites, the longest silent first; of each its ledger and a label with a QR code.

import { call } from "../api.js";
import { h, show } from "../dom.js";
import { ageOf } from "../marks.js";
import { state } from "../store.js";
import { t } from "../words.js";
import { empty, table } from "./form.js";

export async function devices(node, named) {
  const { devices: all } = await call("GET", "/api/devices");
  if (all.length === 0) { empty(node, t("dNone")); return; }
  const one = h("div", { cls: "device-one" });
  const heads = [t("dDevice"), t("ofSite"), t("dLast"), t("battery"), t("dWorn"), t("actions")];
  show(node, one, table(heads, all.map((each) => [[h("b", null, each.id), h("span", { cls: "small muted block" }, each.kind)], state.sites.get(each.site) ?? each.site,
    [each.last_seen_at ? ageOf(each.last_seen_at) : t("never"), each.online === false && h("span", { cls: "tag" }, t("offline"))], each.battery === null ? "–" : `${Math.round(each.battery)} %`, each.patient ? h("a", { href: `#/patient/${encodeURIComponent(each.patient)}` }, each.patient) : t(each.worn ? "dWornYes" : "dFree"),
    h("div", { cls: "deeds" }, h("a", { cls: "button quiet", href: `#/admin/devices/${encodeURIComponent(each.id)}` }, t("dLedger")), h("button", { type: "button", cls: "quiet", onclick: () => label(one, each.id) }, t("dLabel")))])));
  if (named) await ledger(one, named);
}

async function ledger(one, id) {
  show(one, h("h2", null, `${t("dLedger")} · ${id}`), await ledgerOf(id));
  one.scrollIntoView({ block: "nearest" });
}

/** What the hub has of a device's messages, boot by boot. */
export async function ledgerOf(id) {
  const { boots } = await call("GET", `/api/devices/${encodeURIComponent(id)}/ledger`);
  const ranges = (all) => all.map(([from, to]) => (from === to ? from : `${from}–${to}`)).join(", ");
  return boots.length === 0 ? h("p", { cls: "muted" }, t("dNoBoot")) : table([t("dBoot"), t("dRange"), t("dStored"), t("dRejected"), t("dDropped"), t("dMissing")], boots.map((boot) => [boot.boot, `${boot.first}–${boot.last}`, boot.stored, boot.rejected,
    boot.dropped.length === 0 ? "–" : boot.dropped.map((gone) => h("div", null, `${ranges([[gone.from, gone.to]])} (${gone.why})`)), boot.missing.length === 0 ? t("dComplete") : h("b", { cls: "bad-word" }, `⚠ ${ranges(boot.missing)}`)]));
}

async function label(one, id) {
  try {
    const found = await call("GET", `/api/devices/${encodeURIComponent(id)}/label`);
    // The hub's own drawing, read as a picture: no markup of it enters the page.
    const picture = h("img", { cls: "qr", alt: found.address, src: `data:image/svg+xml,${encodeURIComponent(found.qr)}` });
    show(one, h("div", { cls: "device-label" }, picture, h("div", null, h("b", null, found.device), h("p", null, [found.kind, state.sites.get(found.site) ?? found.site].join(" · ")), h("p", { cls: "small muted" }, found.address), h("button", { type: "button", cls: "quiet no-print", onclick: () => print() }, t("dPrint")))));
    one.scrollIntoView({ block: "nearest" });
  } catch (error) { show(one, h("p", { cls: "fault" }, error.message)); }
}
