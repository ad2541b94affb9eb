// Which questions are open for what was answered, and the sums that can be said: as domain/questionnaire.py has it.

/** The questions to show. `ask`: codes whose section does not count; `drugs_taken`: whose questions are asked. */
export function opened(asked, given) {
  return asked.questions.filter((each) => !each.sum_of
    && (!each.drugs || each.drugs.some((drug) => asked.drugs_taken.includes(drug)))
    && (free(asked, each) || all(each.section, given)) && all(each.when, given));
}

/** Asked whatever its section says, or hanging on such a one. */
function free(asked, each) {
  const about = (each.when ?? []).flatMap((branch) => branch.of.map((one) => one.code));
  return asked.ask.includes(each.code) || (about.length > 0 && about.every((code) => asked.ask.includes(code)));
}

/** Sums of which every part was answered. */
export function totals(asked, given) {
  const found = {};
  for (const each of asked.questions) {
    if (each.sum_of?.every((code) => typeof given[code] === "number")) found[each.code] = each.sum_of.reduce((sum, code) => sum + given[code], 0);
  }
  return found;
}

const all = (branches, given) => (branches ?? []).every((branch) => (branch.enough ? branch.of.some((one) => met(one, given)) : branch.of.every((one) => met(one, given))));

function met({ code, op, value }, given) {
  const found = given[code];
  if (op === "exists") return (found !== undefined) === Boolean(value);
  if (typeof found !== "number") return false;
  return { "=": found === value, "!=": found !== value, ">": found > value, "<": found < value, ">=": found >= value, "<=": found <= value }[op];
}
