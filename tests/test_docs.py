"""Prose about the tree is true: every setting, command and table is documented, and every link leads somewhere."""

import json
import re
from pathlib import Path

import pytest
import typer

from alerts import lifecycle
from alerts.core import flags
from alerts.core.moves import Subject
from alerts.protocol.compiled import compile_plan
from alerts.protocol.library import shipped as library
from alerts.protocol.plan import check_plan
from alerts.protocol.reading import TECHNICAL, criteria_of, profile_criteria
from alerts.protocol.text import (
    ChangeText,
    CombinationText,
    ConditionText,
    CountText,
    CriterionText,
    OralText,
    RuleText,
    ScoreText,
    SymptomText,
    TrendText,
)
from domain import wire
from domain.alerts import STATES, AlertEvent
from storage.migrate import shipped
from vigie.cli import app
from vigie.settings import Settings

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
OPERATORS = (ROOT / "docs/operators.md").read_text()
DEVICES = (ROOT / "docs/devices.md").read_text()
LIFECYCLE = (ROOT / "docs/lifecycle.md").read_text()
HAZARDS = (ROOT / "docs/hazards.md").read_text()
CLINICIANS = {name: (ROOT / "docs" / name).read_text() for name in ("clinicians.md", "clinicians.fr.md")}
PROSE = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")]


@pytest.mark.parametrize("name", Settings.model_fields)
def test_every_setting_is_in_the_operators_guide(name: str) -> None:
    assert f"| `VIGIE_{name.upper()}` |" in OPERATORS


def test_the_operators_guide_names_no_setting_that_is_gone() -> None:
    named = set(re.findall(r"^\| `VIGIE_(\w+)` \|", OPERATORS, re.MULTILINE))
    assert named == {name.upper() for name in Settings.model_fields}


def _commands(group: typer.Typer, before: str) -> list[str]:
    found = []
    for command in group.registered_commands:
        name = command.name or command.callback.__name__.rstrip("_")  # type: ignore[union-attr]
        found.append(f"{before} {name}")
    for inner in group.registered_groups:
        found += _commands(inner.typer_instance, f"{before} {inner.name}")  # type: ignore[arg-type]
    return found


@pytest.mark.parametrize("command", _commands(app, "vigie"))
def test_every_command_is_documented(command: str) -> None:
    assert re.search(rf"`{command}\b", README + OPERATORS), command


def test_every_table_is_documented() -> None:
    created = {
        name
        for migration in shipped()
        for name in re.findall(r"^CREATE TABLE (?:IF NOT EXISTS )?([\w.]+)", migration.sql.decode(), re.MULTILINE)
    }
    section = OPERATORS.split("## What is in the database")[1]
    documented = set(re.findall(r"`([\w.]+)`", section))
    assert created - documented == set()
    assert documented - created == {"schema_migration"}


@pytest.mark.parametrize("page", PROSE, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_to_a_file_leads_to_one(page: Path) -> None:
    for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text()):
        assert (page.parent / target).exists(), target


def test_a_decision_says_context_decision_and_consequences() -> None:
    for page in (ROOT / "docs/decisions").glob("*.md"):
        text = page.read_text()
        assert all(f"**{word}.**" in text for word in ("Context", "Decision", "Consequences")), page.name


def test_every_package_is_in_the_readme() -> None:
    packages = {path.parent.name for path in ROOT.glob("*/__init__.py")} - {"tests"}
    assert all(f"| `{name}` |" in README for name in packages)


def _rules() -> set[str]:
    levels = {_shown(rule) for protocol in library().protocols.values() for rule in protocol.rules}
    levels |= {answer.id for protocol in library().protocols.values() for answer in protocol.answers}
    raised = {found.rule for found in vars(flags).values() if isinstance(found, Subject)}
    assert all(rule.id.startswith("silence.") for rule in compile_plan({}, library()).silences)
    return levels | raised | {"silence.<code>", "limit.<code>"}


def _shown(rule: RuleText) -> str:
    """A rule's name in the guides: a symptom rule makes one alert an item."""
    return f"{rule.id}.<item>" if isinstance(rule, SymptomText) else rule.id


def _row(rule: str, guide: str) -> str:
    [row] = re.findall(rf"^\| `{re.escape(rule)}` \|.*$", CLINICIANS[guide], re.MULTILINE)
    return str(row)


