// A FHIR R4 Questionnaire as the hub sends it, as questions; which of them are asked for what was answered so far.
// The same subset and the same names as domain/questionnaire_fhir.py: answers are known by ITEM.ATTRIBUTE.

const FHIR = "http://hl7.org/fhir/StructureDefinition/", OURS = "urn:vigie:";
const of = (list, url) => (list ?? []).filter((each) => each.url === url);
const value = (extension) => extension?.valueDecimal ?? extension?.valueInteger ?? extension?.valueCode ?? extension?.valueString;
const coded = (list, system) => (list ?? []).find((each) => each.system === system)?.code;
const KIND = { choice: "grade", integer: "number", decimal: "number", string: "text", text: "text" };
const ATTRIBUTE = { grade: "severity", number: "number", text: "text" };

/** French as written, English by the extension `translation`. */
function words(text, more) {
  const english = of(more?.extension, `${FHIR}translation`).find((each) => value(of(each.extension, "lang")[0]) === "en");
  return { fr: text ?? "", en: value(of(english?.extension, "content")[0]) ?? text ?? "" };
}

const grade = (option) => Number(value(of([...(option.extension ?? []), ...(option.valueCoding.extension ?? [])], `${FHIR}ordinalValue`)[0]) ?? option.valueCoding.code);

/** {id, version, ref, name, title, intro, recallHours, questions}. */
export function read(resource) {
  const items = new Map(), questions = [];
  index(resource.item, items);
  collect(resource.item, [], null, items, questions);
  return {
    id: resource.id, version: resource.version, ref: `${resource.id}@${resource.version}`, name: coded(resource.code, `${OURS}questionnaire`) ?? resource.id,
    title: words(resource.title, resource._title), intro: resource.description ? words(resource.description, resource._description) : null,
    recallHours: value(of(resource.extension, `${OURS}recall-hours`)[0]) ?? 24, questions,
  };
}

function index(list, items) {
  for (const each of list ?? []) { items.set(each.linkId, each); index(each.item, items); }
}

function codeOf(item) {
  const plain = item.linkId.toLowerCase().replace(/[^a-z0-9-]+/g, "-").replace(/^-|-$/g, "");
  return coded(item.code, `${OURS}answer`) ?? (/^[a-z0-9-]+\.[a-z0-9-]+$/.test(item.linkId) ? item.linkId : `${plain}.${ATTRIBUTE[KIND[item.type]]}`);
}

function collect(list, above, group, items, questions) {
  for (const each of list ?? []) {
    const own = each.enableWhen?.length ? [{ any: each.enableBehavior === "any", of: each.enableWhen.map((one) => condition(one, items)) }] : [];
    if (each.type === "group") collect(each.item, [...above, ...own], words(each.text, each._text), items, questions);
    else if (KIND[each.type]) questions.push(question(each, own, above, group, items));
  }
}

function condition(when, items) {
  const about = items.get(when.question), code = codeOf(about);
  if (when.operator === "exists") return { code, op: "exists", value: when.answerBoolean !== false };
  if (!when.answerCoding) return { code, op: when.operator, value: when.answerInteger ?? when.answerDecimal };
  const option = about.answerOption.find((each) => each.valueCoding.code === when.answerCoding.code);
  return { code, op: when.operator, value: grade(option) };
}

function question(item, when, section, group, items) {
  const code = codeOf(item), dot = code.indexOf("."), links = of(item.extension, `${OURS}sum-of`).map(value);
  return {
    code, item: code.slice(0, dot), attribute: code.slice(dot + 1), kind: KIND[item.type], whole: item.type === "integer", text: words(item.text, item._text), group, when, section,
    required: Boolean(item.required), longest: item.maxLength ?? 10_000, low: value(of(item.extension, `${FHIR}minValue`)[0]), high: value(of(item.extension, `${FHIR}maxValue`)[0]),
    drugs: of(item.extension, `${OURS}drug`).map(value), sumOf: links.map((each) => codeOf(items.get(each))),
    grades: (item.answerOption ?? []).map((each) => ({ g: grade(each), text: words(each.valueCoding.display, each.valueCoding._display) })),
  };
}

function met({ code, op, value: wanted }, given) {
  const found = given[code];
  if (op === "exists") return (found !== undefined) === wanted;
  if (typeof found !== "number") return false;
  return { "=": found === wanted, "!=": found !== wanted, ">": found > wanted, "<": found < wanted, ">=": found >= wanted, "<=": found <= wanted }[op];
}

const holds = (branch, given) => (branch.any ? branch.of.some((one) => met(one, given)) : branch.of.every((one) => met(one, given)));

/** Asked whatever its section says, or hanging on such a one. */
function free(each, ask) {
  const about = each.when.flatMap((branch) => branch.of.map((one) => one.code));
  return ask.includes(each.code) || (about.length > 0 && about.every((code) => ask.includes(code)));
}

/** The questions to show, in order. `turn`: what today says: `drugs` (whose questions are asked) and `ask` (codes asked whatever
 * their section says). As domain/questionnaire.py. */
export const asked = (questionnaire, given, turn = {}) => questionnaire.questions.filter((each) => !each.sumOf.length
  && (!each.drugs.length || each.drugs.some((drug) => turn.drugs?.includes(drug)))
  && (free(each, turn.ask ?? []) || each.section.every((branch) => holds(branch, given))) && each.when.every((branch) => holds(branch, given)));

/** The codes without which it is not completed, for what was answered so far. As domain/questionnaire.py. */
export function needed(questionnaire, given, turn = {}) {
  const open = asked(questionnaire, given, { drugs: turn.drugs }), required = questionnaire.questions.some((each) => each.required);
  return open.filter((each) => (required ? each.required : each.kind === "grade")).map((each) => each.code);
}
export const completed = (questionnaire, given, turn) => Object.keys(given).length > 0 && needed(questionnaire, given, turn).every((code) => given[code] !== undefined);

/** Entries of a message for what was answered, each with the time of its answer (`times`, ISO); a sum only when every part was. */
export function entries(questionnaire, given, { turn = {}, skip = {}, times = {} } = {}) {
  const head = { q: questionnaire.name, qv: questionnaire.ref };
  const open = asked(questionnaire, given, turn).filter((each) => given[each.code] !== undefined && given[each.code] !== "" && skip[each.code] !== given[each.code]);
  const rep = open.map((each) => ({ ...head, i: each.item, a: each.attribute, [{ grade: "g", number: "n", text: "s" }[each.kind]]: given[each.code], ...(times[each.code] ? { t: times[each.code] } : {}) }));
  const sums = questionnaire.questions.filter((each) => each.sumOf.length && each.sumOf.every((code) => typeof given[code] === "number"));
  return [...rep, ...sums.map((each) => ({ ...head, i: each.item, a: each.attribute, n: each.sumOf.reduce((sum, code) => sum + given[code], 0) }))];
}
