"""The page "needs clinical sign-off": every clinical number the hub holds, with its source and status, as Markdown.

Pure but for `text`, which reads what ships. `vigie protocol sign-off` prints it; docs/sign-off.md is its copy, a test
holds them equal.
"""

import csv
from collections.abc import Iterable, Mapping
from importlib.resources import files

import msgspec

from alerts.core.codes import named
from alerts.oral.drugs import Drug, table
from alerts.predict import request, scoring, watch
from alerts.predict.shadow import HORIZON
from alerts.protocol.compiled import compile_plan
from alerts.protocol.library import shipped
from alerts.protocol.life import asked_roles
from alerts.protocol.plan import Library
from alerts.protocol.reading import Protocol, codes_of, criteria_of, profile_criteria
from alerts.protocol.text import (
    ChangeText,
    CombinationText,
    ConditionText,
    CountText,
    CriterionText,
    EscalationStep,
    FeverProfile,
    FeverText,
    ModelText,
    OralText,
    RuleText,
    ScoreText,
    SymptomText,
    TrendText,
)
from alerts.questionnaire_files import shipped as questionnaires
from domain.instants import DAY, HOUR, MINUTE
from domain.vocabulary import ACVPU_LETTERS, CONSCIOUSNESS, MEASURES, Measure
from ingest.accept import AHEAD
from vigie import sign_off_app, sign_off_console, sign_off_forecast, sign_off_questions

Row = tuple[str, ...]

HEAD = """# Needs clinical sign-off

The clinical numbers this version acts on. **None has been signed off.** The clinical lead of a site reads this page,
with the sources, before a patient depends on the hub. Generated from the protocol files, the regimen table and the
vocabulary by `vigie protocol sign-off` (`make schemas` renews it): change the files, not this page. What a care plan
may change (limits, offsets, cadence) and the severity of the technical alerts: [guide for clinicians](clinicians.md).

Status: `V` read in the source named; `V2` read in a secondary source; `M` from memory, to be verified; `D` a choice of
this project. A number with status `V` is quoted correctly; whether it is right *for alerting at home* still needs a
signature.
"""


def text() -> str:
    """docs/sign-off.md, from what ships."""
    table = (files("domain") / "regimens.csv").read_text("utf-8")
    page = document(shipped(), list(csv.DictReader(table.splitlines())), MEASURES.values())
    asked = [
        "## Questionnaires\n",
        sign_off_questions.LEAD,
        _table(sign_off_questions.ROUNDS, sign_off_questions.rounds(questionnaires())),
        _table(sign_off_questions.QUESTIONS, sign_off_questions.questions(questionnaires())),
    ]
    forecast = [
        "## Forecast of the neutrophil count\n",
        sign_off_forecast.LEAD,
        _table(sign_off_forecast.HEAD, sign_off_forecast.rows()),
    ]
    app = [
        "## The patient's app\n",
        sign_off_app.LEAD,
        _table(sign_off_app.CONSENTS, sign_off_app.consents()),
        _table(sign_off_app.SENTENCES, sign_off_app.sentences()),
        _table(sign_off_app.NUMBERS, sign_off_app.numbers()),
    ]
    console = [
        "## The console\n",
        sign_off_console.LEAD,
        _table(sign_off_console.HEAD, sign_off_console.rows()),
    ]
    return page + "\n" + "\n".join([*asked, *forecast, *app, *console])


def document(library: Library, regimens: Iterable[Mapping[str, str]], measures: Iterable[Measure]) -> str:
    """The whole page. `regimens`: rows of the regimen table as written."""
    parts = [
        HEAD,
        "## Protocols\n",
        _versions(library),
        _table(("protocol", "rule or field", "value", "unit", "source", "status"), _shared(library)),
        "## What patients are told\n",
        "Advice with an alert, and questions asked beside it. They are choices of this project (status `D`).\n",
        _table(("protocol", "rule", "kind", "English", "French"), _sentences(library)),
        "## Oral drugs\n",
        "Clinical table 06, as shipped. A patient is only ever told what has status `V`; for the rest the sentence is\n"
        '"ask your team". The schedule has no status and is never told. Every line must be replaced by the current\n'
        "product information of what is dispensed.\n",
        _table(("drug", "fact", "text", "status", "source"), _drugs(table().values())),
        "## Regimens\n",
        "Cycle days (day 1 is `cycle_start`): the aplasia window, and the nadir where its status is not plainly `V`.\n"
        "Before the last day of the nadir a good count closes the window only when a count below\n"
        "`recovery.single_from` came before it.\n",
        _table(("regimen", "field", "value", "unit", "source", "status"), _regimens(regimens)),
        "## Models\n",
        "What the hub asks and watches its models with; the parameters of a model are on its card.\n",
        _table(("part", "field", "value", "unit", "status"), _models()),
        "## Measures\n",
        "Outside *refused* a value is kept apart and raises `unusable-reading`; outside *usual* it is kept as\n"
        f"doubtful. A clock more than {AHEAD / MINUTE:g} min ahead, or before the device was first worn, cannot be\n"
        "right (status `D`).\n",
        _table(("code", "measure", "field", "value", "unit", "status"), _measures(measures)),
    ]
    return "\n".join(parts)


