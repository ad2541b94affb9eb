"""The synthesis in words: the PDF says what the page says, in both languages, and hostile text stays text."""

import re
from io import BytesIO

import msgspec
import pytest
from pypdf import PdfReader

from alerts.synthesis.facts import synthesise
from clinician_ui.synthesis_pdf import PLAIN, Sheet, Style, clean, lines, pdf
from clinician_ui.synthesis_text import Row, sections
from clinician_ui.synthesis_words import LANGUAGES, WORDS, word
from tests.support.synthesis import HOSTILE, START, everything, found

SHEET = Sheet("MARTIN Élise <b>", "HAD de Paris", ("Synthèse automatique : relue par personne.",), "version 1", START)


def _squeezed(text: str) -> str:
    return re.sub(r"\s+", "", text)


def _read(paper: bytes) -> str:
    return _squeezed(" ".join(page.extract_text() for page in PdfReader(BytesIO(paper)).pages))


def _texts(row: Row) -> list[str]:
    return [row.when, row.text, *row.notes, *([row.quote] if row.quote is not None else [])]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_pdf_has_every_fact_of_the_page(lang: str) -> None:
    made = everything("chute dans l'escalier, œdème ≥ 2")
    read = _read(pdf(made, SHEET, lang))
    for section in sections(made, lang):
        assert section.rows, section.id
        for text in (section.title, *(text for row in section.rows for text in _texts(row))):
            assert _squeezed(text) in read, (section.id, text)
    for text in (SHEET.name, SHEET.site, *SHEET.status, "P1"):
        assert _squeezed(text) in read


@pytest.mark.parametrize("lang", LANGUAGES)
def test_hostile_words_are_drawn_as_words(lang: str) -> None:
    read = _read(pdf(everything(), SHEET, lang))
    assert (
        read.count(_squeezed("<img src=x onerror=alert(1)> {0} %s \\u{202e}\\u{2066} \\u{2}pages\\u{3} </para>")) >= 8
    )
    assert "\\u{1f600}" in read
    assert "שלום" in read
    assert _squeezed(word("leftwards", lang)) in read


@pytest.mark.parametrize("lang", LANGUAGES)
def test_an_empty_day_says_so_in_every_part(lang: str) -> None:
    made = synthesise(found())
    read = _read(pdf(made, SHEET, lang))
    for name in ("alerts", "actions", "trends", "doses", "symptoms"):
        assert _squeezed(word(f"none-{name}", lang)) in read
    assert _squeezed(word("window-unknown", lang)) in read
    assert _squeezed(word("plan-unusable", lang)) in read


def test_both_languages_have_the_same_rows_and_the_same_figures() -> None:
    french, english = (sections(everything("x"), lang) for lang in LANGUAGES)
    for one, other in zip(french, english, strict=True):
        for row, same in zip(one.rows, other.rows, strict=True):
            assert (row.when, row.mark, row.quote, len(row.notes)) == (
                same.when,
                same.mark,
                same.quote,
                len(same.notes),
            )
            figures = [sorted(re.findall(r"\d+", each.text.replace(",", "."))) for each in (row, same)]
            if one.id != "alerts":
                assert figures[0] == figures[1], (row.text, same.text)


def test_a_severity_is_a_word_and_not_a_sign_alone() -> None:
    [alerts] = [section for section in sections(everything(), "en") if section.id == "alerts"]
    assert [(row.mark, row.text.split(" ")[0].strip(",")) for row in alerts.rows] == [("high", "High"), ("low", "Low")]


def test_two_sites_of_measurement_are_not_subtracted() -> None:
    made = everything()
    same, _ = made.trends
    other = msgspec.structs.replace(same, earlier_site="tympanic")
    notes = {
        each.earlier_site: next(
            section.rows[0].notes[-1]
            for section in sections(msgspec.structs.replace(made, trends=(each,)), "en")
            if section.id == "trends"
        )
        for each in (same, other)
    }
    assert notes["axilla"].startswith("+1.4")
    assert notes["tympanic"].startswith("before that day: 37.0")


def test_every_word_is_in_both_languages_with_the_same_places() -> None:
    for key, both in WORDS.items():
        places = [set(re.findall(r"\{\d\}", text)) for text in both]
        assert places[0] == places[1], key
        assert all(both), key


def test_a_line_is_never_wider_than_the_sheet_and_loses_nothing() -> None:
    text = f"{'mot ' * 300}{'a' * 500} {HOSTILE}\n\nfin"
    broken = list(lines(text, Style(), 300))
    assert _squeezed("".join(broken)) == _squeezed(clean(text, PLAIN))
    assert len(broken) > 10
