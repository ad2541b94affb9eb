"""A day with one of everything a synthesis can hold, and hostile words in every place where people write."""

from datetime import date

import msgspec

from alerts.synthesis.facts import Found, synthesise
from domain.alerts import Alert, AlertEvent, Said
from domain.instants import DAY, HOUR, MINUTE, Micros, parse_iso
from domain.synthesis import (
    Act,
    Course,
    DoseLine,
    FigureLine,
    GivenLine,
    NextDose,
    NextMeasure,
    NextQuestions,
    Rest,
    StrayLine,
    SymptomLine,
    Synthesis,
    Tally,
    Tomorrow,
    WordLine,
)
from domain.values import Report
from tests.flow.console_world import an_alert

HOSTILE = "<img src=x onerror=alert(1)> {0} %s \u202e\u2066 \x02pages\x03 </para> œuvre ≥ 😀 שלום"
DAY_OF = date(2026, 11, 25)
START: Micros = parse_iso("2026-11-25T00:00:00+01:00")
END = START + DAY
NOBODY = Tomorrow(date(2026, 11, 26))


def event(alert: Alert, kind: str, at: Micros, **changes: object) -> AlertEvent:
    """One move of an alert; `state` and the like are those after it."""
    actor, note = changes.pop("actor", None), changes.pop("note", None)
    return AlertEvent(kind, at, msgspec.structs.replace(alert, **changes), actor=actor, note=note)  # type: ignore[arg-type]


def found(**parts: object) -> Found:
    """A day that is over, with what is given of it."""
    fields = {"patient": "P1", "site": "paris", "day": DAY_OF, "zone": "Europe/Paris", "start": START, "end": END,
              "upto": END + HOUR, "course": Course(), "tomorrow": NOBODY}  # fmt: skip
    return Found(**{**fields, **parts})  # type: ignore[arg-type]


def report(at: Micros, item: str = "nausea", grade: int | None = None, **more: object) -> Report:
    """One answer."""
    return Report("P1", "daily", item, "severity", grade, more.get("number"), more.get("text"), at, at, "patient")  # type: ignore[arg-type]


def everything(word: str = HOSTILE) -> Synthesis:
    """A synthesis with every kind of row."""
    at = START + 9 * HOUR
    alerts = found(
        events=[
            AlertEvent("opened", at, an_alert("P1", at=at)),
            AlertEvent("opened", at, an_alert("P1", 2, at=at, rule="battery", category="technical", severity="low")),
        ],
        acts=[Act(at, "doc1", "plan", Said("plan, version 2", "plan, version 2"), word),
              Act(at, "nurse1", "pause", Said("leave", "leave"), word)],
    )  # fmt: skip
    made = synthesise(alerts)
    return msgspec.structs.replace(
        made,
        course=Course("chemo-aplasia", "docetaxel", 8, "open", at - DAY, at + DAY, True, False),
        trends=(
            Tally("8310-5", 3, 1, 36.8, 38.4, 38.4, at, "axilla", "device", 4, 36.5, 37.0, 37.0, at - DAY, "axilla"),
            Tally("59408-5", 0, 0, None, None, None, None, None, None, 1, 96, 96, 96, at - DAY),
        ),
        doses=(
            DoseLine("capecitabine", at, "late", 1500, 3, at + 5 * HOUR, "patient", word, True),
            DoseLine("capecitabine", at + 9 * HOUR, "on hold", 1500, 3, why=word),
        ),
        strays=(StrayLine(word, at + MINUTE, "unplanned", "caregiver"),),
        given=(GivenLine("antibiotic", word, at + HOUR, 2, "g", "nurse"),),
        symptoms=(SymptomLine(Said(word, word), 3, 1, at, "patient"), SymptomLine(Said("b", "b"), None, 2, None, None)),
        figures=(FigureLine(Said("selles", "stools"), 4, at, "patient"),),
        words=(WordLine(Said("Commentaire", "Comment"), word, at, "caregiver"),),
        tomorrow=Tomorrow(
            date(2026, 11, 26), True, Course("chemo-aplasia", "docetaxel", 9, "open", None, None, True),
            Rest("leave", END + DAY, word, "doc1"), (NextDose("capecitabine", END + 8 * HOUR, 1500, 3, word),),
            (NextMeasure("8310-5", 4 * HOUR),), (NextQuestions(Said("Jour", "Day"), 1440),),
        ),
    )  # fmt: skip
