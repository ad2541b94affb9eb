// In which order patients stand: worst unattended alert first, then longest unattended. Pure.

const RANK = { high: 3, medium: 2, low: 1 };
export const isSnoozed = (alert, now) => Boolean(alert.snoozed_until) && Date.parse(alert.snoozed_until) > now;
/** 0 pending, 1 acknowledged or snoozed, 2 unattended. */
const standing = (alert, now) => (alert.state === "pending" ? 0 : alert.state === "open" && !isSnoozed(alert, now) ? 2 : 1);

/** Worst first; at equal rank clinical before technical, then the longest waiting. */
export function compareAlerts(a, b, now) {
  return standing(b, now) - standing(a, now)
    || RANK[b.severity] - RANK[a.severity]
    || (a.category === "technical") - (b.category === "technical")
    || Date.parse(a.opened_at) - Date.parse(b.opened_at)
    || a.id.localeCompare(b.id);
}

/** Patient ids in order; `alertsOf(id)` gives a patient's alerts, worst first. */
export function orderPatients(ids, alertsOf, now) {
  const worst = new Map(ids.map((id) => [id, alertsOf(id)[0]]));
  return [...ids].sort((a, b) => {
    const one = worst.get(a), two = worst.get(b);
    if (one && two) return compareAlerts(one, two, now);
    return (two ? 1 : 0) - (one ? 1 : 0) || a.localeCompare(b);
  });
}
