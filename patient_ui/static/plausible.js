// Questions before an unusual value is sent: "did you mean 38.4?". Nothing is refused here: the hub judges, the person knows.

const CHANGE = 0.05, WITHIN = 2 * 86_400_000;  // a weight more than 5 % away from one of the last two days: confirm (clinical table 08)

/** A number as people write it: comma or point. NaN when it is none. */
export function read(text) {
  const plain = text.trim().replace(/\s/g, "").replace(",", ".");
  return /^[-+]?\d+(\.\d+)?$/.test(plain) ? Number(plain) : NaN;
}

const round = (value, decimals) => Math.round(value * 10 ** decimals) / 10 ** decimals;

/** null: ask nothing. Else {why: "unusual" | "impossible" | "changed", meant: [values that may have been meant]}. */
export function question(info, value, now) {
  const limits = info.plausible ?? {}, decimals = info.decimals ?? 1;
  const usual = (one) => !(one < limits.usual_from) && !(one > limits.usual_to);
  if (usual(value)) return changed(info, value, now) ? { why: "changed", meant: [] } : null;
  const slips = [value / 10, value * 10, value / 100, ...(info.unit === "Cel" ? [(value - 32) / 1.8] : [])];
  const meant = [...new Set(slips.map((one) => round(one, decimals)).filter(usual))].slice(0, 2);
  return { why: value < limits.refuse_below || value > limits.refuse_above ? "impossible" : "unusual", meant };
}

function changed(info, value, now) {
  const last = info.last;
  return info.code === "29463-7" && last && now - Date.parse(last.at) <= WITHIN && Math.abs(value - last.value) > CHANGE * last.value;
}
