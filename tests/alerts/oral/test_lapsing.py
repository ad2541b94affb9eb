"""The risk of a lapse from the doses of a plan: what nobody reported is unknown, held doses are too."""

from datetime import date, timedelta

from alerts.oral.expected import always
from alerts.oral.lapsing import lapse_of
from alerts.oral.measures import Adherence, adherence
from alerts.oral.plan import oral_plan
from alerts.oral.windows import IntakesText, windows
from domain.instants import DAY
from models.adherence.lapse import Lapse
from models.adherence.lapse_prior import shipped
from tests.alerts.oral.days import IMATINIB, intake, local, plan

START = date(2026, 9, 1)
NOW = "2026-10-20 07:00"


def said(*, skipped: tuple[int, ...] = (), silent: tuple[int, ...] = (), **changes: object) -> Lapse:
    """Imatinib at 08:00 from START until NOW, 49 doses, each taken but for those named; the newest is 48."""
    care = oral_plan(plan(IMATINIB | changes))
    states = {n: "skipped" if n in skipped else "taken" for n in range(49) if n not in silent}
    days = [(START + timedelta(n), state) for n, state in states.items()]
    known = [intake(f"{day} 08:00", state, drug="imatinib") for day, state in days]
    found: Adherence = adherence(
        always(care), known, windows(IntakesText()), stretch=(local(f"{START} 00:00"), local(NOW))
    )
    coming = [dose for dose in always(care).doses(local(NOW) + 1, local(NOW) + 30 * DAY) if dose.held is None]
    return lapse_of(found.doses, coming, shipped())


def test_doses_left_out_raise_the_risk_and_the_interval_holds_it() -> None:
    good, bad = said(), said(skipped=(20, 21, 34, 47, 48))
    assert (good.known_doses, bad.recency) == (49, "the last two missed")
    assert good.probability is not None
    assert bad.probability is not None
    assert good.probability < 0.05 < bad.probability
    assert bad.low is not None
    assert bad.high is not None
    assert bad.low < bad.probability < bad.high
    assert said() == good


def test_what_nobody_reported_is_unknown_and_never_a_miss() -> None:
    assert said(silent=tuple(range(10, 40))).why == "expected at least 28 doses that are known, got 19"
    assert said(silent=(48,)).why == "it is not known whether the last dose was taken"


def test_without_two_doses_to_come_nothing_is_said() -> None:
    assert said(until="2026-10-20").why == "expected two doses to come, the plan has fewer"
