"""What a patient is asked now, read from the database: plan, protocols in force, counts, doses, recent answers.

Reads, writes nothing. Called by the app's and the console's routes.
"""

from typing import Any

from psycopg import Connection

from alerts.asking import Stay, Turn, stay_of, turns
from alerts.core.window import Count
from alerts.loading import COUNTS, SAID_FOR, Rules
from alerts.protocol.compiled import compile_plan
from alerts.questionnaire_shelf import sets_of
from alerts.service import DEFAULT_PLAN
from alerts.window_desk import rules_now
from domain.instants import Micros
from domain.questionnaire import Questionnaire
from domain.values import Report
from domain.vocabulary import NEUTROPHILS
from storage import answers, history

MOST = 1000  # answers read back, the newest


def turns_now(
    conn: Connection[Any], patient: str, site: str, plan: dict[str, Any] | None, *, at: Micros
) -> tuple[Turn, ...]:
    """Every questionnaire of the phase that is now, answered or not. A plan that cannot be used asks nothing."""
    stay = stay_now(conn, patient, site, plan, at=at)
    return () if stay is None else turns(stay, recent(conn, patient, at), at)


def stay_now(conn: Connection[Any], patient: str, site: str, plan: dict[str, Any] | None, *, at: Micros) -> Stay | None:
    """What decides what the patient is asked; None for a plan that cannot be used."""
    rules: Rules = rules_now(conn, at)
    made = rules.plan(site, plan or DEFAULT_PLAN)
    try:
        compiled = compile_plan(made, rules.library)
    except ValueError:
        return None
    counts = [Count(row.measured_at, row.value) for row in history.newest(conn, [patient], [NEUTROPHILS], each=COUNTS)]
    doses = [given.given_at for given in answers.last_doses(conn, [patient])]
    return stay_of(made, compiled, sets_of(conn, site), counts=counts, doses=doses)


def recent(conn: Connection[Any], patient: str, at: Micros) -> list[Report]:
    """The patient's answers of the last weeks."""
    return [found for found in answers.since(conn, [patient], at - SAID_FOR, each=MOST) if isinstance(found, Report)]


def named(stay: Stay, name: str) -> Questionnaire | None:
    """The questionnaire that answers of this `q`, or of this id, mean for the patient."""
    return next((each for each in stay.questionnaires if name in (each.name, each.id)), None)
