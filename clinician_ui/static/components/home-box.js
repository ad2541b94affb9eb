// <vg-home>: one press away, what whoever drives to the patient must know: address, access, allergies, emergency unit, who is close.

import { sheetLines, sheetOf } from "../sheet-lines.js";
import { may } from "../store.js";
import { t } from "../words.js";
import { Asked } from "./asked.js";
import { Component, html, nothing } from "./element.js";

export class HomeBox extends Component {
  static properties = { patient: { attribute: false }, look: { attribute: false }, open: { attribute: false } };

  /** @param {() => void} close */
  constructor(close) {
    super();
    this.close = close;
    this.open = false;
    this.patient = "";
    /** Another look asks again. */
    this.look = 0;
    this.found = new Asked((found) => sheetLines(found));
  }

  of(patient, look) {
    this.patient = patient;
    this.look = look;
    return this;
  }

  render() {
    if (!this.open || !this.patient) return nothing;
    return html`<section class="calls home" aria-labelledby="home-title"><header><h3 id="home-title">${t("homeTitle")}</h3><button type="button" class="quiet icon" aria-label=${t("close_")} @click=${this.close}>✕</button></header>
      ${this.found.of(this.patient, this.look, () => sheetOf(this.patient))}<p class="small"><a href="#/patient/${encodeURIComponent(this.patient)}">${t(may("sheet") ? "shFile" : "file")}</a></p></section>`;
  }
}
customElements.define("vg-home", HomeBox);
