// <vg-similar>: closed alerts of the same rule, newest first, with how each ended; read from the hub only when somebody opens it.

import "../call-words.js";
import { call } from "../api.js";
import { shortTime } from "../clock.js";
import { t } from "../words.js";
import { Asked } from "./asked.js";
import { Component, html, nothing } from "./element.js";

const SHOWN = 5;

export class SimilarBox extends Component {
  static properties = { alert: { attribute: false }, open: { attribute: false } };

  constructor() {
    super();
    /** @type {any} */
    this.alert = null;
    this.open = false;
    this.earlier = new Asked(list);
  }

  of(alert) {
    if (alert.id !== this.alert?.id) this.open = false;
    this.alert = alert;
    return this;
  }

  render() {
    const { alert } = this;
    return html`<details class="similar-box" .open=${this.open} @toggle=${(event) => { this.open = event.target.open; }}><summary>${t("similarTitle")}</summary>${this.open ? this.earlier.of(alert.id, "", () => ended(alert)) : nothing}</details>`;
  }
}
customElements.define("vg-similar", SimilarBox);

async function ended(alert) {
  const { alerts } = await call("GET", `/api/patients/${encodeURIComponent(alert.patient)}/alerts?limit=100`);
  const same = alerts.filter((each) => each.rule === alert.rule && each.id !== alert.id && each.state === "closed"), shown = same.slice(0, SHOWN);
  return { count: same.length, shown, ends: await Promise.all(shown.map(outcome)) };
}

async function outcome(alert) {
  const { history } = await call("GET", `/api/alerts/${encodeURIComponent(alert.id)}`);
  return history.find((each) => each.kind === "alert.closed")?.note ?? null;
}

function list({ count, shown, ends }) {
  if (count === 0) return html`<p class="muted small">${t("similarNone")}</p>`;
  return html`<p class="small muted">${t(count > 1 ? "similarMany" : "similarOne", count)}</p><ul class="similar">${shown.map((each, place) => html`<li><b>${shortTime(each.opened_at)}</b> ${t(each.severity)} · ${t("similarClosed", shortTime(each.closed_at), each.closed_by ?? "–")}${ends[place] ? html`<p class="note small">${ends[place]}</p>` : nothing}</li>`)}</ul>`;
}
