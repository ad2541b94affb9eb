"""The part of the sign-off page on the console: what the daily synthesis and the reading of answers choose. Pure."""

from alerts import synthesis_desk
from clinician_ui import answer_routes
from domain.instants import DAY, HOUR

LEAD = (
    "What is read together and what is asked of a day. They decide what a person is shown first, never whether an\n"
    "alert opens.\n"
)
HEAD = ("value", "is", "unit", "status")


def rows() -> list[tuple[str, str, str, str]]:
    """One a choice of this project."""
    noon = f"{synthesis_desk.NOON // 60:02d}:{synthesis_desk.NOON % 60:02d}"
    chosen = [
        ("daily synthesis: the plan of tomorrow is that of", noon, "of the patient's clock, tomorrow"),
        (
            "daily synthesis: a dose of the day may be told after its end, for",
            f"{synthesis_desk.TOLD_UNTIL / HOUR:g}",
            "h",
        ),
        (
            "daily synthesis: answers that questions of tomorrow follow from, at most",
            f"{synthesis_desk.ANSWERS_SINCE / DAY:g}",
            "days old",
        ),
        ("answers without an alert: not chosen beforehand from grade", f"{answer_routes.SEVERE}", "of 4"),
        ("answers without an alert: on the work list for", f"{answer_routes.SHOWN_FOR / DAY:g}", "days"),
    ]
    return [(*row, "D") for row in chosen]
