"""The page for the clinical lead is what the files say, and leaves nothing out."""

import csv
import re
from pathlib import Path

import pytest

from alerts.protocol.library import shipped
from alerts.protocol.life import asked_roles
from alerts.protocol.reading import criteria_of
from alerts.protocol.text import SymptomText
from domain.vocabulary import MEASURES
from patient_ui import consent_texts, reminding, service_now
from patient_ui.shell import STATIC
from vigie import sign_off, sign_off_app

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs/sign-off.md").read_text()
REGIMENS = list(csv.DictReader((ROOT / "domain/regimens.csv").read_text().splitlines()))


def test_the_page_is_what_is_generated() -> None:
    assert sign_off.text() == PAGE, "run `make schemas`"


def test_every_criterion_of_every_protocol_has_a_row_with_its_source() -> None:
    for protocol in shipped().protocols.values():
        for rule in protocol.rules:
            for criterion in criteria_of(rule):
                [row] = [line for line in PAGE.splitlines() if f"| {rule.id}: {criterion.name} (" in line]
                assert f"`{protocol.id}`" in row
                assert row.endswith(f"| {criterion.source} | {criterion.status} |")


def _rows(protocol: str, start: str) -> list[str]:
    return [
        line for line in PAGE.splitlines() if f"`{protocol}`" in "".join(line.split("|")[1:2]) and f"| {start}" in line
    ]


def test_what_a_rule_says_besides_its_criteria_has_a_row_with_its_source() -> None:
    for protocol in shipped().protocols.values():
        for rule in protocol.rules:
            inner = getattr(rule, "of", ())
            steps = [(name, step) for name in ("step_up", "step_down") if (step := getattr(rule, name)) is not None]
            own = [(rule.id, rule)] if hasattr(rule, "source") else []
            for name, part in [*own, *((f"{rule.id}: {c.code}", c) for c in inner),
                               *((f"{rule.id}: {name}", step) for name, step in steps)]:  # fmt: skip
                assert any(row.endswith(f"| {part.source} | {part.status} |") for row in _rows(protocol.id, name)), (
                    protocol.id,
                    name,
                )
            if isinstance(rule, SymptomText):
                [row] = _rows(protocol.id, f"{rule.id}: {', '.join(rule.items)}")
                assert f"severe from {rule.severe_from} ({rule.severe}), worsening by {rule.rise}" in row


def test_answers_phases_expectations_and_bounds_have_a_row_with_their_source() -> None:
    for protocol in shipped().protocols.values():
        parts = [(f"{answer.id} (", answer) for answer in protocol.answers]
        parts += [(f"phase {phase.id} ", phase) for phase in protocol.phases]  # type: ignore[misc]
        parts += [(f"silence.{stream.code} ", stream) for stream in protocol.streams]  # type: ignore[misc]
        parts += [(f"bounds {bounds.code} ", bounds) for bounds in protocol.bounds.values()]  # type: ignore[misc]
        for name, part in parts:
            rows = _rows(protocol.id, name)
            assert rows, (protocol.id, name)
            assert all(row.endswith(f"| {part.source} | {part.status} |") for row in rows)


def test_every_sentence_to_the_patient_and_who_must_sign_is_on_the_page() -> None:
    for protocol in shipped().protocols.values():
        [version] = [line for line in PAGE.splitlines() if line.startswith(f"- `{protocol.id}` ")]
        assert all(role in version for role in asked_roles(protocol))
        for each in (*protocol.rules, *protocol.answers):
            for said in (each.advice, getattr(each, "ask", None)):
                assert said is None or _rows(protocol.id, f"{each.id} | ") != []
                assert said is None or f"| {said.en} | {said.fr} |" in PAGE


@pytest.mark.parametrize("row", REGIMENS, ids=lambda row: str(row["key"]))
def test_every_number_of_the_regimens_that_is_not_verified_has_a_row(row: dict[str, str]) -> None:
    for field in ("window", "nadir"):
        assert (f"| `{row['key']}` | {field} |" in PAGE) == (row[f"{field}_status"] != "V")


@pytest.mark.parametrize("code", MEASURES)
def test_every_measure_that_is_not_verified_has_a_row(code: str) -> None:
    measure = MEASURES[code]
    assert (f"| `{code}` | {measure.en} | code |" in PAGE) == (measure.code_status != "V")
    assert (f"| `{code}` | {measure.en} | refused |" in PAGE) == (measure.reject_above is not None)


def test_a_cell_cannot_break_the_table() -> None:
    regimen = {**REGIMENS[0], "source": "a|b"}
    page = sign_off.document(shipped(), [regimen], ())
    assert "| a\\|b | D |" in page


def test_what_the_app_says_and_asks_consent_for_is_listed() -> None:
    app = PAGE.split("## The patient's app")[1]
    for scope, text in consent_texts.TEXTS.items():
        assert f"| `{scope}` | {consent_texts.VERSION} | {text['en']} | {text['fr']} |" in app
    words = sign_off_app.app_words()
    pages = (STATIC / "page-words.js").read_text() + (STATIC / "words.js").read_text()
    assert len(words) == len(re.findall(r': \["', pages))  # every sentence of the app was read
    for name in ("callNow", "noNumber", "watchedOld", "measureAgain", "doseAdvice", "aplasiaOn", "emergencyWhen",
                 "mistakeThen", "derivedDay", "teamNotYet", "askImpossible"):  # fmt: skip
        fr, en = words[name]
        assert f"| `{name}` | {en} | {fr} |" in app
    assert "nurse, advanced-nurse, physician, coordinator" in app
    assert f"| reminders a day, at most | {reminding.A_DAY} |" in app
    assert service_now.watched_said(None, None)["fr"] in app