@pytest.mark.parametrize("guide", CLINICIANS)
def test_every_rule_is_in_the_guides_for_clinicians_and_no_other(guide: str) -> None:
    section = re.split(r"^## (?:The rules|Les règles)$", CLINICIANS[guide], flags=re.MULTILINE)[1].split("\n## ")[0]
    named = re.findall(r"^\| `([^`]+)` \|", section, re.MULTILINE)
    assert set(named) - set(library().protocols) == _rules()
    assert set(named) & set(library().protocols) == set(library().protocols) - {"site-watch"}
    assert len(named) == len(set(named))


_WORDS = {"clinicians.md": ("for", "twice within", "."), "clinicians.fr.md": ("pendant", "deux fois en", ",")}


def _bound(criterion: CriterionText, guide: str) -> str:
    lasting, twice, point = _WORDS[guide]
    pairs = (("≥", criterion.from_), (">", criterion.above), ("<", criterion.below))
    bound = next(f"{sign} {limit:.1f}".replace(".", point) for sign, limit in pairs if limit is not None)
    if criterion.cap_min is not None:
        return f"{bound}, {twice} {criterion.cap_min:g} min"
    if criterion.hold_min:
        return f"{bound} {lasting} {'≥' if criterion.hold_inclusive else '>'} {criterion.hold_min:g} min"
    return bound


@pytest.mark.parametrize("guide", CLINICIANS)
def test_the_fever_profiles_of_the_guides_are_those_of_the_protocol(guide: str) -> None:
    profiles = library().protocols["chemo-aplasia"].fever_profiles
    for name, profile in profiles.items():
        bounds = {criterion.name: _bound(criterion, guide) for criterion in profile_criteria(profile)}
        cells = (f"`{name}`", bounds["single"], bounds["sustained"], bounds.get("hypothermia", "-"))
        assert f"| {' | '.join(cells)} |" in CLINICIANS[guide]


_SPANS = {"clinicians.md": "days", "clinicians.fr.md": "jours"}
_LETTERS = ("80288-4",)  # consciousness is written in letters


def _span(minutes: float, guide: str) -> str:
    """A duration as the guides write it."""
    if minutes < 120:
        return f"{minutes:g} min"
    return f"{minutes / 1440:g} {_SPANS[guide]}" if minutes >= 4320 and minutes % 1440 == 0 else f"{minutes / 60:g} h"


def _limit(found: CriterionText | ConditionText, code: str, guide: str) -> str:
    [limit] = [b for b in (found.from_, found.above, found.up_to, found.below) if b is not None]
    return f"{abs(limit):{'.1f' if code == '8310-5' else 'g'}}".replace(".", _WORDS[guide][2])


def _numbers(rule: RuleText, guide: str) -> list[str]:
    """Every number of a rule, as the guides write them."""
    code = getattr(rule, "code", "")
    found = [_limit(each, code, guide) for each in criteria_of(rule) if code not in _LETTERS]
    found += [_span(step.after_min, guide) for step in (rule.step_up, rule.step_down) if step is not None]
    match rule:
        case ScoreText():
            found.append(_span(rule.max_age_min, guide))
        case TrendText():
            found += [_span(rule.window_min, guide), _span(rule.per_min, guide)]
        case ChangeText():
            found += [_span(rule.window_min, guide), _span(rule.apart_min, guide)]
        case CountText():
            found.append(_span(rule.within_min, guide))
        case OralText() if rule.within_min is not None:
            found.append(_span(rule.within_min, guide))
        case SymptomText():
            grades = (rule.severe_from, rule.very_severe_from, rule.rise)
            found += [str(grade) for grade in grades if grade is not None]
            found += [f"`{item}`" for item in rule.items]
        case CombinationText():
            found += [_limit(each, each.code, guide) for each in rule.of if not each.code.startswith("taken:")]
            found += [_span(each.max_age_min, guide) for each in rule.of]
        case _:
            pass
    return found


@pytest.mark.parametrize("guide", CLINICIANS)
def test_the_limits_of_the_guides_are_those_of_the_protocol(guide: str) -> None:
    """Every number of every kind of rule stands in its row, in both languages."""
    unlike = {"crs-hypoxia": "crs-hypotension"}  # said as `the same with ...`
    for rule in (rule for protocol in library().protocols.values() for rule in protocol.rules):
        row = _row(_shown(rule), guide) + (_row(unlike[rule.id], guide) if rule.id in unlike else "")
        for number in _numbers(rule, guide):
            assert re.search(rf"(?<![\d.,]){re.escape(number)}(?![\d]|[.,]\d)", row), (rule.id, number)


