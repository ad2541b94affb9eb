"""A nurse writes down what a patient says by telephone, in a real Chromium: questions, doses, branches, a phone."""

import os
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any
from uuid import uuid4

import pytest
from playwright.sync_api import Browser, Page, expect

from alerts.questionnaire_files import shipped
from domain.instants import moment
from domain.questionnaire import asked, book
from domain.questionnaire_view import view
from ingest.entries import enter
from ingest.writer import write_values
from storage import connection, registry
from storage.inbox import Waiting
from tests.browser.test_console import AXE, log_in
from tests.flow import console_world as world

START = (moment(world.now()) - timedelta(days=2)).date().isoformat()
ORAL = {
    "protocol": "oral-therapy",
    "oral": [{"drug": "capecitabine", "dose_mg": 1500, "tablets": 3, "times": ["00:01", "23:58"], "start": START}],
}


class Judge(world.FakeEngine):
    """Judges and stores entries by the hub's own functions."""

    def _store(self, conn: Any, patient: str, body: Any) -> dict[str, Any]:
        action = Waiting(str(uuid4()), 1, "paris", patient, "entries", None, None, body, "nurse1", "nurse", world.now())
        entered = enter(action, at=world.now(), book=book(shipped()))
        write_values(conn, entered.rows)
        return entered.detail()


@pytest.fixture
def console(plain_database_url: str) -> Iterator[world.Served]:
    """A console; P1 takes an oral drug, P2 had a bispecific antibody."""
    world.hospital(plain_database_url)
    with connection.connect(plain_database_url) as conn:
        registry.add_plan(conn, "P1", ORAL, set_by="test", set_at=world.now())
        registry.add_plan(conn, "P2", {"protocol": "bispecific-crs"}, set_by="test", set_at=world.now())
    with world.served(plain_database_url, beat_seconds=1.0) as served, Judge(plain_database_url):
        yield served


def opened(browser: Browser, console: world.Served, patient: str, *, wide: bool = True, locale: str = "en-GB") -> Page:
    """The form for a patient, as nurse1."""
    size = {"width": 1440, "height": 900} if wide else {"width": 360, "height": 740}
    page = browser.new_context(viewport=size, locale=locale).new_page()  # type: ignore[arg-type]
    log_in(page, console.url, "nurse1")
    page.locator(f"li.row[data-patient={patient}]").click()
    page.get_by_role("button", name=re.compile("By telephone|Par téléphone")).click()
    expect(page.locator(".telephone form")).to_be_visible()
    return page


def ask(console: world.Served, statement: str) -> list[tuple[Any, ...]]:
    with connection.connect(console.deps.database_url) as conn:
        return conn.execute(statement).fetchall()


def picture(page: Page, name: str) -> None:
    """Kept where somebody wants to look at it."""
    folder = os.environ.get("VIGIE_TEST_PICTURES")
    if folder:
        page.screenshot(path=str(Path(folder) / f"{name}.png"), full_page=True)


