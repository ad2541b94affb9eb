"""An intake recorded by mistake is taken back: rules judge as if it had never come, alerts stay and say so."""

import itertools

from msgspec import structs

from alerts.core.state import PatientState, new_state
from alerts.engine import step
from alerts.protocol.library import shipped
from alerts.replay import Recording
from domain.alerts import AlertEvent, Input
from domain.instants import DAY, Micros
from domain.values import Intake, Origin, Retraction
from tests.alerts.oral.days import CAPECITABINE, IMATINIB, METHOTREXATE, intake, local, plan
from tests.alerts.test_oral_engine import DAILY, played, said

EXTRA = [intake("2026-11-18 08:00", seq=1, mg=1500), intake("2026-11-18 09:00", seq=2, mg=1500)]


def back(of: Intake, at: str, *, by: str = "patient", why: str | None = None) -> Retraction:
    assert of.origin is not None
    return Retraction(
        "P1", of.origin, of.index, local(at), local(at), by, Origin("app", "r", local(at) // 1_000_000), 0, None, why
    )


def alert_of(events: list[AlertEvent], rule: str) -> AlertEvent:
    return [event for event in events if event.alert.rule == rule][-1]


def test_an_over_dose_alert_stays_and_says_that_the_intake_was_retracted() -> None:
    events = played(
        plan(DAILY), *EXTRA, back(EXTRA[1], "2026-11-18 09:05", why="tapped twice"), upto="2026-11-18 10:00"
    )
    assert said(events) == [("extra-dose", "opened"), ("extra-dose", "disproved")]
    alert = events[-1].alert
    assert alert.state == "open"
    assert alert.severity == "high"
    assert alert.disproved
    assert alert.reason.en.startswith(events[0].alert.reason.en)
    assert "retracted, said to be recorded by mistake by the patient on 18 Nov at 09:05" in alert.reason.en
    assert "prise retirée, dite saisie par erreur par le patient le 18/11 à 09:05 : « tapped twice »" in alert.reason.fr
    assert any(found.code == "intake:taken" for found in alert.evidence)


def test_a_dose_that_was_not_taken_after_all_is_missed_again() -> None:
    taken = [intake(f"2026-11-{at}", seq=n) for n, at in enumerate(("18 08:00", "18 20:00", "19 08:00"), start=1)]
    kept = played(plan(DAILY), *taken, upto="2026-11-19 19:00")
    assert said(kept) == []
    gone = [back(one, "2026-11-19 18:00") for one in taken]
    events = played(plan(DAILY), *taken, *gone, upto="2026-11-19 19:00")
    assert said(events)[0] == ("missed-doses", "opened")


def test_what_is_said_instead_in_the_same_message_is_never_a_double_dose() -> None:
    first = intake("2026-11-18 12:00", seq=1, due="2026-11-18 08:00", mg=1500)
    instead = structs.replace(
        intake("2026-11-18 08:10", seq=2, due="2026-11-18 08:00", mg=1500), received_at=local("2026-11-18 12:05")
    )
    events = played(plan(DAILY), first, back(first, "2026-11-18 12:05"), instead, upto="2026-11-18 13:00")
    assert said(events) == []


def test_a_weekly_drug_taken_back_counts_no_more() -> None:
    first, second = (intake(f"2026-11-{day} 08:00", drug="methotrexate", seq=day) for day in (18, 20))
    gone = back(first, "2026-11-18 09:00")
    opened = ("weekly-drug-daily", "opened")
    assert opened in said(played(plan(METHOTREXATE), first, second, upto="2026-11-20 12:00"))
    assert opened not in said(played(plan(METHOTREXATE), first, gone, second, upto="2026-11-20 12:00"))


def test_only_a_professional_takes_back_what_a_professional_wrote() -> None:
    written = [structs.replace(one, by="nurse") for one in EXTRA]
    home = played(plan(DAILY), *written, back(EXTRA[1], "2026-11-18 09:05"), upto="2026-11-18 10:00")
    ward = played(plan(DAILY), *written, back(EXTRA[1], "2026-11-18 09:05", by="nurse"), upto="2026-11-18 10:00")
    assert ("extra-dose", "disproved") not in said(home)
    assert ("extra-dose", "disproved") in said(ward)


def test_an_alert_that_goes_on_without_the_intake_names_the_retraction() -> None:
    third = intake("2026-11-18 09:30", seq=3, mg=1500)
    events = played(plan(DAILY), *EXTRA, third, back(EXTRA[0], "2026-11-18 09:35"), upto="2026-11-18 10:00")
    alert = alert_of(events, "extra-dose").alert
    assert not alert.disproved
    assert "retracted" in alert.reason.en


def test_a_vomited_dose_taken_back_leaves_the_count() -> None:
    vomited = [intake(f"2026-11-18 {at}", "vomited", seq=n) for n, at in enumerate(("08:00", "20:00"), start=1)]
    gone = back(vomited[0], "2026-11-18 09:00")
    events = played(plan(DAILY), vomited[0], gone, upto="2026-11-18 10:00")
    assert said(events) == [("vomited-doses", "opened"), ("vomited-doses", "disproved")]
    both = alert_of(played(plan(DAILY), *vomited, upto="2026-11-18 21:00"), "vomited-doses").alert
    left = alert_of(played(plan(DAILY), vomited[0], gone, vomited[1], upto="2026-11-18 21:00"), "vomited-doses").alert
    assert both.severity == "medium"
    assert left.severity == "low"


def _stepped(inputs: tuple[Input, ...]) -> PatientState:
    state = new_state("P1", "s", plan(DAILY), shipped(), set_at=0, watched_from=local("2026-11-18 00:00"))
    for found in inputs:
        state, _ = step(state, [found], shipped())
    return state


def test_the_order_of_arrival_does_not_matter_and_the_same_twice_changes_nothing() -> None:
    gone = back(EXTRA[1], "2026-11-18 09:05")
    wanted = None
    for order in itertools.permutations([*EXTRA, gone, gone]):
        memory = _stepped(order).oral
        assert memory is not None
        now = {rule: [(e.condition_at, e.rank) for e in track.episodes] for rule, track in memory.tracks.items()}
        assert memory.intakes == (EXTRA[0],)
        assert now["extra-dose"] == []
        wanted = wanted or now
        assert now == wanted


def test_one_older_than_memory_changes_no_rule_and_breaks_nothing() -> None:
    recording = Recording(shipped(), {"P1": plan(IMATINIB)})
    days = [intake("2026-01-01 08:00", drug="imatinib") for _ in range(80)]
    rows: list[tuple[str, Micros, Input]] = []
    for n, one in enumerate(days):
        at = local("2026-01-01 08:00") + n * DAY
        rows.append(("P1", at, structs.replace(
            one, taken_at=at, measured_at=at, received_at=at, origin=Origin("app", "b", n + 1)
        )))  # fmt: skip
    last = rows[-1][1]
    old, young = (
        Retraction("P1", Origin("app", "b", n), 0, last + 60, last + 60, "patient", Origin("app", "b", 100 + n))
        for n in (1, 60)
    )
    list(recording.play([*rows, ("P1", last + 60, old), ("P1", last + 60, young)]))
    memory = recording.state("P1").oral
    assert memory is not None
    assert all(one.origin != Origin("app", "b", 60) for one in memory.intakes)


def test_capecitabine_of_the_pill_box_is_taken_back_by_the_patient() -> None:
    opened = [intake("2026-11-18 08:00", by="device", seq=1, n=1), intake("2026-11-18 08:20", by="device", seq=2, n=1)]
    refilled = back(opened[1], "2026-11-18 08:30", why="refilled the box")
    events = played(plan(CAPECITABINE), *opened, refilled, upto="2026-11-18 10:00")
    assert said(events) == [("extra-dose", "opened"), ("extra-dose", "disproved")]