@pytest.mark.parametrize("guide", CLINICIANS)
def test_the_answers_of_the_guides_are_those_of_the_protocol(guide: str) -> None:
    for answer in (answer for protocol in library().protocols.values() for answer in protocol.answers):
        row = _row(answer.id, guide)
        assert all(f"`{item}`" in row for item in answer.items)
        assert f"grade {answer.from_grade}" in row


@pytest.mark.parametrize("guide", CLINICIANS)
def test_the_severities_of_the_guides_are_those_of_the_protocol(guide: str) -> None:
    words = {"clinicians.md": ("high", "medium", "low"), "clinicians.fr.md": ("élevée", "moyenne", "faible")}[guide]
    named = dict(zip(("high", "medium", "low"), words, strict=True))
    for protocol in library().protocols.values():
        for rule in protocol.rules:
            cell = _row(_shown(rule), guide).split("|")[-2]
            found = {each.severity for each in criteria_of(rule)} | _others(rule)
            assert {word for word in words if word in cell} == {named[severity] for severity in found}, rule.id
        for answer in protocol.answers:
            assert named[answer.severity] in _row(answer.id, guide).split("|")[-2]


def _others(rule: RuleText) -> set[str]:
    """Severities that are not those of a criterion."""
    found = {step.to for step in (rule.step_up, rule.step_down) if step is not None}
    match rule:
        case SymptomText():
            very = {rule.very_severe} if rule.very_severe_from is not None else set()
            return found | {rule.severe, rule.worsening} | very
        case _:
            return found | {getattr(rule, "severity", "")} - {""}


@pytest.mark.parametrize(("guide", "language"), [("clinicians.md", "en"), ("clinicians.fr.md", "fr")])
def test_every_sentence_to_the_patient_is_in_the_guides(guide: str, language: str) -> None:
    told: dict[str, set[str]] = {}
    for protocol in library().protocols.values():
        for each in (*protocol.rules, *protocol.answers):
            for sentence in (each.advice, getattr(each, "ask", None)):
                if sentence is not None:
                    told.setdefault(getattr(sentence, language), set()).add(each.id)
    heading = {"en": "### What the patient is told", "fr": "### Ce qui est dit au patient"}[language]
    section = CLINICIANS[guide].split(heading)[1].split("###")[0]
    rows = {line.split("|")[1].strip(): line.split("|")[2] for line in section.splitlines() if line.startswith("|")}
    assert {said: set(re.findall(r"`([^`]+)`", rules)) for said, rules in list(rows.items())[2:]} == told


@pytest.mark.parametrize("guide", CLINICIANS)
def test_what_is_expected_and_how_far_a_limit_may_go_is_in_the_guides(guide: str) -> None:
    text = CLINICIANS[guide]
    for protocol in library().protocols.values():
        for stream in protocol.streams:
            [row] = [line for line in text.splitlines() if f"`{stream.code}`" in line and f"`{protocol.id}`" in line
                     and re.search(r"\| \d+ h \|", line)]  # fmt: skip
            hours = [f"{times * stream.cadence_min / 60:g} h" for times in (1, 2)]
            assert [cell.strip() for cell in row.split("|")[3:5]] == hours, stream
            assert stream.gate == "always" or f"`{stream.gate}`" in row
        assert all(f"`{phase.id}`" in text for phase in protocol.phases)
        for bounds in protocol.bounds.values():
            row = next(
                line for line in text.splitlines() if re.match(rf"\| `{bounds.code}` .*(?:/min|%|mmHg|°C)", line)
            )
            for cell, pair in zip(row.split("|")[2:4], (bounds.low, bounds.high), strict=True):
                shown = (
                    [] if pair is None else [f"{end:.1f}" if bounds.code == "8310-5" else f"{end:g}" for end in pair]
                )
                assert re.findall(r"[\d.]+", cell.replace(",", ".")) == shown


