"""What is sent is taken apart byte for byte; a refusal is a sentence in both languages."""

import json

import pytest

from patient_ui.posting import taken_apart
from patient_ui.sentences import refused

ONE = b'{"v":1,"boot":"b1","seq":1,"t":"2026-11-22T06:00:00Z","obs":[{"c":"8310-5","v":37.10,"u":"Cel"}]}'


def test_a_message_has_the_same_bytes_alone_and_in_a_list() -> None:
    [alone] = taken_apart(b"  " + ONE + b"\n")
    listed = taken_apart(b"[" + ONE + b" , " + ONE.replace(b'"seq":1', b'"seq":2') + b"]")
    assert alone.payload == ONE
    assert listed[0] == alone
    assert [(post.boot, post.seq) for post in listed] == [("b1", 1), ("b1", 2)]


def test_what_is_no_json_costs_nothing_else() -> None:
    [bad] = taken_apart(b"[{]")
    assert (bad.boot, bad.seq) == (None, None)
    posts = taken_apart(
        b"[" + ONE + b',{"v":1,"boot":"b1","seq":2,"t":"2026-11-22T06:00:00Z","obs":[{"c":"x","v":NaN}]}]'
    )
    assert [(post.boot, post.seq) for post in posts] == [("b1", 1), ("b1", 2)]
    assert taken_apart(b"[" + b"[" * 5000)[0].boot is None
    assert taken_apart(b"\xff\xfe")[0].boot is None


@pytest.mark.parametrize(
    ("path", "reason", "expected", "fr", "en"),
    [
        ("obs[0].v", "implausible", "30 to 43 Cel", "attendu 30 à 43 °C", "expected 30 to 43 °C"),
        (
            "obs[9].v",
            "not_finite",
            "a finite number",
            "Une mesure n'est pas un nombre",
            "A measurement is not a number",
        ),
        ("rep[0].s", "malformed", "Expected `str` of length <= 10000", "10 000 caractères", "10,000 characters"),
        ("rep[0].s", "malformed", "text without U+0000 or lone surrogates", "caractère", "character"),
        ("", "conflict", "…", "numéro d'un autre envoi", "the number of something else"),
        ("ev", "identity", "an entry k=identity", "de qui il s'agit", "whose it is"),
    ],
)
def test_a_refusal_is_said_in_plain_words(path: str, reason: str, expected: str, fr: str, en: str) -> None:
    said = refused(path, reason, expected, message=json.loads(ONE))
    assert fr in said["fr"]
    assert en in said["en"]
    assert "équipe" in said["fr"]
