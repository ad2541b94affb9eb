// Refused messages: kept whole by the hub, shown here as plain text until a person has seen them.

import { call } from "./api.js";
import { shortTime } from "./clock.js";
import { h, show, toast } from "./dom.js";
import { expectedWords, refusalWord, t } from "./words.js";

export function makeQuarantine(counted) {
  const node = h("section", { cls: "quarantine", hidden: true });
  let unseenOnly = true;

  async function load() {
    try {
      const found = await call("GET", `/api/quarantine?unseen=${unseenOnly}`);
      counted(found.unseen);
      draw(found.refused);
    } catch (error) { show(node, h("p", { cls: "fault" }, error.message)); }
  }

  function draw(refused) {
    show(node, h("h1", null, t("quarantine")), h("p", { cls: "muted" }, t("qLead")),
      h("label", { cls: "check" }, h("input", { type: "checkbox", checked: unseenOnly, onchange: (event) => { unseenOnly = event.target.checked; load(); } }), t("qUnseenOnly")),
      refused.length === 0 ? h("p", { cls: "empty" }, t("qEmpty")) : h("ul", { cls: "refusals" }, refused.map(card)));
  }

  function card(item) {
    return h("li", null, h("div", { cls: "refusal-top" }, h("span", { cls: "tag warn", title: item.reason }, refusalWord(item.reason)), h("b", null, item.patient ?? t("unrouted")), h("span", { cls: "muted small" }, item.device ?? item.topic), h("time", { cls: "muted small", datetime: item.received_at }, shortTime(item.received_at)),
      item.seen_by ? h("span", { cls: "muted small" }, t("qSeenBy", item.seen_by)) : h("button", { type: "button", cls: "quiet", onclick: () => seen(item.id) }, t("qSeen"))),
      h("p", { cls: "small" }, [item.path, item.expected && expectedWords(item.expected)].filter(Boolean).join(": ")), h("pre", { tabindex: "0" }, item.payload), item.truncated && h("p", { cls: "small muted" }, t("truncated", item.size)));
  }

  async function seen(id) {
    try { await call("POST", `/api/quarantine/${id}/seen`); load(); } catch (error) { toast(error.message, "bad"); }
  }
  return { node, load };
}
