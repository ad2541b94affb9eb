// How people and roles are called.

import { language, t } from "./words.js";

export const personName = (patient) => (patient.name ? `${patient.name.given} ${patient.name.family}`.trim() : patient.id);
const ROLES = ["nurse", "advanced-nurse", "physician", "pharmacist", "prescriber", "coordinator"];
/** "a nurse"; a role that is not known here is "a member of the team". */
export const byRole = (role) => t(ROLES.includes(role) ? `role-${role}` : "role-team");
const BY = ["patient", "caregiver", "nurse", "device", "physician"];
export const byWords = (by) => (BY.includes(by) ? t(`by-${by}`) : ROLES.includes(by) ? byRole(by) : t("by-other"));
/** Which numerals a value is shown with. */
export const number = (value, decimals = 1) => new Intl.NumberFormat(language() === "fr" ? "fr-FR" : "en-GB", { maximumFractionDigits: decimals, minimumFractionDigits: 0 }).format(value);
