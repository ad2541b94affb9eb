// In which order rows stand: worst unattended alert first, then longest unattended. Pure.

export const RANK = { high: 3, medium: 2, low: 1 };
/** By code point: what a language makes of letters says nothing about keys, and is slow to ask for. */
export const byKey = (a, b) => (a < b ? -1 : a > b ? 1 : 0);
export const isSnoozed = (alert, now) => Boolean(alert.snoozed_until) && Date.parse(alert.snoozed_until) > now;
/** 0 pending, 1 acknowledged or snoozed, 2 unattended. */
export const standing = (alert, now) => (alert.state === "pending" ? 0 : alert.state === "open" && !isSnoozed(alert, now) ? 2 : 1);

/** Worst first; at equal rank clinical before technical, then the longest waiting. */
export function compareAlerts(a, b, now) {
  return standing(b, now) - standing(a, now)
    || RANK[b.severity] - RANK[a.severity]
    || Number(a.category === "technical") - Number(b.category === "technical")
    || Date.parse(a.opened_at) - Date.parse(b.opened_at)
    || byKey(a.id, b.id);
}

/** Keys of rows in order, by the alert in front of each; rows without alerts last. */
export function orderRows(rows, now) {
  return [...rows.values()].sort((a, b) => {
    const one = a.members[0], two = b.members[0];
    if (one && two) return compareAlerts(one, two, now);
    return (two ? 1 : 0) - (one ? 1 : 0) || byKey(a.key, b.key);
  }).map((row) => row.key);
}

/** The order kept while somebody points at the list. A row that has gone gives its place to a new one of its patient, or keeps it; what else is new comes last. */
export function hold(order, wanted, patientOf) {
  const there = new Set(wanted), before = new Set(order);
  const fresh = wanted.filter((key) => !before.has(key));
  const kept = order.map((key) => {
    const next = there.has(key) ? -1 : fresh.findIndex((each) => patientOf(each) === patientOf(key));
    return next < 0 ? key : fresh.splice(next, 1)[0];
  });
  return [...kept, ...fresh];
}

/** How many rows must be moved, added or taken away until the order held is the one wanted: all but the most that may stay as they stand. */
export function displaced(held, wanted) {
  const place = new Map(wanted.map((key, n) => [key, n])), ends = []; // ends[n]: the lowest place on which n + 1 rows in order can end
  for (const at of held.map((key) => place.get(key))) {
    if (at === undefined) continue;
    let low = 0, high = ends.length;
    while (low < high) { const middle = (low + high) >> 1; if (ends[middle] < at) low = middle + 1; else high = middle; }
    ends[low] = at;
  }
  return held.length - ends.length;
}
