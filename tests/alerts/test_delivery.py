"""Who is told what and when: every step ends delivered, cancelled or given up and said; no try is planned twice."""

from dataclasses import dataclass, field
from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.escalation.delivery import (
    CHANNELS,
    DEADLINE,
    LIFE,
    Attempt,
    Known,
    Person,
    Planned,
    Step,
    attempt_id,
    choose,
    plan_attempts,
    wait_after,
)
from domain.instants import MINUTE, SECOND, Micros

START: Micros = 1_000 * MINUTE


@dataclass(frozen=True)
class Duty:
    """Somebody on call."""

    person: str
    order: int = 0


@dataclass
class World:
    """Plays the loop and the couriers: `does` says what each channel does with each person."""

    step: Step
    people: tuple[Person, ...]
    does: dict[tuple[str | None, str], str]
    obstacles: dict[str | None, dict[str, str]] = field(default_factory=dict)
    rows: dict[UUID, Known] = field(default_factory=dict)
    planned: list[Attempt] = field(default_factory=list)
    details: dict[UUID, str] = field(default_factory=dict)
    now: Micros = START
    said: bool = False

    def look(self) -> Planned:
        """One look of the loop, and what the couriers make of it at once."""
        plan = plan_attempts(
            self.step, self.people, obstacles=self.obstacles, history=list(self.rows.values()), now=self.now
        )
        for one in plan.attempts:
            self.planned.append(one)
            self.details[one.id] = one.detail
            self.rows[one.id] = Known(
                one.id, one.person, one.role, one.channel, one.state, self.now, one.deadline_at, self.now, self.now
            )
        for change in plan.changes:
            self._change(change.id, change.state)
        self.said = self.said or plan.unreached
        for row in list(self.rows.values()):
            if row.state == "queued":
                self._try(row)
        return plan

    def _try(self, row: Known) -> None:
        answer = self.does.get((row.person, row.channel), "fails")
        if answer in ("sent", "delivered"):
            self._change(row.id, answer)
        elif answer == "refuses":
            self._change(row.id, "failed")
        elif answer == "fails":
            later = msgspec.structs.replace(row, start_at=self.now + SECOND)
            self.rows[row.id] = later

    def _change(self, name: UUID, state: str) -> None:
        self.rows[name] = msgspec.structs.replace(self.rows[name], state=state, changed_at=self.now)

    def run(self, most: int = 400) -> Planned:
        """Until the step is over; the loop looks when it asked to, and again after each change, as the real one."""
        for _ in range(most):
            plan = self.look()
            if plan.outcome is not None:
                return plan
            again = self.look()
            if again.outcome is not None:
                return again
            assert again.next_at is not None
            assert again.next_at > self.now or any(row.state != "queued" for row in self.rows.values())
            self.now = max(again.next_at, self.now + 1)
        raise AssertionError("the step never ends")


NURSE = Person("nurse1", "nurse")
BEHAVIOUR = st.sampled_from(["sent", "delivered", "refuses", "fails", "hangs"])
PEOPLE = st.lists(st.sampled_from(["a", "b", "c"]), unique=True, max_size=3)
HOW = st.lists(st.sampled_from(CHANNELS), unique=True, max_size=6)


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """Any people, channels and behaviour of the world."""
    people = tuple(Person(name, "nurse", order=draw(st.integers(0, 2))) for name in draw(PEOPLE))
    how = tuple(draw(HOW))
    names: list[str | None] = [*(person.name for person in people), None]
    does = {(name, channel): draw(BEHAVIOUR) for name in names for channel in how}
    blocked = {name: dict.fromkeys(draw(st.sets(st.sampled_from(CHANNELS))), "no address") for name in names}
    step = Step(draw(st.integers(1, 9)), how, START - draw(st.integers(0, 3)) * MINUTE, True, draw(st.booleans()))
    return World(step, people, does, blocked)


