"""The recent samples of one stream of one patient, with the state of each of its rules after each sample.

A stream is one code, or, for a rule whose value is made out of several samples, all the codes of that rule together.
Kept in measured order, bounded. An in-order sample costs one fold step a rule; a late one is put in its place and only
the states behind it are folded again, until they agree with what stood there. Owned by one `PatientState`.
"""

from bisect import bisect_left
from collections.abc import Callable

from alerts.rules.fold import State, advance, prime, remember, start, track_of
from alerts.rules.level import LevelRule, Track, tie
from alerts.rules.source import Count, reach
from domain.instants import Micros
from domain.values import Reading

KEPT = 4  # samples a stream of one code keeps
KEPT_TOGETHER = 8  # samples a stream of several codes keeps
SLACK = 3  # trimmed in strides of so many
PINNED = 200_000  # most samples kept while a backlog is being worked through: 11 days of one every five seconds

Key = tuple[Micros, int, float, str, str]
# Whether a sample counts for a rule: None while the rule is off, because it failed.
Gate = Callable[[LevelRule, Reading], bool | None]


def key(rules: tuple[LevelRule, ...], reading: Reading, value: float) -> Key:
    """Order and identity: equal keys are the same reading delivered twice."""
    source = reading.origin.device if reading.origin is not None else reading.method or ""
    made = rules[0].source
    if isinstance(made, Count):  # doses and refusals: those of one message count one by one
        origin = reading.origin
        message = "" if origin is None else f"{origin.boot}/{origin.seq}"
        source = f"{source}/{message}/{reading.index}/{reading.method or ''}"
    place = tie(rules, value) if made is None else made.codes.index(reading.code)
    return (reading.measured_at, place, value, reading.body_site or "", source)


