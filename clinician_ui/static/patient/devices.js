// The devices of a patient: whether they are there, their battery, their last message, and what the hub has of their messages.

import "../admin/words.js";
import { ledgerOf } from "../admin/devices.js";
import { h, show } from "../dom.js";
import { ageOf } from "../marks.js";
import { may } from "../store.js";
import { t } from "../words.js";

export function deviceBox(all) {
  if (all.length === 0) return h("p", { cls: "muted" }, "–");
  return h("ul", { cls: "device-list" }, all.map((one) => h("li", null,
    h("p", null, h("b", null, one.id), " ", h("span", { cls: "small muted" }, [one.online === null ? null : t(one.online ? "online" : "offline"), one.battery === null ? null : `${t("battery")} ${Math.round(one.battery)} %`].filter(Boolean).join(" · ")), " · ", h("span", { cls: "small muted" }, one.last_seen_at ? ageOf(one.last_seen_at) : t("never"))),
    may("devices") && ledger(one.id))));
}

/** Asked of the hub only when it is opened: the look is on record. */
function ledger(id) {
  const inside = h("div", { cls: "ledger-box", tabindex: "0", role: "region", "aria-label": `${t("dLedger")} ${id}` }), box = h("details", null, h("summary", null, t("dLedger")), inside);
  box.ontoggle = async () => {
    if (!box.open) return;
    show(inside, h("p", { cls: "muted small" }, t("loading")));
    try { show(inside, await ledgerOf(id)); } catch (error) { show(inside, h("p", { cls: "fault" }, t("failed", error.message))); }
  };
  return box;
}