@given(worlds())
def test_every_step_ends_delivered_or_given_up_and_said(world: World) -> None:
    plan = world.run()
    reached = {row.id for row in world.rows.values() if row.state in ("sent", "delivered")}
    assert plan.outcome == ("delivered" if reached else "given-up")
    assert world.said or reached or world.step.superseded
    assert world.rows, "whatever happened, a row says so"


@given(worlds())
def test_no_try_is_planned_twice_and_ids_tell_them_apart(world: World) -> None:
    world.run()
    names = [one.id for one in world.planned]
    assert len(set(names)) == len(names)
    keys = {(one.person, one.channel) for one in world.planned}
    assert len(keys) == len(names)


@given(worlds())
def test_an_alert_that_is_no_longer_open_is_told_to_nobody(world: World) -> None:
    world.look()
    before = len(world.planned)
    world.step = msgspec.structs.replace(world.step, open=False)
    assert world.look().outcome == "cancelled"
    assert len(world.planned) == before


@given(worlds(), st.integers(0, 5))
def test_who_was_told_stays_told_whoever_is_on_call_by_now(world: World, looks: int) -> None:
    """A restart in the middle goes on from the rows: the lanes that were begun come first."""
    for _ in range(looks):
        if world.look().outcome is not None:
            return
    before = {row.person for row in world.rows.values()}
    world.people = (Person("somebody-else", "nurse"),)
    plan = world.look()
    if "somebody-else" in {one.person for one in plan.attempts} and before - {None}:
        waiting = [row for row in world.rows.values() if row.person in before - {None} and row.state == "queued"]
        assert all(row.deadline_at <= world.now for row in waiting)


def test_those_called_second_are_told_when_those_called_first_were_not_reached() -> None:
    people = (Person("first", "nurse", order=0), Person("second", "nurse", order=1))
    does = {("first", "sms"): "refuses", ("second", "sms"): "sent", (None, "webhook"): "sent"}
    world = World(Step(1, ("sms", "webhook"), START), people, does)
    world.look()
    assert [one.person for one in world.planned] == ["first", None]
    assert world.run().outcome == "delivered"
    assert [one.person for one in world.planned] == ["first", None, "second"]
    assert not world.said


def test_a_channel_that_hangs_gives_way_at_its_deadline() -> None:
    step = Step(1, ("sms", "voice"), START)
    world = World(step, (NURSE,), {("nurse1", "sms"): "hangs", ("nurse1", "voice"): "sent"})
    assert world.look().next_at == START + DEADLINE
    world.now = START + DEADLINE - 1
    assert world.look().attempts == ()
    world.now = START + DEADLINE
    [attempt] = world.look().attempts
    assert (attempt.channel, attempt.due_at) == ("voice", START + DEADLINE)


def test_a_refusal_gives_way_at_once() -> None:
    world = World(Step(1, ("sms", "voice"), START), (NURSE,), {("nurse1", "sms"): "refuses"})
    world.look()
    [attempt] = world.look().attempts
    assert (attempt.channel, attempt.due_at) == ("voice", START)


def test_after_an_outage_a_channel_still_gets_its_time() -> None:
    world = World(Step(1, ("sms", "voice"), START - 60 * MINUTE), (NURSE,), {("nurse1", "sms"): "hangs"})
    assert world.look().next_at == START + DEADLINE
    assert world.planned[0].due_at == START - 60 * MINUTE


def test_a_push_without_a_receipt_is_followed_by_the_next_channel() -> None:
    does = {("nurse1", "web-push"): "sent", ("nurse1", "sms"): "sent"}
    world = World(Step(1, ("web-push", "sms"), START), (NURSE,), does)
    world.look()
    assert world.look().attempts == ()
    world.now = START + DEADLINE
    assert [one.channel for one in world.look().attempts] == ["sms"]
    assert world.look().outcome == "delivered"


def test_a_push_with_a_receipt_is_enough() -> None:
    world = World(Step(1, ("web-push", "sms"), START), (NURSE,), {("nurse1", "web-push"): "delivered"})
    assert world.run().outcome == "delivered"
    assert [one.channel for one in world.planned] == ["web-push"]