def _models() -> list[Row]:
    """Choices of this project around the models: what belongs to one treatment, how often, which band."""
    ask, score, band = "forecast: question", "early warning: scores", "early warning: watch"
    return [
        (ask, "infusion time, which is not recorded", f"{request.INFUSION_H:g}", "h", "D"),
        (ask, "doses further apart belong to two treatments", f"{request.CHAIN_GAP / DAY:g}", "d", "D"),
        (ask, "so long after the last dose nothing is forecast", f"{request.FORGOTTEN / DAY:g}", "d", "D"),
        (ask, "a planned dose and its record lie within", f"{request.RECORDED_WITHIN / HOUR:g}", "h", "D"),
        (score, "at most once in", f"{scoring.EVERY / MINUTE:g}", "min", "D"),
        (score, "values given to the model, one in 10 min", f"{scoring.LOOK_BACK / DAY:g}", "d", "D"),
        (band, "span", f"{watch.SPAN / DAY:g}", "d", "D"),
        (band, "onsets: " + ", ".join(watch.ONSETS), f"within {HORIZON / HOUR:g}", "h", "D"),
        (band, "observed over expected onsets", f"{watch.BAND[0]:g} to {watch.BAND[1]:g}", "", "D"),
        (band, "least scores; least expected onsets", f"{watch.LEAST_SCORES}; {watch.LEAST_EXPECTED:g}", "", "D"),
        (band, "false alarms", f"at most {watch.BUDGET:g} and {100 * watch.TOLERANCE:g} %", "per patient-day", "D"),
    ]


def _versions(library: Library) -> str:
    lines = [
        f"- `{p.id}` {p.version}, digest `{p.digest[:16]}`, to be signed by {', '.join(asked_roles(p))}"
        for p in library.protocols.values()
    ]
    return "\n".join(lines) + "\n"


def _sentences(library: Library) -> list[Row]:
    """What is said to patients; a sentence that several protocols share stands once."""
    holders: dict[Row, list[str]] = {}
    for protocol in library.protocols.values():
        for each in (*protocol.rules, *protocol.answers):
            for kind, said in (("advice", each.advice), ("question", getattr(each, "ask", None))):
                if said is not None:
                    holders.setdefault((each.id, kind, said.en, said.fr), []).append(protocol.id)
    return sorted((", ".join(f"`{name}`" for name in names), *row) for row, names in holders.items())


def _shared(library: Library) -> list[Row]:
    """Rows of all protocols; one that several share stands once, with their names."""
    holders: dict[Row, list[str]] = {}
    for protocol in library.protocols.values():
        for row in _protocol(protocol, library):
            holders.setdefault(row, []).append(protocol.id)
    rows = [(", ".join(f"`{name}`" for name in names), *row) for row, names in holders.items()]
    return sorted(rows, key=lambda row: row[0])


def _protocol(protocol: Protocol, library: Library) -> list[Row]:
    rows = [row for rule in protocol.rules for row in _rule(rule)]
    for answer in protocol.answers:
        asked = f"answer {', '.join(answer.items)}: grade"
        rows.append(
            (f"{answer.id} ({answer.severity})", f"{asked} ≥ {answer.from_grade}", "", answer.source, answer.status)
        )
    for name, profile in protocol.fever_profiles.items():
        rows += _profile(name, profile)
    if protocol.default_fever_profile is not None:
        profile = protocol.fever_profiles[protocol.default_fever_profile]
        rows.append(("default_fever_profile", protocol.default_fever_profile, "", profile.source, profile.status))
    for part, name in ((protocol.defaults, "defaults"), (protocol.escalation, "escalation")):
        rows += _fields(part, name)
    rows += _fields(protocol.intakes, "intakes")
    if protocol.recovery is not None:
        rows += _fields(protocol.recovery, "recovery")
    if protocol.forecast is not None:
        rows += _fields(protocol.forecast, "forecast")
    return rows + _silences(protocol, library) + _set_up(protocol)


