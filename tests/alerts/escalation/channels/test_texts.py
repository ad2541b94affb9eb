"""What notifications say: enough to come running, nothing that says who it is; hostile text stays one bounded line."""

from hypothesis import given
from hypothesis import strategies as st

from alerts.escalation.channels.texts import LONGEST_SHORT, Wording, link, long, plain, short, spoken, subject
from tests.alerts.escalation.channels.support import a_message

WORDING = Wording("https://console.test/", "Europe/Paris")


def test_a_short_text_says_site_severity_opaque_id_title_time_and_link() -> None:
    assert short(a_message(), WORDING) == (
        "Vigie paris : alerte haute, P1, Fièvre, 22/11 06:12. https://console.test/#alert/P1-1"
    )


def test_a_voice_spells_the_id_and_says_no_link() -> None:
    said = spoken(a_message(), WORDING)
    assert said == "Vigie. Alerte haute, site paris. Patient P 1. Fièvre. 22/11 06:12. Ouvrez la console."


def test_a_mail_is_in_both_languages() -> None:
    assert subject(a_message()) == "[Vigie] paris : alerte haute, P1, Fièvre"
    assert "Alert, high: Fever" in long(a_message(), WORDING)
    assert "Alerte haute : Fièvre" in long(a_message(), WORDING)


def test_without_an_address_there_is_no_link() -> None:
    assert link(a_message(), Wording()) == ""
    assert short(a_message(), Wording()).endswith("06:12.")


def test_control_characters_and_lines_become_spaces() -> None:
    assert plain("a\r\nBcc: x@y\x1b[2J\u202e\u2028b") == "a Bcc: x@y [2J b"


@given(st.text(max_size=2000), st.text(max_size=200))
def test_whatever_a_title_is_texts_stay_bounded_and_printable(title: str, severity: str) -> None:
    message = a_message(title_fr=title, title_en=title, severity=severity)
    for text in (short(message, WORDING), spoken(message, WORDING)):
        assert len(text) <= LONGEST_SHORT
        assert text.isprintable()
    assert subject(message).isprintable()
    assert len(long(message, WORDING).splitlines()) == 7
