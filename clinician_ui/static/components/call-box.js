// <vg-call>: every number that may be needed for a patient, one press away: patient, caregiver, who is on call, the hub, emergency.

import "../call-words.js";
import { shortTime } from "../clock.js";
import { isSite } from "../groups.js";
import { fullName } from "../marks.js";
import { state } from "../store.js";
import { dial, sheetOf } from "../sheet-lines.js";
import { onCallNow } from "../told.js";
import { t } from "../words.js";
import { Asked } from "./asked.js";
import { Component, html, nothing } from "./element.js";

/** SAMU and the European number. */
const EMERGENCY = ["15", "112"];

export class CallBox extends Component {
  static properties = { person: { attribute: false }, site: { attribute: false }, look: { attribute: false }, open: { attribute: false } };

  /** @param {() => void} close */
  constructor(close) {
    super();
    this.close = close;
    this.open = false;
    /** As the store has it. @type {any} */
    this.person = null;
    /** Whose roster counts; "" when nobody knows. */
    this.site = "";
    /** Another look asks again. */
    this.look = 0;
    this.near = new Asked(closeTo);
    this.team = new Asked(team);
  }

  of(person, site, look) {
    this.person = person;
    this.site = site;
    this.look = look;
    return this;
  }

  render() {
    if (!this.open || !this.person) return nothing;
    const { person, site } = this, own = isSite(person.id);
    return html`<section class="calls" aria-labelledby="calls-title"><header><h3 id="calls-title">${t("callTitle")}</h3><button type="button" class="quiet icon" aria-label=${t("close_")} @click=${this.close}>✕</button></header>
      ${own ? nothing : line(fullName(person), dial(person.phone))}${own ? nothing : this.near.of(person.id, this.look, () => sheetOf(person.id))}${site ? this.team.of(site, "", () => onCallNow(site)) : line(t("oncall"), html`<b>⚠ ${t("callNoSite")}</b>`)}${state.me.hub?.phone ? line(t("callHub"), dial(state.me.hub.phone)) : nothing}
      <div class="call-line emergency"><span>${t("callEmergency")}</span><span class="numbers">${EMERGENCY.map((each) => dial(each, t(`call${each}`)))}</span></div></section>`;
  }
}
customElements.define("vg-call", CallBox);

/** Who is close to the patient, and the emergency unit that was agreed on. */
const closeTo = ({ sheet }) => html`${sheet.contacts.length === 0 ? line(t("caregiver"), html`<span class="muted">${t("shNoContact")}</span>`) : sheet.contacts.map((one) => line(`${one.name}${one.relation ? ` · ${one.relation}` : ""}`, dial(one.phone)))}${sheet.emergency_unit || sheet.emergency_phone ? line(sheet.emergency_unit ?? t("shUnit"), dial(sheet.emergency_phone)) : nothing}`;
const team = ({ roles }) => (roles.length === 0 ? line(t("oncall"), t("noRoster")) : roles.map(role));
const line = (who, what) => html`<div class="call-line"><span>${who}</span><span class="numbers">${what}</span></div>`;
const role = ({ role: name, now }) => (now.length === 0 ? line(t(name), html`<span class="tag warn">${t("nobodyNow")}</span>`) : now.map((one) => line(`${t(name)} · ${one.person}`, html`${dial(one.voice)}<span class="small muted">${t("toTime", shortTime(one.until))}</span>`)));