def _rule(rule: RuleText) -> list[Row]:
    head = f"{rule.id}: "
    rows: list[Row] = [
        (f"{head}{c.name} ({c.severity})", *_bounded(rule, c), c.source, c.status) for c in criteria_of(rule)
    ]
    if rule.gate != "always" and not isinstance(rule, FeverText):
        rows.append((f"{head}gate", rule.gate, "", "choice of this project", "D"))
    for name, step in (("step_up", rule.step_up), ("step_down", rule.step_down)):
        if step is not None:
            rows.append((f"{head}{name}", f"{step.to} after {step.after_min:g}", "min", step.source, step.status))
    match rule:
        case FeverText():
            rows.append((f"{head}severity, {rule.gate}", rule.severity, "", "choice of this project", "D"))
        case SymptomText():
            items = ", ".join(rule.items)
            worse = f"severe from {rule.severe_from} ({rule.severe}), worsening by {rule.rise} ({rule.worsening})"
            very = f", {rule.very_severe} from {rule.very_severe_from}" if rule.very_severe_from is not None else ""
            rows.append((f"{head}{items}", worse + very, "grade", rule.source, rule.status))
        case CombinationText():
            rows += [
                (
                    f"{head}{c.code}",
                    f"{_bound(c)}, not older than {c.max_age_min:g} min" + (f", for {c.one_of}" if c.one_of else ""),
                    named(c.code).unit,
                    c.source,
                    c.status,
                )
                for c in rule.of
            ]
            rows.append((f"{head}needs ({rule.severity})", str(rule.needs), "", rule.source, rule.status))
        case ModelText():
            first = rule.criterion[0]
            rows.append((f"{head}max_age_min", f"{rule.max_age_min:g}", "min", first.source, first.status))
        case ScoreText():
            rows.append((f"{head}max_age_min", f"{rule.max_age_min:g}", "min", rule.source, rule.status))
        case TrendText() | ChangeText():
            span = f"{rule.window_min:g} in parts of {rule.part_min:g}, at least {rule.at_least}"
            if isinstance(rule, ChangeText):
                span += f", {rule.apart_min:g} apart, against the {rule.against}"
            rows.append((f"{head}window", span, "min", rule.source, rule.status))
        case _:
            pass
    return rows


def _drugs(drugs: Iterable[Drug]) -> list[Row]:
    rows: list[Row] = []
    for drug in drugs:
        source = drug.source or "none named"
        rows.append((f"`{drug.name}`", "schedule", drug.schedule.replace("*", ""), "none", source))
        facts = (("missed dose", drug.missed), ("vomited dose", drug.vomited), ("half-life, h", drug.half_life))
        for name, fact in (*facts, ("risk of an error", drug.risk)):
            rows.append((f"`{drug.name}`", name, fact.text, fact.status, source))
    return rows


def _bounded(rule: RuleText, criterion: CriterionText) -> tuple[str, str]:
    match rule:
        case ScoreText():
            return _bound(criterion), "points"
        case TrendText():
            return _bound(criterion), f"{named(rule.code).unit} in {rule.per_min:g} min"
        case ChangeText():
            return _bound(criterion), "%" if rule.percent else named(rule.code).unit
        case OralText():
            within = "" if rule.within_min is None else f" in {rule.within_min:g} min"
            return f"{_bound(criterion)}{within}", OF_WATCH[rule.watch]
        case CountText():
            return f"{_bound(criterion)} in {rule.within_min:g} min", ""
        case _:
            code = codes_of(rule)[0]
            return (_letters if code == CONSCIOUSNESS else _bound)(criterion), named(code).unit


OF_WATCH = {
    "missed": "doses in a row", "stopped": "days in a row", "over": "doses beyond those of the day",
    "double": "doses", "weekly": "doses in 7 days", "hold": "doses in 7 days", "off": "doses in 7 days",
    "unplanned": "intakes", "skipped": "doses",
}  # fmt: skip


def _letters(criterion: CriterionText) -> str:
    """Consciousness is stored as a number; people read letters."""
    least = criterion.from_ or 0
    return ", ".join(letter for number, letter in ACVPU_LETTERS.items() if number >= least)


