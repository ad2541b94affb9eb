"""The recent samples of one stream of one patient, with the state of each of its rules after each sample.

A stream is one code, or, for a rule whose value is made out of several samples, all the codes of that rule together.
Kept in measured order, bounded. An in-order sample costs one fold step a rule; a late one is put in its place and only
the states behind it are folded again, until they agree with what stood there. Owned by one `PatientState`.
"""

from bisect import bisect_left
from collections.abc import Callable, Sequence

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


Row = tuple[Reading, float, tuple[State, ...]]  # a sample, its corrected value, the state of each rule after it


class Stream:
    """Samples in measured order, each with the state of every rule after it; and their state before the first.

    States are in the order of `rules`. A row is never changed: a fork shares it.
    """

    __slots__ = ("base", "floor_at", "last", "pinned_until", "rows", "rules")

    def __init__(self, rules: tuple[LevelRule, ...], base: tuple[State, ...] | None = None) -> None:
        self.rules = rules
        self.rows: list[Row] = []
        self.base = tuple(map(start, rules)) if base is None else base
        self.floor_at: Micros | None = None  # measured_at of the newest sample that is no longer here
        self.pinned_until: Micros | None = None
        self.last: Reading | None = None  # the newest sample, also when it is no longer among the samples

    def fork(self) -> "Stream":
        """A copy that can be changed without changing this one."""
        other = Stream.__new__(Stream)
        other.rules = self.rules
        other.rows = self.rows.copy()
        other.base = self.base
        other.floor_at = self.floor_at
        other.pinned_until = self.pinned_until
        other.last = self.last
        return other

    @property
    def samples(self) -> list[Reading]:
        """The samples at hand, in measured order."""
        return [row[0] for row in self.rows]

    @property
    def reach(self) -> Micros:
        """How far before a sample the samples lie that its judgement needs."""
        return reach(self.rules[0].source)

    def is_older_than_memory(self, measured_at: Micros) -> bool:
        """Whether judging a sample of that time needs samples that are not here any more."""
        return self.floor_at is not None and measured_at <= self.floor_at

    @property
    def newest(self) -> tuple[State, ...]:
        """The state of each rule after the newest sample: the same object as long as none of them changes."""
        return self.rows[-1][2] if self.rows else self.base

    def state(self, rule: LevelRule) -> State:
        """The state of a rule after the newest sample."""
        return self.newest[self._place(rule)]

    def base_of(self, rule: LevelRule) -> State:
        """The state of a rule before the first sample."""
        return self.base[self._place(rule)]

    def track(self, rule: LevelRule) -> Track:
        """The condition of a rule after the newest sample."""
        return track_of(self.state(rule))

    def _place(self, rule: LevelRule) -> int:
        return next(place for place, mine in enumerate(self.rules) if mine.id == rule.id)

    def insert(self, reading: Reading, value: float, gate: Gate) -> bool | None:
        """Puts a sample in its place. True: it is the newest; False: it is not; None: it was here already."""
        rows = self.rows
        if not rows or reading.measured_at > rows[-1][0].measured_at:
            self._append(reading, value, gate)
            return True
        found = key(self.rules, reading, value)
        index = bisect_left(range(len(rows)), found, key=self._key)
        if index == len(rows):
            self._append(reading, value, gate)
            return True
        if self._key(index) == found:
            return None
        rows.insert(index, (reading, value, rows[index][2]))
        self._refold(self.rules, index, gate, settle=True)
        return False

    def insert_together(self, readings: list[Reading], values: list[float], gate: Gate) -> bool | None:
        """Samples of one instant: what follows from them is judged once. As `insert`; None: all were here already."""
        if len(readings) == 1:
            return self.insert(readings[0], values[0], gate)
        if self.rows and readings[0].measured_at <= self.rows[-1][0].measured_at:
            found = [self.insert(reading, value, gate) for reading, value in zip(readings, values, strict=True)]
            return None if all(each is None for each in found) else found[-1] is not False
        keyed = {key(self.rules, *row): row for row in zip(readings, values, strict=True)}
        ordered = [keyed[found] for found in sorted(keyed)]
        states = self.newest
        for reading, value in ordered[:-1]:
            states = tuple(
                [remember(rule, state, reading, value) for rule, state in zip(self.rules, states, strict=True)]
            )
            self.rows.append((reading, value, states))
        self._append(*ordered[-1], gate)
        return True

    def withdraw(self, doomed: Callable[[Reading], bool], gate: Gate) -> bool:
        """Takes samples out that never were; what followed is folded again. False: none of them was here."""
        first = next((place for place, row in enumerate(self.rows) if doomed(row[0])), None)
        if first is None:
            return False
        self.rows = [row for row in self.rows if not doomed(row[0])]
        self._refold(self.rules, first, gate, settle=False)
        if self.last is not None and doomed(self.last):
            self.last = self.rows[-1][0] if self.rows else None
        return True

    def _key(self, index: int) -> Key:
        reading, value, _ = self.rows[index]
        return key(self.rules, reading, value)

    def prime(self, reading: Reading, value: float) -> None:
        """A sample in front of all others that is only remembered. Before any other sample, in measured order."""
        self.base = tuple(prime(rule, state, reading, value) for rule, state in zip(self.rules, self.base, strict=True))
        self.last = reading

    def _append(self, reading: Reading, value: float, gate: Gate) -> None:
        states = self.newest
        self.rows.append((reading, value, self._after(states, reading, value, gate)))
        self.last = reading

    def _after(self, states: tuple[State, ...], reading: Reading, value: float, gate: Gate) -> tuple[State, ...]:
        """The states after one more sample: the same object when none of them changes. One that is off stands."""
        changed: list[State] | None = None
        for place, rule in enumerate(self.rules):
            counts = gate(rule, reading)
            if counts is None:
                continue
            before = states[place]
            after = advance(rule, before, reading, value, counts=counts)
            if after is not before:
                if changed is None:
                    changed = list(states)
                changed[place] = after
        return states if changed is None else tuple(changed)

    def refold(self, gate: Gate) -> None:
        """Folds every sample again: the gate's answer for past samples has changed."""
        self._refold([rule for rule in self.rules if rule.gate != "always"], 0, gate, settle=False)

    def _refold(self, rules: Sequence[LevelRule], first: int, gate: Gate, *, settle: bool) -> None:
        """Folds the samples from `first` on again by these rules; of a rule that is off, what it said stands.

        `settle`: a rule whose state agrees with what stood there needs no more.
        """
        for rule in rules:
            at = self._place(rule)
            before = (self.rows[first - 1][2] if first else self.base)[at]
            for place in range(first, len(self.rows)):
                reading, value, states = self.rows[place]
                counts = gate(rule, reading)
                if counts is None:
                    break
                after = advance(rule, before, reading, value, counts=counts)
                if settle and place > first and after == states[at]:
                    break
                self.rows[place] = reading, value, (*states[:at], after, *states[at + 1 :])
                before = after

    def trim(self, at: Micros) -> None:
        """Forgets the oldest samples; what they meant stays in the states."""
        most = KEPT if self.rules[0].source is None else KEPT_TOGETHER
        if self.pinned_until is not None:
            if at < self.pinned_until:
                most = PINNED
            else:
                self.pinned_until = None
        if len(self.rows) > most + SLACK:
            self.cut(len(self.rows) - most)

    def cut(self, cut: int) -> None:
        """Forgets the oldest `cut` samples."""
        if cut <= 0:
            return
        forgotten = self.rows[cut - 1]
        self.base, self.floor_at = forgotten[2], forgotten[0].measured_at
        del self.rows[:cut]
