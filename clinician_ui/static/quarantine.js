// Refused messages: kept whole by the hub, shown here as plain text until a person has seen them, and judged again.

import "./quarantine-words.js";
import { call, newKey } from "./api.js";
import { shortTime } from "./clock.js";
import { h, show, toast } from "./dom.js";
import { expectedWords, language, refusalWord, t } from "./words.js";

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

  function card(item, _, all) {
    const first = all.find((each) => each.can_again && each.site === item.site && each.device === item.device);
    const more = item === first && all.filter((each) => each.can_again && each.site === item.site && each.device === item.device).length > 1;
    return h("li", null, h("div", { cls: "refusal-top" }, h("span", { cls: "tag warn", title: item.reason }, refusalWord(item.reason)), h("b", null, item.patient ?? t("unrouted")), h("span", { cls: "muted small" }, item.device ?? item.topic), h("time", { cls: "muted small", datetime: item.received_at }, shortTime(item.received_at)),
      item.seen_by ? h("span", { cls: "muted small" }, t("qSeenBy", item.seen_by)) : h("button", { type: "button", cls: "quiet", onclick: () => seen(item.id) }, t("qSeen"))),
      h("p", { cls: "small" }, wished(item.path, item.expected)), h("p", { cls: "small muted" }, t(`qFix_${item.reason}`)),
      h("pre", { tabindex: "0" }, item.payload), item.truncated && h("p", { cls: "small muted" }, t("truncated", item.size)),
      item.again && h("p", { cls: "small again" }, item.again.said === null ? `✓ ${t("qAgainStored", item.again.by, shortTime(item.again.at))}` : ["✕ ", t("qAgainNot", item.again.by, shortTime(item.again.at)), " ", h("bdi", null, saidAgain(item.again.said))]),
      item.can_again && h("p", { cls: "again-buttons" }, againButton(item, false), more && againButton(item, true)));
  }

  function againButton(item, alike) {
    const key = newKey(), button = h("button", { type: "button", cls: "quiet small", onclick: ask }, t(alike ? "qAgainAll" : "qAgain"));
    async function ask() {
      button.disabled = true;
      try {
        const done = await call("POST", `/api/quarantine/${item.id}/again${alike ? "?alike=true" : ""}`, undefined, { "Idempotency-Key": key });
        toast(done.state === "recorded" ? t("qAgainLater", done.asked) : t("qAgainDone", done.stored, done.refused), done.refused > 0 ? "bad" : "good");
        load();
      } catch (error) { toast(t("failed", error.message), "bad"); button.disabled = false; }
    }
    return button;
  }

  /** What the hub expected of an entry; of a whole message it is a sentence in English, which the line below says too. */
  const wished = (path, expected) => path || language() === "en" ? [path, expected && expectedWords(expected)].filter(Boolean).join(": ") : "";

  /** "reason: path: expected" or "reason: expected" in words. */
  function saidAgain(text) {
    const [reason, ...rest] = text.split(": "), path = /^(?:obs|rep|int|ev)\[\d+\]/.test(rest[0] ?? "") ? rest.shift() : "";
    return [refusalWord(reason), wished(path, rest.join(": "))].filter(Boolean).join(", ");
  }

  async function seen(id) {
    try { await call("POST", `/api/quarantine/${id}/seen`); load(); } catch (error) { toast(error.message, "bad"); }
  }
  return { node, load };
}
