"""The life of an alert against a reference of a hundred plain lines, driven by readings, time and people."""

from dataclasses import dataclass, field

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from alerts.core.state import new_state
from alerts.core.ticking import next_due, on_grid
from alerts.engine import step
from alerts.protocol.library import shipped
from domain.alerts import SEVERITIES, Action, Alert, AlertEvent, Input, Tick
from domain.vocabulary import HEART_RATE
from tests.alerts.play import START, at, reading

PLAN = {"protocol": "vital-signs", "cadence": {HEART_RATE: 7 * 86_400}}
STEPS = {3: (5, 10, 15), 2: (60,), 1: ()}  # minutes after ringing, by rank
SNOOZE = {3: 60, 2: 240, 1: 1440}
REARM, CLEAR = 360, 15


@dataclass
class Held:
    """One stretch in which the pulse was abnormal; `dealt`: rank and minute at which a person closed its alert."""

    rank: int
    dealt: tuple[int, int] | None = None


@dataclass
class Live:
    """The alert that is not closed."""

    rank: int
    held: Held
    rung: int
    state: str = "open"
    over: bool = False
    acked: int | None = None
    until: int | None = None
    step: int = 0


@dataclass
class Reference:
    """What must be true of the alert `heart-rate`, minute by minute. High from 131, medium from 111."""

    held: Held | None = None
    normal: int | None = None
    live: Live | None = None
    opened: int = 0
    told: list[str] = field(default_factory=list)

    def ring(self, now: int) -> None:
        assert self.live is not None
        self.live.state, self.live.rung, self.live.step, self.live.until = "open", now, 0, None

    def value(self, now: int, pulse: float) -> None:
        rank = 3 if pulse >= 131 else 2 if pulse >= 111 else 0
        if rank == 0:
            self.fine(now)
            return
        new, self.normal = self.held is None, None
        self.held = self.held or Held(rank)
        self.held.rank = max(self.held.rank, rank)
        if self.live is None:
            self.open(now)
        else:
            self.still(now, new=new)

    def fine(self, now: int) -> None:
        if self.held is None:
            return
        if self.normal is None:
            self.normal = now
        elif now - self.normal >= CLEAR:
            if self.live is not None and self.live.held is self.held:
                self.live.over = True
            self.held = self.normal = None

    def open(self, now: int) -> None:
        assert self.held is not None
        dealt = self.held.dealt
        if dealt is None or self.held.rank > dealt[0] or now >= dealt[1] + REARM:
            self.opened += 1
            self.live = Live(self.held.rank, self.held, now)

    def still(self, now: int, *, new: bool) -> None:
        live, held = self.live, self.held
        assert live is not None
        assert held is not None
        if held.rank > live.rank:
            live.rank = held.rank
            self.ring(now)
        if new or live.over:
            live.over, live.held = False, held
            self.ring(now)
        elif (
            live.state == "acknowledged" and live.until is None and live.acked is not None and now >= live.acked + REARM
        ):
            self.ring(now)

    def passes(self, now: int) -> None:
        live = self.live
        if live is None:
            return
        if live.state == "acknowledged" and live.until is not None and now >= live.until:
            self.live_woken(live.until)
        if live.state == "open":
            live.step = sum(now >= live.rung + minute for minute in STEPS[live.rank])

    def live_woken(self, when: int) -> None:
        self.ring(when)

    def act(self, now: int, what: str, until: int | None = None) -> None:
        live = self.live
        if live is None:
            return
        if what == "acknowledge" and live.state == "open":
            live.state, live.acked, live.until = "acknowledged", now, None
        elif what == "snooze" and until is not None and 0 < until - now <= SNOOZE[live.rank]:
            live.state, live.acked, live.until = "acknowledged", now, until
        elif what == "reopen" and live.state == "acknowledged":
            self.ring(now)
        elif what == "close":
            live.held.dealt = (live.rank, now)
            self.live = None


class Life(RuleBasedStateMachine):
    """The engine beside the reference."""

    def __init__(self) -> None:
        super().__init__()
        self.state = new_state("P1", "s", PLAN, shipped(), set_at=0, watched_from=START)
        self.reference = Reference()
        self.now = 0
        self.acts = 0
        self.events: list[AlertEvent] = []

    def feed(self, found: Input) -> None:
        self.state, said = step(self.state, [found], shipped())
        self.events += [event for event in said if event.alert.rule == "heart-rate"]

    def pass_time(self, minutes: int) -> None:
        upto = at(self.now + minutes)
        while (due := next_due(self.state)) is not None and on_grid(due) <= upto:
            before = self.state
            self.feed(Tick(on_grid(due)))
            if next_due(self.state) == due and before.alerts == self.state.alerts:
                break
        for minute in range(self.now + 1, self.now + minutes + 1):
            self.reference.passes(minute)
        self.now += minutes

    @rule(minutes=st.sampled_from([1, 4, 5, 15, 16, 60, 360, 361]), pulse=st.sampled_from([80.0, 115.0, 135.0]))
    def measure(self, minutes: int, pulse: float) -> None:
        self.pass_time(minutes)
        self.feed(reading(self.now, pulse, code=HEART_RATE))
        self.reference.value(self.now, pulse)

    @rule(minutes=st.sampled_from([1, 5, 60, 240]))
    def wait(self, minutes: int) -> None:
        self.pass_time(minutes)

    @precondition(lambda self: self.reference.live is not None)
    @rule(
        what=st.sampled_from(["acknowledge", "snooze", "close", "reopen", "comment"]),
        ahead=st.sampled_from([0, 30, 60, 240, 1441]),
    )
    def somebody_acts(self, what: str, ahead: int) -> None:
        self.acts += 1
        until = self.now + ahead if what == "snooze" else None
        alert = self.alert()
        assert alert is not None
        self.feed(
            Action(
                f"a{self.acts}", "P1", alert.id, what, "doc", "physician", at(self.now), "because",
                None if until is None else at(until), None, alert.version,
            )
        )  # fmt: skip
        self.reference.act(self.now, what, until)

    def alert(self) -> Alert | None:
        return self.state.alerts.get("heart-rate")

    @invariant()
    def the_engine_agrees(self) -> None:
        live, alert = self.reference.live, self.alert()
        assert (live is None) == (alert is None)
        opened = [event for event in self.events if event.kind == "opened"]
        assert len(opened) == self.reference.opened
        if live is not None and alert is not None:
            found = (alert.state, SEVERITIES.index(alert.severity) + 1, alert.condition_to is not None)
            assert found == (live.state, live.rank, live.over)
            if live.state == "open":
                assert alert.escalation.step == live.step
            assert (alert.snoozed_until is None) == (live.until is None)


TestLife = Life.TestCase
TestLife.settings = settings(max_examples=300, stateful_step_count=30, deadline=None)
