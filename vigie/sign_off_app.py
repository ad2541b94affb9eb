"""The part of the sign-off page on the patient's app: what is consented to, what the app says by itself, whom it names
to call and in which order, how often it reminds. Read from what ships; pure but for that.
"""

import json
import re
from itertools import product

from alerts import asking, day_desk
from domain.instants import HOUR, MINUTE
from patient_ui import consent_texts, reminding, service_now
from patient_ui.shell import STATIC
from patient_ui.views import EMERGENCY

Row = tuple[str, ...]

LEAD = (
    "Everything here is a choice of this project (status `D`), and awaits the site: the clinical lead, for consents\n"
    "the data protection officer too. What is said with an alert, and at once with a value or an answer, is above: it\n"
    "comes from the protocols.\n"
)
CONSENTS: Row = ("scope", "version", "English", "French")
SENTENCES: Row = ("sentence", "English", "French")
NUMBERS: Row = ("what", "value", "unit", "status")
_ENTRY = re.compile(r'(?:"([^"]+)"|(\w+)): \[("(?:[^"\\]|\\.)*"), ("(?:[^"\\]|\\.)*")\]')
# A sentence of the app that sends somebody to the telephone, or speaks of danger, doses or who is watching.
_WEIGHTY = re.compile(
    r"\b(call\w*|dial|112|emergency|fever|aplasia|dose|doses|unwell|breath\w*|looking|watch\w*|assume|carer"
    r"|answered yet|not possible|unusual|plan received|not today's|taken back|nothing to do)\b",
    re.IGNORECASE,
)


def consents() -> list[Row]:
    """What is consented to, by scope."""
    return [(f"`{s}`", consent_texts.VERSION, text["en"], text["fr"]) for s, text in consent_texts.TEXTS.items()]


def app_words() -> dict[str, tuple[str, str]]:
    """Every sentence of the app's pages: name -> (French, English)."""
    found = {}
    for name in ("words.js", "page-words.js"):
        for quoted, plain, french, english in _ENTRY.findall((STATIC / name).read_text("utf-8")):
            found[quoted or plain] = (json.loads(french), json.loads(english))
    return found


def sentences() -> list[Row]:
    """Those that weigh: of the app, and of the hub about who is watching and what a reminder says."""
    own = [(f"`{name}`", en, fr) for name, (fr, en) in app_words().items() if _WEIGHTY.search(en)]
    cases = product((None, *service_now.CALLED), (None, *service_now.CALLED))
    watched = dict.fromkeys(
        (said["en"], said["fr"])
        for by, duty in cases
        if by is None or duty is None
        for said in [service_now.watched_said(by, duty)]
    )
    about = [("who is watching", *pair) for pair in watched]
    reminder = reminding.WORDS
    told = [
        (
            "reminder",
            f"{reminder['en']['title']}: {reminder['en']['body']}",
            f"{reminder['fr']['title']} : {reminder['fr']['body']}",
        )
    ]
    return [*own, *about, *told]


def numbers() -> list[Row]:
    """Whom to call in which order, how often people are reminded, how long what counts."""
    quiet = f"{reminding.QUIET_FROM // 60:02d}:00 to {reminding.QUIET_TO // 60:02d}:00"
    idle = f"{_ms('app.js', 'IDLE_TABLET') / 60_000:g}; {_ms('app.js', 'IDLE_BEGUN') / 60_000:g}"
    weight = f"{100 * _ms('plausible.js', 'CHANGE'):g}"
    rows = [
        ("whom to call: the first on call with a number, of", ", ".join(service_now.CALLED), "role, in this order"),
        ("emergency numbers, always shown", ", ".join(EMERGENCY), ""),
        ("watching: an attended console answered within", f"{service_now.ATTENDED_WITHIN / MINUTE:g}", "min"),
        ("reminders a day, at most", f"{reminding.A_DAY}", ""),
        ("reminders apart, at least", f"{reminding.APART / HOUR:g}", "h"),
        ("no reminder after something was sent, for", f"{reminding.AFTER_SENDING / MINUTE:g}", "min"),
        ("no reminder", quiet, "of the patient's clock"),
        (
            "a measure counts as the due one before it is due",
            f"{day_desk.LEAD / HOUR:g}, or a quarter of its cadence",
            "h",
        ),
        ("doses told ahead for when there is no network", f"{day_desk.DAYS_AHEAD}", "days"),
        ("questions that were begun are gone on with, for", f"{asking.ROUND_FOR / HOUR:g}, or their recall", "h"),
        ("a weight is asked about when one of the last 2 days differs by", weight, "% (clinical table 08)"),
        ("advice of the app alone stands, at most", f"{_ms('store.js', 'TOLD_FOR') / 3_600_000:g}", "h"),
        ("a shared tablet forgets the person after; with something begun", idle, "min"),
    ]
    return [(*row, "D") for row in rows]


def _ms(file: str, name: str) -> float:
    """A number of the app's own files."""
    found = re.search(rf"\b{name} = ([\d_.]+)", (STATIC / file).read_text("utf-8"))
    if found is None:
        raise LookupError(f"{file}: expected {name}")
    return float(found[1].replace("_", ""))