class Stream:
    """Samples, their corrected values, and for each rule the state before the first and after each sample."""

    __slots__ = ("base", "floor_at", "last", "pinned_until", "rules", "samples", "states", "values")

    def __init__(self, rules: tuple[LevelRule, ...], base: dict[str, State] | None = None) -> None:
        self.rules = rules
        self.samples: list[Reading] = []
        self.values: list[float] = []
        self.base = {rule.id: start(rule) for rule in rules} if base is None else base
        self.states: dict[str, list[State]] = {rule.id: [] for rule in rules}
        self.floor_at: Micros | None = None  # measured_at of the newest sample that is no longer here
        self.pinned_until: Micros | None = None
        self.last: Reading | None = None  # the newest sample, also when it is no longer among the samples

    def fork(self) -> "Stream":
        """A copy that can be changed without changing this one."""
        other = Stream.__new__(Stream)
        other.rules = self.rules
        other.samples = self.samples.copy()
        other.values = self.values.copy()
        other.base = self.base.copy()
        other.states = {rule: states.copy() for rule, states in self.states.items()}
        other.floor_at = self.floor_at
        other.pinned_until = self.pinned_until
        other.last = self.last
        return other

    @property
    def reach(self) -> Micros:
        """How far before a sample the samples lie that its judgement needs."""
        return reach(self.rules[0].source)

    def is_older_than_memory(self, measured_at: Micros) -> bool:
        """Whether judging a sample of that time needs samples that are not here any more."""
        return self.floor_at is not None and measured_at <= self.floor_at

    def state(self, rule: LevelRule) -> State:
        """The state of a rule after the newest sample."""
        states = self.states[rule.id]
        return states[-1] if states else self.base[rule.id]

    def track(self, rule: LevelRule) -> Track:
        """The condition of a rule after the newest sample."""
        return track_of(self.state(rule))

    def insert(self, reading: Reading, value: float, gate: Gate) -> bool | None:
        """Puts a sample in its place. True: it is the newest; False: it is not; None: it was here already."""
        if not self.samples or reading.measured_at > self.samples[-1].measured_at:
            self._append(reading, value, gate)
            return True
        found = key(self.rules, reading, value)
        index = bisect_left(range(len(self.samples)), found, key=self._key)
        if index == len(self.samples):
            self._append(reading, value, gate)
            return True
        if self._key(index) == found:
            return None
        self.samples.insert(index, reading)
        self.values.insert(index, value)
        for rule in self.rules:
            states = self.states[rule.id]
            states.insert(index, states[index])
            self._refold(rule, index, gate, settle=True)
        return False

    def insert_together(self, readings: list[Reading], values: list[float], gate: Gate) -> bool | None:
        """Samples of one instant: what follows from them is judged once. As `insert`; None: all were here already."""
        if len(readings) == 1:
            return self.insert(readings[0], values[0], gate)
        if self.samples and readings[0].measured_at <= self.samples[-1].measured_at:
            found = [self.insert(reading, value, gate) for reading, value in zip(readings, values, strict=True)]
            return None if all(each is None for each in found) else found[-1] is not False
        keyed = {key(self.rules, *row): row for row in zip(readings, values, strict=True)}
        rows = [keyed[found] for found in sorted(keyed)]
        for rule in self.rules:
            states = self.states[rule.id]
            state = states[-1] if states else self.base[rule.id]
            for reading, value in rows[:-1]:
                state = remember(rule, state, reading, value)
                states.append(state)
            counts = gate(rule, rows[-1][0])
            states.append(state if counts is None else advance(rule, state, *rows[-1], counts=counts))
        self.samples += [row[0] for row in rows]
        self.values += [row[1] for row in rows]
        self.last = rows[-1][0]
        return True

    def withdraw(self, doomed: Callable[[Reading], bool], gate: Gate) -> bool:
        """Takes samples out that never were; what followed is folded again. False: none of them was here."""
        first = next((place for place, reading in enumerate(self.samples) if doomed(reading)), None)
        if first is None:
            return False
        kept = [place for place, reading in enumerate(self.samples) if not doomed(reading)]
        for states in self.states.values():
            states[:] = [states[place] for place in kept]
        self.samples, self.values = [self.samples[n] for n in kept], [self.values[n] for n in kept]
        for rule in self.rules:
            self._refold(rule, first, gate, settle=False)
        if self.last is not None and doomed(self.last):
            self.last = self.samples[-1] if self.samples else None
        return True

    def _key(self, index: int) -> Key:
        return key(self.rules, self.samples[index], self.values[index])

    def prime(self, reading: Reading, value: float) -> None:
        """A sample in front of all others that is only remembered. Before any other sample, in measured order."""
        for rule in self.rules:
            self.base[rule.id] = prime(rule, self.base[rule.id], reading, value)
        self.last = reading

    def _append(self, reading: Reading, value: float, gate: Gate) -> None:
        for rule in self.rules:
            states = self.states[rule.id]
            before = states[-1] if states else self.base[rule.id]
            counts = gate(rule, reading)
            states.append(before if counts is None else advance(rule, before, reading, value, counts=counts))
        self.samples.append(reading)
        self.values.append(value)
        self.last = reading

    def refold(self, gate: Gate) -> None:
        """Folds every sample again: the gate's answer for past samples has changed."""
        for rule in self.rules:
            if rule.gate != "always":
                self._refold(rule, 0, gate, settle=False)

    def _refold(self, rule: LevelRule, index: int, gate: Gate, *, settle: bool) -> None:
        states = self.states[rule.id]
        before = states[index - 1] if index else self.base[rule.id]
        for place in range(index, len(self.samples)):
            reading = self.samples[place]
            counts = gate(rule, reading)
            if counts is None:
                return  # the rule is off: what it said stands
            after = advance(rule, before, reading, self.values[place], counts=counts)
            if settle and place > index and after == states[place]:
                return
            states[place] = before = after

    def trim(self, at: Micros) -> None:
        """Forgets the oldest samples; what they meant stays in the states."""
        most = KEPT if self.rules[0].source is None else KEPT_TOGETHER
        if self.pinned_until is not None:
            if at < self.pinned_until:
                most = PINNED
            else:
                self.pinned_until = None
        if len(self.samples) <= most + SLACK:
            return
        self.cut(len(self.samples) - most)

    def cut(self, cut: int) -> None:
        """Forgets the oldest `cut` samples."""
        if cut <= 0:
            return
        for rule in self.rules:
            states = self.states[rule.id]
            self.base[rule.id] = states[cut - 1]
            del states[:cut]
        self.floor_at = self.samples[cut - 1].measured_at
        del self.samples[:cut], self.values[:cut]