@pytest.mark.parametrize("guide", CLINICIANS)
def test_every_group_is_in_the_guides_in_its_order(guide: str) -> None:
    rows = [re.findall(r"`([^`]+)`", line) for line in CLINICIANS[guide].splitlines() if line.startswith("| ")]
    for protocol in library().protocols.values():
        held = {rule.id for rule in protocol.rules} | {answer.id for answer in protocol.answers}
        for group in protocol.groups:
            names = [pattern.rstrip("*").rstrip(".") for pattern in group.rules]
            wanted = [name for name in names if name in held or name in TECHNICAL or name == "silence"]
            assert any([name for name in row if name in wanted] == wanted for row in rows), (protocol.id, group.id)


def test_the_minutes_of_the_guides_are_those_of_the_protocol() -> None:
    for protocol in library().protocols.values():
        found, steps = protocol.defaults, protocol.escalation
        assert (found.clear_after_min, found.late_after_min, found.late_rings_min, found.rearm_min) == (
            15,
            10,
            240,
            360,
        )
        minutes = [tuple(step.after_min for step in each) for each in (steps.high, steps.medium, steps.low)]
        assert minutes == ([(0, 5, 10), (0, 60), ()] if protocol.id == "site-watch" else [(0, 5, 10, 15), (0, 60), ()])
    for text, times in zip(CLINICIANS.values(), ("5, 10 and 15 min", "5, 10 et 15 min"), strict=True):
        assert all(words in text for words in (times, "15 min", "10 min", "60 min", "4 h", "6 h", "16 h"))


def test_the_care_plan_of_the_guides_can_be_used() -> None:
    english, french = (
        [json.loads(block) for block in re.findall(r"```json\n(.*?)```", text, re.S)] for text in CLINICIANS.values()
    )
    assert len(english) == 2
    assert english == french
    assert [check_plan(plan, library()) for plan in english] == [[], []]


@pytest.mark.parametrize("guide", CLINICIANS)
def test_every_key_of_a_care_plan_is_in_the_guides(guide: str) -> None:
    [refusal] = check_plan({"": 1}, library())
    keys = re.findall(r"\w+", refusal.partition("expected one of ")[2])
    assert len(keys) > 5
    assert all(re.search(rf"^\| (?:`\w+`, )*`{key}`", CLINICIANS[guide], re.MULTILINE) for key in keys), keys


def test_both_guides_have_the_same_structure() -> None:
    shapes = [
        [
            line.split(" ")[0] if line.startswith("#") else line.count("|")
            for line in text.splitlines()
            if line[:1] in "#|"
        ]
        for text in CLINICIANS.values()
    ]
    assert shapes[0] == shapes[1]


def test_the_diagram_is_drawn_from_the_table() -> None:
    assert f"```mermaid\n{lifecycle.diagram()}\n```" in LIFECYCLE


def test_every_event_and_every_state_is_in_the_page_on_the_life_of_an_alert() -> None:
    kinds = {kind for _, kind in lifecycle.MOVES} | {"refused"}
    said = re.findall(
        r"\w+", re.sub(r"\(.*?\)", "", (AlertEvent.__doc__ or "").partition("kinds:")[2], flags=re.DOTALL)
    )
    assert set(said) == kinds
    states, events = LIFECYCLE.split("## States")[1].split("## Events")
    assert set(re.findall(r"^\| `(\w+)` \|", events, re.MULTILINE)) == kinds
    assert set(re.findall(r"^\| `(\w+)` \|", states, re.MULTILINE)) == set(STATES)


def test_who_does_what_to_an_alert_is_what_the_page_says() -> None:
    by_people = set(re.findall(r"^\| `(\w+)` \| person \|", LIFECYCLE, re.MULTILINE))
    assert by_people == set(lifecycle.ACTION_EVENTS.values())


def test_every_topic_is_in_the_guide_for_makers_of_devices() -> None:
    grants = wire.device_grants("{site}", "{device}")
    for topic in (*grants["publish"], *grants["subscribe"]):
        assert f"| `{topic}` |" in DEVICES


def test_every_test_named_in_the_page_on_hazards_exists() -> None:
    named = re.findall(r"`(tests/[^`]+)`", HAZARDS)
    assert len(named) > 20
    assert [path for path in named if not (ROOT / path).exists()] == []


def test_every_promise_and_every_hazard_has_its_row() -> None:
    rows = re.findall(r"^\| (\d+|H\d+) \|", HAZARDS, re.MULTILINE)
    assert rows == [*(str(n) for n in range(1, 11)), *(f"H{n}" for n in range(1, 13))]