def test_answers_and_a_dose_by_telephone_are_stored_with_version_and_channel(
    browser: Browser, console: world.Served
) -> None:
    page = opened(browser, console, "P1")
    form = page.locator(".telephone form")
    # The first time everything is asked; what is left empty is not sent.
    form.get_by_role("group", name="Do you feel sick to your stomach?").get_by_label("Yes, strong").check()
    rigors = form.get_by_role("group", name=re.compile("^Have you had shivering"))
    rigors.get_by_label("Yes").focus()
    page.keyboard.press("Space")
    form.get_by_role("group", name=re.compile("^How do you feel")).get_by_label("Well, or as usual").check()
    form.get_by_role("group", name=re.compile("^Is a symptom troubling you")).get_by_label("No", exact=True).check()
    form.get_by_role("group", name="Does it hurt anywhere else?").get_by_label("Yes, slight").check()
    form.get_by_label("Where does it hurt?").fill("back <b>left</b>")
    form.locator(".entry-line select").first.select_option("taken")
    picture(page, "telephone-desktop")
    form.get_by_role("button", name="Save").click()
    expect(page.locator(".toast.good")).to_contain_text("Stored: 7")
    rows = ask(console, "SELECT item, attribute, grade, text, by, version, channel FROM report ORDER BY item")
    told = ("nurse", "oral-daily@1.0.0", "telephone")
    assert rows == [
        ("nausea", "severity", 3, None, *told), ("pain", "severity", 1, None, *told),
        ("pain-place", "text", None, "back <b>left</b>", *told), ("rigors", "presence", 1, None, *told),
        ("symptoms", "presence", 0, None, *told), ("unwell", "severity", 0, None, *told),
    ]  # fmt: skip
    taken = ask(
        console, "SELECT drug, state, tablets, mg, channel, due_at IS NOT NULL, taken_at IS NOT NULL FROM intake"
    )
    assert taken == [("capecitabine", "taken", 3, 1500, "telephone", True, True)]
    # Asked again: what was there is asked, the rest waits behind one question.
    page.get_by_role("button", name="By telephone").click()
    groups = page.locator(".telephone .question")
    expect(groups.filter(has_text="Do you feel sick")).to_be_visible()
    expect(groups.filter(has_text="Are you constipated?")).to_have_count(0)
    page.locator(".telephone .question", has_text="Is a symptom troubling you").get_by_label("Yes").check()
    expect(groups.filter(has_text="Are you constipated?")).to_be_visible()
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".toast.good", has_text="Stored: 1")).to_be_visible()


def test_on_a_phone_in_french_the_score_is_the_sum_and_a_wrong_number_is_said(
    browser: Browser, console: world.Served
) -> None:
    page = opened(browser, console, "P2", wide=False, locale="fr-FR")
    form = page.locator(".telephone form")
    form.get_by_role("group", name=re.compile("Quelqu'un est-il à côté")).get_by_label("Oui").check()
    fields = form.locator(".questions input[inputmode=numeric]")
    expect(fields).to_have_count(5)
    expect(form.locator(".sum")).to_contain_text("pas encore connu")
    for place, text in enumerate(("4", "9", "1", "1", "1")):
        fields.nth(place).fill(text)
    expect(form.locator(".field", has_text="trois objets").locator(".fault")).to_have_text("de 0 à 3")
    form.get_by_role("button", name="Enregistrer").click()
    expect(fields.nth(1)).to_be_focused()
    fields.nth(1).fill("2")
    expect(form.locator(".sum")).to_contain_text("Total : 9")
    picture(page, "telephone-phone")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    form.get_by_role("button", name="Enregistrer").click()
    expect(page.locator(".toast.good")).to_contain_text("Enregistré : 7")
    assert ask(console, "SELECT number, version, channel FROM report WHERE item = 'ice'") == [
        (9.0, "icans@1.0.0", "telephone")
    ]


def test_the_page_opens_the_same_questions_as_the_hub(browser: Browser, console: world.Served) -> None:
    dice, cases = Random(7), []
    for each in shipped():
        for _ in range(60):
            given = {
                q.code: dice.choice([g.g for g in q.grades] or [0, 1]) for q in each.questions if dice.random() < 0.6
            }
            ask = [code for code in each.codes if dice.random() < 0.2]
            cases.append(
                (
                    {**view(each), "ask": ask, "drugs_taken": []},
                    given,
                    [q.code for q in asked(each, given, open_items=ask)],
                )
            )
    page = browser.new_page()
    page.goto(console.url)
    script = """async (cases) => {
        const { opened } = await import("/static/questions.js");
        return cases.map(([asked, given]) => opened(asked, given).map((question) => question.code));
    }"""
    assert page.evaluate(script, [case[:2] for case in cases]) == [case[2] for case in cases]


def test_axe_finds_nothing_in_the_form(browser: Browser, console: world.Served) -> None:
    for wide, locale in ((True, "en-GB"), (False, "fr-FR")):
        page = opened(browser, console, "P1", wide=wide, locale=locale)
        page.evaluate(AXE.read_text())
        found = page.evaluate("axe.run('.telephone', {resultTypes: ['violations']})")["violations"]
        assert [(each["id"], each["nodes"][0]["html"][:120]) for each in found] == []
