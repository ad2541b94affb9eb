// <vg-call>: every number that may be needed for a patient, one press away: patient, caregiver, who is on call, the hub, emergency.

import "../call-words.js";
import { call as ask } from "../api.js";
import { shortTime } from "../clock.js";
import { isSite } from "../groups.js";
import { fullName } from "../marks.js";
import { state } from "../store.js";
import { onCallNow } from "../told.js";
import { t } from "../words.js";
import { Asked } from "./asked.js";
import { Component, html, nothing } from "./element.js";

/** SAMU and the European number. */
const EMERGENCY = ["15", "112"];

export class CallBox extends Component {
  static properties = { person: { attribute: false }, site: { attribute: false }, open: { attribute: false } };

  /** @param {() => void} close */
  constructor(close) {
    super();
    this.close = close;
    this.open = false;
    /** As the store has it. @type {any} */
    this.person = null;
    /** Whose roster counts; "" when nobody knows. */
    this.site = "";
    this.persons = new Asked(caregivers);
    this.team = new Asked(team);
  }

  of(person, site) {
    this.person = person;
    this.site = site;
    return this;
  }

  render() {
    if (!this.open || !this.person) return nothing;
    const { person, site } = this, own = isSite(person.id), at = `/api/patients/${encodeURIComponent(person.id)}/persons`;
    return html`<section class="calls" aria-labelledby="calls-title"><header><h3 id="calls-title">${t("callTitle")}</h3><button type="button" class="quiet icon" aria-label=${t("close_")} @click=${this.close}>✕</button></header>
      ${own ? nothing : line(fullName(person), number(person.phone))}${own ? nothing : this.persons.of(person.id, "", () => ask("GET", at))}${site ? this.team.of(site, "", () => onCallNow(site)) : nothing}${state.me.hub?.phone ? line(t("callHub"), number(state.me.hub.phone)) : nothing}
      <div class="call-line emergency"><span>${t("callEmergency")}</span><span class="numbers">${EMERGENCY.map((each) => number(each, t(`call${each}`)))}</span></div></section>`;
  }
}
customElements.define("vg-call", CallBox);

const caregivers = ({ persons }) => persons.filter((one) => one.role === "caregiver").map((one) => line(`${t("caregiver")} (${one.person})`, t("callNoCaregiver")));
const team = ({ roles }) => (roles.length === 0 ? line(t("oncall"), t("noRoster")) : roles.map(role));
const line = (who, what) => html`<div class="call-line"><span>${who}</span><span class="numbers">${what}</span></div>`;
const number = (phone, word = "") => (phone ? html`<a class="button quiet" href="tel:${phone.replace(/[^+\d]/g, "")}"><b>${phone}</b>${word ? html`<span class="small muted"> ${word}</span>` : nothing}</a>` : html`<span class="muted">${t("noNumber")}</span>`);
const role = ({ role: name, now }) => (now.length === 0 ? line(t(name), html`<span class="tag warn">${t("nobodyNow")}</span>`) : now.map((one) => line(`${t(name)} · ${one.person}`, html`${number(one.voice)}<span class="small muted">${t("toTime", shortTime(one.until))}</span>`)));