def test_a_webhook_is_called_once_for_the_step_beside_the_people() -> None:
    people = (NURSE, Person("nurse2", "nurse"))
    does = {(name, "sms"): "sent" for name in ("nurse1", "nurse2")} | {(None, "webhook"): "sent"}
    world = World(Step(1, ("sms", "webhook"), START), people, does)
    world.look()
    assert [(one.person, one.channel) for one in world.planned] == [
        ("nurse1", "sms"), ("nurse2", "sms"), (None, "webhook")
    ]  # fmt: skip


def test_what_keeps_failing_is_repeated_while_the_step_lives_and_said_at_once() -> None:
    world = World(Step(1, ("sms",), START), (NURSE,), {("nurse1", "sms"): "fails"})
    world.look()
    world.now = START + DEADLINE
    plan = world.look()
    assert plan.unreached
    assert plan.outcome is None
    world.now = START + LIFE
    assert world.look().outcome == "given-up"


def test_a_later_step_ends_the_repetitions_but_not_the_first_round() -> None:
    does = {("nurse1", "sms"): "fails", ("nurse1", "voice"): "hangs"}
    world = World(Step(1, ("sms", "voice"), START, True, True), (NURSE,), does)
    world.look()
    world.now = START + DEADLINE
    assert [one.channel for one in world.look().attempts] == ["voice"]
    world.now = START + 2 * DEADLINE
    assert world.look().outcome == "given-up"


def test_nobody_at_all_is_said_by_a_row() -> None:
    world = World(Step(1, ("sms",), START), (), {})
    plan = world.look()
    assert (plan.outcome, plan.unreached) == ("given-up", True)
    assert [(one.channel, one.detail) for one in plan.attempts] == [("none", "nobody on call and no account")]


def test_who_is_told_falls_through_the_roles_and_says_so() -> None:
    duty = {"nurse": [], "physician": [Duty("doc2"), Duty("doc2", 3), Duty("doc1", 1)]}
    assert choose(("nurse", "physician"), duty, {}) == (
        Person("doc2", "physician", "nobody on call for nurse"),
        Person("doc1", "physician", "nobody on call for nurse", 1),
    )
    assert choose(("physician",), duty, {})[0].note == ""
    found = choose(("nurse", "physician"), {}, {"nurse": ["n2", "n1"], "physician": ["d1"]})
    assert [(person.name, person.role) for person in found] == [("d1", "physician"), ("n1", "nurse"), ("n2", "nurse")]
    assert found[0].note == "nobody on call for nurse, physician: every account of the site with the role"
    assert choose((), {}, {}) == ()


def test_the_note_stands_in_the_rows() -> None:
    world = World(Step(1, ("sms", "voice"), START), (Person("d", "physician", "nobody on call for nurse"),), {})
    world.obstacles = {"d": {"sms": "no address for sms"}}
    world.look()
    assert [one.detail for one in world.planned] == [
        "nobody on call for nurse; no address for sms",
        "nobody on call for nurse",
    ]


@pytest.mark.parametrize(
    ("tries", "asked", "seconds"),
    [
        (1, None, 1),
        (2, None, 2),
        (4, None, 8),
        (7, None, 60),
        (50, None, 60),
        (1, 5, 5),
        (9, 0, 1),
        (30, 1, 1),
        (31, 1, 60),
        (1, 9999, 60),
    ],
)
def test_waiting_doubles_within_bounds(tries: int, asked: int | None, seconds: int) -> None:
    assert wait_after(tries, None if asked is None else asked * SECOND) == seconds * SECOND


def test_ids_are_of_step_person_and_channel() -> None:
    names = {attempt_id(step, who, how) for step in (1, 2) for who in ("a", None, "") for how in ("sms", "voice")}
    assert len(names) == 8, "nobody and an empty name cannot both be in a step: accounts have names"
    assert attempt_id(1, "a", "sms", name="P1-1 1000") != attempt_id(1, "a", "sms", name="P2-1 1000")
