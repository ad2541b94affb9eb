"""Prose about the tree is true: every setting, command and table is documented, and every link leads somewhere."""

import json
import re
from pathlib import Path

import pytest
import typer

from alerts import flags, lifecycle
from alerts.compiled import compile_plan
from alerts.library import shipped as library
from alerts.moves import Subject
from alerts.plan import check_plan
from alerts.protocol import profile_criteria
from alerts.protocol_text import CriterionText
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
    levels = {rule.id for protocol in library().protocols.values() for rule in protocol.rules}
    levels |= {answer.id for protocol in library().protocols.values() for answer in protocol.answers}
    raised = {found.rule for found in vars(flags).values() if isinstance(found, Subject)}
    assert all(rule.id.startswith("silence.") for rule in compile_plan({}, library()).silences)
    return levels | raised | {"silence.<code>", "limit.<code>"}


@pytest.mark.parametrize("guide", CLINICIANS)
def test_every_rule_is_in_the_guides_for_clinicians_and_no_other(guide: str) -> None:
    section = re.split(r"^## (?:The rules|Les règles)$", CLINICIANS[guide], flags=re.MULTILINE)[1].split("\n## ")[0]
    assert set(re.findall(r"^\| `([^`]+)` \|", section, re.MULTILINE)) == _rules()


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


def test_the_limits_of_the_guides_are_those_of_the_protocol() -> None:
    """The numbers of each level rule stand in its row, in both languages."""
    for rule in (
        rule for protocol in library().protocols.values() for rule in protocol.rules if rule.code != "80288-4"
    ):
        for criterion in rule.criterion:
            [limit] = [b for b in (criterion.from_, criterion.up_to, criterion.below) if b is not None]
            for guide, text in CLINICIANS.items():
                [row] = re.findall(rf"^\| `{rule.id}` \|.*$", text, re.MULTILINE)
                digits = f"{limit:.1f}" if rule.code == "8310-5" else f"{limit:g}"
                assert digits.replace(".", _WORDS[guide][2]) in row


def test_the_minutes_of_the_guides_are_those_of_the_protocol() -> None:
    for protocol in library().protocols.values():
        found, steps = protocol.defaults, protocol.escalation
        assert (found.clear_after_min, found.late_after_min, found.late_rings_min, found.rearm_min) == (
            15,
            10,
            240,
            360,
        )
        assert (steps.high, steps.medium, steps.low) == ((5, 10, 15), (), ())
    for text, times in zip(CLINICIANS.values(), ("5, 10 and 15 min", "5, 10 et 15 min"), strict=True):
        assert all(words in text for words in (times, "15 min", "10 min", "4 h", "6 h", "16 h"))


def test_the_care_plan_of_the_guides_can_be_used() -> None:
    plans = [
        json.loads(block) for text in CLINICIANS.values() for block in re.findall(r"```json\n(.*?)```", text, re.S)
    ]
    assert len(plans) == len(CLINICIANS)
    assert plans[0] == plans[1]
    assert check_plan(plans[0], library()) == []


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
