// What can be measured by hand: which values belong on one page, and what the hub says of each.

import { said, t } from "./words.js";

const GROUPS = [
  { id: "temperature", codes: ["8310-5"] },
  { id: "pressure", codes: ["8480-6", "8462-4", "8867-4"], needs: ["8480-6", "8462-4"] },
  { id: "saturation", codes: ["59408-5", "8867-4"] },
  { id: "pulse", codes: ["8867-4"] },
  { id: "weight", codes: ["29463-7"] },
];
export const CONSCIOUSNESS = "80288-4";  // letters, no number: on the nurse's visit only
const UNITS = { Cel: "°C", "[degF]": "°F", "mm[Hg]": "mmHg", "/min": "/min", "%": "%", kg: "kg" };
export const unitWords = (unit) => UNITS[unit] ?? unit;

/** Everything that today's answer says of a code; what is due says more than what is merely possible. */
export function known(today) {
  const found = new Map();
  for (const each of [...(today?.measures ?? []), ...(today?.due ?? []).filter((one) => one.kind === "measure")]) found.set(each.code, { ...found.get(each.code), ...each });
  return found;
}

/** The page on which a code is entered: {id, codes, needs}, only with codes that this patient has. */
export function groupOf(code, today) {
  const codes = known(today), found = GROUPS.find((each) => each.codes[0] === code) ?? GROUPS.find((each) => each.needs?.includes(code)) ?? { id: code, codes: [code], needs: undefined };
  const there = found.codes.filter((each) => codes.has(each));
  return { ...found, codes: there, needs: (found.needs ?? found.codes.slice(0, 1)).filter((each) => codes.has(each)) };
}

/** Every page there is for this patient, in the order in which people expect them. */
export function groups(today) {
  const codes = known(today), ours = GROUPS.filter((each) => codes.has(each.codes[0])).map((each) => groupOf(each.codes[0], today));
  const covered = new Set(GROUPS.flatMap((each) => each.codes));
  return [...ours, ...[...codes.keys()].filter((code) => !covered.has(code) && code !== CONSCIOUSNESS).map((code) => groupOf(code, today))];
}

export const groupName = (group, today) => (["temperature", "pressure", "saturation", "pulse", "weight"].includes(group.id) ? t(`m-${group.id}`) : said(known(today).get(group.codes[0])?.name));