def _profile(name: str, profile: FeverProfile) -> list[Row]:
    return [
        (f"fever profile {name}: {c.name}", _bound(c), "Cel", c.source, c.status) for c in profile_criteria(profile)
    ]


def _bound(criterion: CriterionText | ConditionText) -> str:
    pairs = (("≥", criterion.from_), (">", criterion.above), ("≤", criterion.up_to), ("<", criterion.below))
    bound = next(f"{sign} {limit:g}" for sign, limit in pairs if limit is not None)
    if isinstance(criterion, ConditionText):
        return bound
    if criterion.cap_min is not None:
        return f"{bound}, twice within {criterion.cap_min:g} min"
    if criterion.hold_min:
        return f"{bound} for {'≥' if criterion.hold_inclusive else '>'} {criterion.hold_min:g} min"
    return bound


_UNITS = {"min": "min", "percent": "%", "h": "h", "from": "10*9/L", "below": "10*9/L"}


def _fields(part: msgspec.Struct, name: str) -> list[Row]:
    """The values of one section of a protocol file; its source and status hold for all of them."""
    values = msgspec.structs.asdict(part)
    source, status = values.pop("source"), values.pop("status")
    rows: list[Row] = []
    for field, value in values.items():
        unit = "min after opening" if isinstance(value, tuple) else _UNITS.get(field.rpartition("_")[2], "")
        rows.append((f"{name}.{field}", _value(value), unit, source, status))
    return rows


def _value(value: object) -> str:
    if isinstance(value, tuple):
        return ", ".join(_step(step) for step in value) or "none"
    return f"{value:g}" if isinstance(value, int | float) else str(value)


def _step(step: EscalationStep) -> str:
    return f"{step.after_min:g} ({'+'.join(step.who)}: {', '.join(step.how)})"


def _silences(protocol: Protocol, library: Library) -> list[Row]:
    after = {rule.code: rule.after for rule in compile_plan({"protocol": protocol.id}, library).silences}
    return [
        (
            f"silence.{s.code}",
            f"{after[s.code] / MINUTE:g}, expected every {s.cadence_min:g}",
            "min",
            s.source,
            s.status,
        )
        for s in protocol.streams
    ]


def _set_up(protocol: Protocol) -> list[Row]:
    """Phases, and how far a person's own limits may go."""
    rows: list[Row] = []
    for phase in protocol.phases:
        said = [f"window {phase.window}"] if phase.window is not None else []
        said += [f"from day {phase.from_day}"] if phase.from_day is not None else []
        said += [f"to day {phase.to_day}"] if phase.to_day is not None else []
        said += [f"{phase.after_dose_h:g} h after a dose"] if phase.after_dose_h is not None else []
        rows.append((f"phase {phase.id}", ", ".join(said), "", phase.source, phase.status))
    for bounds in protocol.bounds.values():
        for side, pair in (("low", bounds.low), ("high", bounds.high)):
            if pair is not None:
                span = f"{pair[0]:g} to {pair[1]:g}"
                rows.append(
                    (f"bounds {bounds.code} {side}", span, named(bounds.code).unit, bounds.source, bounds.status)
                )
    return rows


def _regimens(rows: Iterable[Mapping[str, str]]) -> list[Row]:
    found: list[Row] = []
    for row in rows:
        key, source = f"`{row['key']}`", row["source"] or "none named"
        window = f"{row['window_from_day']} to {row['window_to_day']}"
        if row["window_status"] != "V":
            found.append((key, "window", window, "day", source, row["window_status"]))
        if row["nadir_status"] != "V":
            found.append((key, "nadir", row["nadir_day"], "day", source, row["nadir_status"]))
    return found


def _measures(measures: Iterable[Measure]) -> list[Row]:
    found: list[Row] = []
    for measure in measures:
        head = (f"`{measure.code}`", measure.en)
        if measure.code_status != "V":
            found.append((*head, "code", measure.code, "LOINC", measure.code_status))
        if measure.range_status == "V":
            continue
        for field, low, high in (
            ("refused", measure.reject_below, measure.reject_above),
            ("usual", measure.usual_from, measure.usual_to),
        ):
            if low is not None and high is not None:
                value = f"{low:.4g} to {high:.7g}" if field == "usual" else f"below {low:.4g}, above {high:.7g}"
                found.append((*head, field, value, measure.unit, measure.range_status))
    return found


def _table(head: Row, rows: Iterable[Row]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines) + "\n"
